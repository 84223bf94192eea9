#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *context(void) {
    static SSL_CTX *made;
    if (made) return made;
    made = SSL_CTX_new(TLS_client_method());
    if (!made || !SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION)) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    /* As of send(2): a part may be taken, and the rest offered from another place. */
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
}

/* The connection is blocking meanwhile: the server's answers are what it waits for anyway. */
static void shake_hands(struct wire *wire) {
    int flags = fcntl(wire->fd, F_GETFL);
    if (flags < 0 || fcntl(wire->fd, F_SETFL, flags & ~O_NONBLOCK) < 0) fail("F_SETFL");
    if (SSL_connect(wire->tls) != 1) {
        ERR_print_errors_fp(stderr);
        errno = EPROTO;
        fail("the TLS handshake");
    }
    if (fcntl(wire->fd, F_SETFL, flags) < 0) fail("F_SETFL");
}

void wire_open(struct wire *wire, struct target *target) {
    wire->fd = target_dial(target);
    wire->tls = NULL;
    if (!target->tls) return;
    wire->tls = SSL_new(context());
    if (!wire->tls || !SSL_set_fd(wire->tls, wire->fd)) fail("SSL_new");
    shake_hands(wire);
}

/* What SSL_read and SSL_write return, as recv(2) and send(2) would. */
static ssize_t result(struct wire *wire, int n) {
    if (n > 0) return n;
    switch (SSL_get_error(wire->tls, n)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
        case SSL_ERROR_ZERO_RETURN: return 0;
        case SSL_ERROR_SYSCALL:
            if (errno == 0) errno = ECONNRESET;
            return -1;
        default:
            ERR_print_errors_fp(stderr);
            errno = EPROTO;
            return -1;
    }
}

ssize_t wire_send(struct wire *wire, const void *bytes, size_t size) {
    if (!wire->tls) return send(wire->fd, bytes, size, MSG_NOSIGNAL);
    ERR_clear_error();
    return result(wire, SSL_write(wire->tls, bytes, size));
}

ssize_t wire_receive(struct wire *wire, void *bytes, size_t size) {
    if (!wire->tls) return recv(wire->fd, bytes, size, 0);
    ERR_clear_error();
    return result(wire, SSL_read(wire->tls, bytes, size));
}

void wire_close(struct wire *wire) {
    if (wire->tls) {
        SSL_shutdown(wire->tls);
        SSL_free(wire->tls);
    }
    close(wire->fd);
}
