/* Where the connections go to, and from which addresses they come. */
#ifndef TARGET_H
#define TARGET_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/un.h>

struct target {
    struct sockaddr_in tcp;
    struct sockaddr_un unix_path;
    int is_unix;
    int tls; /* whether TLS is spoken there */
    int sources; /* how many addresses 127.0.0.x; 0 lets the kernel choose */
    uint32_t dialed;
};

/* Takes HOST:PORT with a numeric host, or the path of a unix socket; 0 when it is neither. */
int target_parse(struct target *target, const char *text);

/* A connected, non-blocking socket. Ends the program when there is none to be had. */
int target_dial(struct target *target);

/* Prints what failed and why, and ends the program with 1. */
_Noreturn void fail(const char *what);

#endif
