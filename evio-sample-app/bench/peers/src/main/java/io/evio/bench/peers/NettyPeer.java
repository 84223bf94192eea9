package io.evio.bench.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLException;

/** Netty with one event loop. HTTP goes through Netty's own codec, as its users have it. */
final class NettyPeer {

    private NettyPeer() {}

    /** TLS 1.3 by the JDK's engine. */
    static SslContext tls(File certificate, File key) throws SSLException {
        return SslContextBuilder.forServer(certificate, key)
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3")
                .build();
    }

    /** Serves without TLS when that is null. */
    static void serve(NettyTransport transport, String protocol, Page page, int port, SslContext tls)
            throws InterruptedException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, transport.factory());
        new ServerBootstrap()
                .group(group)
                .channel(transport.channel)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        }
                        switch (protocol) {
                            case "echo" -> channel.pipeline().addLast(new Echo());
                            case "redis" -> channel.pipeline().addLast(new Redis());
                            default -> channel.pipeline().addLast(new HttpServerCodec(), new NettyPage(page));
                        }
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), port)
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

    /** Bytes are read into one array of the loop and scanned there. There is one loop, so one of each serves all. */
    private static final class Redis extends Echo {

        private static final Map<RedisService.Key, byte[]> TABLE = new HashMap<>();
        private static final RedisService SERVICE = new RedisService(TABLE);
        private static final Reply REPLY = new Reply();
        private static byte[] bytes = new byte[1 << 17];

        private byte[] unread = new byte[0];

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
            REPLY.clear();
            int done = SERVICE.serve(bytes, 0, end, REPLY);
            if (done < end || kept > 0) {
                unread = Arrays.copyOfRange(bytes, done, end);
            }
            if (REPLY.length() > 0) {
                ByteBuf out = context.alloc().directBuffer(REPLY.length());
                context.write(out.writeBytes(REPLY.bytes(), 0, REPLY.length()), context.voidPromise());
            }
        }
    }
}
