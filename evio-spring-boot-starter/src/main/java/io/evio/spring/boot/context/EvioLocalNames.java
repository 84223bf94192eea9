package io.evio.spring.boot.context;

import io.evio.spring.boot.LocalEvioPath;
import io.evio.spring.boot.LocalEvioPort;
import java.lang.annotation.Annotation;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.DependencyDescriptor;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.context.annotation.ContextAnnotationAutowireCandidateResolver;
import org.springframework.core.MethodParameter;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;

/**
 * Lets {@link LocalEvioPort} and {@link LocalEvioPath} name a server. Both are a {@code @Value} to Spring, which takes
 * no part of its expression from an annotation's attribute.
 */
public class EvioLocalNames implements BeanFactoryPostProcessor, PriorityOrdered {

    /** Before those that add to the resolver. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {
        if (factory instanceof DefaultListableBeanFactory beans
                && beans.getAutowireCandidateResolver().getClass()
                        == ContextAnnotationAutowireCandidateResolver.class) {
            beans.setAutowireCandidateResolver(new Resolver());
        }
    }

    private static final class Resolver extends ContextAnnotationAutowireCandidateResolver {

        @Override
        public @Nullable Object getSuggestedValue(DependencyDescriptor descriptor) {
            Object value = super.getSuggestedValue(descriptor);
            if (LocalEvioPort.FIRST.equals(value)) {
                return named(descriptor, LocalEvioPort.class, LocalEvioPort.FIRST, "port");
            }
            if (LocalEvioPath.FIRST.equals(value)) {
                return named(descriptor, LocalEvioPath.class, LocalEvioPath.FIRST, "path");
            }
            return value;
        }

        private static Object named(
                DependencyDescriptor descriptor, Class<? extends Annotation> type, String first, String what) {
            MergedAnnotation<?> found =
                    MergedAnnotations.from(descriptor.getAnnotations()).get(type);
            MethodParameter parameter = descriptor.getMethodParameter();
            if (!found.isPresent() && parameter != null) {
                found = MergedAnnotations.from(parameter.getAnnotatedElement()).get(type);
            }
            String server = found.getValue("value", String.class).orElse("");
            return server.isEmpty() ? first : "${local.evio." + server + "." + what + "}";
        }
    }
}
