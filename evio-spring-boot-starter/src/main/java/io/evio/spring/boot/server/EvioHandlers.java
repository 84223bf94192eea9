package io.evio.spring.boot.server;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.spring.boot.EvioServers;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.support.ScopeNotActiveException;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The handlers that a context has to serve, and what makes a handler a loop. Those of its parents are among them,
 * unless a parent runs Evio too and serves them already: no server is started twice because the auto-configuration
 * applies to both.
 *
 * @param beans by bean name; a handler is what it makes for every loop
 * @param servedByParents the names of the servers that parent contexts have
 */
public record EvioHandlers(Map<String, EvioHandlerFactory> beans, Set<String> servedByParents) {

    public static final EvioHandlers NONE = new EvioHandlers(Map.of(), Set.of());

    /** Scopes that are active on a thread that a request is served on, and never on a loop's. */
    private static final Set<String> OF_REQUESTS = Set.of("request", "session", "websocket");

    /**
     * @throws EvioConfigurationException when a handler is none that a loop can use, or two have nearly the same name
     */
    public static EvioHandlers of(ConfigurableApplicationContext context) {
        Set<String> served = servedByParents(context);
        Map<String, EvioHandlerFactory> beans = new LinkedHashMap<>();
        for (String name : names(context, EvioHandler.class)) {
            if (isOfContext(name, context, served) && bean(name, context) instanceof EvioHandler handler) {
                beans.put(name, loop -> handler);
            }
        }
        for (String name : names(context, EvioHandlerFactory.class)) {
            if (isOfContext(name, context, served) && bean(name, context) instanceof EvioHandlerFactory factory) {
                beans.put(name, factory);
            }
        }
        requireDistinct(beans.keySet());
        return new EvioHandlers(beans, served);
    }

    /** The names that servers may have in a context, those of its parents among them. */
    public static Set<String> serverNames(ConfigurableApplicationContext context) {
        Set<String> names = new LinkedHashSet<>(names(context, EvioHandler.class));
        names.addAll(names(context, EvioHandlerFactory.class));
        names.addAll(servedByParents(context));
        return names;
    }

    private static Set<String> servedByParents(ApplicationContext context) {
        Set<String> served = new LinkedHashSet<>();
        ApplicationContext parent = context.getParent();
        if (parent != null) {
            parent.getBeanProvider(EvioServers.class)
                    .ifAvailable(servers -> servers.forEach(server -> served.add(server.name())));
        }
        return served;
    }

    /** Without what a scoped proxy stands for: the proxy has the name that everybody knows. */
    private static List<String> names(ApplicationContext context, Class<?> type) {
        return Arrays.stream(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(context, type))
                .filter(name -> !ScopedProxyUtils.isScopedTarget(name))
                .toList();
    }

    private static boolean isOfContext(String name, ApplicationContext context, Set<String> served) {
        return !served.contains(name) || context.containsLocalBean(name);
    }

    private static Object bean(String name, ConfigurableApplicationContext context) {
        String proxied = ScopedProxyUtils.getTargetBeanName(name);
        String target = context.containsBean(proxied) ? proxied : name;
        String scope = scope(target, context);
        if (scope != null && OF_REQUESTS.contains(scope)) {
            throw notOnALoop(name, scope);
        }
        Object bean;
        try {
            // Not only the proxy, which can be had everywhere and fails when it is used.
            bean = context.getBean(target);
        } catch (ScopeNotActiveException e) {
            if (scope != null && target.equals(e.getBeanName())) {
                throw notOnALoop(name, scope);
            }
            throw e;
        }
        return target.equals(name) ? bean : context.getBean(name);
    }

    /** Null where a bean has no definition, being registered as it is. */
    private static @Nullable String scope(String name, ConfigurableApplicationContext context) {
        try {
            return context.getBeanFactory().getMergedBeanDefinition(name).getScope();
        } catch (NoSuchBeanDefinitionException e) {
            return null;
        }
    }

    private static EvioConfigurationException notOnALoop(String name, String scope) {
        return new EvioConfigurationException(
                "The handler bean '" + name + "' has the scope '" + scope + "', which is not active on the thread of a"
                        + " server's loop, where its events fire.",
                "Make it a singleton, or declare a bean of type io.evio.EvioHandlerFactory that makes a handler for"
                        + " each loop. What belongs to one connection is kept with Connection.attach.");
    }

    private static void requireDistinct(Set<String> names) {
        Map<String, String> known = new HashMap<>();
        for (String name : names) {
            String uniform = EvioPropertyNames.uniform(name);
            String other = known.putIfAbsent(uniform, name);
            if (other != null && !uniform.isEmpty()) {
                throw new EvioConfigurationException(
                        "The names of the handler beans '" + other + "' and '" + name
                                + "' differ in upper and lower case"
                                + " or in other characters than letters and digits only, which properties do not tell"
                                + " apart.",
                        "Rename one of them.");
            }
        }
    }

    /**
     * Returns whether the properties about this server are meant for a parent context, from which they were inherited.
     */
    boolean isServedByParent(String server) {
        return servedByParents.contains(server) && !beans.containsKey(server);
    }
}
