package io.evio.testing;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;

/** An engine whose answers are lambdas: no TLS, and nothing that a real one would have to keep to. */
public class FakeEngine extends SSLEngine {

    /** One call of {@code wrap} or {@code unwrap}. */
    @FunctionalInterface
    public interface Answer {
        SSLEngineResult on(FakeEngine engine, ByteBuffer source, ByteBuffer target) throws SSLException;
    }

    /** The thing that comes in the place of a task. */
    @FunctionalInterface
    public interface Tasks {
        Runnable next();
    }

    /** The number of its calls. */
    public final AtomicInteger calls = new AtomicInteger();

    private volatile HandshakeStatus status;
    private volatile String protocol = "TLSv1.3";
    private volatile Answer wrap = (engine, source, target) -> result(Status.OK, 0, 0);
    private volatile Answer unwrap = (engine, source, target) -> result(Status.OK, 0, 0);
    private volatile Tasks tasks = () -> null;
    private boolean outputEnded;

    public FakeEngine(HandshakeStatus status) {
        this.status = status;
    }

    /** One that needs no handshake, and passes everything on as it is. */
    public static FakeEngine transparent() {
        return new FakeEngine(HandshakeStatus.NOT_HANDSHAKING)
                .onUnwrap((engine, source, target) -> engine.pass(source, target))
                .onWrap((engine, source, target) -> engine.pass(source, target));
    }

    /** Copies all there is, as far as there is room, and says so. */
    public final SSLEngineResult pass(ByteBuffer source, ByteBuffer target) {
        int count = Math.min(source.remaining(), target.remaining());
        byte[] bytes = new byte[count];
        source.get(bytes);
        target.put(bytes);
        return result(Status.OK, count, count);
    }

    public final FakeEngine onWrap(Answer answer) {
        wrap = answer;
        return this;
    }

    public final FakeEngine onUnwrap(Answer answer) {
        unwrap = answer;
        return this;
    }

    public final FakeEngine onTask(Tasks source) {
        tasks = source;
        return this;
    }

    public final FakeEngine protocol(String name) {
        protocol = name;
        return this;
    }

    public final FakeEngine status(HandshakeStatus next) {
        status = next;
        return this;
    }

    /** An answer with the handshake status as it is now. */
    public final SSLEngineResult result(Status outcome, int consumed, int produced) {
        return new SSLEngineResult(outcome, status, consumed, produced);
    }

    @Override
    public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int length, ByteBuffer target) throws SSLException {
        calls.incrementAndGet();
        return wrap.on(this, sources[offset], target);
    }

    @Override
    public SSLEngineResult unwrap(ByteBuffer source, ByteBuffer[] targets, int offset, int length) throws SSLException {
        calls.incrementAndGet();
        return unwrap.on(this, source, targets[offset]);
    }

    @Override
    public Runnable getDelegatedTask() {
        calls.incrementAndGet();
        return tasks.next();
    }

    @Override
    public void closeInbound() {
        throw new AssertionError("closeInbound is never to be called");
    }

    @Override
    public boolean isInboundDone() {
        return false;
    }

    @Override
    public void closeOutbound() {
        outputEnded = true;
    }

    @Override
    public boolean isOutboundDone() {
        return outputEnded;
    }

    @Override
    public SSLSession getSession() {
        return (SSLSession) Proxy.newProxyInstance(
                SSLSession.class.getClassLoader(),
                new Class<?>[] {SSLSession.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getProtocol" -> protocol;
                    case "getCipherSuite" -> "TLS_FAKE";
                    case "getPacketBufferSize", "getApplicationBufferSize" -> 16 * 1024;
                    case "getCreationTime" -> System.currentTimeMillis();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    @Override
    public String getApplicationProtocol() {
        return "";
    }

    @Override
    public HandshakeStatus getHandshakeStatus() {
        return status;
    }

    @Override
    public SSLParameters getSSLParameters() {
        return new SSLParameters();
    }

    @Override
    public void setSSLParameters(SSLParameters parameters) {}

    @Override
    public String[] getSupportedCipherSuites() {
        return new String[0];
    }

    @Override
    public String[] getEnabledCipherSuites() {
        return new String[0];
    }

    @Override
    public void setEnabledCipherSuites(String[] suites) {}

    @Override
    public String[] getSupportedProtocols() {
        return new String[0];
    }

    @Override
    public String[] getEnabledProtocols() {
        return new String[0];
    }

    @Override
    public void setEnabledProtocols(String[] protocols) {}

    @Override
    public void beginHandshake() {}

    @Override
    public void setUseClientMode(boolean mode) {}

    @Override
    public boolean getUseClientMode() {
        return false;
    }

    @Override
    public void setNeedClientAuth(boolean need) {}

    @Override
    public boolean getNeedClientAuth() {
        return false;
    }

    @Override
    public void setWantClientAuth(boolean want) {}

    @Override
    public boolean getWantClientAuth() {
        return false;
    }

    @Override
    public void setEnableSessionCreation(boolean flag) {}

    @Override
    public boolean getEnableSessionCreation() {
        return true;
    }
}
