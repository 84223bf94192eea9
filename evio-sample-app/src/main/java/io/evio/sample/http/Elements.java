package io.evio.sample.http;

/** Goes through a list of words between commas, empty ones left out: RFC 9110, 5.6.1. Used again for every list. */
public final class Elements {

    private byte[] bytes = new byte[0];
    private int next;
    private int listEnd;
    private int start;
    private int end;

    public Elements of(FieldReader field) {
        bytes = field.bytes();
        next = field.valueStart();
        listEnd = field.valueEnd();
        return this;
    }

    /** Goes to the next element; false when there is none. */
    public boolean advance() {
        while (next < listEnd) {
            start = Ascii.skipBlanks(bytes, next, listEnd);
            end = start;
            while (end < listEnd && bytes[end] != ',') {
                end++;
            }
            next = end + 1;
            while (end > start && Ascii.isBlank(bytes[end - 1])) {
                end--;
            }
            if (end > start) {
                return true;
            }
        }
        return false;
    }

    public int start() {
        return start;
    }

    public int end() {
        return end;
    }

    /** Returns whether the element is this word, which is given in lower case. */
    public boolean is(String word) {
        return Ascii.isWord(word, bytes, start, end);
    }

    /** Returns whether the element is this word with parameters behind it. */
    public boolean isWithParameters(String word) {
        int wordEnd = Ascii.skip(Ascii.TOKEN, bytes, start, end);
        return wordEnd < end && Ascii.isWord(word, bytes, start, wordEnd);
    }
}
