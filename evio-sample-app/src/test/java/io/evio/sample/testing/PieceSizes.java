package io.evio.sample.testing;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ArbitrarySupplier;

/** The pieces into which properties cut their input: the sizes of {@link Pieces}. */
public final class PieceSizes implements ArbitrarySupplier<byte[]> {

    @Override
    public Arbitrary<byte[]> get() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(8);
    }
}
