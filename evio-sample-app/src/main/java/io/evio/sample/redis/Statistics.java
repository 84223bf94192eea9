package io.evio.sample.redis;

/** The figures that INFO has of the commands so far, counted and read on the loop's thread alone. */
final class Statistics {

    /** Of so many samples the commands per second are the mean, as in the original. */
    private static final int SAMPLES = 16;

    private static final long SAMPLE_NANOS = 100_000_000;

    /** Of how many parts one new mean makes the average time to live. */
    private static final int WEIGHT = 50;

    /** Commands executed; those that were refused for their name or the number of their arguments do not count. */
    long commands;

    long hits;
    long misses;

    /** Keys removed because their time was over. */
    long expired;

    private final long[] perSecond = new long[SAMPLES];
    private int next;
    private long sampledAt = System.nanoTime();
    private long sampledCommands;
    private long averageTimeToLive;

    /** To be called now and then: takes a sample when it is time for one. */
    void sample() {
        long now = System.nanoTime();
        long passed = now - sampledAt;
        if (passed >= SAMPLE_NANOS) {
            perSecond[next] = (long) ((commands - sampledCommands) * 1e9 / passed);
            next = (next + 1) % SAMPLES;
            sampledAt = now;
            sampledCommands = commands;
        }
    }

    long commandsPerSecond() {
        long sum = 0;
        for (long sample : perSecond) {
            sum += sample;
        }
        return sum / SAMPLES;
    }

    /** The mean of some keys, in milliseconds. */
    void timeToLive(long mean) {
        // Divided before they are added: either may be near the largest long.
        averageTimeToLive = averageTimeToLive == 0 ? mean : averageTimeToLive / WEIGHT * (WEIGHT - 1) + mean / WEIGHT;
    }

    /** There are no keys any more. */
    void noTimeToLive() {
        averageTimeToLive = 0;
    }

    /** Of the keys that have a deadline, in milliseconds, as far as they were looked at. */
    long averageTimeToLive() {
        return averageTimeToLive;
    }
}
