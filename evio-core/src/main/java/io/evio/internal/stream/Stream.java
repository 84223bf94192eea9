package io.evio.internal.stream;

import io.evio.internal.loop.Clock;
import io.evio.internal.loop.Printable;
import io.evio.internal.poll.Poller;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection: from the bytes that its socket brings to the event, from what the event writes to the socket, and to
 * its end.
 *
 * <p>Each turn of it ({@link #ready}, {@link #woken}, {@link #expired}) reads at most once, fires the event, sends what
 * the event wrote, and then settles: the stream ends, or is watched for what comes next. Whatever goes wrong on the way
 * is kept by {@link #fail} and acted on there.
 *
 * <p>Small, because there are many: addresses as numbers, buffers only while there is something in them, and what few
 * connections need in an object of its own ({@link Rare}).
 */
public final class Stream extends Mailbox
        implements OutputBuffer.Target, InputBuffer.Holder, Layer.Host, StreamContext.Deferred {

    /** The longest time a peer may take to end its side after ours has ended, before the socket is closed. */
    private static final long LINGER = TimeUnit.SECONDS.toNanos(2);

    /** The longest silence of a peer whose layer is not open, once the server stops. */
    private static final long OPENING_AT_STOP = TimeUnit.SECONDS.toNanos(1);

    /** The empty input with which a layer goes on with the work that it has left. */
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private static final byte[] NO_BYTES = new byte[0];

    /** In the place of {@link #lastReads}: no more reads, but what the layer still holds is to be served. */
    private static final byte LAYER_ONLY = -1;

    /** The number of reads that an outbound connection may still have when its turn to stop has come. */
    private static final int LATE_READS = 16;

    private static final VarHandle RECEIVED;
    private static final VarHandle SENT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            RECEIVED = lookup.findVarHandle(Stream.class, "received", long.class);
            SENT = lookup.findVarHandle(Stream.class, "sent", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The failure of a connection that is to end at once without one. */
    private static final IOException ABORTED = new IOException("aborted");

    static {
        // Loads the classes that pending output and an end need: they may come when there is no descriptor left to read
        // a class from a folder.
        Objects.requireNonNull(PendingOutput.Chunk.class);
        Objects.requireNonNull(InputWait.class);
        new Rare().reason = EndReason.FAILURE;
        new Largest();
        reasonOf(new RejectedException(""));
        reasonOf(new LimitException(Limit.IDLE_TIMEOUT, "", "", ""));
        reasonOf(new LostPeerException("", new SystemCallException("recv", Errno.ETIMEDOUT)));
    }

    /** The state that few connections have before their end. */
    private static final class Rare {

        /** The reason for which the connection has ended, or is to end. */
        @Nullable
        EndReason reason;

        /** The reason for which the connection is to end at once; null while it is well. */
        @Nullable
        IOException failure;

        /** The reason for which nothing can be sent to the peer any more, while its earlier input is still read. */
        @Nullable
        IOException sendFailure;

        /** The reason for which the connection ends once everything is out, where that is no ordinary end. */
        @Nullable
        IOException complaint;

        /** Pieces of work off the loop beside which it goes on, and whether there are so many that it does not. */
        int pieces;

        boolean heldByPieces;

        /** Times what its peer has to send; null where there has never been such a time. */
        @Nullable
        InputWait inputWait;

        /** The time for which a {@code data} event was asked. */
        long wakeAt = NEVER;

        /** The calls to make when the kernel has taken so many bytes, the first one first. */
        @Nullable
        ArrayDeque<Mark> marks;

        /** The state of a connection that the server has made itself. */
        @Nullable
        Outbound outbound;

        /** Takes the input in place of the handler. */
        @Nullable
        Stream relay;

        /** While it has too much unsent, this one is not read. */
        @Nullable
        Stream throttle;

        /** Those that are not read while this one has too much unsent. */
        final List<Stream> throttled = new ArrayList<>(0);
    }

    /** The way in which a connection is being made. */
    public interface Dialing {

        /** It is not wanted any more. */
        void cancel();
    }

    /** Knows where else an outbound connection may go. */
    public interface Redial {

        /**
         * The connection could not be made: begins to make it elsewhere, by {@link Stream#dialing}.
         *
         * @return why it is made nowhere; null when that has begun
         */
        @Nullable
        IOException again(Stream stream, IOException failure);
    }

    /** The further state of an outbound connection. */
    private static final class Outbound {

        /** Null when it goes to one place only. */
        private final @Nullable Redial redial;

        /** The address it goes to. Read by any thread. */
        private volatile SocketAddress target;

        private long timeoutNanos;

        /** The time at which it was begun, by {@link System#nanoTime}. */
        private long dialedAt;

        /** The bytes that go out before everything else, such as a PROXY header. */
        private byte[] preface = new byte[0];

        /** The attempt to make it; null once it is made. */
        private @Nullable Dialing dialing;

        /** It counts as one of its server's. */
        private boolean hasRoom = true;

        /** The output written before it opened. */
        private @Nullable ByteArrayOutputStream early = new ByteArrayOutputStream(0);

        Outbound(@Nullable Redial redial, SocketAddress nowhere, long dialedAt) {
            this.redial = redial;
            this.target = nowhere;
            this.dialedAt = dialedAt;
        }
    }

    /** @param position the bytes sent, counted from the connection's start, at which this is to be called */
    private record Mark(long position, Runnable whenSent) {}

    /** Another one once an outbound connection is made. */
    private Origin origin;

    /** The peer's address, when it is an IPv4 one. */
    private final int peer;

    private final int peerPortAndScope;

    /** The layer between the wire and the handler; null where there is none. */
    private @Nullable Layer layer;

    /** The object that the API made of this connection. */
    private @Nullable Object facade;

    private Phase phase = Phase.OPENING;

    /** True when {@code opened} has fired. */
    private boolean opened;

    /** The wire has ended: there is nothing more to read. */
    private boolean wireEnded;

    /** The peer has ended its side of what the handler sees. */
    private boolean inputEnded;

    /** The handler decides when a connection ends whose peer has ended its side. */
    private boolean halfOpen;

    /** The handler owes the peer an answer that comes from elsewhere: until then there is no ordinary end. */
    private boolean held;

    /** Our side ends once what is pending is out. */
    private boolean outputEnding;

    /** Our side has ended. */
    private boolean outputEnded;

    /** The layer sends nothing any more: it has ended our side, or has failed. */
    private boolean layerEnded;

    /** Not read because of the high-water mark. */
    private boolean paused;

    /** Not read because the handler does not want it. Written by any thread. */
    private volatile boolean readingPaused;

    /**
     * Work of this connection is being done off the loop: until it is completed there is no event, and no ordinary end.
     */
    private boolean busy;

    /** Input has come while {@link #busy}: until the work is done the poller need not be asked. */
    private boolean inputHeld;

    /** A wake came while {@link #busy}. */
    private boolean wakeHeld;

    /** Bytes were spilled to {@link #pending} that nobody has tried to send yet. */
    private boolean spilled;

    /** The number of reads left although the server stops; or {@link #LAYER_ONLY}, and 0 when all is served. */
    private byte lastReads;

    private @Nullable Block unread;
    private @Nullable ByteBuffer view;

    /** The output that the kernel has not taken yet, as wire bytes; null when there is none. */
    private @Nullable PendingOutput pending;

    private @Nullable Rare rare;

    /** The loop's time of the last byte in or out, in nanoseconds. */
    private long lastActive;

    /** The time at which it was accepted, by {@link System#nanoTime}. */
    private final long openedAt;

    private long received;
    private long sent;

    Stream(Origin origin, long id, int handle, PeerAddress peer) {
        super(id, handle);
        this.origin = origin;
        this.peer = (int) peer.low;
        this.peerPortAndScope = peer.portAndScope;
        this.openedAt = context().clock.nanoTime();
        this.lastActive = context().clock.now();
    }

    /** One that the server makes itself, and that has no socket yet. */
    Stream(Origin origin, long id, @Nullable Redial redial) {
        super(id, -1);
        this.origin = origin;
        this.peer = 0;
        this.peerPortAndScope = 0;
        this.phase = Phase.CONNECTING;
        this.openedAt = context().clock.nanoTime();
        this.lastActive = context().clock.now();
        rare().outbound = new Outbound(redial, origin.local(), openedAt);
    }

    /** Goes on to this phase, which is a later one, or is in it already. */
    private void enter(Phase next) {
        assert phase.compareTo(next) <= 0 : this + " was " + phase + " and cannot be " + next;
        phase = next;
    }

    private StreamContext context() {
        return origin.context();
    }

    private StreamConfig config() {
        return origin.config();
    }

    private InputBuffer input() {
        return layer == null ? context().input : context().layeredInput();
    }

    // The turns of a stream: what the loop calls.

    /** It was accepted and is watched: opens, at once where there is no layer that has to agree. */
    void accepted() {
        context().served = this;
        openOrBegin();
        settle();
    }

    // Connections that the server makes itself.

    private @Nullable Outbound outbound() {
        Rare extra = rare;
        return extra == null ? null : extra.outbound;
    }

    /**
     * Says where it goes; called before anything else.
     *
     * @param layers makes what stands between the wire and the handler; null for nothing
     * @param preface what goes out before everything else
     * @param timeoutNanos until it is open
     * @param limits what it keeps to; null for what its server does
     */
    public void goesTo(
            SocketAddress target,
            Layer.@Nullable Factory layers,
            byte[] preface,
            long timeoutNanos,
            @Nullable StreamConfig limits) {
        Outbound made = outbound();
        if (made != null) {
            made.target = target;
            made.preface = preface;
            made.timeoutNanos = timeoutNanos;
            made.dialedAt = context().clock.nanoTime();
            origin = origin.with(layers, limits != null ? limits : context().outboundConfig);
        }
    }

    /** It is being made. */
    public void dialing(Dialing dialing) {
        Outbound made = outbound();
        if (made != null) {
            made.dialing = dialing;
        }
    }

    /** It is made: the socket is this stream's from here on. */
    public void connected(int handle, SocketAddress local) {
        StreamContext shared = context();
        shared.served = this;
        Outbound made = outbound();
        if (made != null) {
            made.dialing = null;
        }
        setHandle(handle);
        origin = origin.connected(local);
        enter(Phase.OPENING);
        // From here on every end closes the socket.
        shared.loop.add(this);
        if (watch(Poller.READ)) {
            if (made != null && made.preface.length > 0) {
                wire().write(made.preface, 0, made.preface.length);
            }
            openOrBegin();
        }
        settle();
    }

    /** It could not be made. */
    public void notConnected(IOException cause) {
        context().served = this;
        Outbound made = outbound();
        if (made != null) {
            made.dialing = null;
        }
        fail(cause);
        settle();
    }

    /**
     * Goes elsewhere, if there is another place and nobody has ended the connection. What was written to it waits on.
     *
     * @return what it fails with; null when it does not
     */
    private @Nullable IOException redial(IOException failure) {
        Redial elsewhere = elsewhere();
        boolean isDecided = failure == ABORTED || failure instanceof LimitException || lastReads != 0;
        if (elsewhere == null || isDecided || context().loop.isStopping() || !hangUp()) {
            return failure;
        }
        Rare extra = rare();
        extra.failure = null;
        extra.complaint = null;
        extra.reason = null;
        IOException nowhere = elsewhere.again(this, failure);
        reschedule();
        return nowhere;
    }

    private @Nullable Redial elsewhere() {
        Outbound made = outbound();
        return made == null ? null : made.redial;
    }

    /** Goes back to where nothing is connected, which no other stream does. */
    private boolean hangUp() {
        if (phase == Phase.CONNECTING) {
            return true;
        }
        StreamContext shared = context();
        if (!watch(0)) {
            return false;
        }
        shared.loop.close(this);
        setHandle(-1);
        Layer between = layer;
        if (between != null) {
            between.close(EndReason.FAILURE);
            layer = null;
        }
        PendingOutput list = pending;
        if (list != null) {
            pending = null;
            list.free();
        }
        shared.input.release(this);
        view = null;
        wireEnded = false;
        inputEnded = false;
        layerEnded = false;
        outputEnded = false;
        paused = false;
        received = 0;
        sent = 0;
        phase = Phase.CONNECTING;
        return true;
    }

    /** Opens, or begins with the layer that has to agree. */
    private void openOrBegin() {
        Layer.Factory layers = origin.layers();
        if (layers == null) {
            open();
        } else {
            beginLayer(layers, NO_BYTES);
        }
    }

    /** @param first what has come already */
    private void beginLayer(Layer.Factory layers, byte[] first) {
        // Here and not before: from here on every end closes it.
        Layer between = null;
        try {
            between = layers.create(remoteAddress(), this);
            layer = between;
            if (between != null) {
                between.begin(wire());
            }
        } catch (IOException | RuntimeException | Error e) {
            layerFailed(e);
        }
        sendWire();
        if (hasFailed() || hasComplaint()) {
            reschedule();
        } else if (between == null) {
            openWith(first);
        } else if (first.length > 0) {
            reschedule();
            input().prepare(this);
            throughLayer(ByteBuffer.wrap(first));
        } else if (between.isOpen()) {
            open();
        } else {
            reschedule();
        }
    }

    /** Its layer has done nothing but read whose connection it is: it is over, and the next one begins. */
    private void introduced(Layer.Introduction introduction, byte[] rest) {
        StreamContext shared = context();
        dropIfEmpty();
        SocketAddress client = introduction.remote();
        Admission gate = shared.admission;
        Admission.Refusal refusal =
                gate == null ? null : gate.enters(PeerAddress.of(client == null ? remoteAddress() : client));
        if (refusal != null) {
            shared.refused(refusal, client == null ? remoteAddress() : client);
            fail(ABORTED);
            return;
        }
        between().close(null);
        layer = null;
        origin = origin.introduced(introduction, shared.clock.nanoTime());
        Layer.Factory next = origin.layers();
        if (next == null) {
            openWith(rest);
        } else {
            beginLayer(next, rest);
        }
    }

    /** Opens without a layer, with the first bytes of its input. */
    private void openWith(byte[] first) {
        open();
        boolean isWanted = phase.isLive() || phase == Phase.DETACHING;
        if (first.length > 0 && isWanted && !hasFailed()) {
            InputBuffer input = input();
            input.prepare(this);
            input.write(first, 0, first.length);
            if (mayFire() && !busy && !readingPaused && !isHeldBack()) {
                data(0);
            } else {
                hold();
            }
        }
    }

    @Override
    protected void ready(int ready) {
        context().served = this;
        if ((ready & Poller.WRITE) != 0) {
            writePending();
        }
        if ((ready & Poller.READ) != 0 && !hasFailed()) {
            read();
        }
        settle();
    }

    @Override
    protected void woken() {
        int requests = takeRequests();
        if (phase.isOver()) {
            return;
        }
        if ((requests & WAKEUPS) != 0) {
            context().counters.wakeups.add(1);
        }
        context().served = this;
        if ((requests & ABORT) != 0) {
            fail(ABORTED);
        } else if ((requests & OVERFLOW) != 0 && phase.isLive()) {
            fail(overflowOf(config().maxPendingOutput() + 1L));
        }
        if ((requests & MAIL) != 0 && mayFire()) {
            serveMail();
        }
        if ((requests & LAYER) != 0 && mayRead() && !busy && !hasFailed()) {
            receiveMore();
        }
        if (((requests & WAKE) != 0 || (requests & RESUME) != 0 && unread != null) && mayFire()) {
            wakeNow();
        }
        if ((requests & (CLOSE | CLOSE_IN_EVENT)) != 0) {
            EndReason why = (requests & CLOSE) != 0 ? EndReason.OTHER_THREAD : EndReason.HANDLER;
            if (phase == Phase.CONNECTING) {
                abandon(why);
            } else if (mayFire() || phase == Phase.OPENING) {
                close(why);
            }
        }
        if ((requests & STOP) != 0) {
            stop(true, LATE_READS);
            return;
        }
        settle();
    }

    @Override
    protected void expired() {
        StreamContext shared = context();
        long now = shared.clock.now();
        Rare extra = rare;
        if (extra != null && extra.wakeAt <= now) {
            extra.wakeAt = NEVER;
            shared.served = this;
            if (mayFire()) {
                wakeNow();
            }
            settle();
        } else if (now >= inputDeadline()) {
            inputIsLate();
        } else if (now >= progressDeadline()) {
            timedOut();
        }
        if (phase != Phase.GONE) {
            reschedule();
        }
    }

    @Override
    protected void failed(OutOfMemoryError cause) {
        OutputBuffer out = context().out;
        out.end();
        if (phase.isOver()) {
            closeNow();
        } else {
            endNow(new IOException("No memory left for " + this, cause));
        }
        context().served = null;
        out.flush();
    }

    /**
     * The server stops: what others have sent, one more attempt for what is pending, and with a grace period an
     * ordinary end, as if the peer had ended its side.
     */
    @Override
    protected void stop(boolean graceful, int reads) {
        if (graceful && outbound() != null && context().awaitAccepted(this)) {
            // What the accepted ones still have to answer may need it.
            return;
        }
        if (graceful && held && phase == Phase.OPEN) {
            // It is stopped once it is held no more: what is left of a request may be needed for its answer.
            return;
        }
        context().served = this;
        if (mayFire()) {
            serveMail();
        }
        if (pending != null) {
            writePending();
        }
        if (halfOpen) {
            halfOpen = false;
            reschedule();
            if (phase == Phase.HALF_CLOSED) {
                noteReason(EndReason.SERVER_STOP);
            }
        }
        if (graceful && phase == Phase.OPENING && received == 0) {
            receive();
        }
        if (graceful && phase == Phase.OPEN) {
            lastReads = (byte) reads;
            halfClose();
        } else if (graceful && phase == Phase.OPENING && received > 0) {
            // The peer has begun: what it asks for is served once the layer is open.
            lastReads = (byte) reads;
            lastActive = context().clock.now();
            reschedule();
        } else if (phase == Phase.OPENING) {
            fail(ABORTED);
        }
        settle();
    }

    @Override
    protected void cutOff(@Nullable IOException cause) {
        context().served = this;
        if (cause == null && mayFire()) {
            // What others have sent, as the closed of those before it may do, gets one attempt.
            takeMailIn();
        }
        context().out.flush();
        if (!phase.isOver()) {
            boolean unfinished = pending != null || busy || hasPieces();
            if (unfinished && opened) {
                context().counters.cutOff.add(1);
            }
            rare().reason = unfinished ? EndReason.STOP_CUT_OFF : EndReason.SERVER_STOP;
            end(Phase.GONE, cause);
            // Takes what has arrived, for the same reason as lingering.
            if (context().sockets.shutdownOutput(handle()) == 0) {
                discardInput();
            }
        }
        closeNow();
        context().served = null;
    }

    // Input: from the wire to the event.

    private void read() {
        if (phase == Phase.LINGERING) {
            int count = discardInput();
            if (count == 0 || count < 0 && count != -Errno.EAGAIN) {
                closeNow();
            }
        } else if (busy) {
            // Not before there is something to read: mostly the work is done by then, and the poller need not be told.
            inputHeld = true;
        } else if (wantsInput()) {
            if (layer != null && layer.hasMore()) {
                receiveMore();
            } else {
                receive();
            }
        }
    }

    private int discardInput() {
        Block scratch = context().out.scratch();
        return context().sockets.read(handle(), scratch, 0, scratch.capacity());
    }

    /** Reads once; returns whether that has filled all the room there was. */
    private boolean receive() {
        StreamContext shared = context();
        InputBuffer input = input();
        input.prepare(this);
        // A layer takes all of it before an event may want that memory.
        Block block = layer == null ? input.block() : shared.out.scratch();
        int offset = layer == null ? input.end() : 0;
        int room = layer == null ? input.room() : block.capacity();
        int count = shared.sockets.read(handle(), block, offset, room);
        if (count > 0) {
            countReceived(count);
            if (layer == null) {
                data(count);
            } else {
                throughLayer(block.buffer().clear().limit(count));
            }
        } else if (isOutputLost()) {
            fail(sendFailure());
        } else if (count == 0) {
            wireEnded();
        } else if (count != -Errno.EAGAIN) {
            fail(callFailed("recv", -count));
        }
        return count == room;
    }

    /** The layer goes on with what it has left for later. */
    private void receiveMore() {
        input().prepare(this);
        throughLayer(NOTHING);
    }

    /** The layer takes the bytes, and the event what it makes of them, behind the unread ones that are laid out. */
    private void throughLayer(ByteBuffer bytes) {
        Layer between = between();
        InputBuffer input = input();
        int before = input.end();
        byte[] rest = NO_BYTES;
        try {
            between.received(bytes, input, wire());
            if (bytes.hasRemaining()) {
                rest = new byte[bytes.remaining()];
                bytes.get(rest);
            }
        } catch (IOException | RuntimeException | Error e) {
            layerFailed(e);
        } finally {
            // The memory that events write to comes next.
            bytes.clear();
        }
        Layer.Introduction introduction = phase == Phase.OPENING ? between.introduction() : null;
        if (introduction != null) {
            introduced(introduction, rest);
            return;
        }
        boolean brought = input.end() > before;
        noteWire();
        if (phase == Phase.OPENING && between.isOpen()) {
            if (brought) {
                // The event that comes first may be followed by none, as when it hands the connection over.
                hold();
                brought = false;
            }
            sendSpilled();
            if (!hasFailed()) {
                open();
            }
            if (unread != null && mayFire() && !readingPaused) {
                wakeNow();
            }
        } else if (brought && mayFire()) {
            data(0);
        } else if (config().timesInput() && mayFire()) {
            timeInput(false, false);
        }
        sendSpilled();
        if (!inputEnded && between.isInputEnded()) {
            inputEnded();
        }
    }

    /** Keeps what is laid out for a later event. */
    private void hold() {
        if (!input().hold(this)) {
            fail(tooMuchUnread());
        }
    }

    private LimitException tooMuchUnread() {
        return new LimitException(
                Limit.MAX_PENDING_INPUT,
                "The handler leaves more unread of " + this + " than",
                config().maxPendingInput() + " bytes",
                ": the peer sends a frame that is too large, or the limit is too low");
    }

    private void wireEnded() {
        wireEnded = true;
        if (phase == Phase.OPENING && outbound() != null) {
            fail(new IOException(this + " could not be made: the peer has ended it before it was open"));
        } else if (phase == Phase.OPENING) {
            close(EndReason.PEER_ENDED);
        }
        Layer between = layer;
        if (between != null && !inputEnded && mayFire()) {
            InputBuffer input = input();
            int before = input.end();
            try {
                between.inputEnded(input);
            } catch (IOException | RuntimeException | Error e) {
                layerFailed(e);
            }
            if (input.end() > before) {
                data(0);
            }
        }
        inputEnded();
    }

    /** The layer's mistake, or its peer's: the connection ends once what is on the wire is out. */
    private void layerFailed(Throwable e) {
        if (e instanceof IOException error) {
            complain(error, EndReason.FAILURE);
        } else if (e instanceof OutOfMemoryError shortage) {
            throw shortage;
        } else {
            StreamContext shared = context();
            shared.log.warn("a layer threw", e, shared.clock.now());
            complain(new IOException("The layer threw: " + Printable.description(e), e), EndReason.FAILURE);
        }
        layerEnded = true;
    }

    /**
     * The peer has ended its side: one last event for what the handler has left, or for a handler that wants to know.
     */
    private void inputEnded() {
        inputEnded = true;
        if (phase == Phase.OPEN) {
            halfClose();
        }
        if ((unread != null || halfOpen) && mayFire()) {
            wakeNow();
        }
        Stream other = relay();
        if (other != null) {
            other.endOutput();
        }
    }

    /** Nothing more is to come; see {@link Phase#HALF_CLOSED}. */
    private void halfClose() {
        enter(Phase.HALF_CLOSED);
        lastActive = context().clock.now();
        reschedule();
    }

    private void wakeNow() {
        if (busy) {
            wakeHeld = true;
            return;
        }
        wakeHeld = false;
        input().prepare(this);
        data(0);
    }

    /** Fires {@code data} for {@code count} new bytes, behind those left unread before. */
    private void data(int count) {
        Stream to = relay();
        if (to != null) {
            relayTo(to, count);
            return;
        }
        StreamContext shared = context();
        InputBuffer input = input();
        OutputBuffer out = shared.out;
        ByteBuffer in = input.present(this, count);
        begin(in, input.block());
        Verdict verdict = Verdict.NONE;
        try {
            verdict = note(origin.events().data(this, in));
        } catch (Throwable t) {
            threw("data", t);
        }
        out.end();
        input.revoke();
        // Before the input is kept, because some of it may be sent from where it lies.
        out.flush();
        if (!hasFailed() && !input.keep(this)) {
            fail(tooMuchUnread());
        }
        if (config().timesInput()) {
            timeInput(input.wasGiven(), input.wasUsed());
        }
        decide(verdict);
    }

    /** The input goes to the other stream, at once and from where it lies as far as its kernel takes it. */
    private void relayTo(Stream to, int count) {
        StreamContext shared = context();
        InputBuffer input = input();
        OutputBuffer out = shared.out;
        ByteBuffer in = input.present(this, count);
        out.begin(to, in, input.block());
        try {
            if (to.isWritable()) {
                out.append(in);
            }
        } catch (OutputBuffer.Overflow e) {
            // The other stream has failed with that.
        }
        in.position(in.limit());
        out.end();
        input.revoke();
        out.flush();
        input.keep(this);
        if (config().timesInput()) {
            timeInput(input.wasGiven(), true);
        }
    }

    /** An event of this connection begins, with an output that takes nothing once our side is to end. */
    private void begin(@Nullable ByteBuffer in, @Nullable Block inBlock) {
        OutputBuffer out = context().out;
        out.begin(this, in, inBlock);
        if (outputEnding || !phase.isLive()) {
            out.recheck(this);
        }
    }

    private void open() {
        StreamContext shared = context();
        enter(Phase.OPEN);
        opened = true;
        Outbound made = outbound();
        (made == null ? shared.counters.opened : shared.counters.outboundOpened).add(1);
        shared.table.add(this);
        if (config().firstInputNanos() > 0) {
            inputWait().begin(Limit.FIRST_INPUT_TIMEOUT, config().firstInputNanos());
        }
        reschedule();
        shared.out.begin(this, null, null);
        if (made != null) {
            writeEarly(made);
        }
        Verdict verdict = Verdict.NONE;
        try {
            verdict = note(origin.events().opened(this));
        } catch (Throwable t) {
            threw("opened", t);
        }
        shared.out.end();
        shared.out.flush();
        decide(verdict);
        if (made != null && mayFire()) {
            serveMail();
            tellThrottled();
        }
        if (lastReads != 0 && phase == Phase.OPEN) {
            // The server stops: see stop().
            halfClose();
        }
    }

    /** Sends what was written while the connection was being made, before everything else. */
    private void writeEarly(Outbound made) {
        ByteArrayOutputStream early = made.early;
        made.early = null;
        if (early != null && early.size() > 0) {
            context().out.append(early.toByteArray(), 0, early.size());
        }
    }

    // Output: from the event to the wire.

    /** The loop's output buffer, which takes what is to be sent to this connection. In any event of its loop. */
    public OutputBuffer output() {
        OutputBuffer out = context().out;
        out.to(this);
        return out;
    }

    @Override
    public int unsent() {
        PendingOutput waiting = pending;
        int size = waiting == null ? 0 : waiting.size();
        return phase.isEarly() ? size + unsentEarly() : size;
    }

    @Override
    public int maxUnsent() {
        return config().maxPendingOutput();
    }

    private int unsentEarly() {
        Outbound made = outbound();
        ByteArrayOutputStream early = made == null ? null : made.early;
        return early == null ? 0 : early.size();
    }

    @Override
    public boolean isPlain() {
        return layer == null && !phase.isEarly();
    }

    @Override
    public boolean isWritable() {
        return (phase.isLive() || phase.isEarly()) && !outputEnding;
    }

    @Override
    public IllegalStateException refusal() {
        return new IllegalStateException(
                this + (phase.isLive() ? " has ended its output" : " has ended") + ": nothing can be written to it");
    }

    @Override
    public void spill(ByteBuffer bytes, int offset, int length) {
        Layer between = layer;
        Outbound made = phase.isEarly() ? outbound() : null;
        if (made != null && made.early != null) {
            made.early.write(bytes.array(), bytes.arrayOffset() + offset, length);
            return;
        }
        if (between == null) {
            wire().append(bytes, offset, length);
            return;
        }
        if (layerEnded) {
            return;
        }
        try {
            between.send(bytes.array(), bytes.arrayOffset() + offset, length, wire());
        } catch (IOException | RuntimeException | Error e) {
            layerFailed(e);
        }
        dropIfEmpty();
    }

    @Override
    public OutputBuffer.Overflow overflow(long unsent) {
        IOException overflow = overflowOf(unsent);
        fail(overflow);
        return new OutputBuffer.Overflow(overflow);
    }

    private IOException overflowOf(long unsent) {
        return new LimitException(
                Limit.MAX_PENDING_OUTPUT,
                "The unsent output of " + this + " would grow to " + unsent + " bytes, more than",
                String.valueOf(config().maxPendingOutput()),
                ": the peer reads too slowly, or the limit is too low for what is sent at once");
    }

    @Override
    public void setSpilled(boolean spilled) {
        this.spilled = spilled;
    }

    @Override
    public boolean isSpilled() {
        return spilled;
    }

    @Override
    public void flush() {
        OutputBuffer out = context().out;
        int staged = out.length(this);
        spilled = false;
        if (hasFailed() || phase.isOver() || isOutputLost()) {
            out.forget(this);
        } else if (phase.isEarly()) {
            out.spill();
            spilled = false;
            if (phase == Phase.OPENING) {
                sendWire();
            }
        } else if (pending == null && layer == null) {
            if (staged > 0) {
                writeAtOnce(out, staged);
            }
        } else {
            out.spill();
            spilled = false;
            sendWire();
            if (unsent() > config().maxPendingOutput() && !hasFailed()) {
                // Only what the kernel does not take counts.
                fail(overflowOf(unsent()));
            }
        }
        if (rare != null && pending == null) {
            callWhenSent();
        }
        if (context().served != this
                && phase != Phase.CONNECTING
                && (pending != null || phase != Phase.OPEN || outputEnding)) {
            request(SETTLE);
        }
    }

    @Override
    public void flushLater() {
        request(SETTLE);
    }

    /** Keeps what comes behind the bytes that the kernel has not taken. */
    private PendingOutput wire() {
        PendingOutput list = pending;
        if (list == null) {
            list = context().chunks.pending();
            pending = list;
        }
        return list;
    }

    private void dropIfEmpty() {
        PendingOutput list = pending;
        if (list != null && list.size() == 0) {
            pending = null;
            list.free();
        }
    }

    /** The layer may have answered by itself: that goes out with what the event sends, or after it. */
    private void noteWire() {
        dropIfEmpty();
        if (pending != null) {
            context().out.noteSpilled(this);
        }
    }

    private void sendSpilled() {
        if (spilled) {
            flush();
        }
    }

    /** Sends what is pending, unless the poller watches for room: then there is none, and it will say when to go on. */
    private void sendWire() {
        dropIfEmpty();
        if (pending != null && (interest() & Poller.WRITE) == 0) {
            writePending();
        }
    }

    private void writeAtOnce(OutputBuffer out, int length) {
        Block source = out.source();
        int offset = out.sourceOffset();
        out.clear();
        prewrite(length);
        if (hasFailed()) {
            return;
        }
        int taken = sent("send", context().sockets.write(handle(), source, offset, length));
        int rest = length - taken;
        try {
            if (rest > 0) {
                // In front, because the event may have written more.
                wire().prepend(source.buffer(), offset + taken, rest);
                if (rest > config().maxPendingOutput() && !hasFailed()) {
                    fail(overflowOf(rest));
                }
            }
        } finally {
            // Also when there is no memory for the rest: the attempt is over.
            postwrite(taken, unsent());
        }
    }

    /** Offers one gathered piece of what is pending: a connection's share of a turn. */
    private void writePending() {
        PendingOutput list = pending;
        if (list == null) {
            return;
        }
        Sockets sockets = context().sockets;
        prewrite(list.gather(sockets));
        if (hasFailed()) {
            return;
        }
        // What lies in one piece goes by send(2), which costs less than writev(2).
        int taken = list.gathered() == 1
                ? sent("send", sockets.write(handle(), list.firstBlock(), list.firstStart(), list.firstLength()))
                : sent("writev", sockets.writeGathered(handle(), list.gathered()));
        list.taken(taken);
        int remaining = list.size();
        if (remaining == 0) {
            pending = null;
            list.free();
        }
        postwrite(taken, remaining);
    }

    /** Counts what the kernel took; an error fails the connection. */
    private int sent(String call, int result) {
        if (result > 0) {
            context().counters.sent.add(result);
            lastActive = context().clock.now();
            SENT.setOpaque(this, sent + result);
            return result;
        }
        if (result < 0 && result != -Errno.EAGAIN) {
            sendFailed(-result, callFailed(call, -result));
        }
        return 0;
    }

    /**
     * Nothing can be sent any more. A server that we have connected to may have answered before it ended the
     * connection, as one that refuses a large request does: its answer is read first.
     */
    private void sendFailed(int errno, IOException cause) {
        boolean hasEnded = errno == Errno.EPIPE || errno == Errno.ECONNRESET;
        if (!hasEnded || outbound() == null || phase != Phase.OPEN || wireEnded || outputEnding) {
            fail(cause);
            return;
        }
        Rare extra = rare();
        if (extra.sendFailure == null) {
            extra.sendFailure = cause;
            request(SETTLE);
        }
    }

    private boolean isOutputLost() {
        Rare extra = rare;
        return extra != null && extra.sendFailure != null;
    }

    private IOException sendFailure() {
        return Objects.requireNonNull(rare().sendFailure, "only while isOutputLost()");
    }

    /** Reads on what there is although nothing can be sent any more; false when there is nothing to do but wait. */
    private boolean readOn() {
        PendingOutput list = pending;
        if (list != null) {
            pending = null;
            list.free();
        }
        if (busy || !wantsInput()) {
            // It goes on once the handler wants it, or once there is room for it elsewhere.
            return watch();
        }
        if (layer != null && layer.hasMore()) {
            receiveMore();
        } else {
            receive();
        }
        return true;
    }

    private IOException callFailed(String call, int errno) {
        SystemCallException failure = new SystemCallException(call, errno);
        return LostPeerException.isLost(errno) ? new LostPeerException(this, failure) : failure;
    }

    private void prewrite(int amount) {
        StreamContext shared = context();
        shared.counters.prewriteAttempts.add(1);
        shared.counters.prewriteBytes.add(amount);
        if (!opened) {
            return;
        }
        shared.out.begin();
        try {
            note(origin.events().prewrite(this, amount));
        } catch (Throwable t) {
            threw("prewrite", t);
        }
        shared.out.end();
    }

    private void postwrite(int amount, int remaining) {
        StreamContext shared = context();
        shared.counters.postwriteAttempts.add(1);
        shared.counters.postwriteBytes.add(amount);
        if (remaining > 0) {
            shared.counters.postwritePartial.add(1);
        }
        if (!opened) {
            return;
        }
        shared.out.begin();
        try {
            note(origin.events().postwrite(this, amount, remaining));
        } catch (Throwable t) {
            threw("postwrite", t);
        }
        shared.out.end();
        if (rare != null) {
            callWhenSent();
        }
    }

    private void callWhenSent() {
        ArrayDeque<Mark> marks = rare().marks;
        while (marks != null && !marks.isEmpty() && marks.getFirst().position() <= sent && !hasFailed()) {
            Runnable whenSent = marks.removeFirst().whenSent();
            fire("whenSent", () -> {
                whenSent.run();
                return Verdict.NONE;
            });
        }
    }

    // Mail: what others want to be sent and done.

    /**
     * Sends and does what others have left, and goes on with the input when that has ended the work that held it up.
     */
    private void serveMail() {
        boolean heldUp = busy;
        Verdict decided = takeMailIn();
        if (decided == Verdict.NONE && heldUp && !busy && (unread != null || wakeHeld) && mayFire()) {
            wakeNow();
        }
        decide(decided);
    }

    /** Sends and does what others have left; returns what the work has decided. */
    private Verdict takeMailIn() {
        Mail mail = takeMail();
        if (mail == null) {
            return Verdict.NONE;
        }
        OutputBuffer out = context().out;
        Verdict decided = Verdict.NONE;
        out.begin(this, null, null);
        for (; mail != null && !hasFailed(); mail = mail.next) {
            if (mail instanceof Task task) {
                ended(task.ends);
                Verdict verdict = fire(task.what, task.work);
                decided = verdict == Verdict.NONE ? decided : verdict;
                out.begin(this, null, null);
            } else if (mail instanceof Send send && !outputEnded) {
                append(send.bytes, send.whenSent);
            }
        }
        out.end();
        if (outputEnding) {
            out.recheck(this);
        }
        out.flush();
        return decided;
    }

    private void ended(Ends what) {
        Rare extra = rare;
        if (what == Ends.PIECE && extra != null) {
            extra.pieces--;
            if (!extra.heldByPieces) {
                // From the last one on it can be idle again.
                touch();
                return;
            }
            extra.heldByPieces = false;
        }
        if (what != Ends.NOTHING) {
            busy = false;
            inputHeld = false;
            touch();
        }
    }

    /** It is not idle. */
    private void touch() {
        lastActive = context().clock.now();
        reschedule();
    }

    private boolean hasPieces() {
        Rare extra = rare;
        return extra != null && extra.pieces > 0;
    }

    /** Does work as an event of this connection. */
    private Verdict fire(String event, Work work) {
        OutputBuffer out = context().out;
        begin(null, null);
        Verdict verdict = Verdict.NONE;
        try {
            verdict = note(origin.events().work(event, work));
        } catch (Throwable t) {
            threw(event, t);
        }
        out.end();
        return verdict;
    }

    /** Writes bytes in an event; false when they are too many. */
    private boolean append(byte[] bytes, @Nullable Runnable whenSent) {
        OutputBuffer out = context().out;
        try {
            out.takeFor(this);
            out.append(bytes, 0, bytes.length);
        } catch (OutputBuffer.Overflow e) {
            // The connection has failed with that.
            return false;
        }
        if (whenSent != null) {
            out.spill();
            if (unsent() > config().maxPendingOutput()) {
                fail(overflowOf(unsent()));
                return false;
            }
            // Even when that was nothing, and nothing waits for the kernel.
            out.noteSpilled(this);
            Rare extra = rare();
            if (extra.marks == null) {
                extra.marks = new ArrayDeque<>();
            }
            extra.marks.addLast(new Mark(sent + unsent(), whenSent));
        }
        return true;
    }

    // What is decided, and how it ends.

    private Verdict note(Verdict verdict) {
        if (verdict == Verdict.SHUTDOWN) {
            context().loop.shutdown();
        }
        return verdict;
    }

    /** An event has thrown. */
    private void threw(String event, Throwable thrown) {
        if (logThrown(event, thrown)) {
            fail(new IOException("The handler threw in " + event + ": " + Printable.description(thrown), thrown));
        }
    }

    /**
     * Returns whether it is an error of the handler: writing too much to a connection is not, and has failed that one
     * already.
     */
    private boolean logThrown(String event, Throwable thrown) {
        if (thrown instanceof OutputBuffer.Overflow) {
            return false;
        }
        // The log first: a reader of the meter finds the line.
        context().log.handlerThrew(event, this, thrown, context().clock.now());
        context().counters.handlerErrors.add(1);
        return true;
    }

    private Rare rare() {
        Rare result = rare;
        if (result == null) {
            result = new Rare();
            rare = result;
        }
        return result;
    }

    /** The first reason counts, unless a failure comes on top of it. */
    private void noteReason(EndReason why) {
        Rare extra = rare();
        if (extra.reason == null) {
            extra.reason = why;
        }
    }

    private boolean hasFailed() {
        Rare extra = rare;
        return extra != null && extra.failure != null;
    }

    /** The connection ends at once, when its turn is over; the first failure is the one that counts. */
    private void fail(IOException error) {
        if (phase.isOver()) {
            return;
        }
        Rare extra = rare();
        if (extra.failure == null) {
            extra.failure = error;
            if (context().served != this) {
                request(SETTLE);
            }
        }
    }

    /** The connection ends with an error once everything is out. */
    private void complain(IOException error, EndReason why) {
        Rare extra = rare();
        if (extra.complaint == null) {
            extra.complaint = error;
            extra.reason = why;
        }
    }

    private boolean hasComplaint() {
        Rare extra = rare;
        return extra != null && extra.complaint != null;
    }

    /** Returns whether an event may fire: it is live, and nothing has gone wrong. */
    private boolean mayFire() {
        return phase.isLive() && !hasFailed();
    }

    private void decide(Verdict verdict) {
        if (verdict == Verdict.CLOSE || hasComplaint()) {
            close(EndReason.HANDLER);
        } else if (verdict == Verdict.DETACH && mayFire()) {
            drain(Phase.DETACHING);
        }
    }

    private void close(EndReason why) {
        if (mayFire() || phase == Phase.OPENING && !hasFailed()) {
            noteReason(why);
            drain(Phase.CLOSING);
        }
    }

    /**
     * From here on only pending output goes out, with what was accepted before; then the connection is closed or
     * detached.
     */
    private void drain(Phase ending) {
        endRequests();
        if (phase.isLive()) {
            takeMailIn();
        }
        // What was taken in by now may have shown a reason to close.
        enter(hasComplaint() ? Phase.CLOSING : ending);
        busy = false;
        lastActive = context().clock.now();
        context().out.recheck(this);
        reschedule();
    }

    /** Brings the stream to where it has to be at the end of its turn: ended, or watched for what comes next. */
    private void settle() {
        StreamContext shared = context();
        do {
            // What an event has written that a write attempt has fired.
            shared.out.flush();
        } while (step());
        shared.served = null;
        if (shared.counters.pendingMemory.get() > shared.pendingShare) {
            relieve();
        }
        shared.out.flush();
    }

    /** One step towards the end, as far as it is decided; false when there is nothing to do but wait. */
    private boolean step() {
        IOException failure = rare == null ? null : rare.failure;
        if (failure != null && !phase.isOver()) {
            IOException last = phase.isEarly() ? redial(failure) : failure;
            if (last != null) {
                endNow(last);
            }
            return false;
        }
        switch (phase) {
            case CONNECTING:
                return false;
            case OPENING, OPEN:
                IOException complaint = rare == null ? null : rare.complaint;
                if (complaint != null && phase == Phase.OPENING && elsewhere() != null) {
                    fail(complaint);
                    return true;
                }
                if (complaint != null) {
                    close(EndReason.FAILURE);
                    return true;
                }
                if (isOutputLost()) {
                    return readOn();
                }
                if (mayEndOutput()) {
                    return endOutputNow();
                }
                return watch();
            case HALF_CLOSED:
                if (hasComplaint()) {
                    close(EndReason.FAILURE);
                    return true;
                }
                if (mayEndOutput()) {
                    return endOutputNow();
                }
                if (pending != null || busy || held || hasPieces() || halfOpen && !outputEnded) {
                    return watch();
                }
                if (lastReads != 0 && !inputEnded && !readingPaused) {
                    lastRead();
                    return true;
                }
                Stream other = relay();
                if (other != null && !outputEnded) {
                    other.endOutput();
                    return watch();
                }
                if (!endRequestsIfNone()) {
                    // What was asked for is served later in this turn, or in the next.
                    return watch();
                }
                close(inputEnded ? EndReason.PEER_ENDED : EndReason.SERVER_STOP);
                return true;
            case CLOSING, DETACHING:
                if (pending != null) {
                    return watch();
                }
                if (phase == Phase.CLOSING && layer != null && !layerEnded) {
                    endLayerOutput();
                    return true;
                }
                if (phase == Phase.DETACHING) {
                    if (outputEnding && !outputEnded) {
                        return endOutputNow();
                    }
                    return !detach();
                }
                finish();
                return false;
            default:
                return false;
        }
    }

    /** One of the last reads of a server that stops, or one round of what the layer has left of them. */
    private void lastRead() {
        if (layer != null && layer.hasMore()) {
            receiveMore();
        } else if (lastReads > 0) {
            lastReads = (byte) (receive() && lastReads > 1 ? lastReads - 1 : LAYER_ONLY);
        } else {
            lastReads = 0;
        }
    }

    /** Tells the poller what to watch for, when that has changed. Returns whether that failed the stream. */
    private boolean watch() {
        StreamConfig config = config();
        int waiting = unsent();
        if (waiting > config.highWaterMark()) {
            setPaused(true);
        } else if (waiting < config.lowWaterMark()) {
            setPaused(false);
        }
        if (config.timesInput()) {
            countInputTime();
        }
        boolean reads = wantsInput() && !inputHeld;
        int wanted = (reads ? Poller.READ : 0) | (waiting > 0 ? Poller.WRITE : 0);
        if (wanted != interest() && !watch(wanted)) {
            return true;
        }
        if (reads && !busy && layer != null && layer.hasMore()) {
            request(LAYER);
        }
        return false;
    }

    private void setPaused(boolean full) {
        if (paused != full) {
            paused = full;
            tellThrottled();
        }
    }

    /** Those that are not read while this one has too much unsent look at it again. */
    private void tellThrottled() {
        Rare extra = rare;
        if (extra != null) {
            for (Stream stream : extra.throttled) {
                stream.request(SETTLE | RESUME);
            }
        }
    }

    private boolean watch(int wanted) {
        try {
            context().loop.watch(this, wanted);
            return true;
        } catch (SystemCallException e) {
            fail(e);
            return false;
        }
    }

    private boolean wantsInput() {
        return mayRead() && (layer == null || !layer.isWaiting());
    }

    private boolean mayRead() {
        return (phase == Phase.OPEN || phase == Phase.OPENING) && !isHeldBack() && !readingPaused;
    }

    /** Returns whether it is not read because of what is unsent: its own, or what its input brings about elsewhere. */
    private boolean isHeldBack() {
        Rare extra = rare;
        if (extra == null || extra.throttle == null) {
            return paused;
        }
        Stream other = extra.throttle;
        // What a relay has unsent itself has nothing to do with what its peer sends.
        return other.paused || other.phase.isEarly() || paused && extra.relay == null;
    }

    /** Returns whether our side is to end, and everything that was taken before is out. */
    private boolean mayEndOutput() {
        return outputEnding && !outputEnded && pending == null && !hasRequest(MAIL);
    }

    /** Ends our side: everything is out. */
    private boolean endOutputNow() {
        if (layer != null && !layerEnded) {
            endLayerOutput();
            return true;
        }
        outputEnded = true;
        int result = context().sockets.shutdownOutput(handle());
        if (result < 0) {
            fail(new SystemCallException("shutdown", -result));
        }
        return true;
    }

    private void endLayerOutput() {
        layerEnded = true;
        try {
            between().endOutput(wire());
        } catch (IOException | RuntimeException | Error e) {
            layerFailed(e);
        }
        sendWire();
    }

    @SuppressWarnings("NullAway") // called only where there is one
    private Layer between() {
        return layer;
    }

    /**
     * An ordinary end: {@code closed}, then the end of our side, then the wait for the peer to end its own. Closing
     * with input unread would make TCP reset the connection, and the reset would destroy what the peer has not read yet
     * (RFC 1122, 4.2.2.13).
     */
    private void finish() {
        end(Phase.LINGERING, rare == null ? null : rare.complaint);
        if (wireEnded || !outputEnded && context().sockets.shutdownOutput(handle()) < 0) {
            closeNow();
            return;
        }
        lastActive = context().clock.now();
        if (watch(Poller.READ)) {
            reschedule();
        } else {
            closeNow();
        }
    }

    /** Hands the connection over; false when that cannot be, and has failed it. */
    private boolean detach() {
        if (!watch(0)) {
            return false;
        }
        StreamContext shared = context();
        int result = shared.sockets.detach(handle());
        if (result < 0) {
            fail(new SystemCallException("fcntl", -result));
            return false;
        }
        byte[] rest = input().unread(this);
        Layer between = layer;
        if (between != null) {
            between.detached();
        }
        retire(Phase.GONE);
        shared.loop.forget(this);
        (outbound() == null ? shared.counters.detached : shared.counters.outboundClosed).add(1);
        shared.out.begin();
        try {
            note(origin.events()
                    .detached(this, new Handover(shared.sockets, handle(), rest, between, inputEnded, outputEnded)));
        } catch (Throwable t) {
            logThrown("detached", t);
        }
        shared.out.end();
        unlink();
        leaveRoom();
        giveBack();
        return true;
    }

    /** Ends the connection at once, whatever it has pending, and says why. */
    private void endNow(IOException error) {
        StreamContext shared = context();
        if (error == ABORTED) {
            rare().reason = EndReason.ABORTED;
            if (handle() >= 0) {
                shared.sockets.resetOnClose(handle());
            }
            end(Phase.GONE, null);
        } else {
            if (error instanceof LimitException cut) {
                cut.limit().counter(shared.counters).add(1);
                shared.log.closed(
                        cut.limit().property(),
                        String.valueOf(cut.getMessage()),
                        cut.limit().isSilence(),
                        shared.clock.now());
            }
            if (error instanceof LostPeerException) {
                shared.counters.lost.add(1);
                shared.log.closed("lost", String.valueOf(error.getMessage()), true, shared.clock.now());
            }
            rare().reason = reasonOf(error);
            end(Phase.GONE, error);
        }
        closeNow();
    }

    private static EndReason reasonOf(IOException error) {
        if (error instanceof LimitException cut) {
            return cut.limit().reason();
        }
        if (error instanceof LostPeerException) {
            return EndReason.PEER_LOST;
        }
        if (error instanceof NoRoomException) {
            return EndReason.MAX_OUTBOUND_CONNECTIONS;
        }
        boolean reset = error instanceof SystemCallException call
                && (call.errno() == Errno.ECONNRESET || call.errno() == Errno.EPIPE);
        return reset ? EndReason.PEER_RESET : EndReason.FAILURE;
    }

    /** Frees all but the handle and fires {@code closed}, if {@code opened} has fired. */
    private void end(Phase last, @Nullable IOException error) {
        StreamContext shared = context();
        retire(last);
        Layer between = layer;
        if (between != null) {
            between.close(endReason());
        }
        Stream other = unlink();
        Outbound made = outbound();
        // Before closed, which may make another one in its place.
        leaveRoom();
        if (opened) {
            (made == null ? shared.counters.closed : shared.counters.outboundClosed).add(1);
        } else if (made != null) {
            shared.counters.outboundErrors.add(1);
        }
        if (opened || made != null) {
            shared.out.begin();
            try {
                note(origin.events().closed(this, error));
            } catch (Throwable t) {
                logThrown("closed", t);
            }
            shared.out.end();
        }
        if (other != null && other.relay() == null) {
            // Unless closed has given it another one.
            other.relayEnded(error != null || endReason() == EndReason.ABORTED);
        }
        giveBack();
    }

    // Two streams of one loop.

    private @Nullable Stream relay() {
        Rare extra = rare;
        return extra == null ? null : extra.relay;
    }

    /** Has the input of each of the two go to the other, until both have ended. */
    public void relay(Stream other) {
        checkThread();
        checkPair(other);
        if (relay() != null || other.relay() != null) {
            throw new IllegalStateException((relay() != null ? this : other) + " is part of a relay already");
        }
        throttle(other);
        other.throttle(this);
        rare().relay = other;
        other.rare().relay = this;
        request(SETTLE | RESUME);
        other.request(SETTLE | RESUME);
        if (inputEnded) {
            other.endOutput();
        }
        if (other.inputEnded) {
            endOutput();
        }
    }

    /** Has it not read while the other has too much unsent; null ends that. */
    public void throttle(@Nullable Stream other) {
        checkThread();
        if (other != null) {
            checkPair(other);
        }
        if (relay() != null) {
            throw new IllegalStateException(this + " is part of a relay, which throttles it");
        }
        Rare extra = rare();
        if (extra.throttle != null) {
            extra.throttle.rare().throttled.remove(this);
        }
        extra.throttle = other;
        if (other != null) {
            other.rare().throttled.add(this);
        }
        request(SETTLE | RESUME);
    }

    private void checkPair(Stream other) {
        if (other == this) {
            throw new IllegalArgumentException(this + " cannot be tied to itself");
        }
        if (other.context() != context()) {
            throw new IllegalArgumentException(other + " is on another loop than " + this
                    + ": make it by Connection.connect, which stays on the loop");
        }
        if (phase.isOver() || phase.isDraining()) {
            throw new IllegalStateException(this + " has ended");
        }
        if (other.phase.isOver() || other.phase.isDraining()) {
            throw new IllegalStateException(other + " has ended");
        }
    }

    /** Ends all that ties it to others; returns what it was in a relay with. */
    private @Nullable Stream unlink() {
        Rare extra = rare;
        if (extra == null) {
            return null;
        }
        Stream other = extra.relay;
        extra.relay = null;
        if (other != null) {
            other.rare().relay = null;
        }
        Stream throttle = extra.throttle;
        extra.throttle = null;
        if (throttle != null) {
            throttle.rare().throttled.remove(this);
        }
        for (Stream stream : extra.throttled) {
            stream.rare().throttle = null;
            stream.request(SETTLE | RESUME);
        }
        extra.throttled.clear();
        return other;
    }

    /** The other one of a relay has ended. */
    private void relayEnded(boolean failed) {
        if (failed) {
            fail(ABORTED);
        } else {
            request(CLOSE_IN_EVENT);
        }
    }

    /** The index of its loop in its group. From any thread. */
    public int loopIndex() {
        return context().loop.index();
    }

    /** The stream's events. From any thread. */
    public StreamEvents events() {
        return origin.events();
    }

    @Override
    public void stopNow() {
        request(STOP);
    }

    /** It is no part of the outbound connections that its server may have, because those are as many as they may be. */
    public void hasNoRoom() {
        Outbound made = outbound();
        if (made != null) {
            made.hasRoom = false;
        }
    }

    private void leaveRoom() {
        Outbound made = outbound();
        if (made != null && made.hasRoom) {
            made.hasRoom = false;
            context().loop.group().leaveOutbound(context().loop.index());
        }
    }

    private void giveBack() {
        StreamContext shared = context();
        if (outbound() == null) {
            Admission gate = shared.admission;
            if (gate != null && !origin.awaitsIntroduction()) {
                gate.left(PeerAddress.of(remoteAddress()));
            }
            shared.loop.group().leave(shared.loop.index());
            shared.acceptedEnded();
        } else {
            shared.outboundEnded(this);
        }
    }

    /** A connection that is being made is not wanted any more. */
    private void abandon(EndReason why) {
        noteReason(why);
        end(Phase.GONE, null);
        closeNow();
    }

    private void retire(Phase last) {
        StreamContext shared = context();
        Outbound made = outbound();
        if (made != null && made.dialing != null) {
            Dialing dialing = made.dialing;
            made.dialing = null;
            dialing.cancel();
        }
        enter(last);
        endAll();
        busy = false;
        if (opened) {
            shared.table.remove(this);
        }
        input().release(this);
        shared.out.forget(this);
        PendingOutput list = pending;
        if (list != null) {
            pending = null;
            list.free();
        }
        view = null;
        if (rare != null) {
            rare.marks = null;
        }
    }

    private void closeNow() {
        enter(Phase.GONE);
        if (handle() >= 0) {
            context().loop.close(this);
        }
    }

    /**
     * Ends the connections that hold the most, until all together hold no more than the loop's share of what they may.
     */
    private void relieve() {
        StreamContext shared = context();
        while (shared.counters.pendingMemory.get() > shared.pendingShare) {
            Largest largest = new Largest();
            shared.table.forEach(source -> largest.compare((Stream) source));
            Stream found = largest.stream;
            if (found == null) {
                return;
            }
            found.endNow(found.tooMuch());
        }
    }

    private static final class Largest {

        private @Nullable Stream stream;
        private long total;

        void compare(Stream candidate) {
            if (candidate.pendingTotal() > total) {
                stream = candidate;
                total = candidate.pendingTotal();
            }
        }
    }

    /** Bytes of unread input, with the room kept for more of it, of unsent output, and of what the layer holds. */
    private long pendingTotal() {
        Block input = unread;
        Layer between = layer;
        return (input == null ? 0L : input.capacity()) + unsent() + (between == null ? 0 : between.heldMemory());
    }

    private LimitException tooMuch() {
        StreamContext shared = context();
        int loops = shared.loop.group().size();
        String what =
                this + " holds " + pendingTotal() + " bytes of unread input and unsent output, more than any other";
        String value = String.valueOf(shared.config.maxPendingTotal());
        return loops == 1
                ? new LimitException(Limit.MAX_PENDING_TOTAL, what + ", and all of them together more than", value, "")
                : new LimitException(
                        Limit.MAX_PENDING_TOTAL,
                        what + " of its loop, and all of these together more than the loop's share of",
                        value,
                        ", which is " + shared.pendingShare + " for each of " + loops + " loops");
    }

    // Deadlines.

    /**
     * Notes what the peer is to send next: something at all, the rest of what was left unread, or nothing for now.
     *
     * @param came whether the handler was given something
     * @param used whether it has used something of that
     */
    private void timeInput(boolean came, boolean used) {
        InputWait wait = rare == null ? null : rare.inputWait;
        if (wait != null && wait.isFor(Limit.FIRST_INPUT_TIMEOUT) && !came) {
            return;
        }
        Layer between = layer;
        boolean unfinished = unread != null || between != null && between.heldMemory() > 0;
        if (!unfinished || config().frameNanos() == 0) {
            if (wait != null) {
                wait.end();
            }
        } else if (used || wait == null || !wait.isFor(Limit.FRAME_TIMEOUT)) {
            inputWait().begin(Limit.FRAME_TIMEOUT, config().frameNanos());
        }
    }

    private InputWait inputWait() {
        Rare extra = rare();
        InputWait result = extra.inputWait;
        if (result == null) {
            result = new InputWait();
            extra.inputWait = result;
        }
        return result;
    }

    /** The peer's time counts while it is read, and nothing of it is worked on. */
    private void countInputTime() {
        InputWait wait = rare == null ? null : rare.inputWait;
        if (wait != null) {
            wait.count(
                    phase == Phase.OPEN && wantsInput() && !busy,
                    context().clock.now());
            if (wait.due() < deadline()) {
                context().loop.schedule(this, wait.due());
            }
        }
    }

    /** Until when the peer has to have sent what it has to; {@link #NEVER} when that is nothing, or does not count. */
    private long inputDeadline() {
        InputWait wait = rare == null ? null : rare.inputWait;
        return wait == null || !phase.isLive() ? NEVER : wait.due();
    }

    /** Makes sure that {@link #expired} is called in time; a deadline that has moved later is found out about then. */
    private void reschedule() {
        long due = Math.min(progressDeadline(), inputDeadline());
        Rare extra = rare;
        if (extra != null && extra.wakeAt < due) {
            due = extra.wakeAt;
        }
        if (due < deadline()) {
            context().loop.schedule(this, due);
        }
    }

    /** Until when the connection has to have moved a byte; {@link #NEVER} when it need not. */
    private long progressDeadline() {
        if ((busy || held || hasPieces()) && pending == null && phase.isLive()) {
            // The peer waits for us.
            return NEVER;
        }
        if (phase == Phase.OPENING) {
            return openingDeadline();
        }
        StreamConfig config = config();
        long limit = switch (phase) {
            case CONNECTING, OPENING -> 0;
            case OPEN -> config.idleNanos();
            case HALF_CLOSED -> isHandlersToEnd() ? config.idleNanos() : config.drainNanos();
            case CLOSING, DETACHING -> config.drainNanos();
            case LINGERING -> LINGER;
            case GONE -> 0;
        };
        return limit == 0 ? NEVER : lastActive + limit;
    }

    /** Until when its layer has to be open, whatever the peer sends meanwhile. */
    private long openingDeadline() {
        Outbound made = outbound();
        Layer between = layer;
        long limit = made != null ? made.timeoutNanos : between == null ? 0 : between.openingNanos();
        Clock clock = context().clock;
        Origin.Introduced introduced = origin.introduced();
        // A header may have taken its own time before.
        long began = introduced == null ? openedAt : introduced.at();
        long from = made != null ? made.dialedAt : began;
        long due = limit == 0 ? NEVER : clock.now() + (from + limit - clock.nanoTime());
        return lastReads == 0 ? due : Math.min(due, lastActive + OPENING_AT_STOP);
    }

    /**
     * Returns whether its handler decides when it ends, and not its pending output: as an open one it may be silent for
     * a while.
     */
    private boolean isHandlersToEnd() {
        return phase == Phase.OPEN
                || phase == Phase.HALF_CLOSED && (halfOpen && !outputEnding || relay() != null && !outputEnded);
    }

    private void inputIsLate() {
        context().served = this;
        InputWait wait = inputWait();
        boolean isFirst = wait.limit() == Limit.FIRST_INPUT_TIMEOUT;
        fail(new LimitException(
                wait.limit(),
                isFirst
                        ? this + " has received nothing for longer than"
                        : "Input of " + this + " has been unread for longer than",
                millis(isFirst ? config().firstInputNanos() : config().frameNanos()),
                isFirst ? "" : ": the peer sends a frame too slowly, or the limit is too low"));
        settle();
    }

    private void timedOut() {
        StreamConfig config = config();
        context().served = this;
        switch (phase) {
            case OPENING -> fail(lastReads != 0 ? ABORTED : openedTooLate());
            case LINGERING -> closeNow();
            default -> {
                if (isHandlersToEnd()) {
                    fail(new LimitException(
                            Limit.IDLE_TIMEOUT, this + " was silent for longer than", millis(config.idleNanos()), ""));
                } else {
                    fail(new LimitException(
                            Limit.DRAIN_TIMEOUT,
                            this + " was to end, but "
                                    + (unsent() > 0
                                            ? "its peer took nothing of " + unsent() + " pending bytes"
                                            : "its handler has asked for more events")
                                    + " for longer than",
                            millis(config.drainNanos()),
                            ""));
                }
            }
        }
        settle();
    }

    private IOException openedTooLate() {
        Outbound made = outbound();
        return made == null
                ? between().openedTooLate()
                : new SocketTimeoutException(
                        this + " was not made within its timeout (" + millis(made.timeoutNanos) + ")");
    }

    private static String millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos) + " ms";
    }

    // What the API asks of it; by the loop's thread only, except where a method says otherwise.

    /** The index, from 0, of the server's address that this connection came in by. From any thread. */
    public int addressIndex() {
        return origin.addressIndex();
    }

    /** From any thread. */
    public SocketAddress localAddress() {
        return origin.localAddress();
    }

    /** From any thread. */
    public SocketAddress remoteAddress() {
        Outbound made = outbound();
        return made != null ? made.target : origin.remoteAddress(peer, peerPortAndScope);
    }

    /** Returns what the connection has said of itself before it opened; null without. From any thread. */
    public Layer.@Nullable Introduction introduction() {
        Origin.Introduced introduced = origin.introduced();
        return introduced == null ? null : introduced.introduction();
    }

    /** The address of the socket's own peer, of one that the server has accepted. From any thread. */
    public SocketAddress peerAddress() {
        return origin.peer(peer, peerPortAndScope);
    }

    /** The address of the socket itself. From any thread. */
    public SocketAddress ownAddress() {
        return origin.local();
    }

    private boolean isUnix() {
        Outbound made = outbound();
        return made != null ? !(made.target instanceof InetSocketAddress) : peerPortAndScope == PeerAddress.UNIX;
    }

    /** The layer between the wire and the handler; null where there is none. From any thread. */
    public @Nullable Layer layer() {
        return layer;
    }

    /** The layer has work again. From any thread. */
    @Override
    public boolean resume() {
        return request(LAYER);
    }

    /** The object that the API made of this connection. */
    public @Nullable Object facade() {
        return facade;
    }

    public void setFacade(Object facade) {
        this.facade = facade;
    }

    /** @throws IllegalStateException when this is not the loop's thread */
    public void checkThread() {
        context().loop.checkThread();
    }

    /**
     * Wire bytes that the kernel has not taken, and plain ones of the event that is running. Other threads see a recent
     * value.
     */
    public int pendingOutput() {
        return unsent() + (context().loop.isLoopThread() ? context().out.length(this) : 0);
    }

    /** Wire bytes read from the peer. From any thread. */
    public long received() {
        return (long) RECEIVED.getOpaque(this);
    }

    /** Wire bytes that the kernel took for the peer. From any thread. */
    public long sent() {
        return (long) SENT.getOpaque(this);
    }

    private void countReceived(int count) {
        StreamContext shared = context();
        shared.counters.received.add(count);
        lastActive = shared.clock.now();
        RECEIVED.setOpaque(this, received + count);
    }

    /** Returns how long ago the connection was accepted, in nanoseconds. From any thread. */
    public long age() {
        return Math.max(0, System.nanoTime() - openedAt);
    }

    /** See {@link InputView#toHeap}. */
    public byte[] copyToHeap(ByteBuffer in) {
        return input().copyToHeap(this, in);
    }

    @Override
    public @Nullable Block unread() {
        return unread;
    }

    @Override
    public void setUnread(@Nullable Block unread) {
        this.unread = unread;
    }

    @Override
    public int maxUnread() {
        return config().maxPendingInput();
    }

    @Override
    public @Nullable ByteBuffer view() {
        return view;
    }

    @Override
    public void setView(ByteBuffer view) {
        this.view = view;
    }

    @Override
    void push() {
        context().loop.wake(this);
    }

    @Override
    void pushedBefore() {
        context().loop.wokenBefore();
    }

    /** Asks for a {@code data} event. From any thread; false once it has ended. */
    public boolean wake() {
        return request(WAKE);
    }

    /** Asks for an ordinary end. From any thread; false once it has ended. */
    public boolean close() {
        return request(context().loop.isLoopThread() ? CLOSE_IN_EVENT : CLOSE);
    }

    /** Asks for the end at once: what is pending is dropped, and a TCP peer is sent a reset. From any thread. */
    @Override
    public boolean abort() {
        if (context().loop.isLoopThread() && !phase.isOver()) {
            fail(ABORTED);
            return true;
        }
        return request(ABORT);
    }

    /**
     * Sends bytes: in an event of the loop behind what was written so far, from elsewhere behind all output written
     * before. From any thread.
     *
     * @param bytes no longer the caller's
     * @param whenSent called on the loop's thread, as an event of the connection, when the kernel has taken the last
     *     byte; not called when the connection ends before that
     * @return false once it has ended, and when it ends because that is more than may be pending
     */
    public boolean send(byte[] bytes, @Nullable Runnable whenSent) {
        OutputBuffer out = context().out;
        if (!context().loop.isLoopThread() || !out.isRunning()) {
            return post(new Send(bytes, whenSent), config().maxPendingOutput());
        }
        return (mayFire() || phase.isEarly() && !hasFailed()) && isWritable() && append(bytes, whenSent);
    }

    /** Has work done on the loop, as an event of the connection. From any thread; false once it has ended. */
    public boolean execute(Work work) {
        return post(new Task(work, "execute", Ends.NOTHING), Long.MAX_VALUE);
    }

    /**
     * Work for this connection is about to be done off the loop: until {@link #complete} it is not read, and gets no
     * event.
     *
     * @throws IllegalStateException when it has ended, or has such work already
     */
    public void beginWork() {
        checkThread();
        checkLive();
        if (busy) {
            throw held();
        }
        busy = true;
    }

    /** Returns whether work off the loop holds it up. */
    public boolean isBusy() {
        checkThread();
        return busy;
    }

    private IllegalStateException held() {
        return new IllegalStateException("Work of " + this + " is off the loop already: leave what follows unread in"
                + " the event's input, it comes back when that is completed");
    }

    private void checkLive() {
        if (!phase.isLive()) {
            throw new IllegalStateException(this + " has ended: no work can be begun for it");
        }
    }

    /** The work is done. From any thread; false when the connection has ended meanwhile, and nothing will be called. */
    public boolean complete(Work finish) {
        return post(new Task(finish, "work off the loop", Ends.WORK), Long.MAX_VALUE);
    }

    /**
     * A piece of work is about to be done off the loop, until {@link #completePiece}; the connection goes on meanwhile,
     * unless there are so many of them.
     *
     * @throws IllegalStateException when it has ended, or is held up by other work
     */
    public void beginPiece(int most) {
        checkThread();
        checkLive();
        if (busy) {
            throw held();
        }
        Rare extra = rare();
        extra.pieces++;
        if (extra.pieces >= most) {
            extra.heldByPieces = true;
            busy = true;
        }
    }

    /**
     * The piece of work is done. From any thread; false when the connection has ended meanwhile, and nothing will be
     * called.
     */
    public boolean completePiece(Work finish) {
        return post(new Task(finish, "work off the loop", Ends.PIECE), Long.MAX_VALUE);
    }

    /** Has it read no more, or again. From any thread. */
    public void setReading(boolean on) {
        if (readingPaused == on) {
            readingPaused = !on;
            request(on ? SETTLE | RESUME : SETTLE);
        }
    }

    /** Fires {@code data} after so many nanoseconds, instead of what an earlier call said; 0 for not any more. */
    public void wakeAfter(long nanos) {
        checkThread();
        if (phase.isLive()) {
            StreamContext shared = context();
            if (nanos > 0 || rare != null) {
                // From now on, not from the beginning of the turn: an event may have taken its time.
                rare().wakeAt = nanos == 0 ? NEVER : shared.clock.read() + nanos;
                reschedule();
            }
        }
    }

    public void setHalfOpen(boolean on) {
        checkThread();
        if (phase.isLive() || phase.isEarly()) {
            halfOpen = on && !context().loop.isStopping();
            reschedule();
            request(SETTLE);
        }
    }

    /** Has no ordinary end come before this is called with false: see {@link #held}. */
    public void hold(boolean on) {
        checkThread();
        if (held == on || on && !phase.isLive()) {
            return;
        }
        held = on;
        if (!on && phase.isLive()) {
            touch();
            if (phase == Phase.HALF_CLOSED) {
                request(SETTLE);
            } else if (context().loop.isStopping()) {
                request(STOP);
            }
        }
    }

    /** Returns whether the peer has ended its side: what the event is given is the last of its input. */
    public boolean isInputEnded() {
        return inputEnded;
    }

    /** Ends our side after what was written so far. */
    public void endOutput() {
        checkThread();
        if ((phase.isLive() || phase.isEarly()) && !outputEnding) {
            outputEnding = true;
            endSends();
            reschedule();
            context().out.recheck(this);
            request(SETTLE);
        }
    }

    /** The peer has made a mistake: the connection ends once everything is out, and this is why. */
    public void reject(String why) {
        checkThread();
        if (!phase.isLive() || hasComplaint()) {
            return;
        }
        StreamContext shared = context();
        shared.log.closed("fail", this + ": " + why, false, shared.clock.now());
        complain(new RejectedException(Printable.text(why)), EndReason.PROTOCOL_ERROR);
        request(SETTLE);
    }

    /** Returns why it has ended, or is to end; null while it goes on. */
    public @Nullable EndReason endReason() {
        Rare extra = rare;
        return extra == null ? null : extra.reason;
    }

    public void setNoDelay(boolean on) {
        checkOptions();
        if (!isUnix()) {
            noteOption("setsockopt(TCP_NODELAY)", context().sockets.setNoDelay(handle(), on));
        }
    }

    /** @param idleSeconds 0 for off */
    public void setKeepAlive(int idleSeconds) {
        checkOptions();
        if (!isUnix()) {
            noteOption(
                    "setsockopt(SO_KEEPALIVE)", context().sockets.setKeepAlive(handle(), idleSeconds > 0, idleSeconds));
        }
    }

    /** See {@link Sockets#tcpInfo}; null where the system does not tell. */
    public long @Nullable [] tcpInfo() {
        checkOptions();
        return askTcpInfo();
    }

    /** Asks as {@link #tcpInfo} does; null also when it has ended. From any thread, of one that has opened. */
    public long @Nullable [] tcpInfoIfOpen() {
        long[] numbers = askTcpInfo();
        // The descriptor may have been closed, and be another connection's by now. The loop closes it only after it has
        // noted the end in the requests: a connection that is not over after the call had its descriptor during it.
        return isOver() ? null : numbers;
    }

    private long @Nullable [] askTcpInfo() {
        long[] numbers = new long[4];
        return isUnix() || context().sockets.tcpInfo(handle(), numbers) < 0 ? null : numbers;
    }

    private void checkOptions() {
        checkThread();
        if (phase.isOver()) {
            throw new IllegalStateException(
                    this + " has ended: it has no options any more. What is left are its id, its"
                            + " addresses and its attachment");
        }
    }

    /** A connection works without its options. */
    private void noteOption(String call, int result) {
        if (result < 0) {
            context()
                    .log
                    .warn(
                            "an option of a connection could not be set",
                            new SystemCallException(call, -result),
                            context().clock.now());
        }
    }

    @Override
    public String toString() {
        String by = origin.introduced() == null ? "" : " by " + peerAddress();
        return "connection " + id() + " of " + config().server() + " (" + remoteAddress() + " to " + localAddress() + by
                + ")";
    }
}
