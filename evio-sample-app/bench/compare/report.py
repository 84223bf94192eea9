"""Writes results.md and its plots from results.csv and what lies beside it, so that a report can be made again."""

import json

from . import memory, plots
from .stats import BASE, Rounds, quartiles
from .svg import NAMES

METRICS = "| server | CPU a request, ratio | quartiles | µs | user | system | requests/s | p50 µs | p99 µs | p99.9 µs | RSS MiB" \
    " | server busy | client busy | rounds | to be trusted |\n|---|---:|:---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
LATENCIES = "| server | requests/s | p50 µs | p99 µs | p99.9 µs | most µs | CPU µs a request | server busy | rounds |" \
    " to be trusted |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"


def write(out):
    rounds = Rounds(out / "results.csv")
    facts = json.loads((out / "machine.json").read_text(encoding="utf-8"))
    parts = ["# The comparison\n", "How it measures and how to read it: `evio-sample-app/bench/README.md`. Every round: `results.csv`.\n",
             "| | |\n|---|---|", *(f"| {key} | {value} |" for key, value in facts.items()), "", noise(rounds), ""]
    for section in (tables, half_rate, mixed, active, idle, churn):
        parts += section(rounds, out)
    parts += idle_memory(out) + parts_by_jmh(out)
    (out / "results.md").write_text("\n".join(parts), encoding="utf-8")


def noise(rounds):
    middle, outer = rounds.noise()
    if not middle:
        return "The limit was not measured against itself in this run, so what a difference means is not known."
    return (f"**Noise**: a second process of the same C program has a ratio of {middle[1]:.3f}, half of its rounds lie between"
            f" {middle[0]:.3f} and {middle[2]:.3f}, nine of ten between {outer[0]:.2f} and {outer[1]:.2f}. A difference between two"
            " servers that is not larger than that is none.")


def trusted(row):
    if not row.doubts:
        return "yes"
    return ("yes, without: " if row.counted * 2 >= row.rounds else "**no**: ") + "; ".join(row.doubts)


def metrics(row):
    if not row.counted:
        return f"| {NAMES[row.server]} |" + " |" * 12 + f" 0 of {row.rounds} | {trusted(row)} |"
    f, ratio = row.figures, row.ratio
    cells = [f"{ratio[1]:.2f}" if ratio else "", f"{ratio[0]:.2f} to {ratio[2]:.2f}" if ratio else "",
             *(f"{f[name]:.3f}" for name in ("cpu", "user", "system")), f"{f['rate']:,.0f}",
             *(f"{f[name]:,.0f}" for name in ("p50", "p99", "p999")), f"{f['rss'] / 1024:,.0f}",
             *(f"{f[name]:.2f}" for name in ("utilisation", "client")), f"{row.counted} of {row.rounds}", trusted(row)]
    return f"| {NAMES[row.server]} | " + " | ".join(cells) + " |"


def latencies(row):
    if not row.counted:
        return f"| {NAMES[row.server]} |" + " |" * 7 + f" 0 of {row.rounds} | {trusted(row)} |"
    f = row.figures
    cells = [f"{f['rate']:,.0f}", *(f"{f[name]:,.0f}" for name in ("p50", "p99", "p999", "max")), f"{f['cpu']:.2f}",
             f"{f['utilisation']:.2f}", f"{row.counted} of {row.rounds}", trusted(row)]
    return f"| {NAMES[row.server]} | " + " | ".join(cells) + " |"


def image(drawn, path, text):
    return [f"![{text}]({path.name})", ""] if drawn else []


def tables(rounds, out):
    parts = []
    for protocol, title in (("echo", "Echo"), ("redis", "Redis"), ("http", "HTTP, a fixed page")):
        table = {load: rows for load, rows in rounds.table("table").items() if rounds.protocols[load] == protocol}
        if not table:
            continue
        path = out / f"ratios-{protocol}.svg"
        drawn = plots.ratios(path, f"{title}: server CPU time a request", table)
        parts += [f"## {title}\n", *image(drawn, path, f"{title}: server CPU time a request")]
        for load, rows in table.items():
            parts += [f"### {load}\n", METRICS, *map(metrics, rows), ""]
    return parts


def half_rate(rounds, out):
    table = {load: rows for load, rows in rounds.table("latency").items() if "half" in load}
    if not table:
        return []
    path = out / "latency.svg"
    drawn = plots.percentiles(path, "Latency at half of each server's saturating rate, 50 connections", table)
    parts = ["## Latency at half of the saturating rate\n", *image(drawn, path, "latency at half of the saturating rate"),
             "Open loop: latency counts from the time at which a request was due, not from when it could be sent.\n"]
    for load, rows in table.items():
        parts += [f"### {load}\n", LATENCIES, *map(latencies, rows), ""]
    return parts


def mixed(rounds, out):
    table = rounds.table("mixed")
    if not table:
        return []
    path = out / "mixed.svg"
    drawn = plots.percentiles(path, "100 light clients, without and with a heavy one beside them", table)
    parts = ["## One heavy client beside 100 light ones\n", *image(drawn, path, "latency of the light clients"),
             "The latency is that of the light ones, in an open loop of 5,000 requests/s. The server's CPU time is all clients'.\n"]
    for load, rows in table.items():
        heavy = [f"{NAMES[row.server]} {row.figures['heavy']:,.0f}" for row in rows if row.counted and row.figures["heavy"]]
        parts += [f"### {load}\n", LATENCIES, *map(latencies, rows), ""]
        if heavy:
            parts += ["MB/s of the heavy one, both directions: " + ", ".join(heavy) + ".\n"]
    return parts


def points(table):
    """{server: [(x, row)]} of loads that are named after their place on the curve: `active 50`."""
    series = {}
    for load, rows in table.items():
        for row in rows:
            if row.counted:
                series.setdefault(row.server, []).append((int(load.split()[-1]), row))
    return series


def grid(series, columns, value):
    head = "| server | " + " | ".join(f"{x:,}" for x in columns) + " |\n|---|" + "---:|" * len(columns)
    lines = [f"| {NAMES[server]} | " + " | ".join(value(dict(known).get(x)) for x in columns) + " |" for server, known in series.items()]
    return [head, *lines, ""]


def cpu(row):
    return f"{row.figures['cpu']:.2f}" if row else "not saturated"


def curve(rounds, out, stage, title, caption, logarithmic):
    series = points(rounds.table(stage))
    path = out / f"{stage}.svg"
    lines = {server: [(x, row.figures["cpu"]) for x, row in known] for server, known in series.items() if server != "limit-again"}
    drawn = plots.curves(path, title, caption, "server CPU time a request, µs", lines, logarithmic)
    return series, sorted({x for known in series.values() for x, _ in known}), image(drawn, path, title)


def active(rounds, out):
    title = "CPU time a request against active connections"
    series, columns, picture = curve(rounds, out, "active", title, "active connections (logarithmic), echo of 64 bytes", True)
    if not series:
        return []
    return [f"## {title}\n", *picture, "µs a request, echo of 64 bytes, at so many connections that are all busy:\n",
            *grid(series, columns, cpu)]


def idle(rounds, out):
    title = "CPU time a request against idle connections"
    series, columns, picture = curve(rounds, out, "idle", title, "idle connections beside 50 busy ones, echo of 64 bytes", False)
    if not series:
        return []
    speed = {}
    for server in series:
        for x in columns:
            kept = quartiles(rounds.paired(f"idle {x}", server, "idle 0", server, "rate"))
            if kept:
                speed.setdefault(server, []).append((x, kept))
    return [f"## {title}\n", *picture, "µs a request of the 50 busy connections, with so many idle ones:\n", *grid(series, columns, cpu),
            "Requests/s of the busy ones, as a ratio to those without idle ones in the same round:\n",
            *grid(speed, columns, lambda kept: f"{kept[1]:.3f} ({kept[0]:.3f} to {kept[2]:.3f})" if kept else "")]


def churn(rounds, _):
    table = rounds.table("churn")
    lines = []
    for load, rows in table.items():
        kept = load.replace("connection each", "connection kept")
        for row in rows if kept != load else []:
            before = {each.server: each for each in table.get(kept, [])}.get(row.server)
            if row.counted and before and before.counted:
                whole, one = row.figures["cpu"], before.figures["cpu"]
                lines.append(f"| {rounds.protocols[load]} | {NAMES[row.server]} | {whole - one:.1f} | {whole:.1f} | {one:.1f} |"
                             f" {row.figures['rate']:,.0f} | {row.figures['utilisation']:.2f} | {row.counted} of {row.rounds} |")
    if not lines:
        return []
    return ["## CPU time of an accept and a close\n",
            "µs of the server for a connection with one request, less what a request costs on a connection that stays:\n",
            "| protocol | server | accept and close | with its request | a request | connections/s | server busy | rounds |\n"
            "|---|---|---:|---:|---:|---:|---:|---:|", *lines, ""]


def loaded(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def idle_memory(out):
    rows = loaded(out / "memory.json")
    if not rows:
        return []
    path = out / "memory.svg"
    drawn = plots.memory(path, f"Memory of an idle connection, out of {memory.COUNT:,}", rows)
    lines = [f"| {NAMES[row['server']]} | " + (row["error"] + " | | | |" if "error" in row else
             " | ".join(f"{row[kind]:,.0f}" for kind in memory.COLUMNS) + " |") for row in rows]
    return ["## Memory of an idle connection\n", *image(drawn, path, "memory of an idle connection"),
            f"Bytes a connection, as the difference that {memory.COUNT:,} make, each having been answered once:\n",
            "| server | live heap | native: resident outside of the heap | RSS | kernel, both ends |\n|---|---:|---:|---:|---:|", *lines, ""]


def parts_by_jmh(out):
    rows = loaded(out / "jmh.json")
    if not rows:
        return []
    lines = [f"| {row['benchmark']} | {row['score']:,.1f} | {'' if row['error'] is None else format(row['error'], ',.1f')} | {row['unit']} |"
             for row in rows]
    return ["## The parts, by JMH\n", "| benchmark | score | error (99.9 %) | unit |\n|---|---:|---:|---|", *lines, ""]
