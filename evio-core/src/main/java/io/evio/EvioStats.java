package io.evio;

import io.evio.internal.loop.Counters;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What a server, or one of its loops, has done since it was built, over all its starts: a snapshot of counters that only the loop writes. They
 * are read one after the other, so while a loop runs they need not fit to the byte; once it is quiet they do.
 *
 * @param connectionsActive connections open now
 * @param connectionsMax the limit of connections
 * @param connectionsOpened connections whose {@code opened} fired
 * @param connectionsClosed connections whose {@code closed} fired
 * @param connectionsDetached connections handed over to the handler
 * @param connectionsCutOff connections that a stop closed, its grace period over, with output unsent or work off the loop
 *     unfinished; part of the closed ones
 * @param cutByPendingInput connections closed because of {@link Limits#maxPendingInput}; like the four that follow part of the
 *     closed ones
 * @param cutByPendingOutput connections closed because of {@link Limits#maxPendingOutput}
 * @param cutByPendingTotal connections closed because of {@link Limits#maxPendingTotal}
 * @param cutByIdleTimeout connections closed because of {@link Limits#idleTimeout}
 * @param cutByDrainTimeout connections closed because of {@link Limits#drainTimeout}
 * @param acceptPauses times that accepting was paused, with {@link Limits#maxConnections} connections or without descriptors
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
 * @param pendingMemory bytes of native memory that hold unread input and unsent output now
 * @param loopIterations turns of the loop
 * @param loopEvents readiness events handled
 * @param wakeups wakes, sends and closes from outside an event that reached a connection
 * @param ticks ticks fired
 * @param loopBusyNanos nanoseconds the loop spent outside its wait. Looking without sleeping counts as waiting; see
 *     {@link EvioServer.Builder#busyPoll}
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
        long cutByPendingInput,
        long cutByPendingOutput,
        long cutByPendingTotal,
        long cutByIdleTimeout,
        long cutByDrainTimeout,
        long acceptPauses,
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
        long pendingMemory,
        long loopIterations,
        long loopEvents,
        long wakeups,
        long ticks,
        long loopBusyNanos,
        long loopTurnNanos) {

    /** Of all these loops together. */
    static EvioStats of(List<Counters> loops, int maxConnections) {
        // Ends before beginnings: what is read later can only be larger, so no difference is negative.
        long turnBegan = loops.stream()
                .mapToLong(loop -> loop.turnBegan.get())
                .filter(began -> began != Counters.WAITING)
                .reduce((a, b) -> a - b < 0 ? a : b)
                .orElse(Counters.WAITING);
        long detached = sum(loops, loop -> loop.detached.get());
        long closed = sum(loops, loop -> loop.closed.get());
        long opened = sum(loops, loop -> loop.opened.get());
        return new EvioStats(
                opened - closed - detached,
                maxConnections,
                opened,
                closed,
                detached,
                sum(loops, loop -> loop.cutOff.get()),
                sum(loops, loop -> loop.cutByPendingInput.get()),
                sum(loops, loop -> loop.cutByPendingOutput.get()),
                sum(loops, loop -> loop.cutByPendingTotal.get()),
                sum(loops, loop -> loop.cutByIdleTimeout.get()),
                sum(loops, loop -> loop.cutByDrainTimeout.get()),
                sum(loops, loop -> loop.acceptPauses.get()),
                sum(loops, loop -> loop.acceptErrors.get()),
                sum(loops, loop -> loop.handlerErrors.get()),
                sum(loops, loop -> loop.received.get()),
                sum(loops, loop -> loop.sent.get()),
                sum(loops, loop -> loop.prewriteAttempts.get()),
                sum(loops, loop -> loop.prewriteBytes.get()),
                sum(loops, loop -> loop.postwriteAttempts.get()),
                sum(loops, loop -> loop.postwriteBytes.get()),
                sum(loops, loop -> loop.postwritePartial.get()),
                sum(loops, loop -> loop.writePending.get()),
                sum(loops, loop -> loop.pendingMemory.get()),
                sum(loops, loop -> loop.iterations.get()),
                sum(loops, loop -> loop.events.get()),
                sum(loops, loop -> loop.wakeups.get()),
                sum(loops, loop -> loop.ticks.get()),
                sum(loops, loop -> loop.busyNanos.get()),
                turnBegan == Counters.WAITING ? 0 : Math.max(0, System.nanoTime() - turnBegan));
    }

    private static long sum(List<Counters> loops, ToLongFunction<Counters> counter) {
        return loops.stream().mapToLong(counter).sum();
    }
}
