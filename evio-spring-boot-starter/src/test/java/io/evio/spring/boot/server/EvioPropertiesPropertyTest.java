package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.spring.boot.server.EvioPropertyRules.Made;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Values that look right, and any others. */
class EvioPropertiesPropertyTest {

    private static final String SEED = "8081";

    /** Each is a server, or the checks of an upstream, with a thread of its own. */
    private static final int STARTS = 300;

    private static final List<String> ODD_VALUES = List.of(
            "",
            " ",
            "true",
            "TRUE",
            "on",
            "yes",
            "auto",
            "epoll",
            "nio",
            "Epoll",
            "rw-rw----",
            "rwxrwxrwx",
            "rw",
            "0660",
            "PT1S",
            "PT-1S",
            "P10000000000D",
            "1e3",
            "0x10",
            "+5",
            "NaN",
            "nothing",
            "close-context",
            "BREAK_LIVENESS",
            "Round_Robin",
            "v1",
            "/health",
            "/health#1",
            "tls://127.0.0.1:1",
            "tcp://127.0.0.1:1,127.0.0.1:1",
            "app.internal",
            ":0",
            "tcp://:0,unix:///tmp/a",
            "unix://",
            "${a}",
            "${",
            "#{1}",
            "null",
            ",",
            "\0");

    /** Each value is bound alone, and every fifth one with all others, which takes many times as long. */
    @Example
    void everyOddValueIsOneOrRefusedByItsName() {
        for (int i = 0; i < EvioPropertyRules.PROPERTIES.size(); i++) {
            String property = EvioPropertyRules.PROPERTIES.get(i);
            for (int j = 0; j < ODD_VALUES.size(); j++) {
                String value = ODD_VALUES.get(j);
                Made alone = EvioPropertyRules.checkAlone(property, value);
                if ((i + j) % 5 == 0) {
                    assertThat(EvioPropertyRules.check(property, value) == null)
                            .as("%s=%s is refused, bound with all others", property, value)
                            .isEqualTo(alone == null);
                }
            }
        }
    }

    @Property(seed = SEED)
    void anyTextIsAValueOrRefusedByItsName(@ForAll("properties") String property, @ForAll String value) {
        EvioPropertyRules.checkAlone(property, value);
    }

    @Property(seed = SEED, edgeCases = EdgeCasesMode.NONE)
    void whatLooksLikeAValueIsOneOrRefusedByItsName(
            @ForAll("properties") String property, @ForAll("values") String value) {
        EvioPropertyRules.check(property, value);
    }

    /** But for addresses and targets, which may be of other hosts. */
    @Property(seed = SEED, tries = STARTS, edgeCases = EdgeCasesMode.NONE)
    void whatIsMadeWithValuesThatAreTakenStartsAndStops(
            @ForAll("properties") String property, @ForAll("values") String value) throws IOException {
        boolean isPlace = property.endsWith("addresses") || property.endsWith("targets");
        Made made = isPlace ? null : EvioPropertyRules.check(property, value);
        if (made != null) {
            made.startAndStop();
        }
    }

    @Provide
    Arbitrary<String> properties() {
        return Arbitraries.of(EvioPropertyRules.PROPERTIES);
    }

    @Provide
    Arbitrary<String> values() {
        Arbitrary<String> units =
                Arbitraries.of("", "B", "KB", "MB", "GB", "TB", "ns", "us", "ms", "s", "m", "h", "d", " s", "x");
        Arbitrary<String> quantities = Combinators.combine(
                        Arbitraries.oneOf(
                                Arbitraries.longs(), Arbitraries.longs().between(-3, 100_000)),
                        units)
                .as((number, unit) -> number + unit);
        return Arbitraries.oneOf(quantities, Arbitraries.of(ODD_VALUES));
    }
}
