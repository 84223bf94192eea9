"""Writes results.md and its plots from results.csv and what lies beside it, so that a report can be made again."""

import json

from . import curves, markdown, memory, pauses, plots, servers
from .markdown import marked
from .stats import BASE, PROXY_BASE, Rounds, base
from .svg import NAMES

PROTOCOLS = {
    "echo": "Echo",
    "redis": "Redis",
    "http": "HTTP, a fixed page",
    "echo-tls": "Echo over TLS 1.3",
    "https": "HTTPS, a fixed page",
    "proxy": "Layer-7 proxy, a fixed page behind it",
    "proxy-tls": "Layer-7 proxy with TLS in front of it",
    "relay-page": "Layer-4 proxy, a fixed page behind it",
    "relay": "Layer-4 proxy, an echo behind it",
}
THE = {BASE: "the limit", PROXY_BASE: "HAProxy"}
PERCENTILES = tuple(f"{name} µs, median of turns" for name in ("p50", "p99", "p99.9"))
METRICS = ("quartiles", "ratio to evio", "CPU µs a request", "user", "system", "requests/s")
METRICS += (*PERCENTILES, "RSS MiB", "server busy", "client busy")
LATENCIES = ("p99.9, ratio to the limit", "quartiles", "requests/s", *PERCENTILES, "most µs, of all turns")
LATENCIES += ("CPU µs a request", "user", "system", "RSS MiB", "server busy")
ALL_TURNS = (
    "Percentiles are medians of those of single turns, so that what happens once in a run does not show in them, but in the"
    " most, which is of all turns that count. The ratio of p99.9 is of paired rounds; the limit's own to itself, again,"
    " says how far it is noise.\n"
)


def write(out):
    """Returns how many measurements failed, rather than only not count."""
    rounds = Rounds(out / "results.csv")
    facts = loaded(out / "machine.json")
    parts = [
        "# The comparison\n",
        "How it measures and how to read it: `evio-sample-app/bench/README.md`. Every single round: `results.csv`.\n",
        *markdown.table(("machine and programs", ""), facts.items()),
        noise(rounds) + "\n",
        f"{markdown.LEGEND} Of a ratio: of both servers.\n",
    ]
    for section in (tables, half_rate, mixed, curves.active, curves.idle, churn):
        parts += section(rounds, out)
    parts += idle_memory(out) + jvm_pauses(out) + loops(out) + parts_by_jmh(out)
    (out / "results.md").write_text("\n".join(parts), encoding="utf-8")
    in_rounds = sum(1 for turns in rounds.rows.values() for row in turns.values() if row["error"])
    others = [row for name in ("memory.json", "pauses.json") for row in loaded(out / name) or []]
    return in_rounds + sum("error" in row for row in others)


def loaded(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


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
    return ("yes, without: " if row.trusted else "**no**: ") + "; ".join(row.doubts)


def servers_table(columns, rows, cells):
    """A line for each server, with how many rounds count and why not all of them do."""
    empty = [""] * len(columns)
    lines = [
        [NAMES[row.server], *(cells(row) if row.counted else empty), f"{row.counted} of {row.rounds}", trusted(row)]
        for row in rows
    ]
    return markdown.table(("server", *columns, "rounds", "to be trusted"), lines)


def both(ratio):
    """The median, and the quartiles."""
    texts = (f"{ratio.median:.2f}", f"{ratio.low:.2f} to {ratio.high:.2f}") if ratio else ("", "")
    return [marked(text, ratio and ratio.trusted) for text in texts]


def metrics(row):
    f = row.figures
    return [
        *both(row.ratio),
        both(row.by_evio)[0],
        *(f"{f[name]:.3f}" for name in ("cpu", "user", "system")),
        *(f"{f[name]:,.0f}" for name in ("rate", "p50", "p99", "p999")),
        f"{f['rss'] / 1024:,.1f}",
        *(f"{f[name]:.2f}" for name in ("utilisation", "client")),
    ]


def latencies(row):
    f = row.figures
    return [
        *both(row.tail),
        *(f"{f[name]:,.0f}" for name in ("rate", "p50", "p99", "p999", "max")),
        *(f"{f[name]:.3f}" for name in ("cpu", "user", "system")),
        f"{f['rss'] / 1024:,.1f}",
        f"{f['utilisation']:.2f}",
    ]


def tables(rounds, out):
    parts = []
    for protocol, title in PROTOCOLS.items():
        table = {load: rows for load, rows in rounds.table("table").items() if rounds.protocols[load] == protocol}
        if not table:
            continue
        path, caption = out / f"ratios-{protocol}.svg", f"{title}: server CPU time a request"
        compared = base(protocol)
        parts += [f"## {title}\n", *markdown.image(plots.ratios(path, caption, table, compared), path, caption)]
        columns = (f"ratio to {THE[compared]}", *METRICS)
        for load, rows in table.items():
            parts += [f"### {load}\n", *servers_table(columns, rows, metrics)]
    return parts


def half_rate(rounds, out):
    table = {load: rows for load, rows in rounds.table("latency").items() if "half" in load}
    if not table:
        return []
    path, title = out / "latency.svg", "Latency at half of each server's saturating rate"
    parts = [f"## {title}\n", *markdown.image(plots.percentiles(path, f"{title}, 50 connections", table), path, title)]
    parts += ["Open loop: latency counts from the time at which a request was due, not from when it could be sent.\n", ALL_TURNS]
    for load, rows in table.items():
        parts += [f"### {load}\n", *servers_table(LATENCIES, rows, latencies)]
    return parts


def mixed(rounds, out):
    table = rounds.table("mixed")
    if not table:
        return []
    path, title = out / "mixed.svg", "100 light clients, without and with a heavy one beside them"
    parts = ["## One heavy client beside 100 light ones\n", *markdown.image(plots.percentiles(path, title, table), path, title)]
    parts += ["The latency is that of the light ones, in an open loop of 5,000 requests/s all together; CPU time is"]
    parts += ["the server's for all clients, by the requests of the light ones.\n", ALL_TURNS]
    for load, rows in table.items():
        heavy = [f"{NAMES[r.server]} {r.figures['heavy']:,.0f}" for r in rows if r.counted and r.figures["heavy"]]
        parts += [f"### {load}\n", *servers_table(LATENCIES, rows, latencies)]
        parts += ["MB/s of the heavy one, both directions: " + ", ".join(heavy) + ".\n"] if heavy else []
    return parts


def churn(rounds, _):
    table = rounds.table("churn")
    lines = []
    for load, rows in table.items():
        kept_load = load.replace("connection each", "connection kept")
        if load == kept_load:
            continue
        kept = {row.server: row for row in table.get(kept_load, [])}
        pairs = {row.server: (row, kept[row.server]) for row in rows if row.server in kept}
        lines += [
            [f"{NAMES[server]}, {rounds.protocols[load]}", *accept_cells(pair, pairs.get(BASE))]
            for server, pair in pairs.items()
        ]
    if not lines:
        return []
    columns = ("server", "ratio to the limit", "accept and close", "with its request", "a request", "connections/s")
    columns += ("server busy", "rounds, connection each", "connection kept", "to be trusted")
    intro = "µs of the server for a connection with one request, less what a request costs on one that stays;"
    intro += " over TLS that is a full handshake:\n"
    return ["## CPU time of an accept and a close\n", intro, *markdown.table(columns, lines)]


def accept_cost(pair):
    each, kept = pair
    return each.figures["cpu"] - kept.figures["cpu"] if each.counted and kept.counted else None


def accept_cells(pair, base):
    """Of the load with a connection for each request, and of the one that keeps them."""
    each, kept = pair
    cost, limit = accept_cost(pair), accept_cost(base) if base else None
    ratio = marked(f"{cost / limit:.2f}", all(row.trusted for row in (*pair, *base))) if cost is not None and limit else ""
    cells = [ratio, "" if cost is None else marked(f"{cost:.1f}", each.trusted and kept.trusted)]
    cells += [marked(f"{row.figures['cpu']:.1f}", row.trusted) if row.counted else "" for row in pair]
    cells += [f"{each.figures['rate']:,.0f}", f"{each.figures['utilisation']:.2f}"] if each.counted else ["", ""]
    doubts = dict.fromkeys(doubt for row in pair for doubt in row.doubts)
    verdict = ("yes, without: " if each.trusted and kept.trusted else "**no**: ") + "; ".join(doubts) if doubts else "yes"
    return [*cells, *(f"{row.counted} of {row.rounds}" for row in pair), verdict]


def idle_memory(out):
    rows = loaded(out / "memory.json")
    if not rows:
        return []
    path, title = out / "memory.svg", "Memory of an idle connection"
    empty = [""] * (len(memory.COLUMNS) - 1)
    lines = [
        [memory.name(row), *([row["error"], *empty] if "error" in row else map("{:,.0f}".format, bytes_of(row)))]
        for row in rows
    ]
    return [
        f"## {title}\n",
        *markdown.image(plots.memory(path, f"{title}, of {memory.COUNT:,}", rows), path, title),
        f"Bytes a connection, as the difference that {memory.COUNT:,} make, each having been answered once and silent since:\n",
        *markdown.table(("server", "live heap", "native: resident outside of the heap", "RSS", "kernel, both ends"), lines),
    ]


def bytes_of(row):
    return [row[kind] for kind in memory.COLUMNS]


def jvm_pauses(out):
    rows = loaded(out / "pauses.json")
    if not rows:
        return []
    columns = ("server", "flags", "minutes", "collections", "longest collection, ms")
    columns += ("safepoints", "longest safepoint, ms", f"safepoints over {pauses.LONG} ms", "most µs of a request", "requests/s")
    columns += ("core taken by others", "p99 µs of the clock's delay")
    empty = [""] * (len(columns) - 4)
    lines = [
        [NAMES[row["server"]], row["flags"] or "none", f"{row['minutes']:g}"]
        + ([row["error"], *empty] if "error" in row else pause_cells(row))
        for row in rows
    ]
    intro = (
        f"The sample app under an open loop of {pauses.RATE:,} echoes of 64 bytes a second, its meters asked for every"
        f" {servers.SCRAPE_INTERVAL} seconds, by the JVM's own log (`-Xlog:gc,safepoint`); a collection is a safepoint too. What a"
        " request waited at the most holds what else ran on both cores meanwhile.\n"
    )
    return ["## Pauses of the JVM\n", intro, *markdown.table(columns, lines)]


def pause_cells(row):
    cells = [row["collections"], f"{row['longest_collection']:.1f}", row["safepoints"], f"{row['longest_safepoint']:.1f}"]
    cells += [row["long_safepoints"], f"{row['max']:,.0f}", f"{row['rate']:,.0f}"]
    return [*cells, f"{max(0, min(row['waited'], 1 - row['utilisation'])):.1%}", f"{row['late']:,.0f}"]


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
    return markdown.table(("benchmark", "score", "error (99.9 %)", "unit"), lines)
