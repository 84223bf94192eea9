package io.evio.sample.redis;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Output;

/**
 * The commands about the connection, its greeting, protocol and user; those of CLIENT are in {@link ClientCommands}.
 */
final class ConnectionCommands {

    private final ClientCommands clients;

    ConnectionCommands(ClientCommands clients) {
        this.clients = clients;
    }

    void ping(Arguments command, Output out) {
        if (command.count() == 1) {
            out.write(Replies.PONG);
        } else if (command.count() == 2) {
            echo(command, out);
        } else {
            Replies.wrongArity(out, Command.PING);
        }
    }

    void echo(Arguments command, Output out) {
        Replies.bulk(out, command.source(), command.start(1), command.length(1));
    }

    Action quit(Output out) {
        out.write(Replies.OK);
        return Action.CLOSE;
    }

    /** There is one database, as of a redis-server with {@code databases 1}. */
    void select(Arguments command, Output out) {
        if (!command.isLong(1)) {
            Replies.notAnInteger(out);
            return;
        }
        long index = command.toLong(1);
        if (index != (int) index) {
            Replies.error(
                    out,
                    "value is out of range, value must between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
        } else if (index != 0) {
            Replies.error(out, "DB index is out of range");
        } else {
            out.write(Replies.OK);
        }
    }

    /** The protocol changes once all options are right, the name as soon as it is read. */
    void hello(Connection connection, Arguments command, Output out) {
        Protocol protocol = Client.view(connection).protocol;
        if (command.count() > 1) {
            if (!command.isLong(1)) {
                Replies.error(out, "Protocol version is not an integer or out of range");
                return;
            }
            protocol = Protocol.of(command.toLong(1));
            if (protocol == null) {
                Replies.errorWithCode(out, "NOPROTO unsupported protocol version");
                return;
            }
        }
        for (int i = 2; i < command.count(); i++) {
            int more = command.count() - 1 - i;
            if (command.is(i, "auth") && more >= 2) {
                if (!authenticates(command, i + 1)) {
                    wrongPassword(out);
                    return;
                }
                i += 2;
            } else if (command.is(i, "setname") && more >= 1) {
                if (!clients.name(connection, command, i + 1, out)) {
                    return;
                }
                i++;
            } else {
                Replies.errorOfText(out, "Syntax error in HELLO option '" + command.text(i) + "'");
                return;
            }
        }
        speak(connection, protocol);
        greet(connection, protocol, out);
    }

    /** Of a client that speaks it already nothing need be remembered. */
    private static void speak(Connection connection, Protocol protocol) {
        if (Client.view(connection).protocol != protocol) {
            Client.of(connection).protocol = protocol;
        }
    }

    /** Makes the connection what it was when it was accepted. What library the client has is still true. */
    void reset(Connection connection, Output out) {
        Client client = Client.known(connection);
        if (client != null) {
            client.protocol = Protocol.RESP2;
            client.name = null;
        }
        Replies.status(out, "RESET");
    }

    void authenticate(Arguments command, Output out) {
        if (command.count() > 3) {
            Replies.error(out, "syntax error");
        } else if (command.count() == 2) {
            Replies.error(
                    out,
                    "AUTH <password> called without any password configured for the default user."
                            + " Are you sure your configuration is correct?");
        } else if (authenticates(command, 1)) {
            out.write(Replies.OK);
        } else {
            wrongPassword(out);
        }
    }

    private static void wrongPassword(Output out) {
        Replies.errorWithCode(out, "WRONGPASS invalid username-password pair or user is disabled.");
    }

    /** The one user has no password, which is to say that any is right. */
    private static boolean authenticates(Arguments command, int user) {
        String name = "default";
        return command.length(user) == name.length() && command.text(user).equals(name);
    }

    private static void greet(Connection connection, Protocol protocol, Output out) {
        out.writeAscii(protocol.map(7));
        Replies.bulk(out, "server");
        Replies.bulk(out, "redis");
        Replies.bulk(out, "version");
        Replies.bulk(out, InfoCommand.REDIS_VERSION);
        Replies.bulk(out, "proto");
        Replies.integer(out, protocol.version);
        Replies.bulk(out, "id");
        Replies.integer(out, connection.id());
        Replies.bulk(out, "mode");
        Replies.bulk(out, "standalone");
        Replies.bulk(out, "role");
        Replies.bulk(out, "master");
        Replies.bulk(out, "modules");
        Replies.array(out, 0);
    }
}
