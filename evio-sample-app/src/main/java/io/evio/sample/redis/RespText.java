package io.evio.sample.redis;

/** Builds a reply of many parts once, to be sent many times. */
final class RespText {

    private final StringBuilder text = new StringBuilder();

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

    /** An array of statuses, as flags are sent. */
    RespText statuses(Iterable<String> values, String prefix) {
        int count = 0;
        StringBuilder lines = new StringBuilder();
        for (String value : values) {
            lines.append('+').append(prefix).append(value).append("\r\n");
            count++;
        }
        array(count);
        text.append(lines);
        return this;
    }

    byte[] bytes() {
        return Replies.ascii(text.toString());
    }
}
