package io.evio.spring.boot.testing;

/**
 * The poller that the tests run over: {@code mvn verify -Devio.poller=nio} sets it for every server that chooses none,
 * as for any application.
 */
public final class TestedPoller {

    public static final String NAME = System.getProperty("evio.poller", "auto").replace("auto", "epoll");

    /** The options of a JVM that a test starts. */
    public static final String OPTION = "-Devio.poller=" + NAME;

    private TestedPoller() {}

    /** The bytes that the path of a unix socket may have; the JDK keeps one more for itself. */
    public static int maxPath() {
        return NAME.equals("nio") ? 106 : 107;
    }

    /** The call that such a poller waits by, as a failure names it. */
    public static String waitingCall() {
        return switch (NAME) {
            case "nio" -> "select";
            case "kqueue" -> "kevent";
            default -> "epoll_wait";
        };
    }
}
