"""The plots of the report: each function draws one file, or none when there is nothing to draw."""

from . import memory as measured
from .markdown import marked
from .stats import BASE
from .svg import COLOURS, GRID, NAMES, TEXT, Axis, Svg, label, rounded_up

WIDTH = 860
LEFT, RIGHT = 190, 60
FAINT = 0.35  # opacity of what is not to be trusted
PALE = "Pale: under half of the rounds count."


def ratios(path, title, table, base=BASE):
    """Bars: CPU a request by the base's, with the quartiles, load by load."""
    table = {load: [row for row in rows if row.ratio and row.server != base] for load, rows in table.items()}
    table = {load: rows for load, rows in table.items() if rows}
    if not table:
        return False
    height = 92 + sum(30 + 15 * len(rows) for rows in table.values())
    svg = Svg(WIDTH, height, title)
    said = f"1 is {NAMES[base]}. Bars are medians of paired rounds, lines their quartiles; less is better."
    svg.text(16, 42, f"{said} {PALE}")
    # One server far off does not press all others together: its bar is cut, and says so by its number.
    highest = max(row.ratio.median for rows in table.values() for row in rows)
    axis = Axis(0, rounded_up(min(highest, 4)), LEFT, WIDTH - RIGHT)
    vertical_grid(svg, axis, 62, height - 26, f"CPU time a request, ratio to {NAMES[base]}")
    y = 64
    for load, rows in table.items():
        svg.text(16, y + 14, load, size=12.5, weight=600)
        y += 22
        for row in rows:
            low, middle, high = (min(value, axis.high) for value in (row.ratio.low, row.ratio.median, row.ratio.high))
            svg.text(LEFT - 8, y + 10, NAMES[row.server], size=11, anchor="end")
            svg.rect(LEFT, y, axis.at(middle) - LEFT, 11, COLOURS[row.server], 0.9 if row.ratio.trusted else FAINT)
            svg.line(axis.at(low), y + 5.5, axis.at(high), y + 5.5, TEXT, 1.5)
            svg.text(axis.at(max(middle, high)) + 5, y + 10, marked(f"{row.ratio.median:.2f}", row.ratio.trusted), size=11)
            y += 15
        y += 8
    svg.line(axis.at(1), 58, axis.at(1), height - 26, COLOURS[base], 1.5)
    svg.save(path)
    return True


def vertical_grid(svg, axis, top, bottom, caption):
    for tick in axis.ticks():
        svg.line(axis.at(tick), top - 4, axis.at(tick), bottom - 14, GRID, 1, opacity=0.35)
        svg.text(axis.at(tick), bottom, label(tick), size=11, anchor="middle")
    svg.text((axis.start + axis.end) / 2, bottom + 18, caption, size=11.5, anchor="middle")


def curves(path, title, caption, series):
    """Lines through {server: [(connections, µs, trusted)]}, named at their right ends; logarithmic where nothing is at 0."""
    series = {server: points for server, points in series.items() if points}
    if not series:
        return False
    top, bottom, left, right = 52, 420, 64, WIDTH - 140
    svg = Svg(WIDTH, bottom + 46, title)
    xs = sorted({x for points in series.values() for x, _, _ in points})
    logarithmic = xs[0] > 0
    x_axis = Axis(xs[0], max(xs[-1], xs[0] + 1), left, right, logarithmic)
    y_axis = Axis(0, rounded_up(max(y for points in series.values() for _, y, _ in points)), bottom, top)
    for tick in y_axis.ticks():
        svg.line(left, y_axis.at(tick), right, y_axis.at(tick), GRID, 1, opacity=0.35)
        svg.text(left - 8, y_axis.at(tick) + 4, label(tick), size=11, anchor="end")
    for x in xs:
        svg.line(x_axis.at(x), bottom, x_axis.at(x), bottom + 5, GRID)
        svg.text(x_axis.at(x), bottom + 18, label(x), size=11, anchor="middle")
    svg.text(
        (left + right) / 2, bottom + 38, caption + (" (logarithmic)" if logarithmic else ""), size=11.5, anchor="middle"
    )
    said = "server CPU time a request, µs; less is better. Rings: fewer than half of the rounds count."
    svg.text(16, 42, said, size=11.5)
    ends = {}
    for server, points in series.items():
        places = [(x_axis.at(x), y_axis.at(y)) for x, y, _ in points]
        svg.path(places, COLOURS[server], "6 4" if server == BASE else "")
        for (x, y), (_, _, trusted) in zip(places, points):
            svg.circle(x, y, COLOURS[server], 3.5 if trusted else 6, hollow=not trusted)
        ends[server] = places[-1][1]
    for server, y in spread(ends, 15).items():
        svg.line(right, ends[server], right + 12, y, COLOURS[server], 1)
        svg.text(right + 16, y + 4, NAMES[server], colour=COLOURS[server], weight=600)
    svg.save(path)
    return True


def spread(places, distance):
    """The same places, moved apart so that labels do not lie on each other."""
    result, last = {}, float("-inf")
    ordered = sorted(places.items(), key=lambda item: item[1])
    for name, y in ordered:
        last = max(y, last + distance)
        result[name] = last
    # What was only pushed down goes up again by half of it.
    shift = sum(result[name] - y for name, y in ordered) / len(ordered) / 2
    return {name: y - shift for name, y in result.items()}


def percentiles(path, title, table):
    """p50, p99 and p99.9 of each server on one line, load by load."""
    table = {load: [row for row in rows if row.counted] for load, rows in table.items()}
    table = {load: rows for load, rows in table.items() if rows}
    if not table:
        return False
    height = 92 + sum(34 + 18 * len(rows) for rows in table.values())
    svg = Svg(WIDTH, height, title)
    said = "From the left: p50 (ring), p99, p99.9 (large), in microseconds, medians of turns; less is better."
    svg.text(16, 42, f"{said} {PALE}")
    values = [row.figures[name] for rows in table.values() for row in rows for name in ("p50", "p999")]
    low = 10 ** len(str(int(min(values)))) / 10
    axis = Axis(low, max(max(values) * 1.1, low * 10), LEFT, WIDTH - RIGHT, True)
    vertical_grid(svg, axis, 62, height - 26, "latency in µs, logarithmic")
    y = 64
    for load, rows in table.items():
        svg.text(16, y + 14, load, size=12.5, weight=600)
        y += 28
        for row in rows:
            colour, opacity = COLOURS[row.server], 1 if row.trusted else FAINT
            p50, p99, p999 = (axis.at(row.figures[name]) for name in ("p50", "p99", "p999"))
            svg.text(LEFT - 8, y + 4, NAMES[row.server], size=11, anchor="end")
            svg.line(p50, y, p999, y, colour, 2, opacity=0.6 * opacity)
            svg.circle(p50, y, colour, 3.5, hollow=True, opacity=opacity)
            svg.circle(p99, y, colour, 3, opacity=opacity)
            svg.circle(p999, y, colour, 5, opacity=opacity)
            svg.text(p999 + 9, y + 4, marked(f"{row.figures['p999']:,.0f}", row.trusted), size=11)
            y += 18
        y += 6
    svg.save(path)
    return True


def memory(path, title, rows):
    """Stacked bars: live heap, what else is resident, and the kernel's, of an idle connection."""
    rows = [row for row in rows if "error" not in row]
    if not rows:
        return False
    kinds = {
        "heap": ("#d9480f", "live Java heap"),
        "native": ("#2f7ed8", "native: resident outside of the heap"),
        "kernel": ("#6e7781", "kernel, both ends of the connection"),
    }
    height = 100 + 30 * len(rows)
    svg = Svg(WIDTH, height, title)
    x = 16
    for colour, text in kinds.values():
        svg.rect(x, 34, 11, 11, colour, 0.9)
        svg.text(x + 16, 44, text)
        x += 40 + 6.6 * len(text)
    highest = max(sum(max(row[kind], 0) for kind in kinds) for row in rows)
    axis = Axis(0, rounded_up(highest), LEFT, WIDTH - RIGHT)
    vertical_grid(svg, axis, 62, height - 26, "bytes a connection")
    y = 66
    for row in rows:
        svg.text(LEFT - 8, y + 13, measured.name(row), anchor="end")
        x = LEFT
        for kind, (colour, _) in kinds.items():
            width = axis.at(max(row[kind], 0)) - LEFT
            svg.rect(x, y, width, 18, colour, 0.9)
            x += width
        svg.text(x + 6, y + 13, f"{sum(row[kind] for kind in kinds):,.0f}", size=11)
        y += 30
    svg.save(path)
    return True
