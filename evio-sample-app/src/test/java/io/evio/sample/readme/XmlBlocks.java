package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/** Pieces of a pom: what they name exists, in the project's own version. */
final class XmlBlocks {

    private final Reactor reactor;

    XmlBlocks(Reactor reactor) {
        this.reactor = reactor;
    }

    void check(Block block) throws Exception {
        Element root = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader("<block>" + block.text() + "</block>")))
                .getDocumentElement();
        int checked = 0;
        for (String kind : List.of("dependency", "plugin", "parent")) {
            for (Element one : Reactor.all(root, kind)) {
                check(one, kind);
                checked++;
            }
        }
        assertThat(checked).as("coordinates in %s", block).isPositive();
    }

    private void check(Element one, String kind) {
        String groupId = Reactor.child(one, "groupId");
        String artifactId = Reactor.child(one, "artifactId");
        String version = Reactor.child(one, "version");
        String name = groupId + ":" + artifactId;
        if ("io.evio".equals(groupId)) {
            assertThat(artifactId).as(name).isIn(reactor.modules());
            assertThat(version).as(name).isEqualTo(reactor.version());
        } else if (kind.equals("parent")) {
            assertThat(name).isEqualTo("org.springframework.boot:spring-boot-starter-parent");
            assertThat(version).as(name).isEqualTo(reactor.bootVersion());
        } else {
            assertThat(reactor.names(groupId, artifactId))
                    .as("%s is in a pom of this project", name)
                    .isTrue();
            assertThat(version).as("%s has its version from Spring Boot", name).isNull();
        }
    }
}
