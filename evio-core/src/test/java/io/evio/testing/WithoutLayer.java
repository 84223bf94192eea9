package io.evio.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** A test that says nothing about layers, and why: left out of the suite's run with a {@link ScramblingLayer}. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(WithoutLayer.Condition.class)
public @interface WithoutLayer {

    /** The reason. */
    String value();

    /** Leaves the test out. */
    final class Condition implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            Optional<WithoutLayer> found = AnnotationSupport.findAnnotation(context.getElement(), WithoutLayer.class);
            return ScramblingLayer.isOn() && found.isPresent()
                    ? ConditionEvaluationResult.disabled(found.get().value())
                    : ConditionEvaluationResult.enabled("");
        }
    }
}
