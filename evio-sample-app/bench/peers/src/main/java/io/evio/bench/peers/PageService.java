package io.evio.bench.peers;

import java.util.Arrays;

/** Answers each request with the page, looking at no more of it than where it ends; requests have no bodies. */
final class PageService implements Service {

    private final Page page;
    private byte[] reply = new byte[0];
    private long second = -1;

    PageService(Page page) {
        this.page = page;
    }

    @Override
    public int serve(byte[] bytes, int from, int to, Reply out) {
        refresh();
        int done = from;
        for (int i = from; i + 3 < to; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n' && bytes[i + 2] == '\r' && bytes[i + 3] == '\n') {
                out.write(reply);
                i += 3;
                done = i + 1;
            }
        }
        return done;
    }

    private void refresh() {
        long now = System.currentTimeMillis() / 1000;
        if (now != second) {
            second = now;
            Reply made = new Reply();
            made.write(Reply.ascii("HTTP/1.1 200 OK\r\nDate: " + Page.date() + "\r\nContent-Type: " + Page.TYPE
                    + "\r\nContent-Length: " + page.body().length + "\r\n\r\n"));
            made.write(page.body());
            reply = Arrays.copyOf(made.bytes(), made.length());
        }
    }
}
