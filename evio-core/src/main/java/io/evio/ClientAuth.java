package io.evio;

/** Says whether TLS clients are asked for a certificate. */
public enum ClientAuth {

    /** They are not asked. */
    NONE,

    /** They are asked, and may have none; one that is not trusted ends the handshake. */
    WANT,

    /** They are asked, and without one that is trusted the handshake ends. */
    NEED
}
