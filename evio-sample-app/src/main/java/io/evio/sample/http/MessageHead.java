package io.evio.sample.http;

/** The head of a message, as far as it says how the message is framed and whether its connection goes on. */
public class MessageHead {

    /** HTTP/1.0; otherwise it is 1.1, as which later ones of 1 are taken too. */
    public boolean isOld;

    public boolean asksToClose;
    public boolean asksToKeepAlive;
    public boolean asksToUpgrade;

    /** Content-Length; -1 without. */
    public long contentLength;

    public boolean hasTransferEncoding;
    public boolean isChunked;

    /** The progress in a head that has not come as a whole: see {@link MessageReader}. */
    final HeadProgress progress = new HeadProgress();

    public MessageHead() {
        clearFraming();
    }

    /** Forgets the message before. */
    protected void clear() {
        clearFraming();
    }

    private void clearFraming() {
        isOld = false;
        asksToClose = false;
        asksToKeepAlive = false;
        asksToUpgrade = false;
        contentLength = -1;
        hasTransferEncoding = false;
        isChunked = false;
    }

    /** Returns where the header fields begin, counted from the head's first byte. */
    public int fields() {
        return progress.fields;
    }

    /** Returns whether the connection goes on after the message: RFC 9112, 9.3. */
    public boolean isPersistent() {
        return !asksToClose && (!isOld || asksToKeepAlive);
    }
}
