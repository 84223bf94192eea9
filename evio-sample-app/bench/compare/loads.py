"""What is measured: the loads, in the groups whose loads are compared with each other round by round."""

from dataclasses import dataclass, field

BUSY = 50  # connections, unless the load says otherwise
IDLE = (0, 1000, 5000, 10000, 19000)
WITHOUT_IDLE = ("limit-again", "evio-again")  # what these two would do without the idle connections of their likes
ACTIVE = (1, 10, 50, 100, 300, 1000, 3000, 10000)
CROWDS = (1, 1000, 10000)
LONG = 5  # times the usual turn, for percentiles
LIGHT, LIGHT_RATE = 100, 5000
STORM = 8
HEAVY = {"echo": "echo:1048576", "redis": "get"}
SIZES = {"64 B": 64, "1 KiB": 1024, "16 KiB": 16384}


@dataclass(frozen=True)
class Load:
    """One load. Its name is its key in the results, so it says all that tells it from others."""

    name: str
    mode: str  # of the load generator
    connections: int = BUSY
    pipeline: int = 1
    idle: int = 0  # connections that only stay open beside
    rate: float = 0  # requests/s of an open loop
    half_rate_of: str = ""  # instead: half of what the same server did at that load in the same round
    heavy: str = ""  # the mode of one heavy client beside
    storm: int = 0  # clients beside that do nothing but full handshakes
    shares: bool = False  # the load generator's core with others: it sleeps between requests, and goes before them
    churn: bool = False  # a connection for every request
    saturates: bool = True  # whether the server's core is to be busy all the time
    tls: bool = False  # over TLS 1.3


@dataclass(frozen=True)
class Group:
    """Loads that are measured in the same rounds, on the same servers."""

    stage: str
    protocol: str
    loads: tuple
    servers: tuple = field(default=())  # only these; all without
    stretch: int = 1  # turns are longer by that, and fewer, where a short one would not show what is asked for


def connections(count):
    return f"{count:,} connection{'s' if count > 1 else ''}"


def basic_loads():
    """(protocol, name, mode, pipeline) of everything there is to ask for."""
    for label, size in SIZES.items():
        yield "echo", f"echo {label}", f"echo:{size}", 1
    for mode in ("ping", "set", "get"):
        for pipeline in (1, 32, 512):
            yield "redis", mode.upper() + pipelined(pipeline), mode, pipeline
    for pipeline in (1, 16):
        yield "http", "HTTP page" + pipelined(pipeline), "http", pipeline


def pipelined(depth):
    return f", pipeline {depth}" if depth > 1 else ""


def tables(everything):
    """Every request at 50 connections; at 1, 1,000 and 10,000 one of each protocol, or all of them; echo at 1,000 in each size."""
    for protocol, name, mode, pipeline in basic_loads():
        yield Group("table", protocol, (Load(name, mode, pipeline=pipeline),))
        crowds = CROWDS if everything or name in ("echo 64 B", "GET", "HTTP page") else (1000,) if protocol == "echo" else ()
        for count in crowds:
            load = Load(f"{name}, {connections(count)}", mode, count, pipeline, saturates=count > 1)
            yield Group("table", protocol, (load,))
    metered = Load("echo 64 B, without meters", "echo:64")
    yield Group("table", "echo", (metered,), ("limit", "limit-again", "evio", "evio-unmetered"))
    alone = Load("echo 64 B, 1 connection, with busy-poll", "echo:64", 1, saturates=False)
    yield Group("table", "echo", (alone,), ("limit", "limit-again", "evio", "evio-busy-poll"))


def encrypted():
    """TLS 1.3 with an ECDSA certificate on P-256; what a connection of its own costs more there is a full handshake."""
    for label, size in SIZES.items():
        yield Group("table", "echo-tls", (Load(f"TLS echo {label}", f"echo:{size}", tls=True),))
    yield Group("table", "https", (Load("HTTPS page", "http", tls=True),))


def proxied():
    """Another server behind, on the load generator's core: a layer-7 proxy with a page, and streams passed on."""
    for count in (BUSY, 1000):
        beyond = f", {connections(count)}" if count != BUSY else ""
        yield Group("table", "proxy", (Load(f"proxy, HTTP page{beyond}", "http", count),))
        yield Group("table", "relay-page", (Load(f"relay, HTTP page{beyond}", "http", count),))
        yield Group("table", "relay", (Load(f"relay, echo 64 B{beyond}", "echo:64", count),))
    yield Group("table", "relay", (Load("relay, echo 16 KiB", "echo:16384"),))
    yield Group("table", "proxy-tls", (Load("proxy, HTTPS page", "http", tls=True),))


def half_rates():
    for protocol, mode, name in (
        ("echo", "echo:64", "echo 64 B"),
        ("redis", "get", "GET"),
        ("http", "http", "HTTP page"),
    ):
        full = Load(f"{name}, saturated", mode)
        half = Load(f"{name}, half the saturating rate", mode, half_rate_of=full.name, saturates=False)
        yield Group("latency", protocol, (full, half), stretch=LONG)


def mixed():
    for protocol, mode in (("echo", "echo:64"), ("redis", "get")):
        what = "echo 64 B" if protocol == "echo" else "GET"
        heavy_what = "echo 1 MiB" if protocol == "echo" else "GET, pipeline 512"
        common = {"mode": mode, "connections": LIGHT, "rate": LIGHT_RATE, "saturates": False}
        alone = Load(f"{what}, {LIGHT} light clients alone", **common)
        beside = Load(f"{what}, {LIGHT} light clients beside one of {heavy_what}", heavy=HEAVY[protocol], **common)
        yield Group("mixed", protocol, (alone, beside), stretch=LONG)
    common = {"mode": "echo:64", "connections": LIGHT, "rate": LIGHT_RATE, "saturates": False, "tls": True, "shares": True}
    alone = Load(f"TLS echo 64 B, {LIGHT} light clients alone", **common)
    beside = Load(f"TLS echo 64 B, {LIGHT} light clients beside {STORM} of handshakes", storm=STORM, **common)
    yield Group("mixed", "echo-tls", (alone, beside), stretch=LONG)


def curves():
    # One after the other: the connections of one are not to be idle beside the next.
    for count in ACTIVE:
        # A single connection leaves the server waiting, and a few may.
        yield Group("active", "echo", (Load(f"active {count}", "echo:64", count, saturates=count >= BUSY),))
    for count in IDLE:
        beside = ("limit", "evio", "netty-epoll", *WITHOUT_IDLE)
        yield Group("idle", "echo", (Load(f"idle {count}", "echo:64", idle=count),), beside)


def churn():
    for protocol, mode in (("echo", "echo:64"), ("redis", "ping"), ("http", "http")):
        kept = Load(f"{protocol}, connection kept", mode)
        yield Group("churn", protocol, (kept, Load(f"{protocol}, connection each", mode, churn=True, saturates=False)))
    kept = Load("TLS handshake, connection kept", "echo:64", tls=True)
    each = Load("TLS handshake, connection each", "echo:64", churn=True, saturates=False, tls=True)
    yield Group("churn", "echo-tls", (kept, each), stretch=LONG)


def groups(everything):
    return [*tables(everything), *encrypted(), *proxied(), *half_rates(), *mixed(), *curves(), *churn()]
