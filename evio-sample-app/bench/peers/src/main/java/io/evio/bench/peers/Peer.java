package io.evio.bench.peers;

import io.netty.handler.ssl.SslContext;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.catalina.LifecycleException;

/**
 * One server of the comparison: {@code Peer netty-epoll|netty-uring|nio|virtual-threads|tomcat echo|redis|http PORT
 * [PAGE [CERTIFICATE KEY]]}. Each is written as a careful user of its library would, with one thread that serves all
 * connections, but for Tomcat, which has threads of its own and answers HTTP alone; every request of HTTP is answered
 * with the file PAGE. With two PEM files Netty speaks TLS 1.3, by the JDK's engine.
 */
public final class Peer {

    private static final String USAGE =
            "usage: Peer netty-epoll|netty-uring|nio|virtual-threads|tomcat echo|redis|http PORT [PAGE [CERTIFICATE KEY]]";

    private Peer() {}

    public static void main(String[] args) throws IOException, InterruptedException, LifecycleException {
        if (args.length < 3) {
            throw new IllegalArgumentException(USAGE);
        }
        int port = Integer.parseInt(args[2]);
        Page page = args.length > 3 ? new Page(Path.of(args[3])) : Page.EMPTY;
        SslContext tls = args.length > 5 ? NettyPeer.tls(new File(args[4]), new File(args[5])) : null;
        switch (args[0]) {
            case "netty-epoll" -> NettyPeer.serve(NettyTransport.EPOLL, args[1], page, port, tls);
            case "netty-uring" -> NettyPeer.serve(NettyTransport.IO_URING, args[1], page, port, tls);
            case "nio" -> new NioPeer(services(args[1], page)).serve(port);
            case "virtual-threads" -> new VirtualThreadsPeer(services(args[1], page)).serve(port);
            case "tomcat" -> TomcatPeer.serve(page, port);
            default -> throw new IllegalArgumentException(USAGE);
        }
    }

    /** Makes the service of one connection. */
    private static Supplier<Service> services(String protocol, Page page) {
        Map<RedisService.Key, byte[]> table = new ConcurrentHashMap<>();
        return switch (protocol) {
            case "echo" -> () -> Service.ECHO;
            case "redis" -> () -> new RedisService(table);
            case "http" -> () -> new PageService(page);
            default -> throw new IllegalArgumentException(USAGE);
        };
    }
}
