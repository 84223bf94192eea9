package io.evio.spring.boot.server;

import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.PollerType;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.util.unit.DataSize;

/**
 * Hands the values of properties to a server's builder, first those of all servers and then its own. A value that is
 * refused is named with its property, the reason and an example.
 */
class EvioServerSettings {

    private final EvioServer.Builder builder;
    private final Function<String, @Nullable ConfigurationProperty> written;
    private Limits limits = Limits.DEFAULTS;

    /** What set the limit that the loops share, which may be too little for so many of them: the default never is. */
    private String pendingTotalProperty = "";

    private @Nullable DataSize pendingTotal;
    private int loops = 1;

    /** @param written gives a property as it was set, or null */
    EvioServerSettings(EvioServer.Builder builder, Function<String, @Nullable ConfigurationProperty> written) {
        this.builder = builder;
        this.written = written;
    }

    /** @param prefix the property that the addresses are under, such as {@code evio.servers.echo} */
    void addresses(String prefix, List<String> addresses) {
        String property = prefix + ".addresses";
        for (int i = 0; i < addresses.size(); i++) {
            apply(property, property + "[" + i + "]", addresses.get(i), "tcp://127.0.0.1:5000", builder::addresses);
        }
    }

    void poller(@Nullable PollerType poller) {
        if (poller != null) {
            builder.poller(poller);
        }
    }

    void loops(String prefix, @Nullable Integer loops) {
        apply(prefix + ".loops", loops, "2", value -> {
            builder.loops(value);
            this.loops = value;
        });
    }

    void busyPoll(String prefix, @Nullable Duration busyPoll) {
        apply(prefix + ".busy-poll", busyPoll, "50us", builder::busyPoll);
    }

    void backlog(String prefix, @Nullable Integer backlog) {
        apply(prefix + ".backlog", backlog, "1024", builder::backlog);
    }

    void limits(String prefix, EvioProperties.Limits values) {
        String under = prefix + ".limits.";
        apply(under + "max-connections", values.maxConnections(), "10000", value -> {
            limits = limits.withMaxConnections(value);
        });
        apply(under + "max-pending-input", values.maxPendingInput(), "16MB", value -> {
            limits = limits.withMaxPendingInput(bytes(value));
        });
        apply(under + "max-pending-output", values.maxPendingOutput(), "64MB", value -> {
            limits = limits.withMaxPendingOutput(bytes(value));
        });
        apply(under + "max-pending-total", values.maxPendingTotal(), "1GB", value -> {
            limits = limits.withMaxPendingTotal(value.toBytes());
            pendingTotalProperty = under + "max-pending-total";
            pendingTotal = value;
        });
        waterMarks(under, values.lowWaterMark(), values.highWaterMark());
        apply(under + "idle-timeout", values.idleTimeout(), "5m", value -> limits = limits.withIdleTimeout(value));
        apply(under + "drain-timeout", values.drainTimeout(), "10s", value -> limits = limits.withDrainTimeout(value));
    }

    /** Together, because neither may pass the other on the way. */
    private void waterMarks(String under, @Nullable DataSize low, @Nullable DataSize high) {
        int lowBytes = low != null ? bytes(low) : limits.lowWaterMark();
        int highBytes = high != null ? bytes(high) : limits.highWaterMark();
        boolean lowIsSet = high == null;
        apply(under + (lowIsSet ? "low-water-mark" : "high-water-mark"), lowIsSet ? low : high, "1MB", value -> {
            limits = limits.withWaterMarks(lowBytes, highBytes);
        });
    }

    void tcp(EvioProperties.Tcp values) {
        if (values.noDelay() != null) {
            builder.noDelay(values.noDelay());
        }
        if (values.keepAlive() != null) {
            builder.keepAlive(values.keepAlive());
        }
        if (values.reusePort() != null) {
            builder.reusePort(values.reusePort());
        }
    }

    void unix(String prefix, EvioProperties.Unix values) {
        apply(prefix + ".unix.permissions", values.permissions(), "rw-rw----", value -> {
            builder.unixPermissions(permissions(value));
        });
    }

    private static Set<PosixFilePermission> permissions(String mode) {
        try {
            return PosixFilePermissions.fromString(mode);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a mode is written as nine characters, rwx for the owner, for the group and for all others, with - for"
                            + " what is not allowed, and not as a number",
                    e);
        }
    }

    void gracePeriod(String prefix, @Nullable Duration gracePeriod) {
        apply(prefix + ".shutdown.grace-period", gracePeriod, "20s", builder::gracePeriod);
    }

    /** @param customizer has the last word */
    EvioServer build(Consumer<EvioServer.Builder> customizer) {
        if (pendingTotal == null) {
            builder.limits(limits);
        } else {
            apply(pendingTotalProperty, pendingTotal, loops + "MB", value -> builder.limits(limits));
        }
        customizer.accept(builder);
        return builder.build();
    }

    private static int bytes(DataSize size) {
        // More than an int holds is more than any limit allows, and refused there with the rule.
        return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, size.toBytes()));
    }

    private <T> void apply(String property, @Nullable T value, String example, Consumer<T> target) {
        apply(property, property, value, example, target);
    }

    /** @param element the property, or the element of it that has the value */
    private <T> void apply(String property, String element, @Nullable T value, String example, Consumer<T> target) {
        if (value == null) {
            return;
        }
        try {
            target.accept(value);
        } catch (IllegalArgumentException e) {
            throw EvioConfigurationException.wrongValue(
                    property, value, written.apply(element), String.valueOf(e.getMessage()), example, e);
        }
    }
}
