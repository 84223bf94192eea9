#define _GNU_SOURCE
#include "work.h"
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "$10\r\nbench:key1\r\n"
#define VALUE "$8\r\nabcdefgh\r\n"
#define SET "*3\r\n$3\r\nSET\r\n" KEY VALUE
#define HTTP_GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define MAX_HTTP_REPLY 65536

static char *repeat(const char *one, size_t size, int times) {
    char *all = malloc(size * times);
    if (!all) fail("malloc");
    for (int i = 0; i < times; i++) memcpy(all + i * size, one, size);
    return all;
}

/* Sends one request on a connection of its own, and reads its reply until complete() says how long that is. */
static size_t ask(struct target *target, const char *request, char *reply, size_t room,
                  size_t (*complete)(const char *reply, size_t size)) {
    struct wire wire;
    size_t size = 0, length = 0;
    wire_open(&wire, target);
    if (wire_send(&wire, request, strlen(request)) < 0) fail("send");
    while (!(length = complete(reply, size)) && size < room) {
        struct pollfd readable = {.fd = wire.fd, .events = POLLIN};
        errno = ETIMEDOUT;
        if (poll(&readable, 1, 5000) <= 0) fail("the first reply");
        ssize_t n = wire_receive(&wire, reply + size, room - size);
        if (n < 0 && errno == EAGAIN) continue; /* a message of TLS itself */
        if (n < 0) fail("the first reply");
        if (n == 0) break;
        size += n;
    }
    wire_close(&wire);
    if (!length || length != size) {
        fprintf(stderr, "load: the first reply is no complete one: %.*s\n", (int)size, reply);
        exit(2);
    }
    return length;
}

static size_t ok(const char *reply, size_t size) { return size >= 5 && !memcmp(reply, "+OK\r\n", 5) ? 5 : 0; }

static size_t page(const char *reply, size_t size) {
    char *body = memmem(reply, size, "\r\n\r\n", 4);
    if (!body || size < 12 || memcmp(reply + 8, " 200", 4)) return 0;
    for (const char *line = reply; line < body; line = (char *)memchr(line, '\n', body - line + 2) + 1)
        if (!strncasecmp(line, "content-length:", 15)) return body + 4 - reply + atoi(line + 15);
    return 0;
}

/* All replies are to be like the first, but for the 29 characters of their date (RFC 9110, 5.6.7). */
static void prepare_http(struct work *work, struct target *target) {
    static char reply[MAX_HTTP_REPLY + 1];
    size_t size = ask(target, HTTP_GET, reply, MAX_HTTP_REPLY, page);
    char *mask = malloc(size);
    if (!mask) fail("malloc");
    memset(mask, 0xff, size);
    char *date = strcasestr(reply, "\r\ndate: ");
    if (date && date < strstr(reply, "\r\n\r\n")) memset(mask + (date + 8 - reply), 0, 29);
    work->batch = repeat(HTTP_GET, strlen(HTTP_GET), work->pipeline);
    work->batch_size = strlen(HTTP_GET) * work->pipeline;
    work->expected = repeat(reply, size, work->pipeline);
    work->mask = repeat(mask, size, work->pipeline);
    work->reply_size = size * work->pipeline;
    free(mask);
}

static void prepare_echo(struct work *work, size_t size) {
    work->batch_size = work->reply_size = size * work->pipeline;
    work->batch = malloc(work->batch_size);
    if (!work->batch) fail("malloc");
    /* A period that divides no buffer's size: bytes in the wrong place are noticed. */
    for (size_t i = 0; i < work->batch_size; i++) work->batch[i] = 'a' + i % 23;
    work->expected = work->batch;
}

static void prepare_redis(struct work *work, const char *request, const char *reply) {
    work->batch = repeat(request, strlen(request), work->pipeline);
    work->batch_size = strlen(request) * work->pipeline;
    work->expected = repeat(reply, strlen(reply), work->pipeline);
    work->reply_size = strlen(reply) * work->pipeline;
}

int work_prepare(struct work *work, const char *mode, int pipeline, struct target *target) {
    char reply[5];
    work->pipeline = pipeline;
    if (!strncmp(mode, "echo:", 5) && atoi(mode + 5) > 0) {
        prepare_echo(work, atoi(mode + 5));
    } else if (!strcmp(mode, "ping")) {
        prepare_redis(work, "*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
    } else if (!strcmp(mode, "set")) {
        prepare_redis(work, SET, "+OK\r\n");
    } else if (!strcmp(mode, "get")) {
        ask(target, SET, reply, sizeof reply, ok);
        prepare_redis(work, "*2\r\n$3\r\nGET\r\n" KEY, VALUE);
    } else if (!strcmp(mode, "http")) {
        prepare_http(work, target);
    } else {
        return 0;
    }
    return 1;
}

int work_matches(const struct work *work, size_t offset, const char *bytes, size_t size) {
    const char *expected = work->expected + offset;
    if (!work->mask) return !memcmp(bytes, expected, size);
    const char *mask = work->mask + offset;
    char differences = 0;
    for (size_t i = 0; i < size; i++) differences |= (bytes[i] ^ expected[i]) & mask[i];
    return !differences;
}
