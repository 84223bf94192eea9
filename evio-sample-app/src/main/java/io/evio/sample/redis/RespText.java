package io.evio.sample.redis;

/** Builds a reply of many parts once, to be sent many times. */
final class RespText {

    private final Protocol protocol;
    private final StringBuilder text = new StringBuilder();

    RespText(Protocol protocol) {
        this.protocol = protocol;
    }

    RespText bulk(String value) {
        text.append('$').append(value.length()).append("\r\n").append(value).append("\r\n");
        return this;
    }

    RespText integer(long value) {
        text.append(':').append(value).append("\r\n");
        return this;
    }

    /** Begins an array; its elements follow. */
    RespText array(int length) {
        text.append('*').append(length).append("\r\n");
        return this;
    }

    /** Begins a map; its keys and values follow in turn. */
    RespText map(int entries) {
        text.append(protocol.map(entries));
        return this;
    }

    /** Begins a set; its elements follow. */
    RespText set(int length) {
        text.append(protocol.set(length));
        return this;
    }

    /** A set of statuses, as flags are sent. */
    RespText statuses(Iterable<String> values, String prefix) {
        int count = 0;
        StringBuilder lines = new StringBuilder();
        for (String value : values) {
            lines.append('+').append(prefix).append(value).append("\r\n");
            count++;
        }
        set(count);
        text.append(lines);
        return this;
    }

    byte[] bytes() {
        return Replies.ascii(text.toString());
    }
}
