"""What an idle connection costs a server in heap, native memory and resident size, and the kernel in its own memory."""

import re
import subprocess
import sys
import time

from . import host, measure
from .loads import Load
from .servers import OVER_TLS
from .svg import NAMES

COUNT = 19_000
SILENCE = 6  # seconds without a byte before a look, after which a connection is idle rather than between two requests
SERVERS = {
    "echo": ("limit", "evio", "evio-17", "netty-epoll", "netty-uring", "nio", "virtual-threads", "go-evio"),
    "redis": ("redis-server",),
    "echo-tls": ("limit", "evio", "evio-17", "netty-epoll"),
}
COLUMNS = ("heap", "native", "resident", "kernel")


def name(row):
    """What a row is of, in the report."""
    return NAMES[row["server"]] + (", TLS" if row["protocol"] in OVER_TLS else "")


def snapshot(server, jdk):
    """Bytes of each kind. The heap's are those of live objects: taking the histogram collects what is dead first."""
    heap, heap_resident = 0, 0
    if server.is_jvm:
        heap = live_heap(server.pid, jdk)
        heap_resident = resident(server.pid, heap_range(server.pid, jdk))
    all_resident = resident(server.pid, None)
    return {"heap": heap, "native": all_resident - heap_resident, "resident": all_resident, "kernel": kernel()}


def jcmd(pid, jdk, command):
    return subprocess.run([jdk / "bin" / "jcmd", str(pid), command], capture_output=True, text=True, check=True).stdout


def live_heap(pid, jdk):
    """Bytes of live objects: the least of three looks, as JDK 17 counts gaps between objects as int[] until a next collection."""
    return min(live_objects(jcmd(pid, jdk, "GC.class_histogram")) for _ in range(3))


def live_objects(histogram):
    """The total, without what fills the gaps that a collection left because it did not pay to close them."""
    total = int(re.search(r"^Total\s+\d+\s+(\d+)", histogram, re.MULTILINE).group(1))
    return total - sum(map(int, re.findall(r"^\s*\d+:\s+\d+\s+(\d+)\s+\S*jdk\.internal\.vm\.Filler", histogram, re.MULTILINE)))


def heap_range(pid, jdk):
    """Where the heap lies: the reserved ranges of its generations or regions."""
    lines = [
        line
        for line in jcmd(pid, jdk, "GC.heap_info").splitlines()
        if "etaspace" not in line and "class space" not in line
    ]
    addresses = [int(found, 16) for line in lines for found in re.findall(r"0x([0-9a-f]{8,16})\b", line)]
    return min(addresses), max(addresses)


def resident(pid, within):
    """Resident bytes of the process, or of its mappings within that range of addresses."""
    total, counts = 0, False
    for line in host.read(f"/proc/{pid}/smaps").splitlines():
        mapping = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
        if mapping:
            counts = within is None or (
                int(mapping.group(1), 16) >= within[0] and int(mapping.group(2), 16) <= within[1]
            )
        elif counts and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


def kernel():
    """Slabs, page tables, and the buffers of TCP: of the whole machine, both ends of each connection."""
    meminfo = dict(re.findall(r"^(\w+):\s+(\d+) kB", host.read("/proc/meminfo"), re.MULTILINE))
    sockets = re.search(r"^TCP: .* mem (\d+)", host.read("/proc/net/sockstat"), re.MULTILINE)
    return (int(meminfo["Slab"]) + int(meminfo["PageTables"])) * 1024 + int(sockets.group(1)) * 4096


def of_idle_connections(servers, generator, jdk, wanted, warmup):
    """Of each server, freshly started and warmed: bytes a connection, as the difference that many make."""
    rows = []
    for protocol, names in SERVERS.items():
        mode = "ping" if protocol == "redis" else "echo:64"
        load = Load("memory", mode, idle=COUNT, tls=protocol in OVER_TLS)
        for name in (name for name in names if name in wanted):
            print(f"memory: {name}", file=sys.stderr, flush=True)
            server = servers.start(name, protocol)
            try:
                with measure.Session(generator, server, load) as session:
                    session.turn(0, warmup)
                with generator.holding(server, load, 1000):
                    pass  # what the first ones allocate for all that come
                time.sleep(SILENCE)
                before = snapshot(server, jdk)
                with generator.holding(server, load, COUNT):
                    time.sleep(SILENCE)
                    after = snapshot(server, jdk)
                rows.append({"server": name, "protocol": protocol, **{kind: (after[kind] - before[kind]) / COUNT for kind in COLUMNS}})
            except OSError as e:
                rows.append({"server": name, "protocol": protocol, "error": str(e)})
            finally:
                servers.stop(server)
    return rows
