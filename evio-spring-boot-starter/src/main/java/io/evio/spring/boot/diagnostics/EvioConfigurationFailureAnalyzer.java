package io.evio.spring.boot.diagnostics;

import io.evio.spring.boot.server.EvioConfigurationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in the application's failure report what is wrong with the evio properties, and what to do. */
class EvioConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<EvioConfigurationException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, EvioConfigurationException cause) {
        return new FailureAnalysis(cause.getDescription(), cause.getAction(), cause);
    }
}
