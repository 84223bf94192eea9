package io.evio.spring.boot.server;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Has the application's executor do the slow work of TLS handshakes. Work that it rejects is done by daemon threads,
 * which end when there is nothing to do: Spring's executors take no work while the context closes, when handshakes that
 * have begun may still end.
 */
class EvioHandshakeExecutor implements Executor {

    private static final int MOST = Runtime.getRuntime().availableProcessors();

    private final Executor application;
    private final ThreadPoolExecutor own;

    EvioHandshakeExecutor(Executor application) {
        this.application = application;
        AtomicInteger number = new AtomicInteger();
        this.own = new ThreadPoolExecutor(MOST, MOST, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
            Thread thread = new Thread(work, "evio-tls-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        own.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable work) {
        try {
            application.execute(work);
        } catch (RejectedExecutionException e) {
            own.execute(work);
        }
    }
}
