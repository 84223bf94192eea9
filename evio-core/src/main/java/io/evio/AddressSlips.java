package io.evio;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Recognizes texts that are no address because of a common slip, and says what was meant. */
final class AddressSlips {

    /** A scheme, what stands where {@code ://} belongs, and the rest. */
    private static final Pattern HALF_A_SCHEME =
            Pattern.compile("(?i)((?:proxy\\+)?(?:t(?:cp|ls)[46]?|unix))(:/?|//)([^/].*|/.*)");

    private static final Pattern SCHEME = Pattern.compile("(?i)(?:proxy\\+)?(t(?:cp|ls)[46]?|unix)://");
    private static final Pattern TCP_SCHEME = Pattern.compile("(?i)(?:(?:proxy\\+)?t(?:cp|ls)[46]?://)?");
    private static final Pattern DIGITS = Pattern.compile("[0-9]+");
    private static final Pattern ENDS_WITH_PORT = Pattern.compile(".*:[0-9]+");
    private static final Pattern SEPARATORS = Pattern.compile("[\\s,;]+");

    private AddressSlips() {}

    /**
     * The reason why the text is no address, with the form that was probably meant; null when there is no such slip in
     * it.
     */
    static @Nullable String find(String text) {
        long several = countAddresses(text);
        if (several > 1) {
            return "these are " + several
                    + " addresses: put a comma between them in a property, or make each an item of" + " the list";
        }
        String lacking = findHalfAScheme(text);
        if (lacking != null) {
            return lacking;
        }
        Matcher scheme = TCP_SCHEME.matcher(text);
        String prefix = scheme.lookingAt() ? scheme.group() : "";
        String rest = text.substring(prefix.length());
        if (isPort(rest)) {
            return "it is a port alone, which is written "
                    + (prefix.isEmpty() ? ":" + rest + " or tcp://:" + rest : prefix + ":" + rest);
        }
        return isPath(rest) ? "it is a path, which is written unix://" + rest : null;
    }

    /**
     * More than 1 when each piece is an address by itself, or several begin as one; a path may have spaces and commas.
     */
    private static long countAddresses(String text) {
        List<String> pieces = Arrays.stream(SEPARATORS.split(text))
                .filter(piece -> !piece.isEmpty())
                .toList();
        if (pieces.size() < 2) {
            return pieces.size();
        }
        return pieces.stream().allMatch(AddressSlips::isAddress)
                ? pieces.size()
                : pieces.stream().filter(AddressSlips::hasScheme).count();
    }

    private static boolean hasScheme(String piece) {
        return SCHEME.matcher(piece).lookingAt();
    }

    private static boolean isAddress(String piece) {
        try {
            Address.parse(piece);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static @Nullable String findHalfAScheme(String text) {
        Matcher slip = HALF_A_SCHEME.matcher(text);
        if (hasScheme(text) || !slip.matches()) {
            return null;
        }
        String scheme = slip.group(1);
        String rest = slip.group(3);
        return switch (slip.group(2)) {
            case "//" -> "a colon is missing, as in " + scheme + "://" + rest;
            case ":/" ->
                scheme.toLowerCase(Locale.ROOT).endsWith("unix")
                        ? "two slashes are missing, as in " + scheme + ":///" + rest
                        : "a slash is missing, as in " + scheme + "://" + rest;
            default ->
                // A host may have the name of a scheme.
                DIGITS.matcher(rest).matches() ? null : "two slashes are missing, as in " + scheme + "://" + rest;
        };
    }

    private static boolean isPort(String text) {
        return DIGITS.matcher(text).matches() && text.length() <= 5 && Integer.parseInt(text) <= 65_535;
    }

    private static boolean isPath(String text) {
        if (ENDS_WITH_PORT.matcher(text).matches()) {
            return false;
        }
        int slash = text.indexOf('/');
        int colon = text.indexOf(':');
        return slash >= 0 && (colon < 0 || slash < colon) || slash < 0 && colon < 0 && text.endsWith(".sock");
    }
}
