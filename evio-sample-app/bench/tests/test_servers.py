import socket
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from compare import servers


class FreePortTest(unittest.TestCase):
    def setUp(self):
        given = mock.patch.object(servers, "ports_given", set())
        given.start()
        self.addCleanup(given.stop)

    def test_no_port_is_given_twice(self):
        ports = [servers.free_port() for _ in range(500)]
        self.assertEqual(len(set(ports)), len(ports))

    def test_a_port_that_is_taken_is_not_given(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with mock.patch.object(servers, "PORTS", (port, 11_999)):
                self.assertEqual(servers.free_port(), 11_999)


class CommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)
        self.servers = servers.Servers(self.work, Path("/jdk"), None, 0, 1)
        self.servers.running[servers.BEHIND] = servers.Server(servers.BEHIND, "http", 4713, None)

    def command(self, name, protocol):
        return [str(part) for part in self.servers.command(name, protocol, 4711, 4712, ())]

    def test_every_server_of_a_protocol_over_tls_gets_the_certificate(self):
        for protocol in servers.OVER_TLS:
            for name in servers.BY_PROTOCOL[protocol]:
                if name not in servers.PROXY_PROGRAMS:
                    command = " ".join(self.command(name, protocol))
                    self.assertIn(str(self.servers.certificate), command)
                    self.assertIn(str(self.servers.key), command)
                    self.assertNotIn(protocol, command.split())

    def test_nothing_else_does(self):
        for protocol in ("echo", "redis", "http"):
            for name in ("limit", "evio", "netty-epoll"):
                command = " ".join(self.command(name, protocol))
                self.assertNotIn(str(self.servers.certificate), command)
                self.assertNotIn("tls", command)

    def test_nginx_speaks_tls_where_it_is_to(self):
        plain = self.servers.configuration("nginx.conf", 4711).read_text()
        self.assertIn("listen 127.0.0.1:4711 backlog", plain)
        self.assertNotIn("ssl_certificate", plain)
        encrypted = self.servers.configuration("nginx.conf", 4711, True).read_text()
        self.assertIn("listen 127.0.0.1:4711 ssl backlog", encrypted)
        self.assertIn(f"ssl_certificate_key {self.servers.key};", encrypted)
        self.assertNotIn("{certificate}", plain + encrypted)

    def test_a_proxy_stands_in_front_of_the_same_server_whatever_its_program(self):
        for protocol in servers.PROXIED:
            for name in servers.BY_PROTOCOL[protocol]:
                command = self.command(name, protocol)
                text = " ".join(command)
                if name in servers.PROXY_PROGRAMS:
                    text = Path(command[-1]).read_text()
                    self.assertNotRegex(text, r"\{\w+\}")
                self.assertIn("127.0.0.1:4711", text)
                self.assertIn("127.0.0.1:4713", text)

    def test_a_proxy_speaks_tls_in_front_where_it_is_to(self):
        for name in servers.PROXY_PROGRAMS:
            plain, encrypted = (
                Path(self.command(name, protocol)[-1]).read_text() for protocol in ("proxy", "proxy-tls")
            )
            self.assertNotIn(str(self.work / "both.pem"), plain)
            self.assertNotIn(str(self.servers.certificate), plain)
            self.assertIn(str(self.servers.certificate if name == "nginx" else self.servers.both), encrypted)

    def test_the_certificate_is_of_ecdsa_on_p_256(self):
        self.servers.make_certificate()
        command = ["openssl", "x509", "-noout", "-text", "-in", self.servers.certificate]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        self.assertIn("ASN1 OID: prime256v1", text)
        self.assertIn("ecdsa-with-SHA256", text)


if __name__ == "__main__":
    unittest.main()
