package io.evio.internal.tls;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.Printable;
import io.evio.internal.stream.EndReason;
import io.evio.internal.stream.Layer;
import io.evio.internal.stream.Limit;
import io.evio.internal.stream.LimitException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS of one connection, by an SSLEngine.
 *
 * <p>{@link #drive} is the one place that decides what the engine does next. Each round of it consumes, produces, runs
 * a task or changes the engine's status; otherwise it leaves, so that an engine that answers nonsense cannot hold the
 * loop.
 *
 * <p>Holds wire bytes only while a record is incomplete, or while there is a reason not to go on with it: then
 * {@link #hasMore} says so.
 */
@SuppressWarnings("ByteBufferBackingArray") // those of TlsArrays begin where their arrays do
public final class TlsLayer implements Layer {

    /** Records per turn, so that one connection with tiny ones cannot starve the others. */
    private static final int MAX_RECORDS = 64;

    /** Records in a row that bring nothing: key updates, empty ones. */
    private static final int MAX_EMPTY = 32;

    /** Warning alerts in a row before TLS 1.3, where they can be told apart. */
    private static final int MAX_ALERTS = 4;

    /** Wraps in a row that give something to send although there is nothing to be sent. */
    private static final int MAX_WRAPS = 64;

    /** Rounds in a row in which the engine takes nothing of the peer's; a handshake has fewer. */
    private static final int MAX_IDLE_ROUNDS = 100;

    /** The first bytes of a peer that does not speak TLS, as far as they are logged. */
    private static final int MAX_SHOWN = 64;

    private static final int ALERT_RECORD = 21;
    private static final int HANDSHAKE_RECORD = 22;

    private static final byte[] EMPTY = new byte[0];

    private final TlsLoop loop;
    private final TlsSettings settings;
    private final SocketAddress peer;
    private final Host host;

    /** The loop's; its own once the connection has left the loop. */
    private TlsArrays arrays;

    /** Null before the first bytes of the peer, and before its server name is known where that is asked for. */
    private @Nullable SSLEngine engine;

    /** The server name that the engine was made for. */
    private @Nullable String askedName;

    /** Wire bytes that wait for more, or for their turn, at the start of the array. */
    private byte[] held = EMPTY;

    private int heldLength;

    /** True when they can be gone on with before more arrive. */
    private boolean more;

    /** The engine has something to send before it takes more, but what was sent before waits for the kernel. */
    private boolean blocked;

    /** Slow work of the engine is waiting for its turn, and the connection is resumed then. */
    private boolean queued;

    /** Slow work of the engine is under way: until then the engine is not touched. Guards the end of the engine. */
    private volatile boolean taskOut;

    private @Nullable Throwable taskFailure;

    /** True when the connection has ended. Guarded by this. */
    private boolean closed;

    /** The outcome of the handshake; null before. */
    private volatile @Nullable TlsState state;

    /** True when the protocol is TLS 1.3 or later, in which each side ends for itself. */
    private boolean endsApart;

    private boolean inputEnded;
    private boolean detached;
    private byte empty;
    private byte alerts;

    /** Rounds and tasks since the engine has last taken something of the peer's. Of the task while one is out. */
    private int idleRounds;

    /** The time of the peer's first byte, by two clocks. */
    private long beganNanos;

    private long beganMillis;

    TlsLayer(TlsLoop loop, TlsSettings settings, SocketAddress peer, Host host) {
        this.loop = loop;
        this.settings = settings;
        this.peer = peer;
        this.host = host;
        this.arrays = loop.arrays;
    }

    /** Returns the outcome of the handshake; null before its end. From any thread. */
    public @Nullable TlsState state() {
        return state;
    }

    @Override
    public void begin(Sink wire) throws IOException {
        if (!settings.client()) {
            return;
        }
        noteBegun();
        try {
            SSLEngine made = settings.engines().engine(null, peer);
            engine = made;
            made.beginHandshake();
            drive(made, arrays.incoming(0).flip(), wire, wire);
        } catch (SSLException e) {
            sendAlert(e, wire);
            throw e;
        }
    }

    private void noteBegun() {
        if (beganNanos == 0) {
            beganNanos = System.nanoTime();
            beganMillis = System.currentTimeMillis();
        }
    }

    @Override
    public void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException {
        ByteBuffer source = arrays.incoming(heldLength + bytes.remaining());
        source.put(held, 0, heldLength).put(bytes).flip();
        heldLength = 0;
        more = false;
        blocked = false;
        queued = false;
        try {
            if (source.hasRemaining()) {
                noteBegun();
            }
            SSLEngine driven = engine;
            if (driven == null) {
                driven = create(source);
            }
            if (driven != null) {
                drive(driven, source, plain, wire);
            }
        } catch (SSLException e) {
            sendAlert(e, wire);
            logFailure(e);
            throw e;
        } finally {
            hold(source);
        }
    }

    /** Keeps what is left of the array that all connections of the loop use. */
    private void hold(ByteBuffer rest) {
        int length = rest.remaining();
        if (length == 0) {
            setHeld(EMPTY);
        } else {
            if (held.length < length) {
                // A whole record, because one that is read in parts comes in front of others of its size.
                setHeld(new byte[Math.max(length, expected(rest))]);
            }
            rest.get(held, 0, length);
        }
        heldLength = length;
    }

    private void setHeld(byte[] array) {
        if (array.length != held.length && !detached) {
            loop.counters.pendingMemory.add(array.length - held.length);
        }
        held = array;
    }

    @Override
    public int heldMemory() {
        return held.length;
    }

    /** The size of the record that is incomplete, as far as it can be believed. */
    private static int expected(ByteBuffer record) {
        if (record.remaining() < 5) {
            return 0;
        }
        int length = 5 + (record.getShort(record.position() + 3) & 0xffff);
        return length <= TlsArrays.RECORD && record.remaining() > length / 8 ? length : 0;
    }

    /** Makes the engine, as soon as there is enough to know which one; null before that. */
    private @Nullable SSLEngine create(ByteBuffer source) throws SSLException {
        if (!source.hasRemaining()) {
            return null;
        }
        requireTls(source);
        String serverName = null;
        if (settings.readsServerName()) {
            ClientHello hello = ClientHello.parse(source.array(), source.limit());
            if (hello == null) {
                return null;
            }
            serverName = hello.serverName;
        }
        SSLEngine made = settings.engines().engine(serverName, peer);
        askedName = serverName;
        engine = made;
        return made;
    }

    /** Tells a peer that speaks something else from one whose handshake fails. */
    private static void requireTls(ByteBuffer source) throws SSLException {
        byte first = source.get(0);
        // A hello of SSL 2 has its highest bit set: the engine knows what to make of it.
        if (first != HANDSHAKE_RECORD && first != ALERT_RECORD && first > 0) {
            int length = Math.min(source.limit(), MAX_SHOWN);
            throw new SSLException("not TLS but plain text: '"
                    + Printable.text(new String(source.array(), 0, length, StandardCharsets.ISO_8859_1))
                    + (length < source.limit() ? "'..." : "'"));
        }
    }

    /** Goes on with the handshake and with the records, until there is a reason to wait. */
    private void drive(SSLEngine engine, ByteBuffer source, Sink plain, Sink wire) throws IOException {
        int records = 0;
        for (int left = source.remaining(); ; left = requireProgress(left, source)) {
            if (taskOut) {
                more = true;
                return;
            }
            requireTaskDone();
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                if (!runTasks(engine)) {
                    return;
                }
            } else if (status == HandshakeStatus.NEED_WRAP) {
                if (state != null && !detached && host.unsent() > 0) {
                    blocked = true;
                    more = true;
                    return;
                }
                if (!wrapNothing(engine, wire)) {
                    return;
                }
            } else if (inputEnded) {
                source.position(source.limit());
                return;
            } else if (!source.hasRemaining()) {
                if (records == 0 || state != null || !noticesTheEnd(engine, status, source)) {
                    return;
                }
            } else if (records == MAX_RECORDS) {
                more = true;
                return;
            } else {
                int produced = unwrap(engine, status, source, plain);
                if (produced < 0) {
                    return;
                }
                records++;
                if (produced > 0 && endsAtOnce(source)) {
                    // The event that this brings gets to answer before the answer to the end ends our side.
                    more = true;
                    return;
                }
            }
        }
    }

    /**
     * Calls an engine that has taken the last of a handshake without having said so: those over OpenSSL notice at the
     * next call that it is over, which may be far away where the server speaks first.
     *
     * @return whether it has anything new to say
     */
    private boolean noticesTheEnd(SSLEngine engine, HandshakeStatus before, ByteBuffer nothing) throws SSLException {
        SSLEngineResult result = engine.unwrap(nothing, arrays.plain());
        noteFinished(engine, result.getHandshakeStatus());
        return engine.getHandshakeStatus() != before;
    }

    /** Bounds what an engine can do without the peer; returns how much of the peer's bytes is left. */
    private int requireProgress(int before, ByteBuffer source) throws SSLException {
        idleRounds = source.remaining() < before ? 0 : idleRounds + 1;
        if (idleRounds > MAX_IDLE_ROUNDS) {
            throw new SSLException("the engine makes no progress");
        }
        return source.remaining();
    }

    /** Before TLS 1.3 the end of one side is that of the other: whether the next record may be one. */
    private boolean endsAtOnce(ByteBuffer source) {
        return !endsApart && state != null && source.hasRemaining() && source.get(source.position()) == ALERT_RECORD;
    }

    /** Takes one record; returns how much plain text it had, and -1 when there is nothing to go on with. */
    private int unwrap(SSLEngine engine, HandshakeStatus before, ByteBuffer source, Sink plain) throws IOException {
        int position = source.position();
        byte type = source.get(position);
        if (!endsApart && state != null && type == HANDSHAKE_RECORD) {
            throw new RenegotiationException();
        }
        ByteBuffer room = plain.room(TlsArrays.RECORD);
        ByteBuffer target = room != null ? room : arrays.plain();
        int start = target.position();
        SSLEngineResult result = engine.unwrap(source, target);
        if (result.getStatus() == Status.BUFFER_OVERFLOW) {
            if (!arrays.growPlain(engine.getSession().getApplicationBufferSize())) {
                throw new SSLException("the engine wants more room than it says");
            }
            room = null;
            target = arrays.plain();
            start = 0;
            result = engine.unwrap(source, target);
            if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                throw new SSLException("the engine wants more room than it says");
            }
        }
        int produced = target.position() - start;
        if (produced > 0) {
            if (state == null) {
                opened(engine);
            }
            if (room != null) {
                plain.put(produced);
            } else {
                plain.write(target.array(), 0, produced);
            }
        }
        boolean consumed = source.position() > position;
        noteFinished(engine, result.getHandshakeStatus());
        if (result.getStatus() == Status.CLOSED) {
            if (state == null) {
                throw new SSLException("the peer has ended it");
            }
            boolean news = !inputEnded;
            inputEnded = true;
            return news ? produced : -1;
        }
        if (result.getStatus() == Status.BUFFER_UNDERFLOW || !consumed && produced == 0) {
            if (!consumed && source.remaining() > 4 * TlsArrays.RECORD) {
                throw new SSLException("the engine does not take a whole record");
            }
            // Whatever it says: without having done anything it would say so again.
            return consumed || engine.getHandshakeStatus() != before ? 0 : -1;
        }
        count(type, produced);
        return produced;
    }

    /** Bounds what comes in a row and brings nothing. */
    private void count(byte type, int produced) throws SSLException {
        if (produced > 0 || state == null) {
            empty = 0;
            alerts = 0;
        } else if (++empty > MAX_EMPTY) {
            throw new SSLException("more than " + MAX_EMPTY + " records in a row without data");
        } else if (!endsApart && type == ALERT_RECORD && ++alerts > MAX_ALERTS) {
            throw new SSLException("more than " + MAX_ALERTS + " warning alerts in a row");
        }
    }

    /** Has the engine send what it has to say by itself; false when that is nothing, and will be nothing. */
    private boolean wrapNothing(SSLEngine engine, Sink wire) throws IOException {
        HandshakeStatus before = engine.getHandshakeStatus();
        int produced = wrap(engine, arrays.source(EMPTY, 0, 0), wire);
        return produced > 0 || engine.getHandshakeStatus() != before;
    }

    /** Makes one record at most; returns its size. */
    private int wrap(SSLEngine engine, ByteBuffer source, Sink wire) throws IOException {
        ByteBuffer target = arrays.outgoing();
        SSLEngineResult result = engine.wrap(source, target);
        if (result.getStatus() == Status.BUFFER_OVERFLOW) {
            if (!arrays.growOutgoing(engine.getSession().getPacketBufferSize())) {
                throw new SSLException("the engine wants more room than it says");
            }
            target = arrays.outgoing();
            result = engine.wrap(source, target);
        }
        int produced = target.position();
        if (produced > 0) {
            wire.write(target.array(), 0, produced);
        }
        noteFinished(engine, result.getHandshakeStatus());
        return produced;
    }

    /** Opens the connection once, however often the engine says that the handshake is over. */
    private void noteFinished(SSLEngine engine, HandshakeStatus status) {
        if (state == null && status == HandshakeStatus.FINISHED) {
            opened(engine);
        }
    }

    private void opened(SSLEngine engine) {
        TlsState outcome = new TlsState(engine, askedName);
        endsApart = !outcome.protocol().startsWith("SSL") && outcome.protocol().compareTo("TLSv1.3") >= 0;
        state = outcome;
        Counters counters = loop.counters;
        counters.tlsHandshakes.add(1);
        counters.tlsActive.add(1);
        counters.tlsHandshakeNanos.add(System.nanoTime() - beganNanos);
        if (outcome.isOlderThan(beganMillis)) {
            counters.tlsResumed.add(1);
        }
    }

    /** Has slow work done; false when it is not done at once. */
    private boolean runTasks(SSLEngine engine) throws SSLException {
        if (state != null && !endsApart) {
            throw new RenegotiationException();
        }
        HandshakeTasks tasks = settings.tasks();
        if (tasks == null || state != null) {
            return runAll(engine) || engine.getHandshakeStatus() != HandshakeStatus.NEED_TASK;
        }
        if (++idleRounds > MAX_IDLE_ROUNDS) {
            throw new SSLException("the engine has work for ever");
        }
        taskOut = true;
        more = true;
        try {
            queued = !tasks.start(host, () -> runTask(engine));
        } catch (RejectedExecutionException e) {
            taskOut = false;
            throw new SSLException("the executor of handshakes takes no work: " + e.getMessage(), e);
        }
        if (queued) {
            taskOut = false;
        }
        return false;
    }

    private void runTask(SSLEngine engine) {
        try {
            runAll(engine);
        } catch (Throwable t) {
            taskFailure = t;
        }
        synchronized (this) {
            taskOut = false;
            if (closed) {
                Engines.release(engine);
            }
        }
        host.resume();
    }

    /** Runs what the engine has, within the bound of rounds; returns whether there was any. */
    private boolean runAll(SSLEngine engine) {
        boolean ran = false;
        Runnable task = engine.getDelegatedTask();
        while (task != null && idleRounds <= MAX_IDLE_ROUNDS) {
            task.run();
            ran = true;
            idleRounds++;
            task = engine.getDelegatedTask();
        }
        return ran;
    }

    private void requireTaskDone() throws SSLException {
        Throwable failure = taskFailure;
        if (failure != null) {
            taskFailure = null;
            throw new SSLException("a task of the handshake failed: " + Printable.description(failure), failure);
        }
    }

    /** Sends the alert of the engine about its own failure, or the peer's. */
    private void sendAlert(SSLException failure, Sink wire) throws IOException {
        SSLEngine failing = engine;
        if (failing == null || taskOut || failure instanceof RenegotiationException) {
            return;
        }
        try {
            failing.closeOutbound();
            wrapAll(failing, wire);
        } catch (SSLException | RuntimeException | Error e) {
            // It fails again: then there is no alert.
        }
    }

    /** Sends what the engine has to say at its end; not every engine's status says that there is something. */
    private void wrapAll(SSLEngine engine, Sink wire) throws IOException {
        for (int i = 0; i < MAX_WRAPS && wrapNothing(engine, wire); i++) {
            if (engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
                return;
            }
        }
    }

    /** Nobody else is told of a handshake that fails: no event fires. */
    private void logFailure(SSLException e) {
        // The handler of an outbound connection is told by its closed.
        if (state == null && !detached && !settings.client()) {
            loop.log.closed(
                    "TLS handshake",
                    "the TLS handshake of " + host + " failed: " + Printable.text(String.valueOf(e.getMessage())),
                    false,
                    loop.clock.now());
        }
    }

    @Override
    public boolean hasMore() {
        return more;
    }

    @Override
    public boolean isWaiting() {
        return taskOut || queued || blocked && host.unsent() > 0;
    }

    @Override
    public boolean isOpen() {
        return state != null;
    }

    @Override
    public boolean isInputEnded() {
        return inputEnded;
    }

    @Override
    public long openingNanos() {
        return settings.handshakeNanos();
    }

    @Override
    public IOException openedTooLate() {
        return new LimitException(
                Limit.HANDSHAKE_TIMEOUT,
                host + (beganNanos == 0 ? " sent nothing" : " was still in its TLS handshake") + " after",
                TimeUnit.NANOSECONDS.toMillis(openingNanos()) + " ms",
                "");
    }

    @Override
    public void inputEnded(Sink plain) {
        TlsState outcome = state;
        if (outcome != null) {
            outcome.truncated();
        }
    }

    @Override
    public void send(byte[] bytes, int offset, int length, Sink wire) throws IOException {
        SSLEngine sending = engine;
        if (sending == null || taskOut) {
            throw new IllegalStateException("Nothing can be sent before the handshake is over");
        }
        ByteBuffer source = arrays.source(bytes, offset, length);
        int idle = 0;
        while (source.hasRemaining() && !sending.isOutboundDone()) {
            int left = source.remaining();
            int produced = wrap(sending, source, wire);
            idle = source.remaining() == left ? idle + 1 : 0;
            if (idle > MAX_WRAPS || idle > 0 && produced == 0) {
                // A peer that has ended before TLS 1.3 has ended both sides, and reads no more.
                if (sending.isOutboundDone()) {
                    return;
                }
                throw new SSLException("the engine takes nothing to send");
            }
        }
    }

    @Override
    public void endOutput(Sink wire) throws IOException {
        SSLEngine ending = engine;
        if (ending != null && !taskOut) {
            ending.closeOutbound();
            wrapAll(ending, wire);
        }
    }

    @Override
    public void detached() {
        loop.counters.pendingMemory.add(-held.length);
        detached = true;
        arrays = new TlsArrays();
        left();
    }

    /** The loop has one connection less. */
    private void left() {
        if (state != null) {
            loop.counters.tlsActive.add(-1);
        }
    }

    @Override
    public void close(@Nullable EndReason why) {
        if (!detached) {
            left();
            if (state == null && beganNanos != 0 && isFailure(why)) {
                loop.counters.tlsHandshakeErrors.add(1);
            }
        }
        SSLEngine ended = engine;
        synchronized (this) {
            closed = true;
            if (ended != null && !taskOut) {
                Engines.release(ended);
            }
        }
        HandshakeTasks tasks = settings.tasks();
        if (queued && tasks != null) {
            // It may have been the one that was to use a slot.
            tasks.resumeNext();
        }
        setHeld(EMPTY);
        heldLength = 0;
    }

    private static boolean isFailure(@Nullable EndReason why) {
        return why == EndReason.PEER_ENDED || why == EndReason.PEER_RESET || why == EndReason.FAILURE;
    }

    /**
     * The peer asks for another handshake. The engine has not failed, so all it could send is the end of a connection
     * on which everything went well, which programs take for a renegotiation that was granted: the connection is cut.
     */
    private static final class RenegotiationException extends SSLException {

        private static final long serialVersionUID = 1;

        RenegotiationException() {
            super("the peer asks for a renegotiation");
        }
    }
}
