package io.evio.sample.readme;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** The content of the project's own poms: its modules, its version, and the coordinates of all they name. */
final class Reactor {

    private final Path root;
    private final List<String> modules;
    private final String version;
    private final String bootVersion;
    private final Set<String> named = new HashSet<>();

    /** @param root the folder of the parent pom */
    Reactor(Path root) throws IOException {
        this.root = root;
        Element parent = pom(root);
        version = Objects.requireNonNull(child(parent, "version"));
        bootVersion = Objects.requireNonNull(
                child((Element) parent.getElementsByTagName("properties").item(0), "spring-boot.version"));
        modules = all(parent, "module").stream().map(Element::getTextContent).toList();
        remember(parent);
        for (String module : modules) {
            remember(pom(root.resolve(module)));
        }
    }

    /** The names of the modules, which are those of their folders and of their artifacts. */
    List<String> modules() {
        return modules;
    }

    String version() {
        return version;
    }

    String bootVersion() {
        return bootVersion;
    }

    /** Returns whether a pom names it as a dependency or a plugin. */
    boolean names(String groupId, String artifactId) {
        return named.contains(groupId + ":" + artifactId);
    }

    /** The file name of a module's jar, as its pom has it. */
    String jar(String module) throws IOException {
        List<Element> name = all(pom(root.resolve(module)), "finalName");
        return (name.isEmpty() ? module + "-" + version : name.get(0).getTextContent()) + ".jar";
    }

    /** The text of an element's own child of that name, or null. */
    static @Nullable String child(Element element, String name) {
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node.getNodeName().equals(name)) {
                return node.getTextContent().strip();
            }
        }
        return null;
    }

    /** Every element of that name, however deep. */
    static List<Element> all(Element element, String name) {
        List<Element> found = new ArrayList<>();
        var nodes = element.getElementsByTagName(name);
        for (int i = 0; i < nodes.getLength(); i++) {
            found.add((Element) nodes.item(i));
        }
        return found;
    }

    private void remember(Element pom) {
        for (String kind : List.of("dependency", "plugin")) {
            for (Element one : all(pom, kind)) {
                named.add(child(one, "groupId") + ":" + child(one, "artifactId"));
            }
        }
    }

    private static Element pom(Path folder) throws IOException {
        try {
            Document document = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(folder.resolve("pom.xml").toFile());
            return document.getDocumentElement();
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(folder + "/pom.xml", e);
        }
    }
}
