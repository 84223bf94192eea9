package io.evio.spring.boot.testing;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** The report that a user reads when an application does not start. */
public final class Reports {

    private Reports() {}

    /** The report of the first analyzer that has one, as Spring Boot finds and orders them. */
    public static FailureAnalysis of(@Nullable Throwable failure) {
        if (failure == null) {
            throw new AssertionError("The start has not failed");
        }
        // Some of Boot's own need a bean factory, and are left out.
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, null, (type, name, unusable) -> {})
                .stream()
                .map(analyzer -> analyzer.analyze(failure))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow(() -> new AssertionError("No analyzer explains it", failure));
    }
}
