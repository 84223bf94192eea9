package io.evio;

import io.evio.internal.sys.AbstractSocketAddress;
import io.evio.internal.sys.HandedOverSocket;
import io.evio.internal.sys.IpLiteral;
import io.evio.internal.sys.SocketFile;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * An address to listen on, as users write it: {@code tcp://host:port}, {@code tcp4://host:port},
 * {@code tcp6://host:port}, {@code tls://host:port}, {@code tls4://host:port}, {@code tls6://host:port},
 * {@code unix://path} or {@code host:port}. No host and {@code *} mean every interface. {@code unix://@name} is an
 * abstract socket, which only Linux has, see unix(7). On a {@code tls} address the server speaks TLS, see {@link Tls}.
 * With {@code proxy+} in front, as in {@code proxy+tcp://host:port}, every connection begins with a PROXY header, see
 * {@link ProxyHeaders}. {@code fd://3} is a listening socket that was handed over by the program that started this one,
 * and {@code systemd://name} one that systemd has handed over by that name.
 *
 * @param scheme {@code tcp}, {@code tcp4}, {@code tcp6}, {@code tls}, {@code tls4}, {@code tls6}, {@code unix},
 *     {@code fd} or {@code systemd}, or one of them behind {@code proxy+}
 * @param host the host as written, an IPv6 address without its brackets; empty for every interface and for unix
 * @param port from 0, which asks for a free one, to 65535; 0 for unix
 * @param path the file of a unix socket, relative or absolute, or {@code @} and the name of an abstract one; the
 *     descriptor or the name of a socket that was handed over; empty for the others
 */
public record Address(String scheme, String host, int port, String path) {

    private static final String ABSTRACT = "@";
    private static final String PROXY = "proxy+";

    private static final String FORMS =
            "Use tcp://host:port, tcp4://host:port, tcp6://host:port, unix://path or host:port";

    private static final String TLS_FORMS = "Use tls://host:port, tls4://host:port or tls6://host:port";

    private static final String PROXY_FORMS = "Use proxy+tcp://host:port, proxy+tls://host:port or proxy+unix://path";

    /**
     * Parses an address.
     *
     * @throws IllegalArgumentException when it is malformed, with the address, the reason and the right form
     */
    public static Address parse(String text) {
        String slip = AddressSlips.find(text);
        if (slip != null) {
            throw malformed(text, slip);
        }
        int colon = text.indexOf("://");
        String scheme = colon < 0 ? "tcp" : text.substring(0, colon).toLowerCase(Locale.ROOT);
        String rest = colon < 0 ? text : text.substring(colon + 3);
        if (colon < 0 && isProxied(text)) {
            throw malformed(text, "it has no scheme behind proxy+");
        }
        return switch (transport(scheme)) {
            case "tcp", "tcp4", "tcp6", "tls", "tls4", "tls6" -> parseTcp(text, scheme, rest);
            case "unix" -> parseUnix(text, scheme, rest);
            case "fd" -> parseDescriptor(text, scheme, rest);
            case "systemd" -> parseSystemd(text, scheme, rest);
            case "ssl", "tcps", "https" ->
                throw malformed(text, "'" + scheme + "' is no known scheme; for TLS it is tls, as in tls://" + rest);
            default -> throw malformed(text, "'" + scheme + "' is no known scheme");
        };
    }

    private static Address parseTcp(String text, String scheme, String rest) {
        int colon = rest.lastIndexOf(':');
        if (colon < 0 || rest.endsWith("]")) {
            throw malformed(text, "it has no port");
        }
        String host = rest.substring(0, colon);
        if (host.equals("*")) {
            host = "";
        } else if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
            if (host.isEmpty()) {
                throw malformed(text, "there is nothing between the brackets");
            }
        } else if (host.indexOf(':') >= 0) {
            throw malformed(text, "an IPv6 address belongs in brackets, as in tcp://[::1]:5000");
        }
        if (host.chars().anyMatch(c -> c <= ' ' || "/@[]*,;".indexOf(c) >= 0)) {
            throw malformed(text, "'" + host + "' is no host name");
        }
        return new Address(scheme, host, parsePort(text, rest.substring(colon + 1)), "");
    }

    private static int parsePort(String text, String digits) {
        if (digits.isEmpty()) {
            throw malformed(text, "it has no port");
        }
        if (digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw malformed(text, "'" + digits + "' is no port");
        }
        int port = Integer.parseInt(digits);
        if (port > 65_535) {
            throw malformed(text, "a port is at most 65535");
        }
        return port;
    }

    private static Address parseUnix(String text, String scheme, String path) {
        if (path.isEmpty()) {
            throw malformed(text, "it has no path");
        }
        if (path.startsWith(ABSTRACT)) {
            return parseAbstract(text, scheme, path);
        }
        try {
            UnixDomainSocketAddress.of(path);
        } catch (InvalidPathException e) {
            if (isText(path) && !SocketFile.NAMES.newEncoder().canEncode(path)) {
                throw new IllegalArgumentException("The address '" + text + "' cannot be used: " + locale()
                        + " has file names in " + SocketFile.NAMES.name()
                        + ", which cannot express this path. Start the"
                        + " JVM with LC_ALL=C.UTF-8");
            }
            throw malformed(text, "its path is invalid: " + e.getReason());
        }
        return new Address(scheme, "", 0, path);
    }

    private static Address parseAbstract(String text, String scheme, String path) {
        if (path.equals(ABSTRACT)) {
            throw malformed(text, "an abstract socket needs a name behind the @");
        }
        if (path.indexOf('\0') >= 0 || !isText(path)) {
            throw malformed(text, "its name has a character that is none");
        }
        return new Address(scheme, "", 0, path);
    }

    private static Address parseDescriptor(String text, String scheme, String digits) {
        if (IpLiteral.decimal(digits, 65_535) < 0) {
            throw malformed(text, "'" + digits + "' is no descriptor, which is a number as in fd://3");
        }
        return new Address(scheme, "", 0, digits);
    }

    private static Address parseSystemd(String text, String scheme, String name) {
        if (name.isEmpty() || name.length() > 255 || !name.chars().allMatch(c -> c > ' ' && c < 127 && c != ':')) {
            throw malformed(
                    text,
                    "'" + name
                            + "' is no FileDescriptorName of a .socket unit, which has 1 to 255 characters of ASCII and"
                            + " no colon");
        }
        return new Address(scheme, "", 0, name);
    }

    /** Returns whether the text has whole characters only, and no unpaired surrogates. */
    private static boolean isText(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** Returns the locale of the process as its environment names it, see locale(7). */
    private static String locale() {
        return Stream.of("LC_ALL", "LC_CTYPE", "LANG")
                .filter(name ->
                        System.getenv(name) != null && !System.getenv(name).isEmpty())
                .findFirst()
                .map(name -> "the locale " + System.getenv(name) + " (from " + name + ")")
                .orElse("the locale POSIX (none is set)");
    }

    private static IllegalArgumentException malformed(String text, String reason) {
        boolean tls = text.regionMatches(true, 0, "tls", 0, 3);
        String forms = isProxied(text) ? PROXY_FORMS : tls ? TLS_FORMS : FORMS;
        return new IllegalArgumentException("The address '" + text + "' is malformed: " + reason + ". " + forms);
    }

    private static boolean isProxied(String text) {
        return text.regionMatches(true, 0, PROXY, 0, PROXY.length());
    }

    private static String transport(String scheme) {
        return isProxied(scheme) ? scheme.substring(PROXY.length()) : scheme;
    }

    /** Returns the scheme without {@code proxy+}. */
    String transport() {
        return transport(scheme);
    }

    /** Returns whether every connection that comes by this address begins with a PROXY header. */
    public boolean isProxied() {
        return isProxied(scheme);
    }

    /** Returns whether connections that come by this address speak TLS. */
    public boolean isTls() {
        return transport().startsWith("tls");
    }

    /** Returns whether this is a unix socket, at {@link #path}. */
    public boolean isUnix() {
        return transport().equals("unix");
    }

    /** Returns whether this is a listening socket that another program has made, by its descriptor or its name. */
    public boolean isHandedOver() {
        return transport().equals("fd") || transport().equals("systemd");
    }

    /**
     * Returns whether this is an abstract unix socket, which has a name and no file. Its {@link #path} is the name
     * behind an {@code @}.
     */
    public boolean isAbstract() {
        return isUnix() && path.startsWith(ABSTRACT);
    }

    /**
     * Returns whether neither a host nor a family is given: every interface, over IPv6 and IPv4 both where there is
     * IPv6.
     */
    boolean isEveryInterface() {
        return host.isEmpty() && isOfEitherFamily();
    }

    private boolean isOfEitherFamily() {
        return transport().equals("tcp") || transport().equals("tls");
    }

    boolean isIpv6Only() {
        return scheme.endsWith("6");
    }

    /** Returns whether this JVM was asked to keep off IPv6, as its own sockets then do. */
    static boolean isIpv4Stack() {
        return Boolean.getBoolean("java.net.preferIPv4Stack");
    }

    /** Returns the address of a unix socket. */
    SocketAddress unixAddress() {
        return isAbstract()
                ? new AbstractSocketAddress(path.substring(ABSTRACT.length()))
                : UnixDomainSocketAddress.of(path);
    }

    /**
     * Returns what to bind to; of a name's several addresses the first, IPv4 before IPv6 unless the scheme says
     * otherwise.
     *
     * @throws EvioBindException when there is no such socket that was handed over
     */
    SocketAddress resolve() throws UnknownHostException, EvioBindException {
        if (transport().equals("fd")) {
            return new HandedOverSocket(Integer.parseInt(path), 0);
        }
        if (isHandedOver()) {
            return SystemdSockets.find(
                    this, System.getenv(), ProcessHandle.current().pid());
        }
        if (isUnix()) {
            return unixAddress();
        }
        if (host.isEmpty()) {
            boolean four = scheme.endsWith("4") || isEveryInterface() && isIpv4Stack();
            return new InetSocketAddress(InetAddress.getByAddress(new byte[four ? 4 : 16]), port);
        }
        InetAddress[] found = InetAddress.getAllByName(host.indexOf(':') >= 0 ? "[" + host + "]" : host);
        Class<?> preferred = isIpv6Only() ? Inet6Address.class : Inet4Address.class;
        return Arrays.stream(found)
                .filter(preferred::isInstance)
                .findFirst()
                .or(() -> Arrays.stream(found).filter(any -> isOfEitherFamily()).findFirst())
                .map(address -> new InetSocketAddress(address, port))
                .orElseThrow(() ->
                        new UnknownHostException(host + " has no " + (isIpv6Only() ? "IPv6" : "IPv4") + " address"));
    }

    /** Returns this address with the real port. */
    Address bound(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? new Address(scheme, host, inet.getPort(), path) : this;
    }

    /** Returns the address as a user would write it, with its scheme. */
    @Override
    public String toString() {
        if (!path.isEmpty()) {
            return scheme + "://" + path;
        }
        return scheme + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
