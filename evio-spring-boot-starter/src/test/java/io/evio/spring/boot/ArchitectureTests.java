package io.evio.spring.boot;

import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;

/** One package for each role, and between them imports that go one way. */
class ArchitectureTests {

    private static final String ROOT = "io.evio.spring.boot";

    private static final JavaClasses STARTER = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void everyRoleKnowsOnlyTheOnesBelowIt() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("public types")
                .definedBy(ROOT)
                .layer("server")
                .definedBy(ROOT + ".server")
                .layer("upstream")
                .definedBy(ROOT + ".upstream")
                .layer("context")
                .definedBy(ROOT + ".context")
                .layer("actuate")
                .definedBy(ROOT + ".actuate")
                .layer("diagnostics")
                .definedBy(ROOT + ".diagnostics")
                .layer("autoconfigure")
                .definedBy(ROOT + ".autoconfigure")
                .ensureAllClassesAreContainedInArchitecture()
                .whereLayer("autoconfigure")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("diagnostics")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("actuate")
                .mayOnlyBeAccessedByLayers("autoconfigure")
                .whereLayer("context")
                .mayOnlyBeAccessedByLayers("autoconfigure", "actuate")
                .whereLayer("upstream")
                .mayOnlyBeAccessedByLayers("autoconfigure", "context", "actuate")
                .whereLayer("server")
                .mayOnlyBeAccessedByLayers("autoconfigure", "diagnostics", "context", "actuate", "upstream")
                .whereLayer("public types")
                .mayOnlyBeAccessedByLayers("autoconfigure", "context", "server", "upstream")
                .check(STARTER);
    }

    /** Not even of two; nested classes are counted with their owner. */
    @Test
    void thereAreNoCirclesOfClasses() {
        slices().assignedFrom(OUTERMOST).should().beFreeOfCycles().check(STARTER);
    }

    /** Nothing but wiring: one class for the servers, and one for each optional technology. */
    @Test
    void autoconfigureHasAutoConfigurationsOnly() {
        classes()
                .that()
                .resideInAPackage(ROOT + ".autoconfigure")
                .and()
                .doNotHaveSimpleName("package-info")
                .should()
                .beAnnotatedWith(AutoConfiguration.class)
                .andShould()
                .bePublic()
                .andShould()
                .haveModifier(FINAL)
                .check(STARTER);
    }

    /** Of the classes that stand by themselves; what is nested in one is shown with it. */
    @Test
    void aClassIsPublicOnlyWhereAnotherRoleNeedsIt() {
        classes()
                .that(new DescribedPredicate<JavaClass>("are public and of one role") {
                    @Override
                    public boolean test(JavaClass type) {
                        return type.isTopLevelClass()
                                && type.getModifiers().contains(PUBLIC)
                                && !type.getPackageName().equals(ROOT)
                                && !type.getPackageName().endsWith(".autoconfigure");
                    }
                })
                .should(haveAnAccessFromAnotherPackage())
                .check(STARTER);
    }

    private static ArchCondition<JavaClass> haveAnAccessFromAnotherPackage() {
        return new ArchCondition<>("be used in another package") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean used = type.getDirectDependenciesToSelf().stream()
                        .anyMatch(use -> !use.getOriginClass().getPackageName().equals(type.getPackageName()));
                events.add(new SimpleConditionEvent(
                        type, used, type.getName() + " is public and used in its own package only"));
            }
        };
    }

    @Test
    void nothingReachesIntoTheCore() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.evio.internal..", "jnr..")
                .check(STARTER);
    }

    @Test
    void everyPackageSaysWhatMayBeNull() {
        List<String> packages = STARTER.stream()
                .map(JavaClass::getPackageName)
                .distinct()
                .sorted()
                .toList();
        assertThat(packages)
                .containsExactly(
                        ROOT,
                        ROOT + ".actuate",
                        ROOT + ".autoconfigure",
                        ROOT + ".context",
                        ROOT + ".diagnostics",
                        ROOT + ".server",
                        ROOT + ".upstream");
        assertThat(packages)
                .allSatisfy(name -> assertThat(STARTER.getPackage(name).isAnnotatedWith(NullMarked.class))
                        .as(name)
                        .isTrue());
    }

    private static final SliceAssignment OUTERMOST = new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return type.getPackageName().startsWith(ROOT)
                    ? SliceIdentifier.of(type.getName().replaceFirst("[$].*", ""))
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "outermost classes";
        }
    };
}
