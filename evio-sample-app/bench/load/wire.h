/* A connection as bytes go over it: plain, or through TLS by OpenSSL. */
#ifndef WIRE_H
#define WIRE_H

#include "target.h"

#include <openssl/ssl.h>
#include <sys/types.h>

struct wire {
    int fd;
    SSL *tls; /* NULL without TLS */
};

/* Connects; with TLS the handshake, always a full one, is done too. Ends the program when that fails. */
void wire_open(struct wire *wire, struct target *target);

/* As send(2) and recv(2) of a non-blocking socket. With TLS a call takes or gives one record at most. */
ssize_t wire_send(struct wire *wire, const void *bytes, size_t size);
ssize_t wire_receive(struct wire *wire, void *bytes, size_t size);

/* Ends TLS by its own message, without waiting for the peer's, and closes. */
void wire_close(struct wire *wire);

#endif
