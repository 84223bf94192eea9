package io.evio.bench.peers;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;

/** Answers each request with the page. */
final class NettyPage extends ChannelInboundHandlerAdapter {

    private static final AsciiString TYPE = AsciiString.cached(Page.TYPE);

    /** There is one loop, so one date serves all connections. */
    private static CharSequence date = "";

    private static long second = -1;

    private final ByteBuf body;
    private final AsciiString length;

    NettyPage(Page page) {
        body = Unpooled.unreleasableBuffer(Unpooled.directBuffer(page.body().length)
                .writeBytes(page.body())
                .asReadOnly());
        length = AsciiString.cached(String.valueOf(page.body().length));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest) {
            FullHttpResponse response =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body.duplicate());
            HttpHeaders headers = response.headers();
            headers.set(HttpHeaderNames.DATE, date());
            headers.set(HttpHeaderNames.CONTENT_TYPE, TYPE);
            headers.set(HttpHeaderNames.CONTENT_LENGTH, length);
            context.write(response, context.voidPromise());
        }
        ReferenceCountUtil.release(message);
    }

    private static CharSequence date() {
        long now = System.currentTimeMillis() / 1000;
        if (now != second) {
            second = now;
            date = new AsciiString(Page.date());
        }
        return date;
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
