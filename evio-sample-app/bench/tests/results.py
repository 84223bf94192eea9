"""A small results.csv for the tests, of rounds that count unless they are told not to."""

import csv
import tempfile
from pathlib import Path

from compare.measure import COLUMNS
from compare.stats import Rounds

COUNTS = {
    "stage": "table",
    "protocol": "echo",
    "load": "echo 64 B",
    "server": "limit",
    "wanted": "",
    "requests": 1000,
    "seconds": 0.1,
    "rate": 10_000,
    "p50": 40,
    "p99": 60,
    "p999": 100,
    "max": 200,
    "cpu": 10,
    "user": 2,
    "system": 8,
    "utilisation": 0.99,
    "waited": 0.01,
    "client": 0.5,
    "late": 0,
    "heavy": 0,
    "rss": 2048,
    "error": "",
}
SHARED_CORE = {"waited": 0.3, "utilisation": 0.7}


def turns(server, *rounds, **common):
    """A server's rounds at a load, numbered from 1, each with what makes it differ from one that counts."""
    return [{**COUNTS, "server": server, **common, "round": i, **turn} for i, turn in enumerate(rounds, 1)]


class Folder:
    """A results folder with these rounds; gone when it is closed."""

    def __init__(self, *servers):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        with open(self.path / "results.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(row for rows in servers for row in rows)
        (self.path / "machine.json").write_text("{}", encoding="utf-8")

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        self.folder.cleanup()


def rounds_of(*servers):
    with Folder(*servers) as path:
        return Rounds(path / "results.csv")
