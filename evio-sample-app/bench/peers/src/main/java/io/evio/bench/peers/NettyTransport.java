package io.evio.bench.peers;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;

/** Netty's two native transports. */
enum NettyTransport {
    EPOLL(EpollServerSocketChannel.class) {
        @Override
        IoHandlerFactory factory() {
            return EpollIoHandler.newFactory();
        }
    },
    IO_URING(IoUringServerSocketChannel.class) {
        @Override
        IoHandlerFactory factory() {
            return IoUringIoHandler.newFactory();
        }
    };

    final Class<? extends ServerSocketChannel> channel;

    NettyTransport(Class<? extends ServerSocketChannel> channel) {
        this.channel = channel;
    }

    abstract IoHandlerFactory factory();
}
