/*
 * Latencies in buckets whose width is at most 1/64 of their value, as in HdrHistogram: any number of samples in 30 KB, and a
 * percentile that is off by less than 1.6 %.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <string.h>

#define SUB_BITS 6
#define SUB_BUCKETS (1 << SUB_BITS)
#define BUCKETS ((65 - SUB_BITS) * SUB_BUCKETS)

struct histogram {
    uint64_t counts[BUCKETS], count, max;
};

/* Values below 128 have a bucket each; above, the leading bit chooses 64 buckets and the six bits behind it one of them. */
static inline int bucket(uint64_t value) {
    int shift = value < 2 * SUB_BUCKETS ? 0 : 63 - SUB_BITS - __builtin_clzll(value);
    return shift * SUB_BUCKETS + (int)(value >> shift);
}

static inline void histogram_clear(struct histogram *h) { memset(h, 0, sizeof *h); }

static inline void histogram_add(struct histogram *h, uint64_t value) {
    h->counts[bucket(value)]++;
    h->count++;
    if (value > h->max) h->max = value;
}

/* The middle of the bucket that holds the sample at this share of all, 0 to 1; 0 without samples. */
static inline double histogram_percentile(const struct histogram *h, double share) {
    uint64_t wanted = (uint64_t)(share * h->count), seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        seen += h->counts[i];
        if (seen > wanted) {
            int shift = i < 2 * SUB_BUCKETS ? 0 : i / SUB_BUCKETS - 1;
            uint64_t low = (uint64_t)(i - shift * SUB_BUCKETS) << shift;
            return low + ((1ull << shift) - 1) / 2.0;
        }
    }
    return h->max;
}

#endif
