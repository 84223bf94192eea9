package io.evio;

/** The versions of the PROXY protocol, as HAProxy specifies it. */
public enum ProxyProtocol {

    /** One line of text. */
    V1,

    /** Binary. */
    V2
}
