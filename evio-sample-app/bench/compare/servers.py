"""The servers that are compared: how each is started, found ready, and stopped."""

import http.client
import random
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from . import host

ANY_PROTOCOL = ("netty-epoll", "netty-uring", "nio", "virtual-threads")
JAVA_PEERS = (*ANY_PROTOCOL, "tomcat")
METERED = ("evio", "evio-17")
VARIANTS = {  # only where their group names them
    "evio-again": [],
    "evio-unmetered": ["--evio.metrics.enabled=false"],
    "evio-busy-poll": ["--evio.servers.echo.busy-poll=100us"],
}
EVIOS = (*METERED, *VARIANTS)
ONLY_IN = {"evio-17": ("table", "latency", "churn"), "limit-recv": ("table",)}  # stages; evio-17 in memory too
BY_PROTOCOL = {
    "echo": ("limit", "limit-again", "limit-recv", *EVIOS, *ANY_PROTOCOL, "go-evio"),
    "redis": ("limit", "limit-again", "limit-recv", *METERED, "redis-server", *ANY_PROTOCOL, "go-evio"),
    "http": ("limit", "limit-again", "limit-recv", *METERED, "nginx", "haproxy", *JAVA_PEERS, "go-evio"),
    "echo-tls": ("limit", "limit-again", *METERED, "netty-epoll"),
    "https": ("limit", "limit-again", *METERED, "nginx", "netty-epoll"),
    "proxy": ("haproxy", "haproxy-again", *METERED, "nginx"),
    "relay-page": ("haproxy", "haproxy-again", *METERED, "nginx"),
    "relay": ("haproxy", "haproxy-again", *METERED, "nginx"),
    "proxy-tls": ("haproxy", "haproxy-again", *METERED, "nginx"),
}
OVER_TLS = {"echo-tls": "echo", "https": "http", "proxy-tls": "http"}  # and what is spoken there
PROXIED = {"proxy": "http", "proxy-tls": "http", "relay-page": "http", "relay": "echo"}  # and what the server behind speaks
BEHIND = "behind"  # the name of the server behind a proxy
# Debian has it in a package of its own (libnginx-mod-stream); where there is none nginx has it built in.
STREAM_MODULES = (Path("/usr/lib/nginx/modules/ngx_stream_module.so"),)
SAMPLE_SERVERS = ("echo", "redis", "http", "gateway", "proxy")
ALL = tuple(dict.fromkeys(name for names in BY_PROTOCOL.values() for name in names))
PROGRAMS = {"redis-server", "nginx", "haproxy"}  # servers that are programs of their own name
PROXY_PROGRAMS = ("haproxy", "haproxy-again", "nginx")
MAX_CONNECTIONS = 19900  # with 100 descriptors for themselves, of the 20,000 that some systems allow at the most
WARMUPS = {"tomcat": 4}  # times that of others: so much more is to be compiled before its CPU time a request stays the same
SCRAPE_INTERVAL = 5  # seconds; Prometheus asks every 15 to 60
PORTS = range(12_000, 32_000)
JVM_OPTIONS = ["-Xmx512m"]  # for every JVM; on one core the JVM chooses its serial collector by itself

ports_given = set()


@dataclass
class Server:
    name: str
    protocol: str
    port: int
    process: subprocess.Popen
    pid: int = 0  # of the process that serves, which need not be the one that was started
    actuator: int = 0  # evio's port to be scraped, if it is

    @property
    def is_jvm(self):
        return self.name in JAVA_PEERS or self.name in EVIOS


def spoken(protocol):
    return OVER_TLS.get(protocol) or PROXIED.get(protocol, protocol)


def pinned(core, command):
    """The command on that core alone, with all threads and children that it will have."""
    return ["taskset", "-c", str(core), *command]


def free_port():
    """A port that no other server of this run has had, below those that the system gives to outgoing connections."""
    while True:
        port = random.choice(PORTS)
        if port in ports_given:
            continue
        ports_given.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass  # taken by another program


class Servers:
    """Starts servers on the server core and stops them all at the end; scrapes those that have meters every few seconds."""

    def __init__(self, work, jdk, jdk_17, core, core_behind):
        self.work, self.java, self.core = work, str(jdk / "bin" / "java"), core
        self.core_behind = core_behind  # of servers behind a proxy: the load generator's
        self.java_17 = str(jdk_17 / "bin" / "java") if jdk_17 else ""
        self.certificate, self.key, self.both = (work / f"{name}.pem" for name in ("certificate", "key", "both"))
        self.running = {}
        self.scraping = threading.Event()

    def make_certificate(self):
        """One for all servers, self-signed: ECDSA on P-256, as most of the web has it."""
        command = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        command += ["-keyout", self.key, "-out", self.certificate]
        subprocess.run(command, check=True, capture_output=True)
        self.both.write_text(self.certificate.read_text() + self.key.read_text())

    def start(self, name, protocol, jvm_options=()):
        port, actuator = free_port(), free_port() if name in EVIOS else 0
        if protocol in OVER_TLS and not self.certificate.exists():
            self.make_certificate()
        if protocol in PROXIED:
            self.start_behind(PROXIED[protocol])
        with open(self.work / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                pinned(self.core, self.command(name, protocol, port, actuator, jvm_options)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        server = Server(name, protocol, port, process, process.pid, actuator if name != "evio-unmetered" else 0)
        self.running[name] = server
        self.await_port(server)
        if name == "nginx":
            children = host.read(f"/proc/{process.pid}/task/{process.pid}/children").split()
            server.pid = int(children[0])
        if spoken(protocol) == "http":
            self.check_page(server)
        if server.actuator:
            self.scraping = threading.Event()
            threading.Thread(target=scrape, args=(server.actuator, self.scraping), daemon=True).start()
        return server

    def start_behind(self, protocol):
        """What answers behind the proxies, one for all: nginx for the page, the limit for echoes."""
        if BEHIND in self.running:
            return
        port = free_port()
        if protocol == "http":
            command = ["nginx", "-p", self.work, "-c", self.configuration("nginx.conf", port)]
        else:
            command = [self.work / "limit", str(port), protocol]
        with open(self.work / f"{BEHIND}.log", "wb") as log:
            process = subprocess.Popen(
                pinned(self.core_behind, command), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        self.running[BEHIND] = Server(BEHIND, protocol, port, process, process.pid)
        self.await_port(self.running[BEHIND])

    def proxy_command(self, name, protocol, port):
        """HAProxy or nginx in front of the server behind; the layer that is not measured listens on a port of its own."""
        port_7, port_4 = (free_port(), port) if protocol.startswith("relay") else (port, free_port())
        tls = protocol in OVER_TLS
        ports = {"port_7": port_7, "port_4": port_4, "behind": self.running[BEHIND].port}
        if name == "nginx":
            modules = [path for path in STREAM_MODULES if path.exists()]
            ports["module"] = f"load_module {modules[0]};" if modules else ""
            return ["nginx", "-p", self.work, "-c", self.configuration("nginx-proxy.conf", port, tls, ports)]
        ports["ssl"] = f" ssl crt {self.both} ssl-min-ver TLSv1.3" if tls else ""
        configuration = self.configuration("haproxy-proxy.cfg", port, tls, ports, f"{name}.cfg")
        return ["haproxy", "-db", "-f", configuration]

    def command(self, name, protocol, port, actuator, jvm_options):
        if protocol in PROXIED and name in PROXY_PROGRAMS:
            return self.proxy_command(name, protocol, port)
        tls, speaks = protocol in OVER_TLS, spoken(protocol)
        pair = [self.certificate, self.key] if tls else []
        if name.startswith("limit"):
            program = self.work / ("limit-tls" if tls else "limit-recv" if name == "limit-recv" else "limit")
            return [program, str(port), speaks, *([host.PAGE] if speaks == "http" else []), *pair]
        if name in EVIOS:
            java = [self.java_17 if name == "evio-17" else self.java, *JVM_OPTIONS, *jvm_options]
            return [*java, "-jar", host.JAR, f"--server.port={actuator}", *self.sample(protocol, port), *VARIANTS.get(name, [])]
        if name in JAVA_PEERS:
            path = f"{host.PEERS}/classes:{host.PEERS}/dependency/*"
            java = [self.java, *JVM_OPTIONS, f"-Djava.io.tmpdir={self.work}", "--enable-native-access=ALL-UNNAMED", "-cp", path]
            return [*java, "io.evio.bench.peers.Peer", name, speaks, str(port), host.PAGE, *pair]
        if name == "go-evio":
            return [self.work / "go-evio", protocol, str(port), host.PAGE]
        if name == "redis-server":
            return ["redis-server", self.configuration("redis.conf", port)]
        if name == "nginx":
            return ["nginx", "-p", self.work, "-c", self.configuration("nginx.conf", port, tls)]
        return ["haproxy", "-db", "-f", self.configuration("haproxy.cfg", port)]

    def sample(self, protocol, port):
        """The sample's addresses and targets: only the measured server's port is known beforehand."""
        measured = "gateway" if protocol.startswith("relay") else "proxy" if protocol in PROXIED else spoken(protocol)
        ports = {server: free_port() for server in SAMPLE_SERVERS} | {measured: port}
        targets = {upstream: ports[upstream] for upstream in ("echo", "http")}
        if protocol in PROXIED:
            targets["echo" if measured == "gateway" else "http"] = self.running[BEHIND].port
        tls = protocol in OVER_TLS
        schemes = {server: "tls" if tls and server == measured else "tcp" for server in ports}
        return (
            [f"--evio.servers.{server}.addresses={schemes[server]}://127.0.0.1:{p}" for server, p in ports.items()]
            + [f"--evio.upstreams.{upstream}.targets=tcp://127.0.0.1:{p}" for upstream, p in targets.items()]
            + (self.ssl_bundle(measured) if tls else [])
        )

    def ssl_bundle(self, server):
        bundle = "--spring.ssl.bundle.pem.bench"
        files = [f"{bundle}.keystore.certificate={self.certificate}", f"{bundle}.keystore.private-key={self.key}"]
        return [*files, f"{bundle}.options.enabled-protocols=TLSv1.3", f"--evio.servers.{server}.ssl.bundle=bench"]

    def configuration(self, name, port, tls=False, more=None, saved_as=None):
        text = (host.BENCH / "config" / name).read_text()
        page = host.PAGE.read_text()
        values = {
            "work": self.work,
            "port": port,
            "connections": MAX_CONNECTIONS,
            "page": page,
            "page_file": host.PAGE,
            "ssl": " ssl" if tls else "",
            "certificate": f"ssl_certificate {self.certificate}; ssl_certificate_key {self.key};" if tls else "",
            **(more or {}),
        }
        for key, value in values.items():
            text = text.replace("{" + key + "}", str(value))
        path = self.work / (saved_as or name)
        path.write_text(text)
        return path

    def await_port(self, server):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and server.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", server.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        log = host.read(self.work / f"{server.name}.log")
        self.stop_all()
        host.fail(f"{server.name} does not listen on its port:\n{log}")

    def check_page(self, server):
        """All answer the same page, or the comparison is none."""
        if server.protocol in OVER_TLS:
            trusting = ssl.create_default_context(cafile=self.certificate)
            trusting.check_hostname = False
            connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=trusting)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/")
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status != 200 or body != host.PAGE.read_bytes():
            self.stop_all()
            host.fail(f"{server.name} answers another page than config/page.html: {response.status} {body!r}")

    def stop(self, server):
        self.running.pop(server.name, None)
        if server.actuator:
            self.scraping.set()
        server.process.terminate()
        try:
            server.process.wait(15)
        except subprocess.TimeoutExpired:
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()

    def stop_all(self):
        for server in list(self.running.values()):
            self.stop(server)


def scrape(port, ended):
    while not ended.wait(SCRAPE_INTERVAL):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/actuator/prometheus", timeout=5) as page:
                page.read()
        except OSError:
            pass  # it is starting, or stopping
