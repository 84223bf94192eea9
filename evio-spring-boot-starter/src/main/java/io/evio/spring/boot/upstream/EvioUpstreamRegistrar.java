package io.evio.spring.boot.upstream;

import io.evio.spring.boot.EvioUpstream;
import io.evio.spring.boot.server.EvioEnvironment;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Registers an {@link EvioUpstream} bean for each name under {@code evio.upstreams}. Where a handler has that name, the
 * bean's is {@code <name>Upstream}; the qualifier is the name nonetheless.
 */
public final class EvioUpstreamRegistrar implements BeanDefinitionRegistryPostProcessor {

    private static final String FACTORY = "evioUpstreams";

    private final ConfigurableEnvironment environment;

    public EvioUpstreamRegistrar(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
        for (String name : EvioEnvironment.upstreamNames(environment)) {
            String bean = registry.containsBeanDefinition(name) ? name + "Upstream" : name;
            if (!registry.containsBeanDefinition(bean) && !isOfParent(registry, bean)) {
                RootBeanDefinition definition = new RootBeanDefinition(EvioUpstream.class);
                definition.setTargetType(EvioUpstream.class);
                definition.setFactoryBeanName(FACTORY);
                definition.setFactoryMethodName("get");
                definition.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
                definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, name));
                registry.registerBeanDefinition(bean, definition);
            }
        }
    }

    /** The properties are inherited by a child context, and the bean is too. */
    private static boolean isOfParent(BeanDefinitionRegistry registry, String bean) {
        BeanFactory parent = ((ConfigurableListableBeanFactory) registry).getParentBeanFactory();
        return parent != null && parent.containsBean(bean) && parent.isTypeMatch(bean, EvioUpstream.class);
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {}
}
