package io.evio;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * Imports only go down: test, io.evio, then net, tls and proxy, stream, loop, poll, sys. The package frame is beside
 * those of the loop.
 */
class ArchitectureTest {

    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.evio");

    @Test
    void dependenciesOnlyGoDown() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("test")
                .definedBy("io.evio.test")
                .layer("api")
                .definedBy("io.evio")
                .layer("net")
                .definedBy("io.evio.internal.net")
                .layer("tls")
                .definedBy("io.evio.internal.tls")
                .layer("proxy")
                .definedBy("io.evio.internal.proxy")
                .layer("stream")
                .definedBy("io.evio.internal.stream")
                .layer("frame")
                .definedBy("io.evio.frame")
                .layer("loop")
                .definedBy("io.evio.internal.loop")
                .layer("poll")
                .definedBy("io.evio.internal.poll..")
                .layer("sys")
                .definedBy("io.evio.internal.sys")
                .ensureAllClassesAreContainedInArchitecture()
                .whereLayer("test")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("api")
                .mayOnlyBeAccessedByLayers("test")
                .whereLayer("frame")
                .mayOnlyBeAccessedByLayers("test")
                .whereLayer("net")
                .mayOnlyBeAccessedByLayers("api")
                .whereLayer("proxy")
                .mayOnlyBeAccessedByLayers("api")
                .whereLayer("tls")
                .mayOnlyBeAccessedByLayers("api")
                .whereLayer("stream")
                .mayOnlyBeAccessedByLayers("api", "net", "tls", "proxy")
                .whereLayer("loop")
                .mayOnlyBeAccessedByLayers("api", "net", "tls", "proxy", "stream")
                .whereLayer("poll")
                .mayOnlyBeAccessedByLayers("test", "api", "net", "stream", "loop")
                .check(CORE);
    }

    @Test
    void thereAreNoCyclesOfPackages() {
        slices().matching("io.evio.internal.(*)..").should().beFreeOfCycles().check(CORE);
    }

    /** The contract refers to itself; what is below it is to be read class by class. */
    @Test
    void noCircleOfClassesHasMoreThanThreeMembers() {
        assertThat(Circles.of(CORE, "io.evio.internal"))
                .as("circles of classes, nested ones counted with their owner")
                .allSatisfy(circle -> assertThat(circle).hasSizeLessThanOrEqualTo(3));
    }

    @Test
    void itStandsOnItsOwn() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.evio..",
                        "java..",
                        "javax.net.ssl",
                        "jnr..",
                        "com.kenai.jffi",
                        "org.slf4j",
                        "org.jspecify.annotations")
                .check(CORE);
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..", "io.netty..", "reactor..", "io.micrometer..")
                .check(CORE);
    }

    /** Neither evio nor logging: it is as good for bytes that come from elsewhere. */
    @Test
    void framesKnowJavaOnly() {
        classes()
                .that()
                .resideInAPackage("io.evio.frame")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.evio.frame", "java.lang..", "java.nio..", "org.jspecify.annotations")
                .check(CORE);
    }

    /** Everything else asks sys for memory, addresses and calls. */
    @Test
    void nativeCodeIsKnownBelowTheLoopOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.evio.internal.sys")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jnr..", "com.kenai..")
                .check(CORE);
    }

    @Test
    void everyPackageSaysWhatMayBeNull() {
        List<String> packages = CORE.stream()
                .map(type -> type.getPackage().getName())
                .distinct()
                .sorted()
                .toList();
        assertThat(packages)
                .containsExactly(
                        "io.evio",
                        "io.evio.frame",
                        "io.evio.internal.loop",
                        "io.evio.internal.net",
                        "io.evio.internal.poll",
                        "io.evio.internal.proxy",
                        "io.evio.internal.stream",
                        "io.evio.internal.sys",
                        "io.evio.internal.tls",
                        "io.evio.test");
        assertThat(packages).allSatisfy(name -> {
            JavaPackage found = CORE.getPackage(name);
            assertThat(found.isAnnotatedWith(NullMarked.class)).as(name).isTrue();
        });
    }
}
