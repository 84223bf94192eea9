package io.evio;

/**
 * What a server has done since it was built, over all its starts: a snapshot of counters that only the loop writes. They
 * are read one after the other, so while the loop runs they need not fit to the byte; once it is quiet they do.
 *
 * @param connectionsActive connections open now
 * @param connectionsMax the limit of connections
 * @param connectionsOpened connections whose {@code opened} fired
 * @param connectionsClosed connections whose {@code closed} fired
 * @param connectionsDetached connections handed over to the handler
 * @param connectionsCutOff connections that a stop closed, its grace period over, with output unsent or work off the loop
 *     unfinished; part of the closed ones
 * @param acceptErrors accepts that failed
 * @param handlerErrors events that threw
 * @param dataReceived bytes read from peers
 * @param dataSent bytes that the kernel took for peers
 * @param prewriteAttempts write attempts begun
 * @param prewriteBytes bytes offered in them
 * @param postwriteAttempts write attempts ended
 * @param postwriteBytes bytes the kernel took in them
 * @param postwritePartial write attempts that left some
 * @param writePending bytes unsent now
 * @param loopIterations turns of the loop
 * @param loopEvents readiness events handled
 * @param wakeups wakes, sends and closes from outside an event that reached a connection
 * @param ticks ticks fired
 * @param loopBusyNanos nanoseconds the loop spent outside its wait
 * @param loopTurnNanos how long the loop's current turn has been going on, in nanoseconds; 0 while it waits. A long one is
 *     an event that blocks.
 */
public record EvioStats(
        long connectionsActive,
        long connectionsMax,
        long connectionsOpened,
        long connectionsClosed,
        long connectionsDetached,
        long connectionsCutOff,
        long acceptErrors,
        long handlerErrors,
        long dataReceived,
        long dataSent,
        long prewriteAttempts,
        long prewriteBytes,
        long postwriteAttempts,
        long postwriteBytes,
        long postwritePartial,
        long writePending,
        long loopIterations,
        long loopEvents,
        long wakeups,
        long ticks,
        long loopBusyNanos,
        long loopTurnNanos) {}
