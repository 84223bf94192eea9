package io.evio.sample.redis;

import io.evio.Address;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.Output;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** INFO: of the original's sections and fields those that there is something to say about, in its order and form. */
final class InfoCommand {

    /** The name of the server; clients choose by it what they send. */
    static final String REDIS_VERSION = "7.0.15";

    private static final long SECONDS_A_DAY = 24 * 60 * 60;

    private final Database database;
    private final Statistics statistics;
    private final String runId = runId();
    private final Map<String, Consumer<StringBuilder>> sections = new LinkedHashMap<>();

    private @Nullable EvioServer server;
    private long startedAt = System.nanoTime();

    InfoCommand(Database database, Statistics statistics) {
        this.database = database;
        this.statistics = statistics;
        sections.put("Server", this::server);
        sections.put("Clients", this::clients);
        sections.put("Memory", InfoCommand::memory);
        sections.put("Stats", this::stats);
        sections.put("Replication", InfoCommand::replication);
        sections.put("Cluster", InfoCommand::cluster);
        sections.put("Keyspace", this::keyspace);
    }

    /** From now on this is the server that INFO tells of. */
    void of(EvioServer started) {
        server = started;
        startedAt = System.nanoTime();
    }

    void execute(Connection connection, Arguments command, Output out) {
        StringBuilder text = new StringBuilder();
        sections.forEach((name, section) -> {
            if (isWanted(command, name.toLowerCase(Locale.ROOT))) {
                text.append(text.isEmpty() ? "" : "\r\n").append("# ").append(name);
                text.append("\r\n");
                section.accept(text);
            }
        });
        out.writeAscii(Client.view(connection).protocol.verbatim(text.toString()));
    }

    private static boolean isWanted(Arguments command, String section) {
        for (int i = 1; i < command.count(); i++) {
            if (command.is(i, section)
                    || command.is(i, "default")
                    || command.is(i, "all")
                    || command.is(i, "everything")) {
                return true;
            }
        }
        return command.count() == 1;
    }

    private void server(StringBuilder text) {
        long seconds = (System.nanoTime() - startedAt) / 1_000_000_000;
        field(text, "redis_version", REDIS_VERSION);
        field(text, "server_name", "evio");
        field(text, "redis_mode", "standalone");
        field(
                text,
                "os",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        field(text, "arch_bits", 64);
        field(text, "multiplexing_api", server == null ? "" : server.poller().id());
        field(text, "process_id", ProcessHandle.current().pid());
        field(text, "run_id", runId);
        field(text, "tcp_port", tcpPort());
        field(text, "server_time_usec", System.currentTimeMillis() * 1000);
        field(text, "uptime_in_seconds", seconds);
        field(text, "uptime_in_days", seconds / SECONDS_A_DAY);
        field(text, "hz", 10);
    }

    /** The first, or 0 as the original says it without one. */
    private int tcpPort() {
        if (server != null) {
            for (Address address : server.addresses()) {
                if (!address.isUnix()) {
                    return address.port();
                }
            }
        }
        return 0;
    }

    private void clients(StringBuilder text) {
        if (server != null) {
            EvioStats stats = server.stats();
            field(text, "connected_clients", stats.connectionsActive());
            field(text, "maxclients", stats.connectionsMax());
            field(text, "blocked_clients", 0);
        }
    }

    /** Of the whole JVM: its heap is what the keys share with everything else. */
    private static void memory(StringBuilder text) {
        Runtime runtime = Runtime.getRuntime();
        long used = runtime.totalMemory() - runtime.freeMemory();
        field(text, "used_memory", used);
        field(text, "used_memory_human", human(used));
        field(text, "maxmemory", runtime.maxMemory());
        field(text, "maxmemory_human", human(runtime.maxMemory()));
        field(text, "maxmemory_policy", "noeviction");
        field(text, "mem_allocator", "jvm");
    }

    private void stats(StringBuilder text) {
        if (server != null) {
            field(text, "total_connections_received", server.stats().connectionsOpened());
        }
        field(text, "total_commands_processed", statistics.commands);
        field(text, "instantaneous_ops_per_sec", statistics.commandsPerSecond());
        if (server != null) {
            field(text, "total_net_input_bytes", server.stats().dataReceived());
            field(text, "total_net_output_bytes", server.stats().dataSent());
        }
        field(text, "expired_keys", statistics.expired);
        field(text, "evicted_keys", 0);
        field(text, "keyspace_hits", statistics.hits);
        field(text, "keyspace_misses", statistics.misses);
    }

    private static void replication(StringBuilder text) {
        field(text, "role", "master");
        field(text, "connected_slaves", 0);
    }

    private static void cluster(StringBuilder text) {
        field(text, "cluster_enabled", 0);
    }

    private void keyspace(StringBuilder text) {
        if (database.size() > 0) {
            field(
                    text,
                    "db0",
                    "keys=" + database.size() + ",expires=" + database.sizeWithDeadline() + ",avg_ttl="
                            + statistics.averageTimeToLive());
        }
    }

    private static void field(StringBuilder text, String name, Object value) {
        text.append(name).append(':').append(value).append("\r\n");
    }

    /** As in 1.50M. */
    private static String human(long bytes) {
        String units = "BKMGTPE";
        double amount = bytes;
        int unit = 0;
        while (amount >= 1024 && unit < units.length() - 1) {
            amount /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + "B" : String.format(Locale.ROOT, "%.2f%c", amount, units.charAt(unit));
    }

    private static String runId() {
        ByteBuffer bytes = ByteBuffer.allocate(20);
        new SecureRandom().nextBytes(bytes.array());
        return HexFormat.of().formatHex(bytes.array());
    }
}
