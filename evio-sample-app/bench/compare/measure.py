"""Measures loads in rounds, the servers taking turns, and writes every single figure to results.csv."""

import contextlib
import csv
import json
import subprocess
import sys
import time

from . import servers as known
from .loads import WITHOUT_IDLE

FIGURES = (
    "requests",
    "seconds",
    "rate",
    "p50",
    "p99",
    "p999",
    "max",
    "cpu",
    "user",
    "system",
    "utilisation",
    "waited",
    "client",
    "late",
    "heavy",
    "rss",
)
COLUMNS = ("stage", "protocol", "load", "server", "round", "wanted", *FIGURES, "error")
PORTS_A_SOURCE = 5000  # connections from one address 127.0.0.x, of the 28,000 that it has ports for
SETTLE = 0.02  # seconds at the beginning of a turn that do not count, in which the processor's caches become the server's
HANDSHAKE_WARMUPS = 30  # times that of others: a full handshake is that much more code to compile
STORM_WARMUPS = 40  # the same, beside others' requests
STORM_SETTLE = 0.2  # the same, in which clients that only do handshakes get going
BEGUN_A_SECOND = 50_000  # requests; each connection begins with one, and until all have the load is not what it is to be


class Results:
    """results.csv, written line by line so that a run which is broken off has what it measured."""

    def __init__(self, path):
        self.file = open(path, "w", newline="", encoding="utf-8")
        self.writer = csv.DictWriter(self.file, COLUMNS)
        self.writer.writeheader()

    def add(self, **row):
        self.writer.writerow(row)
        self.file.flush()


class Generator:
    """The load generator; it runs where this program runs, on the core that is not the servers'."""

    def __init__(self, program):
        self.program = program

    def command(self, server, load, **more):
        sources = 1 + max(load.connections, load.idle) // PORTS_A_SOURCE + (16 if load.churn else 0)
        options = {"to": f"127.0.0.1:{server.port}", "mode": load.mode, "sources": sources, **more}
        return [self.program, *(f"--{name}={value}" for name, value in options.items() if value), *["--tls"] * load.tls]

    @staticmethod
    def first(load):
        """What has a load generator that shares its core go before the others there, where this user may do that."""
        before = ["chrt", "--fifo", "1"]
        if not load.shares or subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
            return []
        return before

    @contextlib.contextmanager
    def holding(self, server, load, count):
        """Idle connections that have each been answered once."""
        if not count:
            yield
            return
        command = self.command(server, load, hold=count)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            if not holder.stdout.readline().startswith("holding"):
                raise OSError(f"{count} idle connections to {server.name} are not to be had")
            try:
                yield
            finally:
                holder.stdin.close()
        time.sleep(count / 50_000)  # for the server to see them end


    @contextlib.contextmanager
    def storming(self, server, load):
        """Clients beside, each of which does one full handshake after the other."""
        command = self.command(server, load, connections=1, pid=server.pid)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "text": True}
        storm = [subprocess.Popen(["nice", "-n", "19", *command, "--churn"], **pipes) for _ in range(load.storm)]
        try:
            for process in storm:
                process.stdin.write("0 3600\n")
                process.stdin.flush()
            yield
        finally:
            for process in storm:
                process.kill()
            for process in storm:
                process.communicate()


class Session:
    """A load generator whose connections to one server stay, silent between its turns."""

    def __init__(self, generator, server, load):
        self.generator, self.server, self.load = generator, server, load
        self.process = None
        self.broken = ""  # why it cannot have a turn

    def turn(self, warmup, seconds, rate=0):
        """What it measured, or {"error": why not}: then the next turn begins with new connections."""
        if self.broken:
            return {"error": self.broken}
        load = self.load
        if not self.process:
            options = {"connections": load.connections, "pipeline": load.pipeline, "pid": self.server.pid}
            command = self.generator.command(self.server, load, heavy=load.heavy, **options)
            self.process = subprocess.Popen(
                self.generator.first(load) + command + ["--churn"] * load.churn + ["--sleeps"] * load.shares,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        with self.generator.storming(self.server, load):
            with contextlib.suppress(BrokenPipeError):  # it has ended, and says why
                self.process.stdin.write(f"{warmup} {seconds} {rate}\n")
                self.process.stdin.flush()
            line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        return {"error": self.close() or "the load generator ended"}

    def close(self):
        """What it had to say, if it failed."""
        if not self.process:
            return ""
        process, self.process = self.process, None
        said = process.communicate()[1].strip()
        return said or (f"the load generator ended with {process.returncode}" if process.returncode else "")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Measurement:
    def __init__(self, generator, results, rounds, seconds, warmup):
        self.generator, self.results = generator, results
        self.rounds, self.seconds, self.warmup = rounds, seconds, warmup
        self.warmed = set()

    def measure(self, group, running):
        """Warms every server, in a closed loop, then lets them take turns."""
        print(f"{group.stage}: {', '.join(load.name for load in group.loads)}", file=sys.stderr, flush=True)
        rounds, seconds = max(1, round(self.rounds / group.stretch)), self.seconds * group.stretch
        with contextlib.ExitStack() as stack:
            sessions = {
                (load, server.name): stack.enter_context(Session(self.generator, server, load))
                for load in group.loads
                for server in running
            }
            for session in sessions.values():
                self.warm(session)
            for session in sessions.values():
                self.open_idle_connections(session, stack)
            for number in range(1, rounds + 1):
                rates = {}
                for (load, name), session in sessions.items():
                    row = self.one(session, seconds, rates.get((load.half_rate_of, name), 0) / 2)
                    rates[load.name, name] = row.get("rate", 0)
                    self.results.add(
                        stage=group.stage,
                        protocol=group.protocol,
                        load=load.name,
                        server=name,
                        round=number,
                        **row,
                    )

    def warm(self, session):
        """Once for each kind of request: a server stays warm for those of later groups."""
        load, server = session.load, session.server
        kind = (server.pid, load.mode, load.pipeline, load.churn, load.heavy, load.storm)
        if kind not in self.warmed:
            self.warmed.add(kind)
            times = known.WARMUPS.get(server.name, 1)
            times *= STORM_WARMUPS if load.storm else HANDSHAKE_WARMUPS if load.churn and load.tls else 1
            # At its rate beside a storm: in a closed loop it would leave the handshakes little of the processor.
            session.turn(0, self.warmup * times if server.is_jvm else 0.3, load.rate if load.storm else 0)

    def open_idle_connections(self, session, until):
        load, server = session.load, session.server
        if server.name not in WITHOUT_IDLE:
            try:
                until.enter_context(self.generator.holding(server, load, load.idle))
            except OSError as e:
                session.broken = str(e)

    def one(self, session, seconds, half_rate):
        load = session.load
        if load.half_rate_of and not half_rate:
            return {"error": "there is no saturating rate"}
        wanted = load.rate or half_rate
        settle = STORM_SETTLE if load.storm else SETTLE
        settle = max(settle, load.connections / BEGUN_A_SECOND)
        return {"wanted": wanted or "", **session.turn(settle, seconds, wanted)}


def fits(load, descriptors):
    """Whether both ends may have that many connections."""
    wanted = load.connections + load.idle + 100
    return wanted <= min(descriptors, known.MAX_CONNECTIONS)
