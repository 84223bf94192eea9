package io.evio.internal.sys;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads IP addresses as text: strictly, and without looking a name up. */
public final class IpLiteral {

    /** The length of the longest text of an IPv6 address, with an IPv4 one at its end. */
    private static final int LONGEST = 45;

    private static final int IPV4_SIZE = 4;
    private static final int IPV6_SIZE = 16;

    private IpLiteral() {}

    /** Returns the four bytes of dotted decimals without leading zeros; null for anything else. */
    public static byte @Nullable [] ipv4(String text) {
        String[] parts = text.length() > LONGEST ? new String[0] : text.split("\\.", -1);
        if (parts.length != IPV4_SIZE) {
            return null;
        }
        byte[] bytes = new byte[IPV4_SIZE];
        for (int i = 0; i < IPV4_SIZE; i++) {
            int number = decimal(parts[i], 255);
            if (number < 0) {
                return null;
            }
            bytes[i] = (byte) number;
        }
        return bytes;
    }

    /**
     * Returns the 16 bytes of an IPv6 address (RFC 4291, 2.2), which may end in an IPv4 one; null for anything else, as
     * for one with a scope.
     */
    public static byte @Nullable [] ipv6(String text) {
        int gap = text.indexOf("::");
        if (text.length() > LONGEST || gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return null;
        }
        if (gap < 0) {
            byte[] all = groups(text, true);
            return all == null || all.length != IPV6_SIZE ? null : all;
        }
        byte[] head = groups(text.substring(0, gap), false);
        byte[] tail = groups(text.substring(gap + 2), true);
        if (head == null || tail == null || head.length + tail.length > IPV6_SIZE - 2) {
            return null;
        }
        byte[] bytes = Arrays.copyOf(head, IPV6_SIZE);
        System.arraycopy(tail, 0, bytes, IPV6_SIZE - tail.length, tail.length);
        return bytes;
    }

    /** @param isEnd whether the last group may be an IPv4 address */
    private static byte @Nullable [] groups(String text, boolean isEnd) {
        if (text.isEmpty()) {
            return new byte[0];
        }
        String[] parts = text.split(":", -1);
        byte[] bytes = new byte[2 * parts.length + 2];
        int size = 0;
        for (int i = 0; i < parts.length; i++) {
            byte[] ipv4 = isEnd && i == parts.length - 1 ? ipv4(parts[i]) : null;
            int group = ipv4 == null ? hexadecimal(parts[i]) : 0;
            if (ipv4 != null) {
                System.arraycopy(ipv4, 0, bytes, size, IPV4_SIZE);
                size += IPV4_SIZE;
            } else if (group >= 0) {
                bytes[size++] = (byte) (group >> 8);
                bytes[size++] = (byte) group;
            } else {
                return null;
            }
        }
        return Arrays.copyOf(bytes, size);
    }

    /** Returns the number of one to four hexadecimal digits; -1 for anything else. */
    private static int hexadecimal(String digits) {
        if (digits.isEmpty() || digits.length() > 4) {
            return -1;
        }
        int number = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            number = number << 4 | digit;
        }
        return number;
    }

    /** Returns the number of decimal digits without leading zeros, from 0 to a limit of five digits; -1 otherwise. */
    public static int decimal(String digits, int most) {
        if (digits.isEmpty() || digits.length() > 5 || digits.length() > 1 && digits.charAt(0) == '0') {
            return -1;
        }
        int number = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = number * 10 + c - '0';
        }
        return number <= most ? number : -1;
    }
}
