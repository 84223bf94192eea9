package io.evio.sample.testing;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Some text instead of some bytes of an input. */
public record Mistake(int place, int length, String text) {

    /** Mistakes anywhere, with one of these texts. */
    public static Arbitrary<Mistake> anywhere(String... texts) {
        return Combinators.combine(
                        Arbitraries.integers(), Arbitraries.integers().between(0, 3), Arbitraries.of(texts))
                .as(Mistake::new);
    }

    public void make(StringBuilder input) {
        int from = input.isEmpty() ? 0 : Math.floorMod(place, input.length());
        input.replace(from, Math.min(input.length(), from + length), text);
    }
}
