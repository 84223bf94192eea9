package io.evio.bench.peers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.function.Supplier;

/** Blocking sockets, with a virtual thread for each. On one core there is one carrier thread. */
record VirtualThreadsPeer(Supplier<Service> services) {

    private static final int BUFFER = 16 * 1024;

    void serve(int port) throws IOException {
        try (ServerSocket listener = new ServerSocket(port, 4096, InetAddress.getLoopbackAddress())) {
            while (true) {
                Socket socket = listener.accept();
                Thread.startVirtualThread(() -> serve(socket));
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            Service service = services.get();
            if (service == Service.ECHO) {
                echo(socket.getInputStream(), socket.getOutputStream());
            } else {
                answer(service, socket.getInputStream(), socket.getOutputStream());
            }
        } catch (IOException e) {
            // The client has gone; so does its thread.
        }
    }

    private static void echo(InputStream in, OutputStream out) throws IOException {
        byte[] bytes = new byte[BUFFER];
        for (int n; (n = in.read(bytes)) >= 0; ) {
            out.write(bytes, 0, n);
        }
    }

    private static void answer(Service service, InputStream in, OutputStream out) throws IOException {
        byte[] bytes = new byte[BUFFER];
        Reply reply = new Reply();
        int end = 0;
        for (int n; (n = in.read(bytes, end, bytes.length - end)) >= 0; ) {
            end += n;
            int done = service.serve(bytes, 0, end, reply);
            System.arraycopy(bytes, done, bytes, 0, end - done);
            end -= done;
            if (end == bytes.length) {
                bytes = Arrays.copyOf(bytes, end * 2);
            }
            if (reply.length() > 0) {
                out.write(reply.bytes(), 0, reply.length());
                reply.clear();
            }
        }
    }
}
