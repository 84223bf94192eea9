package io.evio.sample.redis;

import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Output;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The subcommands of CLIENT that client libraries send when they connect. */
final class ClientCommands {

    private static final String[] HELP = {
        "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "GETNAME",
        "    Answers with the name of this connection.",
        "ID",
        "    Answers with the id of this connection.",
        "INFO",
        "    Describes this connection.",
        "SETINFO (LIB-NAME|LIB-VER) <value>",
        "    Notes the name or the version of the client's library.",
        "SETNAME <name>",
        "    Names this connection.",
        "HELP",
        "    Prints this help."
    };

    private @Nullable EvioServer server;

    /** From now on this is the server that the clients are of. */
    void of(EvioServer started) {
        server = started;
    }

    void getName(Connection connection, Output out) {
        Client client = Client.view(connection);
        if (client.name == null) {
            out.write(client.protocol.nil);
        } else {
            Replies.bulk(out, client.name, 0, client.name.length);
        }
    }

    void setName(Connection connection, Arguments command, Output out) {
        if (name(connection, command, 2, out)) {
            out.write(Replies.OK);
        }
    }

    /**
     * Names the client after the argument; with an empty one it has no name any more.
     *
     * @return false after an error was written
     */
    boolean name(Connection connection, Arguments command, int argument, Output out) {
        if (!isVisible(command, argument, command.length(argument))) {
            Replies.error(out, "Client names cannot contain spaces, newlines or special characters.");
            return false;
        }
        Client.of(connection).name = command.length(argument) == 0 ? null : command.copy(argument);
        return true;
    }

    /** As redis-server 7.2 has it, which brought it. Clients send it to older ones as well, and ignore the error. */
    void setInfo(Connection connection, Arguments command, Output out) {
        boolean isName = command.is(2, "lib-name");
        if (!isName && !command.is(2, "lib-ver")) {
            Replies.errorOfText(out, "Unrecognized option '" + command.text(2) + "'");
            return;
        }
        // The original looks no further than to a NUL byte, here but not in a client's name.
        if (!isVisible(command, 3, command.text(3).length())) {
            Replies.errorOfText(out, command.text(2) + " cannot contain spaces, newlines or special characters.");
            return;
        }
        byte[] value = command.length(3) == 0 ? null : command.copy(3);
        Client client = Client.of(connection);
        if (isName) {
            client.libraryName = value;
        } else {
            client.libraryVersion = value;
        }
        out.write(Replies.OK);
    }

    private static boolean isVisible(Arguments command, int argument, int length) {
        for (int i = command.start(argument); i < command.start(argument) + length; i++) {
            byte b = command.source()[i];
            if (b < '!' || b > '~') {
                return false;
            }
        }
        return true;
    }

    void id(Connection connection, Output out) {
        Replies.integer(out, connection.id());
    }

    /**
     * The fields of redis-server 7.2. Of buffers, which the connections of a loop share, a client has none of its own.
     */
    void info(Connection connection, Arguments command, Output out) {
        Client client = Client.view(connection);
        SocketAddress local = connection.localAddress();
        int arguments = 0;
        for (int i = 0; i < command.count(); i++) {
            arguments += command.length(i);
        }
        int pending = connection.pendingOutput();
        String text = "id=" + connection.id()
                + " addr=" + address(connection.remoteAddress(), local)
                + " laddr=" + address(local, local)
                + " fd=-1 name=" + text(client.name)
                + " age=" + age(connection).toSeconds()
                + " idle=0 flags=" + (local instanceof InetSocketAddress ? 'N' : 'U')
                + " db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0"
                + " argv-mem=" + arguments
                + " multi-mem=0 rbs=0 rbp=0 obl=0 oll=0"
                + " omem=" + pending
                + " tot-mem=" + (arguments + pending)
                + " events=r cmd=client|info user=default redir=-1 resp=" + client.protocol.version
                + " lib-name=" + text(client.libraryName)
                + " lib-ver=" + text(client.libraryVersion)
                + "\n";
        out.writeAscii(client.protocol.verbatim(text));
    }

    private Duration age(Connection connection) {
        // The page that begins with this connection: ids are handed out in order.
        return Objects.requireNonNull(server, "told in serving")
                .connections(connection.id() - 1, 1)
                .get(0)
                .age();
    }

    /** Both ends of a unix socket are known by the path of the server's. */
    private static String address(SocketAddress address, SocketAddress local) {
        if (address instanceof InetSocketAddress inet) {
            String host = inet.getAddress().getHostAddress();
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + inet.getPort();
        }
        return local + ":0";
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    void help(Output out) {
        Replies.array(out, HELP.length);
        for (String line : HELP) {
            Replies.status(out, line);
        }
    }
}
