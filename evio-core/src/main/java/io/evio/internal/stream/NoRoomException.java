package io.evio.internal.stream;

import java.io.IOException;

/** An outbound connection was not begun, because its server has as many as it may have. */
public final class NoRoomException extends IOException {

    private static final long serialVersionUID = 1L;

    /** @param most how many it may have */
    public NoRoomException(int most) {
        super("No further connection is made: there are as many as max-outbound-connections (" + most + ")");
    }
}
