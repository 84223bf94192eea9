package io.evio.spring.boot.diagnostics;

import io.evio.EvioBindException;
import io.evio.EvioUnsupportedException;
import io.evio.spring.boot.server.EvioConfigurationException;
import io.evio.spring.boot.server.EvioStartException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in the application's failure report why a server could not be started, and what to do. */
class EvioStartFailureAnalyzer extends AbstractFailureAnalyzer<EvioStartException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, EvioStartException failure) {
        String server = "Evio '" + failure.getServer() + "' cannot ";
        if (failure.getCause() instanceof EvioBindException bind) {
            String errno = bind.errno() == null ? "" : " (" + bind.errno() + ")";
            return report(
                    failure,
                    server + "listen on " + bind.address() + ": " + bind.reason() + errno + ".",
                    bind.advice() + "."
                            + (failure.getProperty() == null
                                    ? ""
                                    : " The address is in " + failure.getProperty() + "."));
        }
        if (failure.getCause() instanceof EvioUnsupportedException unsupported) {
            return report(failure, server + "run here. " + unsupported.reason() + ".", unsupported.advice() + ".");
        }
        // What a handler threw in serving is its own affair, and shown with its stack.
        return null;
    }

    private static FailureAnalysis report(EvioStartException failure, String description, String action) {
        return new FailureAnalysis(
                EvioConfigurationException.withOrigin(description, failure.getOrigin()), action, failure);
    }
}
