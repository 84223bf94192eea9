#include "usage.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_THREADS 4096

struct thread {
    int id;
    double ran, waited;
};

static int process;
static struct thread before[MAX_THREADS];
static int before_count;
static double user_before, system_before;

static int read_threads(struct thread *threads) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *tasks = opendir(path);
    if (!tasks) {
        fprintf(stderr, "load: the server has ended: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    int count = 0;
    for (struct dirent *task; (task = readdir(tasks)) && count < MAX_THREADS;) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", process, task->d_name);
        FILE *file = fopen(path, "r");
        double ran, waited;
        if (!file) continue; /* ended meanwhile */
        if (fscanf(file, "%lf %lf", &ran, &waited) == 2)
            threads[count++] = (struct thread){atoi(task->d_name), ran / 1e9, waited / 1e9};
        fclose(file);
    }
    closedir(tasks);
    return count;
}

static void read_ticks(double *user, double *system) {
    char path[64], line[1024];
    unsigned long user_ticks = 0, system_ticks = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "r");
    /* proc(5): utime and stime are the 14th and 15th field, and the name before them may hold anything but an end. */
    if (file && fgets(line, sizeof line, file))
        sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user_ticks, &system_ticks);
    if (file) fclose(file);
    *user = (double)user_ticks / sysconf(_SC_CLK_TCK);
    *system = (double)system_ticks / sysconf(_SC_CLK_TCK);
}

void usage_begin(int pid) {
    process = pid;
    before_count = read_threads(before);
    read_ticks(&user_before, &system_before);
}

struct usage usage_end(void) {
    static struct thread after[MAX_THREADS];
    struct usage used = {0};
    int count = read_threads(after);
    for (int i = 0; i < count; i++) {
        used.total += after[i].ran;
        used.waited += after[i].waited;
        for (int j = 0; j < before_count; j++) {
            if (before[j].id == after[i].id) {
                used.total -= before[j].ran;
                used.waited -= before[j].waited;
            }
        }
    }
    read_ticks(&used.user, &used.system);
    used.user -= user_before;
    used.system -= system_before;
    return used;
}

long resident_kib(int pid) {
    char path[64], line[256];
    long size = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &size) == 1) break;
    if (file) fclose(file);
    return size;
}
