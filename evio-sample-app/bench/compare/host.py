"""The machine: what has to be installed, which cores and JDK are used, and what a reader needs to know of it."""

import glob
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
SAMPLE = BENCH.parent
ROOT = SAMPLE.parent
MODULES = ("evio-core", "evio-spring-boot-starter", "evio-sample-app")
JAR = SAMPLE / "target" / "evio-sample-app.jar"
PEERS = BENCH / "peers" / "target"
PAGE = BENCH / "config" / "page.html"
PACKAGES = {
    "gcc": "gcc libc6-dev",
    "openssl": "openssl",
    "mvn": "maven",
    "taskset": "util-linux",
    "redis-server": "redis-server",
    "nginx": "nginx-light",
    "haproxy": "haproxy",
}
QUIET = 0.5  # load average of the last minute
MIN_JDK = 21  # for the peer of virtual threads; all JVMs of a comparison are of one version


def fail(message):
    sys.exit(f"run.sh: {message}")


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def java_version(home):
    """The feature version of the JDK there, 0 when there is none."""
    try:
        found = re.search(r'^JAVA_VERSION="(\d+)', (Path(home) / "release").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) if found and (Path(home) / "bin" / "javac").exists() else 0


def installed_jdk(version):
    """The home of an installed JDK of that version, or None."""
    for home in possible_homes(version):
        if java_version(home) == version:
            return Path(home)
    return None


def possible_homes(version):
    homes = [os.environ.get(f"JAVA_HOME_{version}"), os.environ.get("JAVA_HOME"), *sorted(glob.glob("/usr/lib/jvm/*"))]
    return [home for home in homes if home]


def find_jdk(wanted):
    """The home of a JDK: the wanted one, or else the newest that is long-term supported and new enough."""
    if wanted and not wanted.isdigit():
        if java_version(wanted) < MIN_JDK:
            fail(f"{wanted} is no JDK {MIN_JDK} or later")
        return Path(wanted)
    versions = [int(wanted)] if wanted else [25, 21]
    for version in versions:
        home = installed_jdk(version) if version >= MIN_JDK else None
        if home:
            return home
    wanted = wanted or f"{MIN_JDK} or {versions[0]}"
    fail(f"no JDK {wanted}, and {MIN_JDK} is the least: set JAVA_HOME_{versions[0]}, or install one under /usr/lib/jvm")


def check(programs, build_only):
    """Ends the run up front when something is missing that it needs, saying what to install."""
    if not sys.platform.startswith("linux"):
        fail("needs Linux: epoll, /proc and nanoseconds of CPU time of each thread")
    # Debian has servers in sbin, which is not on everybody's path.
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        packages = " ".join(PACKAGES[program] for program in missing)
        fail(f"needs {', '.join(missing)} (apt install {packages}); --servers leaves servers out")
    header = ["gcc", "-E", "-include", "openssl/ssl.h", "-x", "c", "/dev/null"]
    if subprocess.run(header, capture_output=True, check=False).returncode != 0:
        fail("needs the headers of OpenSSL (apt install libssl-dev)")
    if not Path("/proc/self/schedstat").exists():
        fail("needs a kernel with CONFIG_SCHED_INFO: there is no /proc/self/schedstat")
    if build_only:
        return
    if not JAR.exists():
        fail(f"build the project first: mvn -DskipTests package ({JAR} is missing)")
    changed = changed_since(JAR, ROOT)
    if changed:
        fail(
            f"{changed} has changed since {JAR} was packaged, so the report would name the wrong commit."
            " Package it again: mvn -DskipTests package"
        )


def changed_since(jar, root):
    """A file that the jar is made of and that is newer than it, or None."""
    # Not the jar's time of modification: the build sets that, of what it packages, to one that is always the same.
    packaged = jar.stat().st_ctime
    for folder in (root, *(root / module for module in MODULES)):
        for file in (folder / "pom.xml", *(folder / "src" / "main").rglob("*")):
            if file.is_file() and file.stat().st_mtime > packaged:
                return file
    return None


def raise_descriptor_limit():
    """Lets this process's children have as many descriptors as the system allows, and returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def build(work, jdk):
    """Compiles the load generator, the limit and the peers."""
    subprocess.run(["gcc", "-O2", "-o", work / "limit", BENCH / "limit.c"], check=True)
    subprocess.run(["gcc", "-O2", "-DRECV_AND_SEND", "-o", work / "limit-recv", BENCH / "limit.c"], check=True)
    openssl = ["-lssl", "-lcrypto"]
    subprocess.run(["gcc", "-O2", "-DTLS", "-o", work / "limit-tls", BENCH / "limit.c", *openssl], check=True)
    subprocess.run(["gcc", "-O3", "-o", work / "load", *sorted(glob.glob(f"{BENCH}/load/*.c")), *openssl], check=True)
    maven(jdk, "-f", BENCH / "peers" / "pom.xml", "package")


def build_go_evio(work):
    """Compiles the peer in Go. Returns why it cannot be: it is the one that needs another language and its module proxy."""
    if not shutil.which("go"):
        return "there is no go (apt install golang-go)"
    done = subprocess.run(
        ["go", "build", "-o", work / "go-evio", "."], capture_output=True, text=True, cwd=BENCH / "go-evio", check=False
    )
    return f"go build: {done.stdout}{done.stderr}".strip() if done.returncode != 0 else ""


def maven(jdk, *arguments):
    command = ["mvn", "-q", "-B", "-ntp", *map(str, arguments)]
    done = subprocess.run(
        command, env={**os.environ, "JAVA_HOME": str(jdk)}, capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode != 0:
        fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def read(path):
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def facts(jdk, cores, servers):
    """What a reader has to know to make anything of the figures."""
    model = re.search(r"^model name\s*: (.*)", read("/proc/cpuinfo"), re.MULTILINE)
    commit = output("git", "-C", str(BENCH), "describe", "--always", "--dirty", "--abbrev=10")
    governor = read(f"/sys/devices/system/cpu/cpu{cores[0]}/cpufreq/scaling_governor")
    siblings = read(f"/sys/devices/system/cpu/cpu{cores[0]}/topology/thread_siblings_list")
    memory = int(re.search(r"MemTotal:\s+(\d+)", read("/proc/meminfo")).group(1)) // 1024
    load = os.getloadavg()[0]
    versions = {
        "redis-server": lambda: re.search(r"v=(\S+)", output("redis-server", "--version")),
        "nginx": lambda: re.search(r"nginx/(\S+)", output("nginx", "-v")),
        "haproxy": lambda: re.search(r"version (\S+)", output("haproxy", "-v")),
        "netty-epoll": lambda: re.search(r"<netty.version>(.*)<", read(BENCH / "peers" / "pom.xml")),
        "limit": lambda: re.search(r"(OpenSSL \S+)", output("openssl", "version")),
        "tomcat": lambda: re.search(r"<tomcat.version>(.*)<", read(BENCH / "peers" / "pom.xml")),
        "go-evio": lambda: re.search(r"tidwall/evio v(.*)", read(BENCH / "go-evio" / "go.mod")),
    }
    result = {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "processor": f"{model.group(1) if model else os.uname().machine}, {os.cpu_count()} cores"
        + (
            ", in a virtual machine"
            if re.search(r"^flags.*\bhypervisor\b", read("/proc/cpuinfo"), re.MULTILINE)
            else ""
        ),
        "memory": f"{memory} MiB",
        "kernel": f"{os.uname().sysname} {os.uname().release}",
        "frequency governor": governor or "not visible",
        "cores": f"servers on {cores[0]}, load generator on {cores[1]}"
        + (": they share a physical core" if str(cores[1]) in re.split("[-,]", siblings) else ""),
        "load average at the start": f"{load:.2f}" + (": **the machine was not quiet**" if load > QUIET else ""),
        "commit": commit if re.fullmatch(r"[0-9a-f]+(-dirty)?", commit) else "unknown",
        "JDK": output(str(jdk / "bin" / "java"), "-version").splitlines()[-1],
    }
    for name, version in versions.items():
        found = version() if name in servers else None
        if found:
            result["C limit over TLS" if name == "limit" else name.replace("-epoll", "")] = found.group(1)
    return result
