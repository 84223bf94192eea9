package io.evio.sample.testing;

/**
 * The poller that the tests run over: {@code mvn verify -Devio.poller=nio} sets it for every server of the sample, as
 * for any application.
 */
public final class TestedPoller {

    public static final String NAME = System.getProperty("evio.poller", "auto").replace("auto", "epoll");

    private TestedPoller() {}
}
