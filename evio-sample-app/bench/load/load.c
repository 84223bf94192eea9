/*
 * The load generator of the comparison: one thread that asks, checks every byte that comes back, and prints a line of JSON
 * for each turn that standard input has a line for. Between turns its connections stay and are silent, so that many of it, each for
 * a server, can take short turns. See usage() for the options and ../README.md for what it measures.
 *
 * Closed loop: every connection sends a batch of requests, waits for all replies, and sends the next. A turn with a rate is an
 * open loop: a request is due by the clock, whether or not earlier ones are answered, and its latency counts from the time at
 * which it was due, so that a server which stalls is charged for all who waited meanwhile.
 */
#define _GNU_SOURCE
#include "histogram.h"
#include "target.h"
#include "usage.h"
#include "wire.h"
#include "work.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SLICE (64 * 1024) /* bytes of one call: more would keep the other clients waiting, and their clock */
#define STALLED 10000000000ull /* ns without any reply, after which the server is given up */

struct client {
    struct work *work;
    struct wire wire;
    int watches_output;
    size_t unsent;  /* of the batch being sent */
    size_t awaited; /* of its replies; 0 between batches */
    uint64_t began;
    uint64_t scheduled; /* open loop: how many batches it has begun in this turn */
    uint64_t owed;      /* open loop: batches that are due, while an earlier one is not answered */
};

static struct {
    struct target target;
    const char *mode, *heavy;
    int connections, pipeline, hold, pid, churn, sleeps;
} options = {.connections = 1, .pipeline = 1};
static struct {
    double warmup, seconds, rate;
    int ended; /* no batch is begun any more */
} turn;

static int epoll;
static struct work work, heavy_work;
static struct client *clients; /* the heavy one, if any, behind the others */
static struct histogram latencies, lateness;
static uint64_t batches, heavy_bytes, schedule_began, next_due;
static int unanswered; /* clients that wait for a reply */

static uint64_t nanos(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void watch(struct client *c, int operation, int output) {
    struct epoll_event event = {.events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(epoll, operation, c->wire.fd, &event) < 0) fail("epoll_ctl");
    c->watches_output = output;
}

static void connect_client(struct client *c) {
    wire_open(&c->wire, &options.target);
    watch(c, EPOLL_CTL_ADD, 0);
}

static void send_more(struct client *c) {
    size_t size = c->unsent < SLICE ? c->unsent : SLICE;
    ssize_t n = size ? wire_send(&c->wire, c->work->batch + c->work->batch_size - c->unsent, size) : 0;
    if (n < 0 && errno != EAGAIN) fail("send");
    if (n > 0) c->unsent -= n;
    if (c->watches_output != (c->unsent > 0)) watch(c, EPOLL_CTL_MOD, c->unsent > 0);
}

static void begin_batch(struct client *c, uint64_t began) {
    c->began = began;
    c->unsent = c->work->batch_size;
    c->awaited = c->work->reply_size;
    unanswered++;
    send_more(c);
}

/* Takes some of what has come. True when the batch is complete. */
static int receive(struct client *c) {
    static char buffer[SLICE];
    ssize_t n = wire_receive(&c->wire, buffer, sizeof buffer);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n < 0) fail("recv");
    if (n == 0) {
        fprintf(stderr, "load: the server closed a connection\n");
        exit(2);
    }
    if ((size_t)n > c->awaited || !work_matches(c->work, c->work->reply_size - c->awaited, buffer, n)) {
        fprintf(stderr, "load: not the right answer: %.*s\n", (int)(n < 100 ? n : 100), buffer);
        exit(2);
    }
    c->awaited -= n;
    return c->awaited == 0;
}

/* Open loop: the batches of all clients are due one after the other, evenly spaced. */
static uint64_t due(uint64_t index) { return schedule_began + (uint64_t)(index * (1e9 * options.pipeline / turn.rate)); }

static void begin_due(struct client *c) {
    begin_batch(c, due(c->scheduled++ * options.connections + (c - clients)));
}

static void begin_all_due(uint64_t now) {
    for (; due(next_due) <= now; next_due++) {
        struct client *c = &clients[next_due % options.connections];
        if (c->awaited > 0) {
            c->owed++;
        } else {
            histogram_add(&lateness, nanos() - due(next_due));
            begin_due(c);
        }
    }
}

/* A batch is answered: on to the next one. */
static void answered(struct client *c) {
    uint64_t now = nanos();
    unanswered--;
    if (c->work == &heavy_work) {
        heavy_bytes += c->work->batch_size + c->work->reply_size;
        if (!turn.ended) begin_batch(c, now);
        return;
    }
    batches++;
    histogram_add(&latencies, now - c->began);
    if (turn.ended) return;
    if (options.churn) {
        wire_close(&c->wire);
        connect_client(c);
        begin_batch(c, now);
    } else if (turn.rate == 0) {
        begin_batch(c, now);
    } else if (c->owed > 0) {
        c->owed--;
        begin_due(c);
    }
}

static void clear_counts(void) {
    batches = heavy_bytes = 0;
    histogram_clear(&latencies);
    histogram_clear(&lateness);
}

static double own_cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void report(double elapsed, double client_cpu) {
    struct usage used = usage_end();
    double requests = (double)batches * options.pipeline, ticks = used.user + used.system;
    double cpu = requests ? used.total * 1e6 / requests : 0, user = ticks > 0 ? used.user / ticks : 0;
    printf("{\"requests\": %.0f, \"seconds\": %.4f, \"rate\": %.1f, ", requests, elapsed, requests / elapsed);
    printf("\"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f, \"max\": %.2f, ", histogram_percentile(&latencies, .5) / 1e3,
           histogram_percentile(&latencies, .99) / 1e3, histogram_percentile(&latencies, .999) / 1e3, latencies.max / 1e3);
    printf("\"cpu\": %.5f, \"user\": %.5f, \"system\": %.5f, ", cpu, cpu * user, ticks > 0 ? cpu * (1 - user) : 0);
    printf("\"utilisation\": %.4f, \"waited\": %.4f, \"client\": %.4f, ", used.total / elapsed, used.waited / elapsed,
           client_cpu / elapsed);
    printf("\"late\": %.2f, \"heavy\": %.2f, \"rss\": %ld}\n", histogram_percentile(&lateness, .99) / 1e3,
           heavy_bytes / elapsed / 1e6, resident_kib(options.pid));
}

static void begin_turn(uint64_t now) {
    schedule_began = now;
    next_due = 0;
    turn.ended = 0;
    for (int i = 0; i < options.connections; i++) {
        clients[i].scheduled = clients[i].owed = 0;
        if (turn.rate == 0) begin_batch(&clients[i], nanos());
    }
    if (options.heavy) begin_batch(&clients[options.connections], now);
}

/* Takes what replies have come, waiting for that long, and returns the time. */
static uint64_t poll_once(int timeout) {
    static struct epoll_event events[512];
    static uint64_t last_reply;
    int n = epoll_wait(epoll, events, 512, timeout);
    uint64_t now = nanos();
    if (n > 0 || unanswered == 0) last_reply = now;
    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) send_more(c);
        if (events[i].events & ~EPOLLOUT && receive(c)) answered(c);
    }
    if (now - last_reply > STALLED) {
        errno = ETIMEDOUT;
        fail("no reply");
    }
    return now;
}

/* Sleeps until a reply has come or the next request is due, at most a second. */
static void sleep_until_due(uint64_t now) {
    uint64_t at = due(next_due), left = at > now ? at - now : 0, second = 1000000000;
    struct pollfd waiting = {.fd = epoll, .events = POLLIN};
    struct timespec most = {.tv_sec = left >= second, .tv_nsec = left >= second ? 0 : left};
    ppoll(&waiting, 1, &most, NULL);
}

static void run_turn(void) {
    poll_once(0); /* what came while the connections were silent: their ends */
    uint64_t now = nanos(), start = now + (uint64_t)(turn.warmup * 1e9), end = 0;
    double client_cpu = 0;
    begin_turn(now);
    while (!end || now < end) {
        if (!end && now >= start) {
            usage_begin(options.pid);
            clear_counts();
            client_cpu = own_cpu();
            start = now = nanos();
            end = start + (uint64_t)(turn.seconds * 1e9);
        }
        if (turn.rate > 0) begin_all_due(now);
        /* The clock of an open loop does not wait where the core is the generator's own. */
        if (turn.rate > 0 && options.sleeps) sleep_until_due(now);
        now = poll_once(turn.rate > 0 ? 0 : 100);
    }
    report((nanos() - start) / 1e9, own_cpu() - client_cpu);
    turn.ended = 1;
    while (unanswered > 0) poll_once(100);
}

static void run_turns(void) {
    char line[128];
    while (fgets(line, sizeof line, stdin)) {
        turn.rate = 0;
        if (sscanf(line, "%lf %lf %lf", &turn.warmup, &turn.seconds, &turn.rate) < 2 || turn.warmup < 0 ||
            turn.seconds <= 0 || turn.rate < 0 || (options.churn && turn.rate > 0)) {
            fprintf(stderr, "load: not WARMUP SECONDS [RATE]: %s", line);
            exit(64);
        }
        run_turn();
        fflush(stdout);
    }
}

/* Opens the connections, has one batch answered on each, and keeps them until standard input ends. */
static void hold(void) {
    for (int i = 0; i < options.hold; i++) {
        struct client c = {.work = &work};
        connect_client(&c);
        begin_batch(&c, 0);
        for (struct epoll_event event;;) {
            errno = ETIMEDOUT;
            if (epoll_wait(epoll, &event, 1, 10000) <= 0) fail("no reply");
            if (event.events & EPOLLOUT) send_more(&c);
            if (event.events & ~EPOLLOUT && receive(&c)) break;
        }
        if (epoll_ctl(epoll, EPOLL_CTL_DEL, c.wire.fd, NULL) < 0) fail("epoll_ctl");
    }
    printf("holding %d\n", options.hold);
    fflush(stdout);
    while (getchar() != EOF) {
    }
}

static _Noreturn void usage(void) {
    fputs("usage: load --to HOST:PORT|PATH --mode echo:BYTES|ping|set|get|http --pid SERVER\n"
          "            [--connections N] [--pipeline N]\n"
          "  Each line of standard input is a turn: WARMUP SECONDS [RATE]. With a rate it is an open loop of so many requests a\n"
          "  second, whose latency counts from the time a request was due.\n"
          "  --sources N   connect from N addresses 127.0.0.x, for more connections than one has ports\n"
          "  --heavy MODE  one more connection that does this all the time, pipelined by 512 unless it is an echo\n"
          "  --sleeps      an open loop sleeps until a request is due, for a core on which other clients run too\n"
          "  --churn       a new connection for every batch\n"
          "  --tls         over TLS 1.3, whatever certificate the server has; with --churn every handshake is a full one\n"
          "  --hold N      only opens N connections and keeps them, idle, until standard input ends\n",
          stderr);
    exit(64);
}

static void parse(int argc, char **argv) {
    static const struct option names[] = {
        {"to", 1, 0, 't'},      {"mode", 1, 0, 'm'},    {"connections", 1, 0, 'c'}, {"pipeline", 1, 0, 'p'},
        {"pid", 1, 0, 'i'},     {"sources", 1, 0, 'a'}, {"heavy", 1, 0, 'h'},       {"churn", 0, 0, 'x'},
        {"hold", 1, 0, 'o'},    {"tls", 0, 0, 's'},     {"sleeps", 0, 0, 'l'},
        {0}};
    int valid = 0;
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) switch (option) {
            case 't': valid = target_parse(&options.target, optarg); break;
            case 'm': options.mode = optarg; break;
            case 'c': options.connections = atoi(optarg); break;
            case 'p': options.pipeline = atoi(optarg); break;
            case 'i': options.pid = atoi(optarg); break;
            case 'a': options.target.sources = atoi(optarg); break;
            case 'h': options.heavy = optarg; break;
            case 'x': options.churn = 1; break;
            case 'o': options.hold = atoi(optarg); break;
            case 's': options.target.tls = 1; break;
            case 'l': options.sleeps = 1; break;
            default: usage();
        }
    if (!valid || !options.mode || optind < argc || options.connections < 1 || options.pipeline < 1) usage();
    if (!options.hold && options.pid <= 0) usage();
}

int main(int argc, char **argv) {
    parse(argc, argv);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes by write(2) */
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!work_prepare(&work, options.mode, options.pipeline, &options.target)) usage();
    if (options.hold) {
        hold();
        return 0;
    }
    int echo = options.heavy && options.heavy[0] == 'e';
    if (options.heavy && !work_prepare(&heavy_work, options.heavy, echo ? 1 : 512, &options.target)) usage();
    int count = options.connections + (options.heavy ? 1 : 0);
    clients = calloc(count, sizeof *clients);
    if (!clients) fail("calloc");
    for (int i = 0; i < count; i++) {
        clients[i].work = i < options.connections ? &work : &heavy_work;
        connect_client(&clients[i]);
    }
    run_turns();
    return 0;
}
