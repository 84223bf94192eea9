import unittest

from compare import loads
from compare.stats import growth
from tests.results import SHARED_CORE, rounds_of, turns

HALF = {"stage": "latency", "load": "echo 64 B, half the saturating rate"}
FULL = {"stage": "latency", "load": "echo 64 B, saturated"}


class StatsTest(unittest.TestCase):
    def doubts(self, **turn):
        row = rounds_of(turns("evio", {}, {}, {}, turn)).row("echo 64 B", "evio")
        self.assertEqual((row.counted, row.trusted), (3 if row.doubts else 4, True))
        return row.doubts

    def half_rate_doubts(self, turn, full=()):
        rounds = rounds_of(turns("evio", {}, {}, dict(full), **FULL), turns("evio", {}, {}, turn, wanted=10_000, **HALF))
        return rounds.row(HALF["load"], "evio").doubts

    def test_a_round_that_failed_does_not_count(self):
        self.assertEqual(self.doubts(), [])
        self.assertEqual(self.doubts(error="refused"), ["refused"])

    def test_a_round_in_which_others_had_the_core_does_not_count(self):
        self.assertEqual(self.doubts(waited=0.11, utilisation=0.88), ["something else ran on the server's core"])

    def test_a_server_whose_threads_wait_for_each_other_counts(self):
        self.assertEqual(self.doubts(waited=0.5, utilisation=0.99), [])

    def test_a_server_that_is_not_busy_does_not_count_where_the_load_is_to_saturate_it(self):
        idle = {"utilisation": 0.84, "waited": 0}
        self.assertEqual(self.doubts(**idle), ["server not busy enough"])
        self.assertEqual(self.doubts(**idle, client=0.98), ["load generator full"])
        self.assertEqual(self.half_rate_doubts(idle), [])

    def test_an_open_loop_counts_when_it_kept_its_rate_and_its_clock(self):
        self.assertEqual(self.half_rate_doubts({"rate": 9_790}), ["the rate was not reached"])
        self.assertEqual(self.half_rate_doubts({"rate": 9_810}), [])
        self.assertEqual(self.half_rate_doubts({"late": 101}), ["the load generator was late"])
        self.assertEqual(self.half_rate_doubts({"late": 99}), [])

    def test_beside_a_storm_threads_wait_for_each_other_and_the_generator_may_oversleep(self):
        quiet, storm = (load.name for group in loads.mixed() for load in group.loads if load.tls)

        def doubts(load, **turn):
            return rounds_of(turns("evio", turn, stage="mixed", load=load, wanted=5_000)).row(load, "evio").doubts

        sleeping = {"rate": 5_000, "late": 199}
        self.assertEqual(doubts(storm, **sleeping, **SHARED_CORE), [])
        self.assertEqual(doubts(quiet, **sleeping), [])
        self.assertIn("something else ran on the server's core", doubts(quiet, **sleeping, **SHARED_CORE))
        self.assertIn("the load generator was late", doubts(storm, rate=5_000, late=201))

    def test_half_of_a_rate_that_does_not_count_does_not_count(self):
        self.assertEqual(self.half_rate_doubts({}, SHARED_CORE), ["the saturating rate is not known"])

    def test_figures_are_medians_but_the_most_is_of_all_rounds_that_count(self):
        rounds = ({"p999": 1, "max": 5}, {"p999": 2, "max": 900}, {"p999": 9, "max": 7}, {"p999": 8, "max": 9999, **SHARED_CORE})
        figures = rounds_of(turns("evio", *rounds)).row("echo 64 B", "evio").figures
        self.assertEqual((figures["p999"], figures["max"]), (2, 900))

    def test_user_and_system_divide_the_cpu_time_as_they_do_over_all_rounds(self):
        rounds = ({"user": 0, "system": 10}, {"user": 10, "system": 0}, {"user": 0, "system": 10, "requests": 2000})
        figures = rounds_of(turns("evio", *rounds)).row("echo 64 B", "evio").figures
        self.assertEqual((figures["user"], figures["system"]), (2.5, 7.5))

    def test_ratios_are_of_rounds_in_which_both_count(self):
        limit = turns("limit", {"cpu": 1, "p999": 10}, {"cpu": 10, "p999": 20}, {"cpu": 5, **SHARED_CORE})
        evio = turns("evio", {"cpu": 2, "p999": 40}, {"cpu": 10, "p999": 40}, {"cpu": 50})
        row = rounds_of(limit, evio).row("echo 64 B", "evio")
        self.assertEqual((row.ratio.low, row.ratio.median, row.ratio.high), (1.25, 1.5, 1.75))
        self.assertEqual((row.tail.median, row.by_evio.median), (3, 1))
        self.assertTrue(row.ratio.trusted)

    def test_a_row_and_a_ratio_are_trusted_from_half_of_the_rounds_on(self):
        limit = turns("limit", {}, {}, SHARED_CORE, SHARED_CORE)
        rounds = rounds_of(limit, turns("evio", SHARED_CORE, {}, {}, {}), turns("nio", {}, *[SHARED_CORE] * 3))
        rows = {row.server: row for row in rounds.table("table")["echo 64 B"]}
        self.assertEqual({name: row.trusted for name, row in rows.items()}, {"limit": True, "evio": True, "nio": False})
        self.assertEqual({name: row.ratio.trusted for name, row in rows.items()}, {"limit": True, "evio": False, "nio": False})
        self.assertEqual(rows["nio"].doubts[0], "fewer than half of the rounds count")

    def test_without_a_round_that_counts_there_is_no_ratio(self):
        row = rounds_of(turns("limit", {}), turns("evio", SHARED_CORE)).row("echo 64 B", "evio")
        self.assertEqual((row.counted, row.trusted, row.ratio, row.tail), (0, False, None, None))


class GrowthTest(unittest.TestCase):
    def curve(self, server, cpus, **more):
        """[(place, row)] and the limit's, which takes 10, 15 and 30 µs."""
        places = (50, 1000, 10000)
        limit, own = (dict(zip(places, known)) for known in ((10, 15, 30), cpus))
        rounds = rounds_of(
            *(turns("limit", {}, {}, load=f"active {x}", stage="active", cpu=limit[x]) for x in places),
            *(turns(server, {}, {}, load=f"active {x}", stage="active", cpu=own[x], **more.get(f"at_{x}", {})) for x in places),
        )
        return [[(x, rounds.row(f"active {x}", name)) for x in places] for name in (server, "limit")]

    def test_it_is_the_growth_by_the_limits_growth(self):
        grows = growth(*self.curve("evio", (20, 25, 90)))
        self.assertEqual((grows.first, grows.last, grows.own, grows.limit), (50, 10000, 4.5, 3))
        self.assertAlmostEqual(grows.by_limit, 1.5)

    def test_it_is_between_places_that_can_be_trusted(self):
        grows = growth(*self.curve("evio", (20, 30, 90), at_10000=SHARED_CORE))
        self.assertEqual((grows.first, grows.last, grows.own, grows.limit), (50, 1000, 1.5, 1.5))
        self.assertIsNone(growth(*self.curve("evio", (20, 30, 90), at_10000=SHARED_CORE, at_50=SHARED_CORE)))

    def test_it_is_between_places_that_saturate(self):
        known, limits = self.curve("evio", (20, 30, 90))
        known[0][1].saturates = False
        self.assertEqual(growth(known, limits).first, 1000)


if __name__ == "__main__":
    unittest.main()
