package io.evio.sample.http;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The server's routes, by path. */
enum Route {
    PAGE("/", "", Method.GET, Method.HEAD),
    SLOW("/slow", "millis=", Method.GET, Method.HEAD),
    STREAM("/stream", "size=", Method.GET, Method.HEAD),
    STATUS("/status", "", Method.GET, Method.HEAD),
    HEALTH("/health", "", Method.GET, Method.HEAD),
    UPLOAD("/upload", "", Method.POST, Method.PUT),
    UPGRADE("/upgrade", "", Method.GET),
    /** The server as a whole, which only OPTIONS can ask about: RFC 9110, 9.3.7. */
    SERVER("*", "", Method.GET, Method.HEAD, Method.POST, Method.PUT),
    /** Any other path. */
    NOWHERE("", "");

    private static final Route[] ALL = values();

    private final byte[] path;
    private final String parameter;
    private final Set<Method> methods = EnumSet.of(Method.OPTIONS);
    private final byte[] allow;

    Route(String path, String parameter, Method... methods) {
        this.path = Ascii.bytes(path);
        this.parameter = parameter;
        this.methods.addAll(Arrays.asList(methods));
        String names = this.methods.stream().map(Method::name).collect(Collectors.joining(", "));
        this.allow = Ascii.bytes("Allow: " + names + "\r\n");
    }

    /** The route of a path whose percent signs have their two digits behind them. */
    static Route of(byte[] bytes, int from, int to) {
        for (Route route : ALL) {
            if (Ascii.isPath(route.path, bytes, from, to)) {
                return route;
            }
        }
        return NOWHERE;
    }

    /** The name of the number that its query may have, with the equals sign behind it; empty for none. */
    String parameter() {
        return parameter;
    }

    boolean allows(Method method) {
        return this == NOWHERE || methods.contains(method);
    }

    /** The header field that names the methods, with its line end; not to be changed. */
    byte[] allow() {
        return allow;
    }
}
