"""Writes results.md and its plots from results.csv and what lies beside it, so that a report can be made again."""

import json

from . import loads, memory, plots
from .stats import BASE, Rounds, quartiles
from .svg import NAMES

PROTOCOLS = {"echo": "Echo", "redis": "Redis", "http": "HTTP, a fixed page"}
METRICS = ("ratio to the limit", "quartiles", "ratio to evio", "CPU µs a request", "user", "system", "requests/s")
METRICS += ("p50 µs", "p99 µs", "p99.9 µs", "RSS MiB", "server busy", "client busy")
LATENCIES = ("requests/s", "p50 µs", "p99 µs", "p99.9 µs", "most µs", "CPU µs a request", "server busy")


def write(out):
    """Returns how many measurements failed, rather than only not count."""
    rounds = Rounds(out / "results.csv")
    facts = loaded(out / "machine.json")
    parts = [
        "# The comparison\n",
        "How it measures and how to read it: `evio-sample-app/bench/README.md`. Every single round: `results.csv`.\n",
        *markdown(("machine and programs", ""), facts.items()),
        noise(rounds) + "\n",
    ]
    for section in (tables, half_rate, mixed, active, idle, churn):
        parts += section(rounds, out)
    parts += idle_memory(out) + loops(out) + parts_by_jmh(out)
    (out / "results.md").write_text("\n".join(parts), encoding="utf-8")
    in_rounds = sum(1 for turns in rounds.rows.values() for row in turns.values() if row["error"])
    return in_rounds + sum("error" in row for row in loaded(out / "memory.json") or [])


def loaded(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def markdown(columns, rows):
    """A table, with an empty line behind it. All but the first column are numbers, mostly, and stand at the right."""
    head = ["| " + " | ".join(columns) + " |", "|---|" + "---:|" * (len(columns) - 1)]
    return [*head, *("| " + " | ".join(map(str, row)) + " |" for row in rows), ""]


def image(drawn, path, text):
    return [f"![{text}]({path.name})\n"] if drawn else []


def noise(rounds):
    middle, outer = rounds.noise()
    if not middle:
        return "The limit was not measured against itself in this run, so what a difference means is not known."
    low, median, high = middle
    return (
        f"**Noise**: a second process of the same C program has a ratio of {median:.3f}; half of its rounds lie"
        f" between {low:.3f} and {high:.3f}, nine of ten between {outer[0]:.2f} and {outer[1]:.2f}. Servers that differ"
        " by no more than that do not differ."
    )


def trusted(row):
    if not row.doubts:
        return "yes" if row.saturates else "yes; the load does not saturate"
    return ("yes, without: " if row.counted * 2 >= row.rounds else "**no**: ") + "; ".join(row.doubts)


def servers_table(columns, rows, cells):
    """A line for each server, with how many rounds count and why not all of them do."""
    empty = [""] * len(columns)
    lines = [
        [NAMES[row.server], *(cells(row) if row.counted else empty), f"{row.counted} of {row.rounds}", trusted(row)]
        for row in rows
    ]
    return markdown(("server", *columns, "rounds", "to be trusted"), lines)


def metrics(row):
    f, ratio = row.figures, row.ratio
    return [
        *((f"{ratio[1]:.2f}", f"{ratio[0]:.2f} to {ratio[2]:.2f}") if ratio else ("", "")),
        f"{row.by_evio[1]:.2f}" if row.by_evio else "",
        *(f"{f[name]:.3f}" for name in ("cpu", "user", "system")),
        *(f"{f[name]:,.0f}" for name in ("rate", "p50", "p99", "p999")),
        f"{f['rss'] / 1024:,.1f}",
        *(f"{f[name]:.2f}" for name in ("utilisation", "client")),
    ]


def latencies(row):
    f = row.figures
    return [
        *(f"{f[name]:,.0f}" for name in ("rate", "p50", "p99", "p999", "max")),
        *(f"{f[name]:.2f}" for name in ("cpu", "utilisation")),
    ]


def tables(rounds, out):
    parts = []
    for protocol, title in PROTOCOLS.items():
        table = {load: rows for load, rows in rounds.table("table").items() if rounds.protocols[load] == protocol}
        if not table:
            continue
        path, caption = out / f"ratios-{protocol}.svg", f"{title}: server CPU time a request"
        parts += [f"## {title}\n", *image(plots.ratios(path, caption, table), path, caption)]
        for load, rows in table.items():
            parts += [f"### {load}\n", *servers_table(METRICS, rows, metrics)]
    return parts


def half_rate(rounds, out):
    table = {load: rows for load, rows in rounds.table("latency").items() if "half" in load}
    if not table:
        return []
    path, title = out / "latency.svg", "Latency at half of each server's saturating rate"
    parts = [f"## {title}\n", *image(plots.percentiles(path, f"{title}, 50 connections", table), path, title)]
    parts += ["Open loop: latency counts from the time at which a request was due, not from when it could be sent.\n"]
    for load, rows in table.items():
        parts += [f"### {load}\n", *servers_table(LATENCIES, rows, latencies)]
    return parts


def mixed(rounds, out):
    table = rounds.table("mixed")
    if not table:
        return []
    path, title = out / "mixed.svg", "100 light clients, without and with a heavy one beside them"
    parts = ["## One heavy client beside 100 light ones\n", *image(plots.percentiles(path, title, table), path, title)]
    parts += ["The latency is that of the light ones, in an open loop of 5,000 requests/s all together; CPU time is"]
    parts += ["the server's for all clients, by the requests of the light ones.\n"]
    for load, rows in table.items():
        heavy = [f"{NAMES[r.server]} {r.figures['heavy']:,.0f}" for r in rows if r.counted and r.figures["heavy"]]
        parts += [f"### {load}\n", *servers_table(LATENCIES, rows, latencies)]
        parts += ["MB/s of the heavy one, both directions: " + ", ".join(heavy) + ".\n"] if heavy else []
    return parts


def points(table):
    """{server: [(x, row)]} of loads that are named after their place on the curve: `active 50`."""
    series = {}
    for load, rows in table.items():
        for row in rows:
            if row.counted:
                series.setdefault(row.server, []).append((int(load.split()[-1]), row))
    return series


def grid(series, value):
    columns = sorted({x for known in series.values() for x, _ in known})
    lines = []
    for server, known in series.items():
        at = dict(known)
        lines.append([NAMES[server], *(value(at[x]) if x in at else "no round counts" for x in columns)])
    return markdown(("server", *(f"{x:,}" for x in columns)), lines)


def cpu(row):
    return f"{row.figures['cpu']:.2f}"


def to_limit(row):
    return f"{row.ratio[1]:.2f}" if row.ratio else ""


def curve(series, path, title, caption):
    lines = {server: [(x, row.figures["cpu"]) for x, row in known] for server, known in series.items()}
    for again in loads.WITHOUT_IDLE:  # it would only lie on the other's
        lines.pop(again, None)
    return image(plots.curves(path, title, caption, lines), path, title)


def active(rounds, out):
    series, title = points(rounds.table("active")), "CPU time a request against active connections"
    if not series:
        return []
    picture = curve(series, out / "active.svg", title, "active connections, echo of 64 bytes")
    parts = [f"## {title}\n", *picture, "µs a request at so many connections, all of them busy:\n", *grid(series, cpu)]
    return [*parts, "Ratio to the C limit:\n", *grid(series, to_limit)]


def idle(rounds, out):
    series, title = points(rounds.table("idle")), "CPU time a request against idle connections"
    if not series:
        return []
    picture = curve(series, out / "idle.svg", title, "idle connections beside 50 busy ones, echo of 64 bytes")
    with_idle = {server: known for server, known in series.items() if server not in loads.WITHOUT_IDLE}
    parts = [f"## {title}\n", *picture, "µs a request of the 50 busy ones, beside so many idle ones:\n"]
    parts += [*grid(with_idle, cpu), "Ratio to the C limit with as many idle ones:\n", *grid(with_idle, to_limit)]
    kept = {}
    for again in loads.WITHOUT_IDLE:
        server = again.removesuffix("-again")
        speeds = {x: rounds.paired(f"idle {x}", server, f"idle {x}", again, "rate") for x, _ in series.get(server, [])}
        if any(speeds.values()):
            kept[server] = [(x, quartiles(ratios)) for x, ratios in speeds.items() if ratios]
    if not kept:
        return parts
    parts += ["Requests/s of the busy ones, by those of a second process of the same server that never has idle ones:\n"]
    return parts + grid(kept, lambda ratio: f"{ratio[1]:.3f} ({ratio[0]:.3f} to {ratio[2]:.3f})")


def churn(rounds, _):
    table = rounds.table("churn")
    lines = []
    for load, rows in table.items():
        kept_load = load.replace("connection each", "connection kept")
        kept = {row.server: row.figures["cpu"] for row in table.get(kept_load, []) if row.counted}
        whole = {row.server: row.figures["cpu"] for row in rows if row.counted}
        costs = {server: whole[server] - kept[server] for server in whole if server in kept}
        for row in rows:
            if load != kept_load and row.server in costs:
                cost = costs[row.server]
                ratio = f"{cost / costs[BASE]:.2f}" if costs.get(BASE, 0) > 0 else ""
                cells = [ratio, f"{cost:.1f}", f"{whole[row.server]:.1f}", f"{kept[row.server]:.1f}"]
                cells += [f"{row.figures['rate']:,.0f}"]
                of_all = f"{row.counted} of {row.rounds}"
                lines.append([f"{NAMES[row.server]}, {rounds.protocols[load]}", *cells, cpu_busy(row), of_all])
    if not lines:
        return []
    columns = ("server", "ratio to the limit", "accept and close", "with its request", "a request", "connections/s")
    columns += ("server busy", "rounds")
    intro = "µs of the server for a connection with one request, less what a request costs on one that stays:\n"
    return ["## CPU time of an accept and a close\n", intro, *markdown(columns, lines)]


def cpu_busy(row):
    return f"{row.figures['utilisation']:.2f}"


def idle_memory(out):
    rows = loaded(out / "memory.json")
    if not rows:
        return []
    path, title = out / "memory.svg", "Memory of an idle connection"
    empty = [""] * (len(memory.COLUMNS) - 1)
    lines = [
        [NAMES[row["server"]], *([row["error"], *empty] if "error" in row else map("{:,.0f}".format, bytes_of(row)))]
        for row in rows
    ]
    return [
        f"## {title}\n",
        *image(plots.memory(path, f"{title}, of {memory.COUNT:,}", rows), path, title),
        f"Bytes a connection, as the difference that {memory.COUNT:,} make, each having been answered once and silent since:\n",
        *markdown(("server", "live heap", "native: resident outside of the heap", "RSS", "kernel, both ends"), lines),
    ]


def bytes_of(row):
    return [row[kind] for kind in memory.COLUMNS]


def loops(out):
    rows = loaded(out / "loops.json")
    if not rows:
        return []
    one, two = (next(row["score"] for row in rows if row["benchmark"].endswith(f"loops={n}")) for n in (1, 2))
    intro = (
        "Requests/s of a server on two cores, whose handler computes for some hundred microseconds a request, so that its"
        f" clients on the same cores are not the bound. Two loops carry **{two / one:.2f} times** what one does.\n"
    )
    return ["## More than one loop\n", intro, *benchmarks(rows)]


def parts_by_jmh(out):
    rows = loaded(out / "jmh.json")
    return ["## The parts, by JMH\n", *benchmarks(rows)] if rows else []


def benchmarks(rows):
    lines = []
    for row in rows:
        error = "" if row["error"] is None else f"{row['error']:,.1f}"
        lines.append([row["benchmark"], f"{row['score']:,.1f}", error, row["unit"]])
    return markdown(("benchmark", "score", "error (99.9 %)", "unit"), lines)
