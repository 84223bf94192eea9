package io.evio.internal.poll;

import com.kenai.jffi.MemoryIO;
import io.evio.internal.poll.KeventStruct.Kevent;
import io.evio.internal.sys.BsdLibc;
import io.evio.internal.sys.DarwinLibc;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.KqueueLibc;
import io.evio.internal.sys.KqueueSystem;
import io.evio.internal.sys.SystemLibrary;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * As much of a BSD kernel as {@link KqueuePoller} and its sockets ask for, behind the facade of the C library: a table
 * of filters and one of descriptors, over raw structures in native memory. Its waits never block; what is ready is said
 * by the test. Errno values are those of the machine that the test runs on.
 */
final class KernelModel implements BsdLibc, DarwinLibc {

    /** The same number on every system. */
    static final int EBADF = 9;

    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;

    private static final int EV_ADD = 1;
    private static final int EV_DELETE = 2;
    private static final int EV_CLEAR = 0x20;
    private static final int EV_RECEIPT = 0x40;
    private static final int NOTE_TRIGGER = 0x1000000;

    private static final MemoryIO MEMORY = MemoryIO.getInstance();

    private record Filter(long ident, int filter) {}

    /** A filter as it was added, and what it reports: null while it is not active. */
    private static final class Knote {
        long udata;
        int addedWith;
        Kevent active;
    }

    private final KeventStruct struct;
    private final boolean seesClose;
    private final Map<Filter, Knote> knotes = new LinkedHashMap<>();
    private final Map<String, Integer> failures = new TreeMap<>();
    private int errno;
    private int nextDescriptor = 100;
    private int pipeWriteEnd = -1;
    private int inPipe;

    /** The flags of each open descriptor, as fcntl(2) would give them: {@code nonblock}, {@code cloexec} or both. */
    final Map<Integer, List<String>> descriptors = new TreeMap<>();

    /** Everything asked for, in order, as text. */
    final List<String> calls = new ArrayList<>();

    /** The address of a peer that accept(2) finds, as hexadecimal bytes; none leaves the caller's memory alone. */
    String peer = "";

    /** The thing behind the path of a unix socket. */
    enum Behind {
        NOBODY,
        BOUND_ONLY,
        LISTENING,
        FULL_BACKLOG
    }

    Behind behind = Behind.NOBODY;

    /** The type of the thing behind it, {@code SOCK_STREAM} or {@code SOCK_DGRAM}, as of each socket. */
    int typeBehind = SOCK_STREAM;

    /** As gVisor's, which refuses every datagram socket, whatever is behind. */
    boolean refusesDatagrams;

    /** The number of connections that the thing behind it got. */
    int connected;

    private final Map<Integer, Integer> types = new TreeMap<>();

    private final int sockNonBlock;
    private final int sockCloexec;
    private final int nonBlock;

    KernelModel(KqueueSystem system) {
        this.struct = KeventStruct.of(system);
        this.seesClose = system != KqueueSystem.LINUX;
        this.nonBlock = system == KqueueSystem.LINUX ? 0x800 : 4;
        this.sockNonBlock = switch (system) {
            case MACOS -> 0;
            case OPENBSD -> 0x4000;
            case LINUX -> 0x800;
            default -> 0x20000000;
        };
        this.sockCloexec = switch (system) {
            case MACOS -> 0;
            case OPENBSD -> 0x8000;
            case LINUX -> 0x80000;
            default -> 0x10000000;
        };
    }

    SystemLibrary<KqueueLibc> library() {
        return new SystemLibrary<>(this, () -> errno);
    }

    /** The next call of this name fails. */
    void failNext(String call, int withErrno) {
        failures.put(call, withErrno);
    }

    /** The filters there are, as {@code "7 read"}, in the order in which they were added. */
    List<String> filters() {
        return knotes.keySet().stream()
                .map(filter -> filter.ident() + " " + name(filter.filter()))
                .toList();
    }

    /** Makes a filter active, level-triggered. */
    void activate(int fd, String filter, int flags, int fflags) {
        int value = filter.equals("read") ? struct.read() : struct.write();
        Knote knote = knotes.get(new Filter(fd, value));
        if (knote == null) {
            throw new IllegalStateException("There is no filter " + filter + " for " + fd);
        }
        knote.active = new Kevent(fd, value, flags, fflags, 1, knote.udata);
    }

    void quieten(int fd, String filter) {
        int value = filter.equals("read") ? struct.read() : struct.write();
        knotes.get(new Filter(fd, value)).active = null;
    }

    private String name(int filter) {
        return filter == struct.read()
                ? "read"
                : filter == struct.write() ? "write" : filter == struct.user() ? "user" : "filter " + filter;
    }

    private int fails(String call) {
        Integer with = failures.remove(call);
        if (with == null) {
            return 0;
        }
        errno = with;
        return -1;
    }

    private int opened(String... flags) {
        descriptors.put(nextDescriptor, new ArrayList<>(List.of(flags)));
        return nextDescriptor++;
    }

    @Override
    public int kqueue() {
        calls.add("kqueue");
        return fails("kqueue") < 0 ? -1 : opened();
    }

    @Override
    public int kevent(int queue, long changes, int changeCount, long events, int eventCount, long timespec) {
        if (!descriptors.containsKey(queue)) {
            errno = EBADF;
            return -1;
        }
        StringBuilder call = new StringBuilder("kevent");
        List<Kevent> receipts = new ArrayList<>();
        for (int i = 0; i < changeCount; i++) {
            Kevent change = struct.read(changes, i);
            call.append(' ').append(text(change));
            int failed = failures.containsKey("kevent " + name(change.filter()))
                    ? failures.remove("kevent " + name(change.filter()))
                    : change(change);
            if (failed != 0 || (change.flags() & EV_RECEIPT) != 0) {
                if (receipts.size() == eventCount) {
                    errno = failed;
                    return failed != 0 ? -1 : 0;
                }
                receipts.add(change.withReceipt(failed));
            }
        }
        if (changeCount == 0) {
            call.append(" wait ")
                    .append(
                            timespec == 0
                                    ? "for ever"
                                    : MEMORY.getLong(timespec) + " s " + MEMORY.getLong(timespec + 8) + " ns");
        }
        calls.add(call.toString());
        if (changeCount == 0 && fails("kevent") < 0) {
            return -1;
        }
        List<Kevent> found = receipts.isEmpty() ? active(eventCount) : receipts;
        for (int i = 0; i < found.size(); i++) {
            struct.write(events, i, found.get(i));
        }
        return found.size();
    }

    private int change(Kevent change) {
        Filter filter = new Filter(change.ident(), change.filter());
        if (change.filter() != struct.user() && !descriptors.containsKey((int) change.ident())) {
            return EBADF;
        }
        if ((change.flags() & EV_DELETE) != 0) {
            return knotes.remove(filter) == null ? Errno.ENOENT : 0;
        }
        if ((change.flags() & EV_ADD) != 0) {
            Knote knote = knotes.computeIfAbsent(filter, any -> new Knote());
            knote.udata = change.udata();
            knote.addedWith = change.flags();
        }
        Knote knote = knotes.get(filter);
        if (knote == null) {
            return Errno.ENOENT;
        }
        if ((change.fflags() & NOTE_TRIGGER) != 0) {
            knote.active = new Kevent(change.ident(), change.filter(), 0, 0, 0, knote.udata);
        }
        return 0;
    }

    private List<Kevent> active(int atMost) {
        List<Kevent> found = new ArrayList<>();
        for (Knote knote : knotes.values()) {
            if (knote.active != null && found.size() < atMost) {
                found.add(knote.active);
                if ((knote.addedWith & EV_CLEAR) != 0) {
                    knote.active = null;
                }
            }
        }
        return found;
    }

    private String text(Kevent change) {
        String action = (change.flags() & EV_ADD) != 0
                ? "+"
                : (change.flags() & EV_DELETE) != 0 ? "-" : change.fflags() == NOTE_TRIGGER ? "!" : "?";
        return action + change.ident() + name(change.filter()) + ":" + change.udata();
    }

    @Override
    public int pipe(long ends) {
        calls.add("pipe");
        if (fails("pipe") < 0) {
            return -1;
        }
        MEMORY.putInt(ends, opened());
        pipeWriteEnd = opened();
        MEMORY.putInt(ends + 4, pipeWriteEnd);
        return 0;
    }

    @Override
    public int fcntl(int fd, int command, long argument) {
        calls.add("fcntl " + command + " " + argument);
        if (fails("fcntl") < 0) {
            return -1;
        }
        if (command == 2 && argument == 1) {
            descriptors.get(fd).add("cloexec");
        } else if (command == 4 && argument == nonBlock) {
            descriptors.get(fd).add("nonblock");
        } else {
            throw new IllegalArgumentException("fcntl " + command + " " + argument);
        }
        return 0;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        calls.add("socket " + domain);
        if (fails("socket") < 0) {
            return -1;
        }
        int fd = opened(flags(type & ~SOCK_DGRAM));
        types.put(fd, type & (SOCK_STREAM | SOCK_DGRAM));
        return fd;
    }

    private String[] flags(int bits) {
        List<String> found = new ArrayList<>();
        if (sockNonBlock != 0 && (bits & sockNonBlock) != 0) {
            found.add("nonblock");
        }
        if (sockCloexec != 0 && (bits & sockCloexec) != 0) {
            found.add("cloexec");
        }
        if ((bits & ~(sockNonBlock | sockCloexec | 1)) != 0) {
            throw new IllegalArgumentException("flags " + Integer.toHexString(bits));
        }
        return found.toArray(new String[0]);
    }

    @Override
    public int accept(int fd, long address, long length) {
        calls.add("accept");
        return accepted(address, length, new String[0]);
    }

    @Override
    public int accept4(int fd, long address, long length, int flags) {
        calls.add("accept4");
        return accepted(address, length, flags(flags));
    }

    private int accepted(long address, long length, String[] flags) {
        if (fails("accept") < 0) {
            return -1;
        }
        byte[] bytes = HexFormat.of().parseHex(peer.replace(" ", ""));
        for (int i = 0; i < bytes.length; i++) {
            MEMORY.putByte(address + i, bytes[i]);
        }
        if (MEMORY.getInt(length) != 128) {
            throw new IllegalArgumentException("socklen_t is " + MEMORY.getInt(length));
        }
        MEMORY.putInt(length, bytes.length);
        return opened(flags);
    }

    @Override
    public int bind(int fd, long address, int length) {
        calls.add("bind " + hex(address, length));
        return fails("bind");
    }

    private static String hex(long address, int length) {
        byte[] bytes = new byte[length];
        MEMORY.getByteArray(address, bytes, 0, length);
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public int listen(int fd, int backlog) {
        calls.add("listen " + backlog);
        return fails("listen");
    }

    @Override
    public int setsockopt(int fd, int level, int option, long value, int length) {
        calls.add("setsockopt " + Integer.toHexString(level) + " " + Integer.toHexString(option) + " "
                + MEMORY.getInt(value));
        return fails("setsockopt");
    }

    @Override
    public int fchmod(int fd, int mode) {
        calls.add("fchmod " + Integer.toOctalString(mode));
        return fails("fchmod");
    }

    @Override
    public int chmod(long path, int mode) {
        int length = 0;
        while (MEMORY.getByte(path + length) != 0) {
            length++;
        }
        byte[] bytes = new byte[length];
        MEMORY.getByteArray(path, bytes, 0, length);
        calls.add("chmod " + new String(bytes, java.nio.charset.StandardCharsets.UTF_8) + " "
                + Integer.toOctalString(mode));
        return fails("chmod");
    }

    @Override
    public long read(int fd, long buffer, long count) {
        if (fails("read") < 0) {
            return -1;
        }
        if (inPipe == 0) {
            errno = Errno.EAGAIN;
            return -1;
        }
        long n = Math.min(inPipe, count);
        inPipe -= (int) n;
        if (inPipe == 0) {
            quieten(fd, "read");
        }
        return n;
    }

    /** Nothing ever comes to a socket of the model. */
    @Override
    public long recv(int fd, long buffer, long length, int flags) {
        errno = Errno.EAGAIN;
        return -1;
    }

    @Override
    public long send(int fd, long buffer, long length, int flags) {
        throw new UnsupportedOperationException("send to " + fd);
    }

    @Override
    public long write(int fd, long buffer, long count) {
        if (fd != pipeWriteEnd) {
            throw new IllegalArgumentException("write to " + fd);
        }
        if (fails("write") < 0) {
            return -1;
        }
        inPipe += (int) count;
        activate(fd - 1, "read", 0, 0);
        return count;
    }

    @Override
    public int close(int fd) {
        calls.add("close");
        if (descriptors.remove(fd) == null) {
            throw new IllegalStateException("close of " + fd + ", which is not open");
        }
        if (seesClose) {
            knotes.keySet().removeIf(filter -> filter.ident() == fd && filter.filter() != struct.user());
        }
        return 0;
    }

    @Override
    public long malloc(long size) {
        return MEMORY.allocateMemory(size, false);
    }

    @Override
    public void free(long address) {
        MEMORY.freeMemory(address);
    }

    /** The order of unp_connect in 4.4BSD and all that came of it: who is there, of what type, and has it room. */
    @Override
    public int connect(int fd, long address, int length) {
        calls.add("connect " + hex(address, length));
        if (fails("connect") < 0) {
            return -1;
        }
        if (behind == Behind.NOBODY || (refusesDatagrams && types.get(fd) == SOCK_DGRAM)) {
            errno = Errno.ECONNREFUSED;
            return -1;
        }
        if (types.get(fd) != typeBehind) {
            errno = Errno.EPROTOTYPE;
            return -1;
        }
        if (typeBehind == SOCK_STREAM && behind != Behind.LISTENING) {
            errno = Errno.ECONNREFUSED;
            return -1;
        }
        connected++;
        return 0;
    }

    @Override
    public int getsockname(int fd, long address, long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int getsockopt(int fd, int level, int option, long value, long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long writev(int fd, long vectors, int count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int shutdown(int fd, int how) {
        throw new UnsupportedOperationException();
    }
}
