/* What a process has used of the machine, out of /proc. */
#ifndef USAGE_H
#define USAGE_H

struct usage {
    double total;  /* seconds on a core, all threads together, in the scheduler's nanoseconds (schedstat) */
    double waited; /* seconds in which its threads were ready to run and another one had the core */
    double user, system; /* seconds, in ticks of 10 ms */
};

/* Notes where all threads of the process are. */
void usage_begin(int pid);

/*
 * What was used since usage_begin. Thread by thread: a JVM ends compiler threads, and with them their share of
 * the sum goes.
 */
struct usage usage_end(void);

/* The resident memory of the process, in KiB. */
long resident_kib(int pid);

#endif
