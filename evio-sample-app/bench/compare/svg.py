"""SVG drawing, as much of it as the plots need. The colours are of middle lightness: legible on white and on black."""

import math
from xml.sax.saxutils import escape

TEXT, GRID = "#6e7781", "#8b949e"
FONT = "font-family: system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
NAMES = {
    "limit": "C limit",
    "limit-again": "C limit, again",
    "limit-recv": "C limit with recv and send",
    "evio": "evio",
    "evio-again": "evio, again",
    "evio-17": "evio, JDK 17",
    "evio-unmetered": "evio, no meters",
    "evio-busy-poll": "evio, busy-poll 100us",
    "netty-epoll": "Netty epoll",
    "netty-uring": "Netty io_uring",
    "nio": "java.nio",
    "virtual-threads": "virtual threads",
    "tomcat": "Tomcat",
    "go-evio": "Go evio",
    "redis-server": "redis-server",
    "nginx": "nginx",
    "haproxy": "HAProxy",
    "haproxy-again": "HAProxy, again",
}
COLOURS = {
    "limit": "#6e7781",
    "limit-again": "#9aa3ab",
    "limit-recv": "#7d8c9c",
    "evio": "#d9480f",
    "evio-again": "#f08c5a",
    "evio-17": "#c2410c",
    "evio-unmetered": "#e8804f",
    "evio-busy-poll": "#f2a65a",
    "netty-epoll": "#2f7ed8",
    "netty-uring": "#0f9fb5",
    "nio": "#2e9e4f",
    "virtual-threads": "#a561c9",
    "tomcat": "#c9952a",
    "go-evio": "#5c7cfa",
    "redis-server": "#d6336c",
    "nginx": "#8a8d0f",
    "haproxy": "#b07a2a",
    "haproxy-again": "#c9a063",
}


class Svg:
    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(title)}</title>"]
        self.text(16, 24, title, size=15, weight=600)

    def text(self, x, y, text, size=12, anchor="start", colour=TEXT, weight=400):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{escape(str(text))}</text>'
        )

    def line(self, x1, y1, x2, y2, colour=GRID, width=1.0, dash="", opacity=1.0):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}" '
            f'stroke-dasharray="{dash}" opacity="{opacity}"/>'
        )

    def path(self, points, colour, dash=""):
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        )

    def rect(self, x, y, width, height, colour, opacity=1.0):
        size = f'width="{max(width, 0):.1f}" height="{height:.1f}"'
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{colour}" opacity="{opacity}" rx="1.5"/>')

    def circle(self, x, y, colour, radius=3.5, hollow=False, opacity=1.0):
        fill, stroke = ("none", colour) if hollow else (colour, "none")
        self.parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{stroke}" stroke-width="1.8" '
            f'opacity="{opacity}"/>'
        )

    def save(self, path):
        size = f'viewBox="0 0 {self.width} {self.height:.0f}" width="{self.width}" height="{self.height:.0f}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{FONT}">'
        path.write_text("\n".join([head, *self.parts, "</svg>\n"]), encoding="utf-8")


class Axis:
    """Numbers to places between two ends: by their logarithm, or evenly."""

    def __init__(self, low, high, start, end, logarithmic=False):
        self.low, self.high, self.start, self.end, self.logarithmic = low, high, start, end, logarithmic

    def at(self, value):
        if self.logarithmic:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        if self.logarithmic:
            return [
                10**i
                for i in range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
            ]
        step = nice((self.high - self.low) / 5)
        count = math.floor((self.high - self.low) / step + 1e-9)
        return [round(self.low + i * step, 10) for i in range(count + 1)]


def nice(step):
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)


def rounded_up(value):
    """An end for an axis that holds the value and is a tick."""
    step = nice(value / 5)
    return math.ceil(value / step - 1e-9) * step


def label(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"
