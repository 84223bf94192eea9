#define _GNU_SOURCE
#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Since Linux 4.2, ip(7): the port is chosen at connect(2), where only the pair of both ends has to be unused. */
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

_Noreturn void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

int target_parse(struct target *target, const char *text) {
    if (text[0] == '/') {
        target->is_unix = 1;
        target->unix_path.sun_family = AF_UNIX;
        if (strlen(text) >= sizeof target->unix_path.sun_path) return 0;
        strcpy(target->unix_path.sun_path, text);
        return 1;
    }
    char host[64];
    int port, end = 0;
    if (sscanf(text, "%63[0-9.]:%d%n", host, &port, &end) != 2 || text[end] || port < 1 || port > 65535) return 0;
    target->tcp.sin_family = AF_INET;
    target->tcp.sin_port = htons(port);
    return inet_pton(AF_INET, host, &target->tcp.sin_addr);
}

/* One source address has 28,000 ports, and those of closed connections come back after a while only. */
static void bind_source(struct target *target, int fd) {
    int on = 1;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + target->dialed++ % target->sources)};
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0) fail("IP_BIND_ADDRESS_NO_PORT");
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) fail("bind to a source address");
}

int target_dial(struct target *target) {
    int fd = socket(target->is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) fail("socket");
    if (target->sources && !target->is_unix) bind_source(target, fd);
    int result = target->is_unix ? connect(fd, (struct sockaddr *)&target->unix_path, sizeof target->unix_path)
                                 : connect(fd, (struct sockaddr *)&target->tcp, sizeof target->tcp);
    if (result < 0) fail("connect");
    if (!target->is_unix) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) fail("O_NONBLOCK");
    return fd;
}
