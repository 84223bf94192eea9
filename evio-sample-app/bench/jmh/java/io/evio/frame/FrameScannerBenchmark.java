package io.evio.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LineBasedFrameDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Finding frames in one event's input, a read-only direct buffer; time per frame. Netty's decoders find the same frames
 * in a direct buffer of its own, each as a slice that is released at once, without the pipeline that they are in
 * otherwise.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FrameScannerBenchmark {

    private static final int FRAMES = 32;
    private static final int MAX = 8192;
    private static final String DELIMITER = "\r\n.\r\n";

    /** Bytes of content per frame. */
    @Param({"8", "64", "1024"})
    private int size;

    private final LineScanner lineScanner = LineScanner.ofMaxLength(MAX);
    private final DelimiterScanner delimiterScanner =
            DelimiterScanner.of(DELIMITER.getBytes(StandardCharsets.US_ASCII), MAX);
    private final LengthPrefixScanner prefixScanner = LengthPrefixScanner.of(LengthPrefix.ofBytes(4), MAX);
    private final NettyLines nettyLines = new NettyLines();
    private final NettyDelimiters nettyDelimiters = new NettyDelimiters();
    private final NettyPrefixes nettyPrefixes = new NettyPrefixes();
    private Input lines = new Input("");
    private Input delimited = new Input("");
    private Input prefixed = new Input("");

    @Setup
    public void prepare() {
        String content = "x".repeat(size);
        lines = new Input(content + "\r\n");
        delimited = new Input(content + DELIMITER);
        prefixed = new Input("\0\0" + (char) (size >> 8) + (char) (size & 0xff) + content);
    }

    @TearDown
    public void release() {
        lines.netty.release();
        delimited.netty.release();
        prefixed.netty.release();
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int lines() {
        return scan(lineScanner, lines.ours.position(0));
    }

    /** As for a handler that parses the array of {@code connection.unread(in)}. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int linesInAnArray() {
        return scan(lineScanner, ByteBuffer.wrap(lines.heap));
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int linesByNetty() throws Exception {
        ByteBuf in = lines.netty.readerIndex(0);
        int bytes = 0;
        for (Object frame; (frame = nettyLines.decode(null, in)) != null; ) {
            bytes += taken(frame);
        }
        return bytes;
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int delimiters() {
        return scan(delimiterScanner, delimited.ours.position(0));
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int delimitersByNetty() throws Exception {
        ByteBuf in = delimited.netty.readerIndex(0);
        int bytes = 0;
        for (Object frame; (frame = nettyDelimiters.decode(null, in)) != null; ) {
            bytes += taken(frame);
        }
        return bytes;
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int prefixes() {
        return scan(prefixScanner, prefixed.ours.position(0));
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public int prefixesByNetty() throws Exception {
        ByteBuf in = prefixed.netty.readerIndex(0);
        int bytes = 0;
        for (Object frame; (frame = nettyPrefixes.decode(null, in)) != null; ) {
            bytes += taken(frame);
        }
        return bytes;
    }

    private static int scan(FrameScanner scanner, ByteBuffer in) {
        int bytes = 0;
        while (scanner.next(in)) {
            bytes += scanner.length() + in.get(scanner.start());
        }
        return bytes;
    }

    private static int taken(Object frame) {
        ByteBuf content = (ByteBuf) frame;
        int bytes = content.readableBytes() + content.getByte(content.readerIndex());
        content.release();
        return bytes;
    }

    /** The same frames for all. */
    private static final class Input {

        private final byte[] heap;
        private final ByteBuffer ours;
        private final ByteBuf netty;

        Input(String frame) {
            heap = frame.repeat(FRAMES).getBytes(StandardCharsets.ISO_8859_1);
            ours = ByteBuffer.allocateDirect(heap.length).put(0, heap).asReadOnlyBuffer();
            netty = ByteBufAllocator.DEFAULT.directBuffer(heap.length).writeBytes(heap);
        }
    }

    private static final class NettyLines extends LineBasedFrameDecoder {

        NettyLines() {
            super(MAX);
        }

        @Override
        protected Object decode(ChannelHandlerContext context, ByteBuf in) throws Exception {
            return super.decode(context, in);
        }
    }

    private static final class NettyDelimiters extends DelimiterBasedFrameDecoder {

        NettyDelimiters() {
            super(MAX, Unpooled.copiedBuffer(DELIMITER, StandardCharsets.US_ASCII));
        }

        @Override
        protected Object decode(ChannelHandlerContext context, ByteBuf in) throws Exception {
            return super.decode(context, in);
        }
    }

    private static final class NettyPrefixes extends LengthFieldBasedFrameDecoder {

        NettyPrefixes() {
            super(MAX, 0, 4, 0, 4);
        }

        @Override
        protected Object decode(ChannelHandlerContext context, ByteBuf in) throws Exception {
            return super.decode(context, in);
        }
    }
}
