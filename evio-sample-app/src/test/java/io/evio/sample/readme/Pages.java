package io.evio.sample.readme;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The project's pages, by their paths from its top, and the links between them. */
final class Pages {

    static final Path ROOT = Path.of("..");
    static final String README = "README.md";

    private static final List<String> FOLDERS = List.of(
            ".github",
            "evio-core/docs",
            "evio-spring-boot-starter/docs",
            "evio-sample-app/docs",
            "evio-sample-app/bench");

    /** GitHub shows these by itself; nothing needs to point to them. */
    private static final Pattern TEMPLATE = Pattern.compile("[.]github/.*(TEMPLATE).*");

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```.*?^```$");

    private Pages() {}

    static List<String> all() throws IOException {
        List<String> pages = new ArrayList<>(List.of(README, "evio-core/CHANGELOG.md"));
        for (String folder : FOLDERS) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
                files.map(file -> ROOT.relativize(file).toString())
                        .filter(file -> file.endsWith(".md") && !file.contains("/target/"))
                        .filter(file -> !TEMPLATE.matcher(file).matches())
                        .sorted()
                        .forEach(pages::add);
            }
        }
        return pages;
    }

    /** Returns the relative links of a page, with their anchors. */
    static List<String> links(String page) throws IOException {
        return LINK.matcher(BLOCK.matcher(text(page)).replaceAll(""))
                .results()
                .map(link -> link.group(1))
                .toList();
    }

    /** Returns whether the file that a link names exists, and in a page the heading too. */
    static boolean exists(String page, String link) throws IOException {
        String target = target(page, link);
        int anchor = link.indexOf('#');
        return Files.exists(ROOT.resolve(target))
                && (anchor < 0 || headings(target).contains(link.substring(anchor + 1)));
    }

    static Set<String> reachableFromTheReadme() throws IOException {
        Set<String> reached = new TreeSet<>(Set.of(README));
        Deque<String> open = new ArrayDeque<>(reached);
        while (!open.isEmpty()) {
            String page = open.pop();
            for (String link : links(page)) {
                String target = target(page, link);
                if (target.endsWith(".md") && reached.add(target)) {
                    open.push(target);
                }
            }
        }
        return reached;
    }

    private static String target(String page, String link) {
        String file = link.replaceFirst("#.*", "");
        return file.isEmpty()
                ? page
                : Path.of("/" + page)
                        .resolveSibling(file)
                        .normalize()
                        .toString()
                        .substring(1);
    }

    /** Returns the anchors of a page's headings, as GitHub makes them. */
    private static List<String> headings(String page) throws IOException {
        return HEADING.matcher(BLOCK.matcher(text(page)).replaceAll(""))
                .results()
                .map(Pages::anchor)
                .toList();
    }

    private static String anchor(MatchResult heading) {
        return heading.group(1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\w\\- ]", "")
                .replace(' ', '-');
    }

    private static String text(String page) throws IOException {
        return Files.readString(ROOT.resolve(page));
    }
}
