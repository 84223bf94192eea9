/*
 * The physical limit of the design, for the comparison in run.sh: one thread, level-triggered epoll, one read and one
 * write a request, and as little else as C allows. Not a server for anybody: no limits, no errors, no fairness.
 *
 *   limit PORT|PATH echo|redis|http [PAGE] [CERTIFICATE KEY]
 *
 * redis answers PING, SET and GET; keys and values are not freed. http answers every request with the file PAGE.
 * Built with -DRECV_AND_SEND it reads and writes by recv(2) and send(2), as evio does. Built with -DTLS it speaks TLS 1.3 by
 * OpenSSL, with a certificate and a key in PEM files: one SSL_read and one SSL_write a request.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE (64 * 1024)
#define TABLE_SIZE (1 << 16)
#define MAX_ARGUMENTS 4

#ifdef TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#define READ(fd, bytes, size) tls_result(fd, SSL_read(connections[fd]->tls, bytes, size))
#define WRITE(fd, bytes, size) tls_result(fd, SSL_write(connections[fd]->tls, bytes, size))
#elif defined RECV_AND_SEND
#define READ(fd, bytes, size) recv(fd, bytes, size, 0)
#define WRITE(fd, bytes, size) send(fd, bytes, size, 0)
#else
#define READ read
#define WRITE write
#endif

struct connection {
    char *unread, *unsent;
    int unread_size, unsent_size, sent;
#ifdef TLS
    SSL *tls;
#endif
};

struct entry {
    char *key, *value;
    int key_size, value_size;
    uint32_t hash;
};

static struct connection *connections[1 << 20];
static struct entry table[TABLE_SIZE];
static char in[2 * READ_SIZE], out[16 * READ_SIZE];
static int epoll;

#ifdef TLS
static SSL_CTX *tls_context;

static int tls_begin(const char *certificate, const char *key) {
    tls_context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls_context, TLS1_3_VERSION);
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
    return SSL_CTX_use_certificate_chain_file(tls_context, certificate) == 1 &&
           SSL_CTX_use_PrivateKey_file(tls_context, key, SSL_FILETYPE_PEM) == 1;
}

/* The handshake is done by the first reads. */
static void tls_accept(int fd) {
    SSL *tls = connections[fd]->tls = SSL_new(tls_context);
    SSL_set_fd(tls, fd);
    SSL_set_accept_state(tls);
}

/* As read(2) and write(2) return it. */
static int tls_result(int fd, int n) {
    if (n > 0) return n;
    int error = SSL_get_error(connections[fd]->tls, n);
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    ERR_clear_error();
    return -1;
}
#endif

/* FNV-1a, as good a hash as this needs. */
static struct entry *lookup(const char *key, int size) {
    uint32_t hash = 2166136261u;
    for (int i = 0; i < size; i++) hash = (hash ^ (unsigned char)key[i]) * 16777619u;
    for (uint32_t i = hash;; i++) {
        struct entry *e = &table[i & (TABLE_SIZE - 1)];
        if (!e->key) {
            e->hash = hash;
            return e;
        }
        if (e->hash == hash && e->key_size == size && !memcmp(e->key, key, size)) return e;
    }
}

/* The first three or four letters of a command's name as a number, in upper case. */
static uint32_t name(const char *letters, int size) {
    uint32_t word;
    memcpy(&word, letters, 4);
    return word & (size == 3 ? 0xdfdfdf : 0xdfdfdfdf);
}

static char *copy(const char *bytes, int size) { return memcpy(malloc(size), bytes, size); }

/* Reads "123\r\n" at *at; -1 when it is not all there. */
static int number(const char **at, const char *end) {
    int n = 0;
    for (const char *p = *at; p + 1 < end; p++) {
        if (*p == '\r') {
            *at = p + 2;
            return n;
        }
        n = n * 10 + *p - '0';
    }
    return -1;
}

/* Executes one command and returns what follows it; NULL when it is not all there. */
static const char *command(const char *at, const char *end, char **reply) {
    const char *arguments[MAX_ARGUMENTS];
    int sizes[MAX_ARGUMENTS], count;
    at++;
    if ((count = number(&at, end)) < 0 || count > MAX_ARGUMENTS) return NULL;
    for (int i = 0; i < count; i++) {
        if (at++ >= end || (sizes[i] = number(&at, end)) < 0 || at + sizes[i] + 2 > end) return NULL;
        arguments[i] = at;
        at += sizes[i] + 2;
    }
    char *r = *reply;
    uint32_t command = count ? name(arguments[0], sizes[0]) : 0;
    if (command == name("PING", 4)) {
        r = mempcpy(r, "+PONG\r\n", 7);
    } else if (command == name("GET", 3) && count == 2) {
        struct entry *e = lookup(arguments[1], sizes[1]);
        if (!e->key) {
            r = mempcpy(r, "$-1\r\n", 5);
        } else {
            char digits[10];
            int n = 0;
            for (int v = e->value_size; v || !n; v /= 10) digits[n++] = '0' + v % 10;
            *r++ = '$';
            while (n) *r++ = digits[--n];
            r = mempcpy(r, "\r\n", 2);
            r = mempcpy(r, e->value, e->value_size);
            r = mempcpy(r, "\r\n", 2);
        }
    } else if (command == name("SET", 3) && count == 3) {
        struct entry *e = lookup(arguments[1], sizes[1]);
        if (!e->key) {
            e->key = copy(arguments[1], sizes[1]);
            e->key_size = sizes[1];
        }
        if (e->value_size < sizes[2]) e->value = malloc(sizes[2]);
        e->value_size = sizes[2];
        memcpy(e->value, arguments[2], sizes[2]);
        r = mempcpy(r, "+OK\r\n", 5);
    } else {
        r = mempcpy(r, "-ERR unknown command\r\n", 22);
    }
    *reply = r;
    return at;
}

/* The whole reply to any request, and where in it the date is. */
static char page[READ_SIZE], *page_date;
static int page_size;

static int read_page(const char *path) {
    static char body[READ_SIZE / 2];
    int fd = open(path, O_RDONLY), size = fd < 0 ? -1 : read(fd, body, sizeof body);
    if (size < 0) return 0;
    page_size = sprintf(page, "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                              "Content-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n", size);
    memcpy(page + page_size, body, size);
    page_size += size;
    page_date = strstr(page, "Thu,");
    close(fd);
    return 1;
}

/* Once a second, for the Date that RFC 9110 wants. */
static void update_date(void) {
    static time_t written;
    time_t now = time(NULL);
    if (now == written) return;
    char date[30];
    struct tm utc;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    memcpy(page_date, date, sizeof date - 1);
    written = now;
}

/* Answers one request without a body and returns what follows it; NULL when it is not all there. */
static const char *request(const char *at, const char *end, char **reply) {
    const char *head_end = memmem(at, end - at, "\r\n\r\n", 4);
    if (!head_end) return NULL;
    *reply = mempcpy(*reply, page, page_size);
    return head_end + 4;
}

static void watch(int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    epoll_ctl(epoll, operation, fd, &event);
}

static void keep_unread(struct connection *c, const char *rest, int size) {
    free(c->unread);
    c->unread = size ? copy(rest, size) : NULL;
    c->unread_size = size;
}

/* parse is command, request, or NULL for an echo. */
static void serve(int fd, const char *(*parse)(const char *, const char *, char **)) {
    struct connection *c = connections[fd];
    if (c->unsent) {
        int n = WRITE(fd, c->unsent + c->sent, c->unsent_size - c->sent);
        if (n > 0) c->sent += n;
        if (c->sent < c->unsent_size) return;
        free(c->unsent);
        c->unsent = NULL;
        watch(EPOLL_CTL_MOD, fd, EPOLLIN);
        return;
    }
    if (c->unread_size) memcpy(in, c->unread, c->unread_size);
    int n = READ(fd, in + c->unread_size, READ_SIZE);
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN) return;
#ifdef TLS
        SSL_free(c->tls);
#endif
        close(fd);
        free(c->unread);
        free(c);
        return;
    }
    char *reply = in;
    int size = n;
    if (parse) {
        const char *at = in, *end = in + c->unread_size + n, *next;
        char *o = out;
        while (at < end && (next = parse(at, end, &o))) at = next;
        if (at < end || c->unread_size) keep_unread(c, at, end - at);
        reply = out;
        size = o - out;
    }
    int written = size ? WRITE(fd, reply, size) : 0;
    if (written < 0) written = 0;
    if (written < size) {
        c->unsent = copy(reply + written, size - written);
        c->unsent_size = size - written;
        c->sent = 0;
        watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
    }
}

static int listen_at(const char *where) {
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_port = htons(atoi(where)),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int is_path = where[0] == '/', on = 1;
    int listener = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (is_path) {
        unlink(where);
        strncpy(path.sun_path, where, sizeof path.sun_path - 1);
    } else {
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    }
    struct sockaddr *here = is_path ? (struct sockaddr *)&path : (struct sockaddr *)&port;
    if (bind(listener, here, is_path ? sizeof path : sizeof port) < 0 || listen(listener, 4096) < 0) {
        perror(where);
        exit(1);
    }
    return listener;
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? argv[2] : "";
    int redis = !strcmp(what, "redis"), http = !strcmp(what, "http");
    int files = 0;
#ifdef TLS
    files = 2;
#endif
    if (argc != (http ? 4 : 3) + files || (!redis && !http && strcmp(what, "echo"))) {
        fprintf(stderr, "usage: limit PORT|PATH echo|redis|http [PAGE] [CERTIFICATE KEY]\n");
        return 64;
    }
    if (http && !read_page(argv[3])) {
        perror(argv[3]);
        return 1;
    }
#ifdef TLS
    if (!tls_begin(argv[argc - 2], argv[argc - 1])) {
        ERR_print_errors_fp(stderr);
        return 1;
    }
#endif
    signal(SIGPIPE, SIG_IGN); /* of clients that leave while they are answered */
    int listener = listen_at(argv[1]);
    epoll = epoll_create1(0);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    static struct epoll_event events[512];
    for (;;) {
        int n = epoll_wait(epoll, events, 512, -1);
        if (http) update_date();
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                serve(fd, redis ? command : http ? request : NULL);
                continue;
            }
            for (int accepted; (accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
                connections[accepted] = calloc(1, sizeof(struct connection));
#ifdef TLS
                tls_accept(accepted);
#endif
                watch(EPOLL_CTL_ADD, accepted, EPOLLIN);
            }
        }
    }
}
