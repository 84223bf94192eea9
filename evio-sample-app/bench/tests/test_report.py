import json
import unittest

from compare import report
from tests.results import SHARED_CORE, Folder, turns


def section(text, title):
    """The tables under that title: {first cell: {column: cell}} of each."""
    after = text.split(f" {title}\n", 1)[1].split("\n#", 1)[0]
    tables = [block.strip().splitlines() for block in after.split("\n\n") if block.strip().startswith("|")]
    tables = [[[cell.strip() for cell in line.strip("|").split("|")] for line in lines] for lines in tables]
    return [{line[0]: dict(zip(lines[0], line)) for line in lines[2:]} for lines in tables]


class ReportTest(unittest.TestCase):
    def report(self, *servers, plot=None, **files):
        with Folder(*servers) as path:
            for name, rows in files.items():
                (path / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
            self.failures = report.write(path)
            self.plot = (path / plot).read_text(encoding="utf-8") if plot else ""
            return (path / "results.md").read_text(encoding="utf-8")

    def test_a_row_that_is_not_to_be_trusted_says_so_and_its_bar_is_pale(self):
        servers = [turns("limit", {}, {}, {}), turns("evio", {"cpu": 11}, SHARED_CORE, SHARED_CORE), turns("nio", {}, {}, {})]
        (table,) = section(self.report(*servers, plot="ratios-echo.svg"), "echo 64 B")
        self.assertEqual(table["java.nio"]["ratio to the limit"], "1.00")
        self.assertEqual(table["evio"]["ratio to the limit"], "1.10 ?")
        self.assertEqual(table["evio"]["rounds"], "1 of 3")
        self.assertTrue(table["evio"]["to be trusted"].startswith("**no**: fewer than half"))
        self.assertEqual((self.plot.count('opacity="0.35" rx'), self.plot.count('opacity="0.9" rx')), (1, 1))
        self.assertIn(">1.10 ?<", self.plot)

    def test_tls_has_tables_of_its_own(self):
        load = {"protocol": "echo-tls", "load": "TLS echo 64 B"}
        text = self.report(turns("limit", {}, **load), turns("evio", {"cpu": 11}, **load), plot="ratios-echo-tls.svg")
        self.assertIn("## Echo over TLS 1.3\n", text)
        (table,) = section(text, "TLS echo 64 B")
        self.assertEqual(table["evio"]["ratio to the limit"], "1.10")

    def test_a_handshake_is_what_a_connection_of_its_own_costs_more(self):
        kept = {"stage": "churn", "protocol": "echo-tls", "load": "TLS handshake, connection kept"}
        each = {**kept, "load": "TLS handshake, connection each"}
        text = self.report(
            turns("limit", {}, **kept),
            turns("evio", {}, **kept),
            turns("limit", {"cpu": 510}, **each),
            turns("evio", {"cpu": 1010}, **each),
        )
        (table,) = section(text, "CPU time of an accept and a close")
        evio = table["evio, echo-tls"]
        self.assertEqual((evio["accept and close"], evio["ratio to the limit"]), ("1000.0", "2.00"))

    def test_a_measurement_that_failed_is_counted(self):
        self.report(turns("limit", {}, {"error": "refused"}), memory=[{"server": "evio", "protocol": "echo", "error": "refused"}])
        self.assertEqual(self.failures, 2)

    def test_latency_has_its_ratio_to_the_limit_the_most_of_all_turns_and_the_cost(self):
        half = {"stage": "latency", "load": "echo 64 B, half the saturating rate", "wanted": 10_000}
        full = {"stage": "latency", "load": "echo 64 B, saturated"}
        text = self.report(
            *(turns(name, {}, {}, {}, **full) for name in ("limit", "limit-again", "evio-17")),
            turns("limit", {}, {}, {}, **half),
            turns("limit-again", {"p999": 90}, {"p999": 100}, {"p999": 120}, **half),
            turns("evio-17", {"p999": 120, "max": 300}, {"p999": 130, "max": 7000}, {"p999": 140, "max": 400}, **half),
        )
        (table,) = section(text, half["load"])
        evio = table["evio, JDK 17"]
        self.assertEqual((evio["p99.9, ratio to the limit"], evio["quartiles"]), ("1.30", "1.25 to 1.35"))
        self.assertEqual(table["C limit, again"]["quartiles"], "0.95 to 1.10")
        self.assertEqual((evio["p99.9 µs, median of turns"], evio["most µs, of all turns"]), ("130", "7,000"))
        self.assertEqual((evio["user"], evio["system"], evio["RSS MiB"]), ("2.000", "8.000", "2.0"))

    def curve(self, stage, at_10000=()):
        text = self.report(
            *(turns("limit", {}, {}, {}, stage=stage, load=f"{stage} {x}", cpu=x / 100) for x in (1000, 5000, 10000)),
            *(turns("evio", {}, {}, {}, stage=stage, load=f"{stage} {x}", cpu=x / 50) for x in (1000, 5000)),
            turns("evio", {}, *([dict(at_10000)] * 2), stage=stage, load=f"{stage} 10000", cpu=400),
            plot=f"{stage}.svg",
        )
        tables = section(text, f"CPU time a request against {stage} connections")
        return text, tables

    def test_a_curve_grows_by_so_much_more_than_the_limits(self):
        for stage in ("active", "idle"):
            text, (cpu, ratios, growth) = self.curve(stage)
            self.assertEqual((cpu["evio"]["10,000"], ratios["evio"]["10,000"]), ("400.00", "4.00"))
            self.assertEqual(list(growth["evio"].values()), ["evio", "1,000", "10,000", "20.00", "10.00", "2.00"])
            self.assertNotIn("C limit", growth)
            self.assertNotIn("So it is with", text)
            self.assertEqual(self.plot.count('r="6"'), 0)

    def test_a_place_that_is_not_to_be_trusted_is_marked_and_a_ring(self):
        text, (cpu, ratios, growth) = self.curve("active", SHARED_CORE)
        self.assertEqual((cpu["evio"]["10,000"], ratios["evio"]["10,000"]), ("400.00 ?", "4.00 ?"))
        self.assertEqual((cpu["evio"]["5,000"], cpu["C limit"]["10,000"]), ("100.00", "100.00"))
        self.assertIn("So it is with: evio at 10,000, 1 of 3 (something else ran on the server's core).", text)
        self.assertEqual(growth["evio"]["to"], "5,000")
        self.assertEqual(self.plot.count('r="6" fill="none"'), 1)

    def test_a_place_at_which_no_round_counts_is_not_drawn_but_said(self):
        nothing = turns("limit", SHARED_CORE, SHARED_CORE, stage="active", load="active 1000")
        text = self.report(turns("limit", {}, {}, stage="active", load="active 50"), nothing, plot="active.svg")
        cpu, ratios = section(text, "CPU time a request against active connections")
        self.assertEqual((cpu["C limit"]["50"], cpu["C limit"]["1,000"]), ("10.00", "no round counts"))
        self.assertEqual(ratios["C limit"]["1,000"], "")
        self.assertIn("So it is with: C limit at 1,000, 0 of 2 (something else ran on the server's core).", text)
        self.assertEqual(self.plot.count("<circle"), 1)

    def test_an_accept_says_how_many_rounds_of_both_loads_count(self):
        each = {"stage": "churn", "load": "echo, connection each", "cpu": 30}
        kept = {"stage": "churn", "load": "echo, connection kept"}
        text = self.report(
            turns("limit", {}, {}, {}, **each),
            turns("limit", {}, {}, {}, **kept),
            turns("evio", {}, {}, {}, **{**each, "cpu": 35}),
            turns("evio", {"cpu": 11}, SHARED_CORE, SHARED_CORE, **kept),
            turns("nio", SHARED_CORE, SHARED_CORE, SHARED_CORE, **each),
            turns("nio", {}, {}, SHARED_CORE, **kept),
        )
        (table,) = section(text, "CPU time of an accept and a close")
        limit, evio, nio = (table[f"{name}, echo"] for name in ("C limit", "evio", "java.nio"))
        self.assertEqual((limit["accept and close"], limit["ratio to the limit"], limit["to be trusted"]), ("20.0", "1.00", "yes"))
        self.assertEqual((evio["accept and close"], evio["ratio to the limit"]), ("24.0 ?", "1.20 ?"))
        self.assertEqual((evio["rounds, connection each"], evio["connection kept"]), ("3 of 3", "1 of 3"))
        self.assertTrue(evio["to be trusted"].startswith("**no**: fewer than half of the rounds count"))
        self.assertEqual((nio["accept and close"], nio["rounds, connection each"], nio["connection kept"]), ("", "0 of 3", "2 of 3"))

    def test_pauses_stand_by_jdk_and_flags(self):
        row = {"collections": 3, "longest_collection": 4.26, "safepoints": 9, "longest_safepoint": 4.4, "long_safepoints": 2}
        row |= {"rate": 20_000, "max": 7100, "waited": 0.2, "utilisation": 0.96, "late": 30, "minutes": 10, "server": "evio-17"}
        failed = {"server": "evio", "flags": "-XX:Some", "minutes": 10, "error": "refused"}
        text = self.report(turns("limit", {}), pauses=[{**row, "flags": ""}, failed])
        (table,) = section(text, "Pauses of the JVM")
        cells = ["none", "10", "3", "4.3", "9", "4.4", "2", "7,100", "20,000", "4.0%", "30"]
        self.assertEqual(list(table["evio, JDK 17"].values())[1:], cells)
        self.assertEqual(table["evio"]["collections"], "refused")
        self.assertEqual(self.failures, 1)


if __name__ == "__main__":
    unittest.main()
