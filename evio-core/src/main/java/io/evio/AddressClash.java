package io.evio;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Finds two addresses of one server of which only one can be had. */
final class AddressClash {

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");

    private AddressClash() {}

    /**
     * Refuses an address that means the same as one before it, however it is written. No name is looked up for that.
     *
     * @throws IllegalArgumentException naming both and their positions, from 1
     */
    static void requireNew(List<Address> before, Address address) {
        if (!address.isUnix() && !address.isHandedOver() && address.port() == 0) {
            return;
        }
        List<Object> target = target(address);
        for (int i = 0; i < before.size(); i++) {
            if (target(before.get(i)).equals(target)) {
                throw new IllegalArgumentException("Address " + (before.size() + 1) + ", " + address
                        + ", is the same as address " + (i + 1) + ", " + before.get(i) + ". Leave one of them out");
            }
        }
    }

    private static List<Object> target(Address address) {
        if (address.isHandedOver()) {
            return List.of(address.transport(), address.path());
        }
        return address.isUnix()
                ? List.of("unix", address.isAbstract() ? address.path() : file(Path.of(address.path())))
                : List.of("tcp", host(address), address.port());
    }

    /** The path without links and detours in its folders, as far as there are such folders. */
    private static Path file(Path path) {
        Path absolute = path.toAbsolutePath();
        Path folder = absolute.getParent();
        try {
            return folder == null ? absolute : folder.toRealPath().resolve(absolute.getFileName());
        } catch (IOException e) {
            return absolute.normalize();
        }
    }

    /** Of a number what it stands for; of a name itself, with the families that it is looked up for. */
    private static Object host(Address address) {
        String host = address.host();
        if (!host.isEmpty() && host.indexOf(':') < 0 && !IPV4.matcher(host).matches()) {
            return family(address) + "://" + host.toLowerCase(Locale.ROOT);
        }
        try {
            InetAddress resolved = ((InetSocketAddress) address.resolve()).getAddress();
            boolean apart = address.isIpv6Only() && resolved.isAnyLocalAddress();
            // With the scope, which equals() of an IPv6 address leaves out.
            return resolved.getHostAddress() + (apart ? " alone" : "");
        } catch (UnknownHostException | EvioBindException e) {
            return family(address) + "://" + host;
        }
    }

    /** The scheme, whether or not it is for TLS or behind proxies. */
    private static String family(Address address) {
        return "tcp" + address.transport().substring("tcp".length());
    }

    /** Returns whether a socket that is bound to the one stands in the way of the other. */
    static boolean overlap(Address one, SocketAddress boundTo, Address other, SocketAddress wanted) {
        if (!(boundTo instanceof InetSocketAddress first) || !(wanted instanceof InetSocketAddress second)) {
            return false;
        }
        return first.getPort() == second.getPort()
                && (first.getAddress().equals(second.getAddress())
                        || covers(one, first.getAddress(), second.getAddress())
                        || covers(other, second.getAddress(), first.getAddress()));
    }

    /** Returns whether the address is every interface, with those of the other's family. */
    private static boolean covers(Address address, InetAddress every, InetAddress other) {
        return every.isAnyLocalAddress()
                && (other instanceof Inet6Address ? every instanceof Inet6Address : coversIpv4(address, every));
    }

    private static boolean coversIpv4(Address address, InetAddress every) {
        return every instanceof Inet4Address || !address.isIpv6Only();
    }
}
