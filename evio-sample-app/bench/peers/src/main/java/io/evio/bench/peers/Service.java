package io.evio.bench.peers;

/** The work of a server with the bytes of a connection. */
interface Service {

    /** Transports know this one and send the bytes back from where they lie. */
    Service ECHO = (bytes, from, to, reply) -> {
        reply.write(bytes, from, to - from);
        return to;
    };

    /**
     * Answers the requests that are there in full.
     *
     * @return the index behind the last one of them
     */
    int serve(byte[] bytes, int from, int to, Reply reply);
}
