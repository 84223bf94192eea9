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

    def test_tls_is_measured_in_each_size_as_a_page_behind_a_proxy_and_as_handshakes(self):
        encrypted = [(group, load) for group in loads.groups(False) for load in group.loads if load.tls]
        names = [load.name for _, load in encrypted]
        self.assertEqual(
            names[:5], [*(f"TLS echo {size}" for size in loads.SIZES), "HTTPS page", "proxy, HTTPS page"]
        )
        light, churned = encrypted[5:7], encrypted[7:]
        self.assertEqual([load.storm for _, load in light], [0, loads.STORM])
        self.assertEqual([load.churn for _, load in churned], [False, True])
        for group, load in encrypted:
            self.assertIn(group.protocol, servers.OVER_TLS)
            self.assertEqual(load.connections, loads.LIGHT if group.stage == "mixed" else 50)
        for group in loads.groups(True):
            for load in group.loads:
                self.assertEqual(load.tls, group.protocol in servers.OVER_TLS)

    def test_proxies_are_measured_beside_haproxy_and_nginx_on_both_layers(self):
        proxied = [(group, load) for group in loads.groups(False) for load in group.loads if group.protocol in servers.PROXIED]
        self.assertEqual({group.protocol for group, _ in proxied}, set(servers.PROXIED))
        for protocol in servers.PROXIED:
            self.assertLessEqual({"evio", "evio-17", "haproxy", "haproxy-again", "nginx"}, set(servers.BY_PROTOCOL[protocol]))
        self.assertLessEqual({50, 1000}, {load.connections for _, load in proxied})

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
