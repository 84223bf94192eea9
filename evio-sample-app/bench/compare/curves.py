"""The report's sections about growth: CPU a request against active and against idle connections."""

from . import loads, markdown, plots
from .markdown import marked
from .stats import BASE, growth
from .svg import NAMES


def points(table):
    """{server: [(x, row)]} of loads that are named after their place on the curve: `active 50`."""
    series = {}
    for load, rows in table.items():
        for row in rows:
            series.setdefault(row.server, []).append((int(load.split()[-1]), row))
    return series


def grid(series, value):
    columns = sorted({x for known in series.values() for x, _ in known})
    lines = []
    for server, known in series.items():
        at = dict(known)
        lines.append([NAMES[server], *(value(at[x]) if x in at else "" for x in columns)])
    return markdown.table(("server", *(f"{x:,}" for x in columns)), lines)


def cpu(row):
    return marked(f"{row.figures['cpu']:.2f}", row.trusted) if row.counted else "no round counts"


def to_limit(row):
    return marked(f"{row.ratio.median:.2f}", row.ratio.trusted) if row.ratio else ""


def doubtful(series):
    """The legend of the marks, with why, where there are any."""
    reasons = [
        f"{NAMES[server]} at {x:,}, {row.counted} of {row.rounds} ({'; '.join(row.doubts[1:])})"
        for server, known in series.items()
        for x, row in known
        if not row.trusted
    ]
    legend = f"{markdown.LEGEND} A ratio counts where the limit's round does too."
    return [" ".join([legend, *(["So it is with: " + ", ".join(reasons) + "."] if reasons else [])]) + "\n"]


def curve(series, path, title, caption):
    lines = {
        server: [(x, row.figures["cpu"], row.trusted) for x, row in known if row.counted] for server, known in series.items()
    }
    for again in loads.WITHOUT_IDLE:  # it would only lie on the other's
        lines.pop(again, None)
    return markdown.image(plots.curves(path, title, caption, lines), path, title)


def growths(series):
    """How much steeper than the limit's each curve is."""
    lines = []
    for server, known in series.items():
        grows = growth(known, series.get(BASE, [])) if server != BASE else None
        if grows:
            cells = (f"{grows.own:.2f}", f"{grows.limit:.2f}", f"{grows.by_limit:.2f}")
            lines.append([NAMES[server], f"{grows.first:,}", f"{grows.last:,}", *cells])
    if not lines:
        return []
    intro = "By how much CPU time a request grows between the first and the last place that saturate and can be trusted;"
    intro += " the last column by paired rounds, not by dividing the two before it:\n"
    columns = ("server", "from", "to", "grows to, times", "the limit's, times", "growth by the limit's growth")
    return [intro, *markdown.table(columns, lines)]


def active(rounds, out):
    series, title = points(rounds.table("active")), "CPU time a request against active connections"
    if not series:
        return []
    picture = curve(series, out / "active.svg", title, "active connections, echo of 64 bytes")
    parts = [f"## {title}\n", *picture, "µs a request at so many connections, all of them busy:\n", *grid(series, cpu)]
    return [*parts, "Ratio to the C limit:\n", *grid(series, to_limit), *doubtful(series), *growths(series)]


def idle(rounds, out):
    series, title = points(rounds.table("idle")), "CPU time a request against idle connections"
    if not series:
        return []
    picture = curve(series, out / "idle.svg", title, "idle connections beside 50 busy ones, echo of 64 bytes")
    with_idle = {server: known for server, known in series.items() if server not in loads.WITHOUT_IDLE}
    parts = [f"## {title}\n", *picture, "µs a request of the 50 busy ones, beside so many idle ones:\n"]
    parts += [*grid(with_idle, cpu), "Ratio to the C limit with as many idle ones:\n", *grid(with_idle, to_limit)]
    return [*parts, *doubtful(with_idle), *growths(with_idle), *kept_speed(rounds, series)]


def kept_speed(rounds, series):
    kept = {}
    for again in loads.WITHOUT_IDLE:
        server = again.removesuffix("-again")
        for x, row in series.get(server, []):
            ratio = rounds.ratio(row.load, server, again, "rate")
            if ratio:
                kept.setdefault(server, []).append((x, ratio))
    if not kept:
        return []

    def cell(ratio):
        return marked(f"{ratio.median:.3f} ({ratio.low:.3f} to {ratio.high:.3f})", ratio.trusted)

    intro = "Requests/s of the busy ones, by those of a second process of the same server that never has idle ones:\n"
    return [intro, *grid(kept, cell), f"{markdown.LEGEND} Both processes' rounds have to.\n"]
