import argparse
import unittest

from compare import loads, servers
from compare.__main__ import names_of


class LoadsTest(unittest.TestCase):
    def test_what_a_target_is_about_is_measured_without_asking_for_everything(self):
        names = [load.name for group in loads.groups(False) for load in group.loads]
        for size in loads.SIZES:
            self.assertIn(f"echo {size}", names)
            self.assertIn(f"echo {size}, 1,000 connections", names)
        self.assertNotIn("SET, 1,000 connections", names)

    def test_a_load_is_measured_once_and_its_name_is_its_own(self):
        for everything in (False, True):
            names = [load.name for group in loads.groups(everything) for load in group.loads]
            self.assertEqual(sorted(names), sorted(set(names)))

    def test_tls_is_measured_in_each_size_as_a_page_and_as_handshakes(self):
        encrypted = [(group, load) for group in loads.groups(False) for load in group.loads if load.tls]
        names = [load.name for _, load in encrypted]
        self.assertEqual(names[:4], [*(f"TLS echo {size}" for size in loads.SIZES), "HTTPS page"])
        self.assertEqual([load.churn for _, load in encrypted[4:]], [False, True])
        for group, load in encrypted:
            self.assertIn(group.protocol, servers.OVER_TLS)
            self.assertIn("netty-epoll", servers.BY_PROTOCOL[group.protocol])
            self.assertEqual(load.connections, 50)
        for group in loads.groups(True):
            for load in group.loads:
                self.assertEqual(load.tls, group.protocol in servers.OVER_TLS)

    def test_jdk_17_takes_part_where_a_target_is_for_both_and_variants_where_they_are_named(self):
        options = argparse.Namespace(servers=list(servers.ALL))
        stages, named = set(), {"evio-unmetered", "evio-again", "evio-busy-poll"}
        for group in loads.groups(False):
            names = names_of(group, options)
            if "evio-17" in names:
                stages.add(group.stage)
            self.assertTrue(group.servers or not named.intersection(names))
        self.assertEqual(stages, {"table", "latency", "churn"})


if __name__ == "__main__":
    unittest.main()
