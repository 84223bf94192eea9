/*
 * A closed-loop load generator for the comparison in run.sh: every connection sends a batch of requests, waits for all
 * replies, and sends the next.
 *
 *   load HOST PORT MODE CONNECTIONS PIPELINE WARMUP SECONDS SERVER_PID
 *
 * MODE is echo:BYTES, ping, set or get. Prints one line:
 *   requests/s  p50 p99 p99.9 (us a batch)  server CPU us a request: all, user, system  server utilisation
 * The server's CPU time is what the kernel's scheduler counted for all its threads, in nanoseconds
 * (/proc/PID/task/TID/schedstat); its split into user and system comes from /proc/PID/stat, in ticks.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_SAMPLES (1 << 22)

struct client {
    int fd;
    size_t unsent;   /* of the batch being sent */
    size_t awaited;  /* of its replies */
    uint64_t began;
};

static char *batch;             /* the requests of one batch, one after the other */
static char *expected;          /* and their replies */
static size_t batch_size, reply_size;
static uint32_t samples[MAX_SAMPLES];
static size_t sample_count;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t nanos(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

static char *repeat(const char *one, size_t size, int times) {
    char *all = malloc(size * times);
    for (int i = 0; i < times; i++) memcpy(all + i * size, one, size);
    return all;
}

static void prepare(const char *mode, int pipeline) {
    static const char key_value[] = "*3\r\n$3\r\nSET\r\n$10\r\nbench:key1\r\n$8\r\nabcdefgh\r\n";
    static const char key[] = "*2\r\n$3\r\nGET\r\n$10\r\nbench:key1\r\n";
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    const char *request, *reply;
    size_t request_size;
    if (!strncmp(mode, "echo:", 5)) {
        request_size = strtoul(mode + 5, NULL, 10);
        char *payload = malloc(request_size + 1);
        for (size_t i = 0; i < request_size; i++) payload[i] = 'a' + i % 26;
        payload[request_size] = 0;
        request = reply = payload;
    } else {
        int set = !strcmp(mode, "set"), get = !strcmp(mode, "get");
        request = set ? key_value : get ? key : ping;
        reply = set ? "+OK\r\n" : get ? "$8\r\nabcdefgh\r\n" : "+PONG\r\n";
        request_size = strlen(request);
    }
    batch_size = request_size * pipeline;
    batch = repeat(request, request_size, pipeline);
    reply_size = strlen(reply) * pipeline;
    expected = repeat(reply, strlen(reply), pipeline);
}

static int dial(const char *host, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* A GET without its SET would have another reply, so the value is put there first. */
static void seed(const char *host, int port) {
    static const char set[] = "*3\r\n$3\r\nSET\r\n$10\r\nbench:key1\r\n$8\r\nabcdefgh\r\n";
    char ok[5];
    int fd = dial(host, port);
    if (write(fd, set, sizeof set - 1) < 0 || recv(fd, ok, sizeof ok, MSG_WAITALL) != sizeof ok) fail("seed");
    close(fd);
}

static void send_more(struct client *c) {
    while (c->unsent > 0) {
        ssize_t n = send(c->fd, batch + batch_size - c->unsent, c->unsent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) return;
            fail("send");
        }
        c->unsent -= n;
    }
}

static void next_batch(struct client *c, uint64_t now) {
    c->began = now;
    c->unsent = batch_size;
    c->awaited = reply_size;
    send_more(c);
}

/* True when the batch is complete. Every byte is checked: a fast wrong answer is no answer. */
static int receive(struct client *c, char *buffer, size_t size) {
    while (c->awaited > 0) {
        ssize_t n = recv(c->fd, buffer, size, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) return 0;
        if (n <= 0) fail("recv");
        if ((size_t)n > c->awaited || memcmp(buffer, expected + reply_size - c->awaited, n)) {
            fprintf(stderr, "load: the server answered something else\n");
            exit(2);
        }
        c->awaited -= n;
        if ((size_t)n < size) break;
    }
    return c->awaited == 0;
}

struct cpu {
    double total, user, system; /* seconds */
};

static struct cpu server_cpu(int pid) {
    struct cpu used = {0};
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks) fail("the server's /proc");
    for (struct dirent *task; (task = readdir(tasks));) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
        FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
        double ran;
        if (file) {
            if (fscanf(file, "%lf", &ran) == 1) used.total += ran / 1e9;
            fclose(file);
        }
    }
    closedir(tasks);
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    char line[1024];
    if (file && fgets(line, sizeof line, file)) {
        unsigned long user, system;
        if (sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2) {
            used.user = (double)user / sysconf(_SC_CLK_TCK);
            used.system = (double)system / sysconf(_SC_CLK_TCK);
        }
    }
    if (file) fclose(file);
    return used;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double p) {
    return sample_count ? samples[(size_t)(p * (sample_count - 1))] / 1e3 : 0;
}

int main(int argc, char **argv) {
    if (argc != 9) {
        fprintf(stderr, "usage: load HOST PORT MODE CONNECTIONS PIPELINE WARMUP SECONDS SERVER_PID\n");
        return 64;
    }
    const char *host = argv[1], *mode = argv[3];
    int port = atoi(argv[2]), count = atoi(argv[4]), pipeline = atoi(argv[5]), pid = atoi(argv[8]);
    double warmup = atof(argv[6]), seconds = atof(argv[7]);
    prepare(mode, pipeline);
    if (!strcmp(mode, "get")) seed(host, port);

    int epoll = epoll_create1(0);
    struct client *clients = calloc(count, sizeof *clients);
    for (int i = 0; i < count; i++) {
        clients[i].fd = dial(host, port);
        struct epoll_event watch = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = &clients[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &watch) < 0) fail("epoll_ctl");
    }
    for (int i = 0; i < count; i++) next_batch(&clients[i], nanos());

    static char buffer[1 << 18];
    static struct epoll_event events[512];
    uint64_t start = nanos() + (uint64_t)(warmup * 1e9), end = 0, now, batches = 0;
    struct cpu before = {0};
    do {
        int n = epoll_wait(epoll, events, 512, 1000);
        now = nanos();
        if (!end && now >= start) {
            before = server_cpu(pid);
            start = now = nanos();
            end = start + (uint64_t)(seconds * 1e9);
            batches = sample_count = 0;
        }
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            send_more(c);
            if (receive(c, buffer, sizeof buffer)) {
                batches++;
                uint64_t done = nanos();
                if (sample_count < MAX_SAMPLES) samples[sample_count++] = done - c->began;
                next_batch(c, done);
            }
        }
    } while (!end || now < end);

    struct cpu after = server_cpu(pid);
    double elapsed = (nanos() - start) / 1e9, requests = (double)batches * pipeline;
    double total = after.total - before.total, user = after.user - before.user, system = after.system - before.system;
    double share = user + system > 0 ? total / (user + system) : 0;
    qsort(samples, sample_count, sizeof *samples, ascending);
    printf("%.0f %.1f %.1f %.1f %.4f %.4f %.4f %.2f\n", requests / elapsed, percentile(.5), percentile(.99),
           percentile(.999), total * 1e6 / requests, user * share * 1e6 / requests, system * share * 1e6 / requests,
           total / elapsed);
    return 0;
}
