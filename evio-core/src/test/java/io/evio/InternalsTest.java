package io.evio;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The guide to the inside names packages, classes and methods that there are. */
class InternalsTest {

    private static final Path GUIDE = Path.of("docs", "internals.md");
    private static final Pattern MEMBER = Pattern.compile("`([A-Z]\\w+)\\.(\\w+)`");
    private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z]\\w+)`");
    private static final Pattern PACKAGE = Pattern.compile("`(io\\.evio[a-z.]*)`");

    private static final JavaClasses CLASSES = new ClassFileImporter().importPackages("io.evio");

    @Test
    void everyMemberIsThere() throws IOException {
        List<MatchResult> members = find(MEMBER);
        assertThat(members).hasSizeGreaterThan(40);
        for (MatchResult member : members) {
            assertThat(named(member.group(1)))
                    .as(member.group())
                    .anySatisfy(type -> assertThat(type.getMethods().stream()
                                            .anyMatch(method -> method.getName().equals(member.group(2)))
                                    || named(member.group(2)).stream()
                                            .anyMatch(inner ->
                                                    inner.getName().equals(type.getName() + "$" + member.group(2))))
                            .isTrue());
        }
    }

    @Test
    void everyClassAndPackageIsThere() throws IOException {
        assertThat(find(CLASS))
                .hasSizeGreaterThan(30)
                .allSatisfy(name ->
                        assertThat(named(name.group(1))).as(name.group()).isNotEmpty());
        assertThat(find(PACKAGE))
                .hasSize(10)
                .allSatisfy(name -> assertThat(CLASSES.containPackage(name.group(1)))
                        .as(name.group())
                        .isTrue());
    }

    private static List<MatchResult> find(Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(GUIDE)).results().toList();
    }

    private static List<JavaClass> named(String name) {
        return CLASSES.stream()
                .filter(type -> type.getSimpleName().equals(name))
                .toList();
    }
}
