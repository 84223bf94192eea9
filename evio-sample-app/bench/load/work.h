/* What a client asks for, again and again, and what has to come back. */
#ifndef WORK_H
#define WORK_H

#include "target.h"

#include <stddef.h>

struct work {
    char *batch;    /* the requests of one batch, one after the other */
    char *expected; /* and their replies */
    char *mask;     /* zero where a reply may differ, as in its date; NULL where it may not */
    size_t batch_size, reply_size;
    int pipeline; /* how many requests are a batch */
};

/*
 * Prepares batches of echo:BYTES, ping, set, get or http. For get the value is put there first; for http the
 * first reply is the one that all others have to be like. Returns 0 for another mode.
 */
int work_prepare(struct work *work, const char *mode, int pipeline, struct target *target);

/* Whether these bytes are the right ones at this offset of the batch's replies. */
int work_matches(const struct work *work, size_t offset, const char *bytes, size_t size);

#endif
