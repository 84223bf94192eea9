"""Reads the command line and runs the stages one after the other."""

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from . import host, jmh, loads, measure, memory, pauses, report, servers

STAGES = ("table", "latency", "mixed", "active", "idle", "churn", "memory", "loops", "jmh")


def arguments():
    parser = argparse.ArgumentParser(
        prog="run.sh",
        description="Compares this sample's servers with the C limit and their peers.",
        epilog="Takes an hour, on a machine that has nothing else to do.",
    )
    parser.add_argument("--rounds", type=int, default=25, help="rounds in which the servers take turns (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.1, help="of each server in a round (%(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="3 rounds of 0.05 seconds: to see that it runs, not for figures"
    )
    parser.add_argument(
        "--only", metavar="REGEX", default="", help=f"only loads or stages like this; stages: {', '.join(STAGES)}"
    )
    parser.add_argument(
        "--servers", metavar="A,B", default=",".join(servers.ALL), help="only these servers (%(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="every request at every number of connections: hours")
    parser.add_argument(
        "--pauses",
        metavar="MINUTES",
        type=float,
        nargs="?",
        const=10,
        help="also how long the JVM stops the sample, so long (%(const)s) with each JDK and flags; alone: --only '^pauses$'",
    )
    parser.add_argument(
        "--out", type=Path, default=host.SAMPLE / "target" / "bench", help="results folder (%(default)s)"
    )
    parser.add_argument("--cores", default="0,1", help="the servers' core and the load generator's (%(default)s)")
    parser.add_argument("--jdk", default="", help=f"version or home of the JDK for all JVMs, {host.MIN_JDK} or later")
    parser.add_argument(
        "--report", action="store_true", help="only make the report anew from what is in the results folder"
    )
    parser.add_argument("--build-only", action="store_true", help="only compile everything that the comparison runs")
    options = parser.parse_args()
    options.servers = options.servers.split(",")
    unknown = [name for name in options.servers if name not in servers.ALL]
    if unknown:
        parser.error(f"no server {', '.join(unknown)}: there are {', '.join(servers.ALL)}")
    if options.pauses is not None and options.pauses <= 0:
        parser.error("--pauses has to be more than 0")
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds have to be more than 0")
    if not re.fullmatch(r"\d+,\d+", options.cores):
        parser.error("--cores takes two numbers, as in 0,1")
    options.out = options.out.resolve()
    options.cores = [int(core) for core in options.cores.split(",")]
    if len(set(options.cores)) < 2 or not os.sched_getaffinity(0).issuperset(options.cores):
        parser.error(f"--cores have to be two of this machine's: {sorted(os.sched_getaffinity(0))}")
    if options.quick:
        options.rounds, options.seconds = 3, 0.05
    try:
        options.wanted = re.compile(options.only)
    except re.error as e:
        parser.error(f"--only is no regular expression: {e}")
    return options


def chosen_groups(options, descriptors):
    """The groups that are asked for; what a machine has too few descriptors for is said and left out."""
    for group in loads.groups(options.all):
        if not options.wanted.search(group.stage) and not any(options.wanted.search(load.name) for load in group.loads):
            continue
        fitting = tuple(load for load in group.loads if measure.fits(load, descriptors))
        for load in group.loads:
            if load not in fitting:
                print(f"left out, for a limit of {descriptors} open files: {load.name}", file=sys.stderr)
        if fitting:
            yield loads.Group(group.stage, group.protocol, fitting, group.servers, group.stretch)


def names_of(group, options):
    """The servers of a group: variants only where it names them, and some only in the stages that they are for."""
    names = group.servers or [
        name
        for name in servers.BY_PROTOCOL[group.protocol]
        if name not in servers.VARIANTS and group.stage in servers.ONLY_IN.get(name, STAGES)
    ]
    return [name for name in names if name in options.servers]


def measure_loads(options, groups, running, measurement):
    for protocol in servers.BY_PROTOCOL:
        mine = [group for group in groups if group.protocol == protocol]
        needed = dict.fromkeys(name for group in mine for name in names_of(group, options))
        started = {name: running.start(name, protocol) for name in needed}
        for group in mine:
            measurement.measure(group, [started[name] for name in names_of(group, options)])
        running.stop_all()


def compare(options, jdk, work):
    descriptors = host.raise_descriptor_limit()
    jdk_17 = host.installed_jdk(17)
    if not jdk_17 and "evio-17" in options.servers:
        print("left out, as there is no JDK 17 (JAVA_HOME_17, /usr/lib/jvm): evio on it", file=sys.stderr)
        options.servers.remove("evio-17")
    facts = host.facts(jdk, options.cores, options.servers)
    facts["rounds"] = f"{options.rounds} of {options.seconds:g} s"
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("*.svg"), *out.glob("*.json"), *out.glob("results.*")]:
        old.unlink()
    (out / "machine.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
    generator = measure.Generator(work / "load")
    running = servers.Servers(work, jdk, jdk_17, *options.cores)
    warmup = 1 if options.quick else 3
    results = measure.Results(out / "results.csv")
    try:
        measurement = measure.Measurement(generator, results, options.rounds, options.seconds, warmup)
        measure_loads(options, list(chosen_groups(options, descriptors)), running, measurement)
        if options.wanted.search("memory") and descriptors < servers.MAX_CONNECTIONS:
            print(f"left out, for a limit of {descriptors} open files: memory", file=sys.stderr)
        elif options.wanted.search("memory"):
            save(out / "memory.json", memory.of_idle_connections(running, generator, jdk, options.servers, warmup))
        if options.pauses and options.wanted.search("pauses"):
            save(out / "pauses.json", pauses.of_sample(running, generator, options.servers, options.pauses, warmup))
    finally:
        running.stop_all()
    if options.wanted.search("loops") or options.wanted.search("jmh"):
        class_path = jmh.compile_benchmarks(jdk, work)
        if options.wanted.search("loops"):
            save(out / "loops.json", jmh.run(jdk, work, class_path, options.cores, jmh.LOOPS, options.quick))
        if options.wanted.search("jmh"):
            save(out / "jmh.json", jmh.run(jdk, work, class_path, options.cores[:1], jmh.PARTS, options.quick))


def save(path, rows):
    path.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def main():
    options = arguments()
    if options.report:
        report.write(options.out)
        return
    # SIGTERM ends the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    host.check(
        ["gcc", "mvn", "openssl", *([] if options.build_only else servers.PROGRAMS.intersection(options.servers))],
        options.build_only,
    )
    jdk = host.find_jdk(options.jdk)
    work = Path(tempfile.mkdtemp(prefix="evio-bench-"))
    try:
        host.build(work, jdk)
        why_not = host.build_go_evio(work) if "go-evio" in options.servers else ""
        if why_not:
            print(f"left out, Go's evio: {why_not}", file=sys.stderr)
            options.servers.remove("go-evio")
        if options.build_only:
            jmh.compile_benchmarks(jdk, work)
            return
        work.chmod(0o755)  # nginx's worker is another user
        os.sched_setaffinity(0, {options.cores[1]})  # with the load generator; servers are started on the other one
        compare(options, jdk, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    failures = report.write(options.out)
    print(options.out / "results.md")
    if failures:
        sys.exit(f"{failures} measurements failed: the report says why")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
