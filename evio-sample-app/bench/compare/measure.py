"""Measures loads in rounds, the servers taking turns, and writes every single figure to results.csv."""

import contextlib
import csv
import json
import subprocess
import sys
import time

from . import servers as known

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
SETTLE = 0.3  # seconds before each round of a warm server


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
        return [self.program, *(f"--{name}={value}" for name, value in options.items() if value)]

    def run(self, server, load, warmup, seconds, rate=0):
        """What it measured, or {"error": why not}."""
        options = {"connections": load.connections, "pipeline": load.pipeline, "pid": server.pid, "warmup": warmup}
        options |= {"seconds": seconds, "rate": rate, "heavy": load.heavy}
        command = self.command(server, load, **options) + ["--churn"] * load.churn
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=warmup + seconds + 60)
        except subprocess.TimeoutExpired:
            return {"error": "the load generator did not end"}
        if done.returncode != 0:
            return {"error": done.stderr.strip() or f"the load generator ended with {done.returncode}"}
        return json.loads(done.stdout)

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


class Measurement:
    def __init__(self, generator, results, rounds, seconds, warmup):
        self.generator, self.results = generator, results
        self.rounds, self.seconds, self.warmup = rounds, seconds, warmup

    def measure(self, group, running):
        """Warms every server, in a closed loop, then lets them take turns."""
        print(f"{group.stage}: {', '.join(load.name for load in group.loads)}", file=sys.stderr, flush=True)
        for server in running:
            for load in group.loads:
                # The others of a group are the same work as the first.
                if load is group.loads[0] or load.churn or load.heavy:
                    self.generator.run(server, load, 0, self.warmup if server.is_jvm else SETTLE)
        for turn in range(1, self.rounds + 1):
            rates = {}
            for load in group.loads:
                for server in running:
                    row = self.one(server, load, rates)
                    self.results.add(
                        stage=group.stage,
                        protocol=group.protocol,
                        load=load.name,
                        server=server.name,
                        round=turn,
                        **row,
                    )

    def one(self, server, load, rates):
        wanted = load.rate
        if load.half_rate_of:
            wanted = rates.get((load.half_rate_of, server.name), 0) / 2
            if not wanted:
                return {"error": "there is no saturating rate"}
        try:
            with self.generator.holding(server, load, load.idle):
                row = self.generator.run(server, load, SETTLE, self.seconds, wanted)
        except OSError as e:
            return {"error": str(e)}
        rates[load.name, server.name] = row.get("rate", 0)
        return {"wanted": wanted or "", **row}


def fits(load, descriptors):
    """Whether both ends may have that many connections."""
    wanted = load.connections + load.idle + 100
    return wanted <= min(descriptors, known.MAX_CONNECTIONS)
