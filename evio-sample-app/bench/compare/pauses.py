"""How long the JVM stops the sample app while it serves and is asked for its meters, with the README's two flags and without."""

import re
import sys

from . import host, measure
from .loads import Load

RATE = 20_000  # requests/s
FLAGS = ["-XX:MaxTenuringThreshold=1", "-XX:MetaspaceSize=64m"]
LONG = 2  # ms, which no pause is to exceed
SERVERS = ("evio", "evio-17")


def of_sample(servers, generator, wanted, minutes, warmup):
    """A row for each JDK with each set of flags; one after the other, each by itself."""
    rows = []
    for name in (name for name in SERVERS if name in wanted):
        for flags in ([], FLAGS):
            print(f"pauses: {name} {' '.join(flags)}", file=sys.stderr, flush=True)
            row = {"server": name, "flags": " ".join(flags), "minutes": minutes}
            log = servers.work / f"pauses-{name}-{len(flags)}.log"
            server = servers.start(name, "echo", [*flags, f"-Xlog:gc,safepoint:file={log}:uptime,tags:filecount=0"])
            try:
                row.update(one(generator, server, log, minutes, warmup))
            finally:
                servers.stop(server)
            rows.append(row)
    return rows


def one(generator, server, log, minutes, warmup):
    with measure.Session(generator, server, Load("pauses", "echo:64", rate=RATE, saturates=False)) as session:
        session.turn(0, warmup)
        begun = len(host.read(log))  # the start and the warming are not looked at
        figures = session.turn(measure.SETTLE, minutes * 60, RATE)
    if "error" in figures:
        return {"error": figures["error"]}
    kept = {name: figures[name] for name in ("rate", "p999", "max", "waited", "utilisation", "late")}
    return {**kept, **pauses(host.read(log)[begun:])}


def pauses(log):
    """Counts, and the longest in ms, of what `-Xlog:gc,safepoint` wrote; JDK 17 and 25 differ in what stands between."""
    collections = [float(ms) for ms in re.findall(r"\[gc\s*\] GC\(\d+\) Pause .* ([\d.]+)ms$", log, re.MULTILINE)]
    safepoints = [int(ns) / 1e6 for ns in re.findall(r"\[safepoint\s*\] Safepoint .* Total: (\d+) ns", log, re.MULTILINE)]
    return {
        "collections": len(collections),
        "longest_collection": max(collections, default=0),
        "safepoints": len(safepoints),
        "longest_safepoint": max(safepoints, default=0),
        "long_safepoints": sum(ms > LONG for ms in safepoints),
    }
