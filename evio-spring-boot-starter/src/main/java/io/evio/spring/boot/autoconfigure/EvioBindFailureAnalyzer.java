package io.evio.spring.boot.autoconfigure;

import io.evio.EvioBindException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in the application's failure report which address could not be had, and what to do. */
class EvioBindFailureAnalyzer extends AbstractFailureAnalyzer<EvioBindException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, EvioBindException cause) {
        String[] sentences = String.valueOf(cause.getMessage()).split("\\. ", 2);
        return new FailureAnalysis(sentences[0] + ".", sentences.length > 1 ? sentences[1] + "." : null, cause);
    }
}
