package io.evio.test;

import java.util.HexFormat;

/** Shows bytes in failures. */
final class Bytes {

    /** Of longer ones the rest is a number. */
    private static final int MOST = 256;

    private Bytes() {}

    /** Returns their number, the bytes as text with what cannot be printed escaped, and in hexadecimal. */
    static String show(byte[] bytes) {
        int shown = Math.min(bytes.length, MOST);
        StringBuilder text = new StringBuilder(bytes.length + (bytes.length == 1 ? " byte" : " bytes"));
        if (shown == 0) {
            return text.toString();
        }
        text.append(": \"");
        for (int i = 0; i < shown; i++) {
            appendTo(text, bytes[i]);
        }
        text.append(shown < bytes.length ? "\"..." : "\"");
        text.append(" (").append(HexFormat.ofDelimiter(" ").formatHex(bytes, 0, shown));
        return text.append(shown < bytes.length ? " and " + (bytes.length - shown) + " more)" : ")")
                .toString();
    }

    private static void appendTo(StringBuilder text, byte b) {
        switch (b) {
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            case '\t' -> text.append("\\t");
            case '\\' -> text.append("\\\\");
            case '"' -> text.append("\\\"");
            default -> {
                if (b >= ' ' && b < 0x7f) {
                    text.append((char) b);
                } else {
                    text.append(String.format("\\x%02x", b));
                }
            }
        }
    }
}
