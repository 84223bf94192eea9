"""Runs the JMH benchmarks of the parts, which are in ../jmh, and reads what they say."""

import json
import subprocess
import sys

from . import host, servers

QUICK = ["-f", "1", "-wi", "1", "-w", "200ms", "-i", "2", "-r", "200ms"]
FULL = ["-f", "2", "-wi", "3", "-w", "1s", "-i", "5", "-r", "1s"]
LOOPS = ["LoopsBenchmark"]  # of whole servers; on all cores, as it is about using them
PARTS = ["-e", "LoopsBenchmark"]


def compile_benchmarks(jdk, work):
    """Compiles them and returns the class path they run on."""
    path = work / "jmh.path"
    host.maven(
        jdk,
        "-f",
        host.ROOT / "pom.xml",
        "-pl",
        "evio-sample-app",
        "-am",
        "-Pbench",
        "-DskipTests",
        "test-compile",
        "dependency:build-classpath",
        f"-Dmdep.outputFile={path}",
        "-Dspotless.check.skip",
    )
    modules = [host.ROOT / module / "target" / "classes" for module in ("evio-core", "evio-spring-boot-starter")]
    sample = [host.SAMPLE / "target" / "test-classes", host.SAMPLE / "target" / "classes"]
    return ":".join(map(str, [*sample, *modules, path.read_text().strip()]))


def run(jdk, work, class_path, cores, which, quick):
    """[{"benchmark", "score", "error", "unit"}] of those benchmarks, on those cores."""
    result = work / "jmh.json"
    java = [jdk / "bin" / "java", "--enable-native-access=ALL-UNNAMED", "-cp", class_path, "org.openjdk.jmh.Main"]
    options = [*which, "-foe", "true", "-rf", "json", "-rff", result, *(QUICK if quick else FULL)]
    done = subprocess.run(servers.pinned(",".join(map(str, cores)), java + options), stdout=sys.stderr, check=False)
    if done.returncode != 0 or not result.exists():
        host.fail("the JMH benchmarks failed")
    rows = []
    for benchmark in json.loads(result.read_text()):
        primary, parameters = benchmark["primaryMetric"], benchmark.get("params", {})
        name = ".".join(benchmark["benchmark"].split(".")[-2:]) + "".join(f" {k}={v}" for k, v in parameters.items())
        error = primary["scoreError"] if isinstance(primary["scoreError"], float) else None  # "NaN" of too few rounds
        rows.append({"benchmark": name, "score": primary["score"], "error": error, "unit": primary["scoreUnit"]})
    return rows
