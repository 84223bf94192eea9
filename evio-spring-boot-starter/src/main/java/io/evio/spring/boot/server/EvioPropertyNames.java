package io.evio.spring.boot.server;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.core.ResolvableType;

/**
 * The names that properties under {@code evio} may have, as {@link EvioProperties} has them, and how close to one of
 * them a name is that is none.
 */
public final class EvioPropertyNames {

    public static final ConfigurationPropertyName EVIO = ConfigurationPropertyName.of("evio");

    private static final String UPSTREAMS = "upstreams";

    /** Stands in a name for the key of a map, such as the name of a server's bean. */
    private static final String ANY = "*";

    /** Stands in a name for the index of an element that has properties of its own. */
    private static final String INDEX = "#";

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");

    /** The names that need no brackets. */
    private static final Pattern PLAIN = Pattern.compile("(?![0-9]+$)[A-Za-z0-9_][A-Za-z0-9_-]*");

    /**
     * A group that had a value of its own before it had properties: what is written as {@code keep-alive: true} means
     * the first of these.
     */
    private static final List<String> SWITCH = List.of("keep-alive", "enabled");

    private static final List<Known> ALL = new ArrayList<>();

    static {
        collect(EvioProperties.class, List.of());
    }

    private EvioPropertyNames() {}

    /** The relation of the elements of a name that was written to those of a property. */
    enum Writing {
        /** One to one, each as relaxed as Boot takes it. */
        PLAIN,
        /** The same, but the key of a map may be several elements, as a bean's name with dots is without brackets. */
        DOTTED,
        /** As in an environment variable, where an underscore separates elements and the words of one. */
        VARIABLE
    }

    /** A property; its elements are those behind {@code evio}. */
    private record Known(List<String> elements, boolean isList) {

        /** Returns the elements without what need not be written; null when they are all needed. */
        @Nullable
        List<String> shortForm() {
            int last = elements.size() - 1;
            return last > 0 && elements.subList(last - 1, last + 1).equals(SWITCH) ? elements.subList(0, last) : null;
        }
    }

    /**
     * A name as somebody has written it.
     *
     * @param elements those behind {@code evio}
     * @param index of an element of a list, with its brackets; empty otherwise
     */
    record Written(List<String> elements, String index) {

        static Written of(ConfigurationPropertyName name) {
            int size = name.getNumberOfElements();
            String index = "";
            if (name.isNumericIndex(size - 1)) {
                index = "[" + name.getLastElement(Form.ORIGINAL) + "]";
                size--;
            }
            List<String> elements = new ArrayList<>();
            for (int i = 1; i < size; i++) {
                elements.add(name.getElement(i, Form.ORIGINAL));
            }
            return new Written(elements, index);
        }

        @Override
        public String toString() {
            return show(elements) + index;
        }
    }

    /**
     * A property that a written name may mean.
     *
     * @param before the property's elements up to the key of a map, or all of them
     * @param key of the map, as it was written, with dots between its elements; null when the property is of none
     * @param after its elements behind the key
     */
    record Match(List<String> before, @Nullable String key, List<String> after, String index) {

        /** Returns whether the key is the name of an upstream. */
        boolean isOfUpstream() {
            return before.get(0).equals(UPSTREAMS);
        }

        /** The same with one more element. */
        Match behind(String element) {
            return key == null
                    ? new Match(EvioPropertyNames.append(before, element), null, after, index)
                    : new Match(before, key, EvioPropertyNames.append(after, element), index);
        }

        ConfigurationPropertyName name(@Nullable String key) {
            ConfigurationPropertyName name = EVIO;
            for (String element : before) {
                name = append(name, element);
            }
            if (key != null) {
                name = name.append("[" + key + "]");
            }
            for (String element : after) {
                name = append(name, element);
            }
            return index.isEmpty() ? name : name.append(index);
        }

        private static ConfigurationPropertyName append(ConfigurationPropertyName name, String element) {
            return name.append(DIGITS.matcher(element).matches() ? "[" + element + "]" : element);
        }
    }

    /** The properties that a name may mean; none when it is unknown. */
    static List<Match> find(Written written, Writing writing) {
        List<Match> found = new ArrayList<>();
        for (Known known : ALL) {
            if (known.isList || written.index.isEmpty()) {
                addMatches(known.elements, written, writing, found);
            }
            List<String> shortForm = known.shortForm();
            if (shortForm != null && written.index.isEmpty()) {
                List<Match> matches = new ArrayList<>();
                addMatches(shortForm, written, writing, matches);
                matches.forEach(match -> found.add(match.behind(last(known.elements))));
            }
        }
        return found;
    }

    private static void addMatches(List<String> known, Written written, Writing writing, List<Match> to) {
        List<String> elements = written.elements;
        int any = known.indexOf(ANY);
        if (any < 0) {
            List<String> all = indexed(known, elements, writing);
            if (all != null) {
                to.add(new Match(all, null, List.of(), written.index));
            }
            return;
        }
        List<String> before = known.subList(0, any);
        List<String> after = known.subList(any + 1, known.size());
        for (int from = 1; from < elements.size(); from++) {
            int last = writing == Writing.PLAIN ? Math.min(from + 1, elements.size()) : elements.size();
            for (int end = from + 1; end <= last; end++) {
                List<String> behind = indexed(after, elements.subList(end, elements.size()), writing);
                if (behind != null && areSame(before, elements.subList(0, from), writing)) {
                    String key = String.join(".", elements.subList(from, end));
                    to.add(new Match(before, key, behind, written.index));
                }
            }
        }
    }

    /** Returns the known elements with the index that was written; null when they are not the written ones. */
    private static @Nullable List<String> indexed(List<String> known, List<String> written, Writing writing) {
        int at = known.indexOf(INDEX);
        if (at >= 0) {
            // By its place or, in an environment variable, where an underscore may be within a word, by its neighbours.
            for (int i = at; i < written.size(); i++) {
                if (DIGITS.matcher(written.get(i)).matches()
                        && areSame(known.subList(0, at), written.subList(0, i), writing)
                        && areSame(
                                known.subList(at + 1, known.size()), written.subList(i + 1, written.size()), writing)) {
                    List<String> indexed = new ArrayList<>(known);
                    indexed.set(at, written.get(i));
                    return indexed;
                }
            }
            return null;
        }
        return areSame(known, written, writing) ? known : null;
    }

    private static boolean areSame(List<String> known, List<String> written, Writing writing) {
        if (writing == Writing.VARIABLE) {
            return uniform(String.join("", known)).equals(uniform(String.join("", written)));
        }
        if (known.size() != written.size()) {
            return false;
        }
        for (int i = 0; i < known.size(); i++) {
            if (!uniform(known.get(i)).equals(uniform(written.get(i)))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns what names have in common that Boot's relaxed binding takes for the same: letters in lower case, and
     * digits.
     */
    static String uniform(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /**
     * A property of the group that the name is of, such as {@code evio.limits}; empty when it is none.
     *
     * @param anyKey the key of the property, where the name has none yet
     */
    static Optional<String> firstOfGroup(Written written, String anyKey) {
        List<String> elements = written.elements;
        return ALL.stream()
                .map(known -> withKey(known, elements, anyKey))
                .filter(known -> known.size() > elements.size()
                        && areSame(known.subList(0, elements.size()), elements, Writing.PLAIN))
                .findFirst()
                .map(EvioPropertyNames::show);
    }

    /** The known property whose name is closest to this one. */
    static String nearest(Written written, String anyKey) {
        Known nearest = ALL.stream()
                .min(Comparator.<Known>comparingInt(
                                known -> endsAlike(known, written) ? 1 : distance(known, written, anyKey))
                        .thenComparingInt(known -> distance(known, written, anyKey)))
                .orElseThrow();
        return show(nearest(nearest, written, anyKey)) + (nearest.isList ? written.index : "");
    }

    /** Returns whether a name is so close to the nearest one that it may be meant. */
    static boolean isClose(Written written, String nearest) {
        String shown = written.toString();
        return distance(shown, nearest) <= shown.length() / 5;
    }

    /** As {@code evio.idle-timeout} and {@code evio.limits.idle-timeout} do. */
    private static boolean endsAlike(Known known, Written written) {
        return !written.elements.isEmpty() && uniform(last(known.elements)).equals(uniform(last(written.elements)));
    }

    private static String last(List<String> elements) {
        return elements.get(elements.size() - 1);
    }

    private static int distance(Known known, Written written, String anyKey) {
        return distance(show(nearest(known, written, anyKey)), show(written.elements));
    }

    /** The known name with the key of the written one, where that has one in its place. */
    private static List<String> nearest(Known known, Written written, String anyKey) {
        boolean hasKey = known.elements.size() <= written.elements.size();
        return withKey(known, hasKey ? written.elements : List.of(), anyKey);
    }

    private static List<String> withKey(Known known, List<String> written, String anyKey) {
        List<String> elements = new ArrayList<>(known.elements);
        for (int i = 0; i < elements.size(); i++) {
            String there = i < written.size() ? written.get(i) : null;
            if (elements.get(i).equals(ANY)) {
                elements.set(i, there != null ? there : anyKey);
            } else if (elements.get(i).equals(INDEX)) {
                elements.set(i, there != null && DIGITS.matcher(there).matches() ? there : "0");
            }
        }
        return elements;
    }

    /** The name of a server in the written one, which may be that of no bean; null when there is none. */
    static @Nullable String serverOf(Written written) {
        List<String> elements = written.elements;
        return elements.size() > 1 && uniform(elements.get(0)).equals("servers") ? elements.get(1) : null;
    }

    /** Returns the name of an upstream in the written one; null when there is none. */
    static @Nullable String upstreamOf(Written written) {
        List<String> elements = written.elements;
        return elements.size() > 1 && uniform(elements.get(0)).equals(UPSTREAMS) ? elements.get(1) : null;
    }

    /** Returns how many characters have to be put in, left out or replaced, in any case (Levenshtein). */
    private static int distance(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }

    /** A property's name as it is shown: keys of maps are in brackets only where they have to be. */
    public static String show(ConfigurationPropertyName name) {
        return Written.of(name).toString();
    }

    /** The prefix of a server's own properties. */
    static String ofServer(String server) {
        return show(List.of("servers", server));
    }

    /** The prefix of an upstream's properties. */
    static String ofUpstream(String upstream) {
        return show(List.of(UPSTREAMS, upstream));
    }

    private static String show(List<String> elements) {
        StringBuilder shown = new StringBuilder("evio");
        for (String element : elements) {
            if (PLAIN.matcher(element).matches()) {
                shown.append('.').append(element);
            } else {
                shown.append('[').append(element).append(']');
            }
        }
        return shown.toString();
    }

    private static void collect(Class<?> type, List<String> path) {
        for (RecordComponent component : type.getRecordComponents()) {
            List<String> name = append(path, DataObjectPropertyName.toDashedForm(component.getName()));
            Class<?> value = component.getType();
            if (value == Map.class) {
                name = append(name, ANY);
                value = ResolvableType.forType(component.getGenericType())
                        .getGeneric(1)
                        .resolve(Object.class);
            }
            if (value.isRecord()) {
                collect(value, name);
            } else if (elementOf(component).isRecord()) {
                collect(elementOf(component), append(name, INDEX));
            } else {
                ALL.add(new Known(name, value == List.class));
            }
        }
    }

    private static Class<?> elementOf(RecordComponent component) {
        return ResolvableType.forType(component.getGenericType()).getGeneric(0).resolve(Object.class);
    }

    private static List<String> append(List<String> path, String element) {
        List<String> longer = new ArrayList<>(path);
        longer.add(element);
        return List.copyOf(longer);
    }
}
