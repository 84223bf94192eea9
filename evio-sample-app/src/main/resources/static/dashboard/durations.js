// The durations of a server's events, of the buckets that actuator counts them in.

import { seconds } from './numbers.js';

/**
 * The seconds that a part of the events since the answer before took at most; null without events. Within a bucket they
 * are taken to be spread evenly, as Prometheus does.
 */
export function quantile(part, before, now) {
    const buckets = Object.entries(now.buckets)
        .map(([le, count]) => ({ le: le === '+Inf' ? Infinity : Number(le), count: count - before.buckets[le] }))
        .sort((one, other) => one.le - other.le);
    const wanted = part * buckets.at(-1).count;
    if (wanted === 0) {
        return null;
    }
    const i = buckets.findIndex(bucket => bucket.count >= wanted);
    const lower = i === 0 ? { le: 0, count: 0 } : buckets[i - 1];
    const share = (wanted - lower.count) / (buckets[i].count - lower.count);
    return buckets[i].le === Infinity ? lower.le : lower.le + share * (buckets[i].le - lower.le);
}

/** The slowest event of the last minutes as EchoHandler.data, 12 ms, 40 s ago. */
export function slowestOf({ slowest }, time = Date.now()) {
    if (!slowest) {
        return 'none of 100 µs or more';
    }
    const handler = slowest.handler.replace(/^.*\./, '');
    const method = slowest.event.includes(' ') ? `${handler}, ${slowest.event}` : `${handler}.${slowest.event}`;
    const ago = Math.max(0, Math.round((time - Date.parse(slowest.at)) / 1_000));
    return `${method}, ${seconds(slowest.seconds)}, ${ago} s ago`;
}
