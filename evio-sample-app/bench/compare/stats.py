"""From single rounds to rows: which rounds count, what their pairs with the limit's rounds say, and how a curve grows."""

import csv
from collections import defaultdict
from dataclasses import dataclass

from . import loads, servers

BASE = "limit"
PROXY_BASE = "haproxy"
MIN_BUSY = 0.85  # of the server's core; below it CPU a request holds what waking up costs
MAX_WAITED = 0.10  # of the time something else had the server's core, and the server would have run
MIN_ACHIEVED = 0.98  # of an open loop's rate
MAX_LATE = 100  # us, p99 of how late the open loop's own clock was
MAX_LATE_AWAKENED = 200  # us, the same of one that sleeps
CLIENT_FULL = 0.97  # of the load generator's core


def base(protocol):
    """The server that ratios are to: the C program proxies nothing."""
    return PROXY_BASE if protocol in servers.PROXIED else BASE


@dataclass
class Row:
    """What is known of one server at one load; `figures` are medians over the rounds that count, `max` is their largest."""

    load: str
    server: str
    rounds: int
    counted: int
    figures: dict
    ratio: "Ratio"  # of CPU a request to the base's, or None
    by_evio: "Ratio"  # of CPU a request to evio's, or None
    tail: "Ratio"  # of p99.9 to the base's, or None
    doubts: list
    saturates: bool  # whether the load is to keep the server's core busy all the time

    @property
    def trusted(self):
        return enough(self.counted, self.rounds)


@dataclass
class Ratio:
    """Of a figure to another one in the same round: the quartiles over the rounds in which both count."""

    low: float
    median: float
    high: float
    trusted: bool


def enough(counted, rounds):
    return counted * 2 >= rounds


def quantile(values, share):
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def quartiles(values):
    return tuple(quantile(values, share) for share in (0.25, 0.5, 0.75)) if values else None


def divided(cpu, rows):
    """User and system time of all rounds together: ticks of 10 ms are too rough to divide a single one."""
    user, system = (sum(row[kind] * row["requests"] for row in rows) for kind in ("user", "system"))
    share = user / (user + system) if user + system else 0
    return {"user": cpu * share, "system": cpu * (1 - share)}


def number(text):
    try:
        return float(text)
    except ValueError:
        return text


class Rounds:
    """results.csv, by load, server and round."""

    def __init__(self, path):
        self.stages = defaultdict(list)  # loads in the order in which they were measured
        self.rows = defaultdict(dict)
        self.protocols = {}
        with open(path, newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                row = {key: number(value) for key, value in line.items()}
                if row["load"] not in self.stages[row["stage"]]:
                    self.stages[row["stage"]].append(row["load"])
                self.protocols[row["load"]] = row["protocol"]
                self.rows[row["load"], row["server"]][int(row["round"])] = row
        every = [load for group in loads.groups(True) for load in group.loads]
        self.saturating = {load.name: load.saturates for load in every}
        self.sharing = {load.name for load in every if load.shares}
        self.storms = {load.name for load in every if load.storm}
        self.half_rate_of = {load.name: load.half_rate_of for load in every if load.half_rate_of}

    def servers(self, load):
        return [server for known, server in self.rows if known == load]

    def reason_against(self, row):
        """Why the round does not count, or None."""
        if row["error"]:
            return row["error"]
        # A thread may also have waited for another one of the server, and then the core was the server's all the time.
        # In a storm of handshakes they do so while the server as a whole is not busy.
        if row["load"] not in self.storms and min(row["waited"], 1 - row["utilisation"]) > MAX_WAITED:
            return "something else ran on the server's core"
        if row["wanted"] and row["rate"] < MIN_ACHIEVED * row["wanted"]:
            return "the rate was not reached"
        if row["wanted"] and row["late"] > (MAX_LATE_AWAKENED if row["load"] in self.sharing else MAX_LATE):
            return "the load generator was late"
        full = self.half_rate_of.get(row["load"])
        if full and self.reason_against(self.rows[full, row["server"]][int(row["round"])]):
            return "the saturating rate is not known"
        if self.saturating.get(row["load"], True) and row["utilisation"] < MIN_BUSY:
            return "load generator full" if row["client"] > CLIENT_FULL else "server not busy enough"
        return None

    def counting(self, load, server):
        rows = self.rows.get((load, server), {})
        return {turn: row for turn, row in rows.items() if not self.reason_against(row)}

    def paired(self, load, server, other_load, other_server, figure):
        """Ratios of a figure, round by round, where both rounds count."""
        ours, others = self.counting(load, server), self.counting(other_load, other_server)
        return [
            row[figure] / others[turn][figure] for turn, row in ours.items() if turn in others and others[turn][figure]
        ]

    def ratio(self, load, server, other, figure):
        ratios = self.paired(load, server, load, other, figure)
        return Ratio(*quartiles(ratios), enough(len(ratios), len(self.rows[load, server]))) if ratios else None

    def row(self, load, server):
        everything, counting = self.rows[load, server], self.counting(load, server)
        names = [name for name, value in next(iter(counting.values()), {}).items() if isinstance(value, float)]
        figures = {name: quantile([row[name] for row in counting.values()], 0.5) for name in names}
        if "max" in figures:
            figures["max"] = max(row["max"] for row in counting.values())
        figures |= divided(figures.get("cpu", 0), counting.values())
        doubts = sorted({str(self.reason_against(row)) for turn, row in everything.items() if turn not in counting})
        if not enough(len(counting), len(everything)):
            doubts.insert(0, "fewer than half of the rounds count")
        return Row(
            load=load,
            server=server,
            rounds=len(everything),
            counted=len(counting),
            figures=figures,
            ratio=self.ratio(load, server, base(self.protocols[load]), "cpu"),
            by_evio=self.ratio(load, server, "evio", "cpu"),
            tail=self.ratio(load, server, base(self.protocols[load]), "p999"),
            doubts=doubts,
            saturates=self.saturating.get(load, True),
        )

    def table(self, stage):
        """{load: rows} of a stage."""
        return {load: [self.row(load, server) for server in self.servers(load)] for load in self.stages[stage]}

    def noise(self):
        """The quartiles of the limit by itself over all loads that saturate: what a difference has to exceed."""
        ratios = []
        for load in self.stages["table"]:
            if self.saturating.get(load) and base(self.protocols[load]) == BASE:
                ratios += self.paired(load, "limit-again", load, BASE, "cpu")
        return quartiles(ratios), (quantile(ratios, 0.05), quantile(ratios, 0.95)) if ratios else None


@dataclass
class Growth:
    """How much more CPU a request takes at the last place of a curve than at the first, by medians; places are trusted ones."""

    first: int
    last: int
    own: float
    limit: float
    by_limit: float  # of the ratios to the limit: each is of paired rounds, so that a machine that got slower is left out


def growth(known, limits):
    """Of a server's [(place, row)] and the limit's; None where not two places saturate it and can be trusted."""
    limit_at = dict(limits)
    ends = [
        (place, row)
        for place, row in sorted(known, key=lambda point: point[0])
        if row.saturates and row.trusted and row.ratio and row.ratio.trusted and place in limit_at and limit_at[place].trusted
    ]
    if len(ends) < 2:
        return None
    (first, begin), (last, end) = ends[0], ends[-1]
    own = end.figures["cpu"] / begin.figures["cpu"]
    limit = limit_at[last].figures["cpu"] / limit_at[first].figures["cpu"]
    return Growth(first, last, own, limit, end.ratio.median / begin.ratio.median)
