package io.evio.sample.redis;

/**
 * How far a long command that is still arriving has been looked at: with it a value of many megabytes, or a command of many
 * thousand arguments, is looked at once and not again with every piece that comes. Attached to its connection.
 */
final class LongCommand {

    /** How many arguments are still to come behind {@link #offset}; -1 while not even its first line is there. */
    int left;

    /** Where the next of them begins, or will begin, counted from the command's first byte. */
    int offset;

    /** How far the line that begins at {@link #offset} was looked at for its end; -1 when there is none. */
    int scanned;

    /** The byte that ends it. */
    byte endsBy;

    /** How much of the command must be there before there is anything new to see. */
    int needed;
}
