package io.evio.sample.redis;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Output;

/** Executes commands, each answered as redis-server 7 answers it: finds them, and hands them to their families. */
final class RedisCommands {

    /** The bytes of a command's name and arguments that the error for an unknown one shows. */
    private static final int SHOWN = 128;

    private final Statistics statistics;
    private final StringCommands strings;
    private final KeyCommands keys;
    private final ClientCommands clients = new ClientCommands();
    private final ConnectionCommands connections = new ConnectionCommands(clients);
    private final ServerCommands server;
    private final CommandCommands commands = new CommandCommands();
    private final InfoCommand info;

    RedisCommands(Database database, Statistics statistics) {
        this.statistics = statistics;
        this.strings = new StringCommands(database);
        this.keys = new KeyCommands(database);
        this.server = new ServerCommands(database);
        this.info = new InfoCommand(database, statistics);
    }

    /** The server that the commands are sent to has started. */
    void serving(EvioServer started) {
        info.of(started);
        clients.of(started);
    }

    /** Executes the command and writes its reply. */
    Action execute(Connection connection, Arguments command, Output out) {
        Command found = Command.find(command, 0);
        if (found == null) {
            return unknown(command, out);
        }
        if (!found.accepts(command.count())) {
            Replies.wrongArity(out, found);
            return Action.NONE;
        }
        statistics.commands++;
        switch (found) {
            case GET -> strings.get(connection, command, out);
            case SET -> strings.set(connection, command, out);
            case MGET -> strings.getSeveral(connection, command, out);
            case MSET -> strings.setSeveral(command, out);
            case INCR -> strings.increment(command, 1, out);
            case DECR -> strings.increment(command, -1, out);
            case INCRBY -> strings.incrementBy(command, out);
            case DECRBY -> strings.decrementBy(command, out);

            case DEL -> keys.delete(command, out);
            case EXISTS -> keys.exists(command, out);
            case EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT -> keys.expire(found, command, out);
            case TTL -> keys.deadline(command, true, true, out);
            case PTTL -> keys.deadline(command, false, true, out);
            case EXPIRETIME -> keys.deadline(command, true, false, out);
            case PEXPIRETIME -> keys.deadline(command, false, false, out);
            case PERSIST -> keys.persist(command, out);

            case PING -> connections.ping(command, out);
            case ECHO -> connections.echo(command, out);
            case SELECT -> connections.select(command, out);
            case AUTH -> connections.authenticate(command, out);
            case HELLO -> connections.hello(connection, command, out);
            case RESET -> connections.reset(connection, out);
            case QUIT -> {
                return connections.quit(out);
            }

            case CLIENT_GETNAME -> clients.getName(connection, out);
            case CLIENT_HELP -> clients.help(out);
            case CLIENT_ID -> clients.id(connection, out);
            case CLIENT_INFO -> clients.info(connection, command, out);
            case CLIENT_SETINFO -> clients.setInfo(connection, command, out);
            case CLIENT_SETNAME -> clients.setName(connection, command, out);

            case DBSIZE -> server.size(out);
            case FLUSHDB -> server.flush(command, out);
            case INFO -> info.execute(connection, command, out);
            case SHUTDOWN -> {
                return server.shutdown(command, out);
            }

            case COMMAND, COMMAND_INFO -> commands.info(connection, command, out);
            case COMMAND_COUNT -> commands.count(out);
            case COMMAND_DOCS -> commands.docs(connection, command, out);
            case COMMAND_GETKEYS -> commands.keys(command, out);
            case COMMAND_HELP -> commands.help(out);
            case COMMAND_LIST -> commands.list(command, out);

            // Alone it has too few arguments, and with more it is one of the above.
            case CLIENT -> throw new IllegalStateException("CLIENT without a subcommand");
        }
        return Action.NONE;
    }

    private static Action unknown(Arguments command, Output out) {
        if (command.is(0, "post") || command.is(0, "host:")) {
            // A web page has made a browser send this: the original closes without an answer.
            return Action.CLOSE;
        }
        Command container = Command.named(command, 0);
        if (container != null) {
            Replies.error(
                    out, oneLine("unknown subcommand '" + command.text(1, SHOWN) + "'. Try " + container + " HELP."));
            return Action.NONE;
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 1; i < command.count() && shown.length() < SHOWN; i++) {
            int most = SHOWN - shown.length();
            shown.append('\'').append(command.text(i, most)).append("' ");
        }
        Replies.error(
                out, oneLine("unknown command '" + command.text(0, SHOWN) + "', with args beginning with: " + shown));
        return Action.NONE;
    }

    private static String oneLine(String text) {
        return text.replace('\r', ' ').replace('\n', ' ');
    }
}
