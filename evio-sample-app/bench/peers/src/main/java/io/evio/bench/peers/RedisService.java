package io.evio.bench.peers;

import java.util.Arrays;
import java.util.Map;

/** PING, SET and GET over RESP arrays. */
final class RedisService implements Service {

    private static final byte[] PONG = Reply.ascii("+PONG\r\n");
    private static final byte[] OK = Reply.ascii("+OK\r\n");
    private static final byte[] NIL = Reply.ascii("$-1\r\n");
    private static final byte[] CRLF = Reply.ascii("\r\n");
    private static final int MAX_ARGUMENTS = 4;

    private final Map<Key, byte[]> table;
    private final Key probe = new Key();
    private final int[] starts = new int[MAX_ARGUMENTS];
    private final int[] lengths = new int[MAX_ARGUMENTS];

    private byte[] bytes = new byte[0];
    private int position;
    private int end;

    RedisService(Map<Key, byte[]> table) {
        this.table = table;
    }

    @Override
    public int serve(byte[] source, int from, int to, Reply reply) {
        bytes = source;
        position = from;
        end = to;
        int done = from;
        while (position < end && command(reply)) {
            done = position;
        }
        return done;
    }

    private boolean command(Reply reply) {
        position++;
        int count = number();
        if (count < 0) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            position++;
            int length = number();
            if (length < 0 || position + length + 2 > end) {
                return false;
            }
            starts[i] = position;
            lengths[i] = length;
            position += length + 2;
        }
        switch (count) {
            case 1 -> reply.write(PONG);
            case 2 -> get(reply);
            default -> set(reply);
        }
        return true;
    }

    private void get(Reply reply) {
        probe.set(bytes, starts[1], lengths[1]);
        byte[] value = table.get(probe);
        if (value == null) {
            reply.write(NIL);
        } else {
            reply.write('$');
            reply.writeDecimal(value.length);
            reply.write(CRLF);
            reply.write(value);
            reply.write(CRLF);
        }
    }

    private void set(Reply reply) {
        probe.set(bytes, starts[1], lengths[1]);
        byte[] value = Arrays.copyOfRange(bytes, starts[2], starts[2] + lengths[2]);
        if (table.replace(probe, value) == null) {
            table.put(probe.copy(), value);
        }
        reply.write(OK);
    }

    /** Reads {@code 123\r\n}; -1 when it is not all there. */
    private int number() {
        int n = 0;
        for (int i = position; i + 1 < end; i++) {
            if (bytes[i] == '\r') {
                position = i + 2;
                return n;
            }
            n = n * 10 + bytes[i] - '0';
        }
        return -1;
    }

    /** A range of an array, so that a look-up makes no garbage. */
    static final class Key {
        private byte[] array = new byte[0];
        private int start;
        private int length;
        private int hash;

        void set(byte[] from, int offset, int size) {
            array = from;
            start = offset;
            length = size;
            hash = 0;
            for (int i = offset; i < offset + size; i++) {
                hash = hash * 31 + from[i];
            }
        }

        Key copy() {
            Key key = new Key();
            key.set(Arrays.copyOfRange(array, start, start + length), 0, length);
            return key;
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key
                    && Arrays.equals(array, start, start + length, key.array, key.start, key.start + key.length);
        }
    }
}
