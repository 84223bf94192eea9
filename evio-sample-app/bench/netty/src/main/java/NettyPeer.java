import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What the sample's echo and redis servers do, on Netty's epoll transport with one event loop, written as a careful user
 * of Netty would: {@code NettyPeer PORT echo|redis}.
 */
public final class NettyPeer {

    public static void main(String[] args) throws InterruptedException {
        boolean redis = args[1].equals("redis");
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(redis ? new Redis() : new Echo());
                    }
                })
                .bind("127.0.0.1", Integer.parseInt(args[0]))
                .sync();
    }

    private static class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** PING, SET and GET over RESP arrays; bytes are read into one array of the loop and scanned there. */
    private static final class Redis extends Echo {

        private static final byte[] PONG = ascii("+PONG\r\n");
        private static final byte[] OK = ascii("+OK\r\n");
        private static final byte[] NIL = ascii("$-1\r\n");

        /** There is one loop, so one table and one of each buffer serve all connections. */
        private static final Map<Key, byte[]> TABLE = new HashMap<>();

        private static final Key PROBE = new Key();
        private static final int[] STARTS = new int[4];
        private static final int[] LENGTHS = new int[4];
        private static byte[] bytes = new byte[1 << 17];

        private byte[] unread = new byte[0];
        private int position;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf in = (ByteBuf) message;
            int kept = unread.length;
            int end = kept + in.readableBytes();
            if (end > bytes.length) {
                bytes = new byte[Integer.highestOneBit(end) * 2];
            }
            System.arraycopy(unread, 0, bytes, 0, kept);
            in.readBytes(bytes, kept, end - kept);
            in.release();
            ByteBuf out = context.alloc().directBuffer();
            int done = 0;
            position = 0;
            while (position < end && command(end, out)) {
                done = position;
            }
            if (done < end || kept > 0) {
                unread = Arrays.copyOfRange(bytes, done, end);
            }
            context.write(out, context.voidPromise());
        }

        private boolean command(int end, ByteBuf out) {
            position++;
            int count = number(end);
            if (count < 0) {
                return false;
            }
            for (int i = 0; i < count; i++) {
                position++;
                int length = number(end);
                if (length < 0 || position + length + 2 > end) {
                    return false;
                }
                STARTS[i] = position;
                LENGTHS[i] = length;
                position += length + 2;
            }
            if (count == 1) {
                out.writeBytes(PONG);
            } else if (count == 2) {
                PROBE.set(bytes, STARTS[1], LENGTHS[1]);
                byte[] value = TABLE.get(PROBE);
                if (value == null) {
                    out.writeBytes(NIL);
                } else {
                    out.writeByte('$');
                    decimal(out, value.length);
                    out.writeShort('\r' << 8 | '\n').writeBytes(value).writeShort('\r' << 8 | '\n');
                }
            } else {
                PROBE.set(bytes, STARTS[1], LENGTHS[1]);
                byte[] value = Arrays.copyOfRange(bytes, STARTS[2], STARTS[2] + LENGTHS[2]);
                if (TABLE.replace(PROBE, value) == null) {
                    TABLE.put(PROBE.copy(), value);
                }
                out.writeBytes(OK);
            }
            return true;
        }

        private int number(int end) {
            int n = 0;
            for (int i = position; i + 1 < end; i++) {
                if (bytes[i] == '\r') {
                    position = i + 2;
                    return n;
                }
                n = n * 10 + bytes[i] - '0';
            }
            return -1;
        }

        private static void decimal(ByteBuf out, int n) {
            if (n >= 10) {
                decimal(out, n / 10);
            }
            out.writeByte('0' + n % 10);
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }

        /** A range of an array, so that a look-up makes no garbage. */
        private static final class Key {
            private byte[] array;
            private int start;
            private int length;
            private int hash;

            void set(byte[] from, int offset, int size) {
                array = from;
                start = offset;
                length = size;
                hash = 0;
                for (int i = offset; i < offset + size; i++) {
                    hash = hash * 31 + from[i];
                }
            }

            Key copy() {
                Key key = new Key();
                key.set(Arrays.copyOfRange(array, start, start + length), 0, length);
                return key;
            }

            @Override
            public int hashCode() {
                return hash;
            }

            @Override
            public boolean equals(Object other) {
                return other instanceof Key key
                        && Arrays.equals(array, start, start + length, key.array, key.start, key.start + key.length);
            }
        }
    }
}
