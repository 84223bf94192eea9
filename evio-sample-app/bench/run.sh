#!/usr/bin/env bash
# Compares this sample's echo and redis servers with the C limit (limit.c), Netty's epoll transport (netty/) and
# redis-server on this machine, and prints a table: server CPU time a request as a ratio to the C limit.
#
#   bench/run.sh [ROUNDS [SECONDS]]      5 rounds of 1 second by default
#
# Needs Linux on x86-64 with two free cores, gcc, taskset (util-linux), redis-server, a JDK and Maven. Servers are pinned
# to one core and the load generator to the other. They take turns, round by round, so that what else the machine does
# meets all of them alike; a ratio is the median over rounds of a server's figure by that of the first one, mostly the
# limit, in the same round.
# Rounds in which either server was busy less than 85 % of the time are left out and counted.
set -euo pipefail
cd "$(dirname "$0")"

rounds=${1:-5}
seconds=${2:-1}
server_core=0
client_core=1
jar=../target/evio-sample-app.jar
work=$(mktemp -d)
pids=()

clean_up() {
    if ((${#pids[@]})); then kill "${pids[@]}" 2>/dev/null || true; fi
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

need() { command -v "$1" >/dev/null || { echo "run.sh needs $1 (Debian package $2)" >&2; exit 1; }; }
need gcc gcc
need taskset util-linux
need redis-server redis-server
need curl curl
need mvn maven
[[ -f $jar ]] || { echo "build the project first: mvn package" >&2; exit 1; }

gcc -O2 -o "$work/load" load.c
gcc -O2 -o "$work/limit" limit.c
mvn -q -B -f netty/pom.xml package >"$work/mvn.log" || { cat "$work/mvn.log" >&2; exit 1; }

# serve NAME COMMAND...: starts a server on the server core; its pid is then in pid_NAME.
serve() {
    local name=$1
    shift
    taskset -c "$server_core" "$@" >"$work/$name.log" 2>&1 &
    pids+=($!)
    declare -g "pid_$name=$!"
}

await_port() {
    for _ in $(seq 300); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "nothing listens on port $1" >&2
    cat "$work"/*.log >&2
    exit 1
}

# Ports nobody is likely to have: 185xx.
serve limit_echo "$work/limit" 18501 echo
serve limit_redis "$work/limit" 18502 redis
serve redis redis-server --port 18503 --save '' --appendonly no
serve netty_echo java -cp "netty/target/classes:netty/target/dependency/*" NettyPeer 18504 echo
serve netty_redis java -cp "netty/target/classes:netty/target/dependency/*" NettyPeer 18505 redis
serve evio java -jar "$jar" --server.port=18506 --evio.servers.echo.addresses=tcp://127.0.0.1:18507 \
    --evio.servers.redis.addresses=tcp://127.0.0.1:18508 --evio.servers.http.addresses=tcp://127.0.0.1:0
# The same without meters, which the first has, and is asked for every second.
serve unmetered java -jar "$jar" --server.port=18509 --evio.servers.echo.addresses=tcp://127.0.0.1:18510 \
    --evio.servers.redis.addresses=tcp://127.0.0.1:18511 --evio.servers.http.addresses=tcp://127.0.0.1:0 \
    --evio.metrics.enabled=false
pid_unmetered_echo=$pid_unmetered
pid_unmetered_redis=$pid_unmetered
port_unmetered_echo=18510 port_unmetered_redis=18511
pid_evio_echo=$pid_evio
pid_evio_redis=$pid_evio
port_limit_echo=18501 port_limit_redis=18502 port_redis_redis=18503 pid_redis_redis=$pid_redis
port_netty_echo=18504 port_netty_redis=18505 port_evio_echo=18507 port_evio_redis=18508
for port in 1850{1,2,3,4,5,6,7,8} 185{09,10,11}; do await_port "$port"; done

while sleep 1; do curl -s -o /dev/null http://127.0.0.1:18506/actuator/prometheus; done &
pids+=($!)

# load KIND SERVER MODE CONNECTIONS PIPELINE WARMUP SECONDS
load() {
    local pid=pid_$2_$1 port=port_$2_$1
    taskset -c "$client_core" "$work/load" 127.0.0.1 "${!port}" "$3" "$4" "$5" "$6" "$7" "${!pid}"
}

# The columns of load.c: requests/s p50 p99 p99.9 cpu user system utilisation.
compare() {
    local title=$1 kind=$2 mode=$3 connections=$4 pipeline=$5
    shift 5
    local server results=$work/results
    : >"$results"
    for server in "$@"; do load "$kind" "$server" "$mode" "$connections" "$pipeline" 0 3 >/dev/null; done
    for round in $(seq "$rounds"); do
        for server in "$@"; do
            echo "$round $server $(load "$kind" "$server" "$mode" "$connections" "$pipeline" 0.3 "$seconds")" >>"$results"
        done
    done
    awk -v title="$title" -v servers="$*" '
        function median(list, n,    i, j, t) {
            for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
                t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
            }
            return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
        }
        { cpu[$1, $2] = $7; rate[$1, $2] = $3; p99[$1, $2] = $5; busy[$1, $2] = $10; if ($1 > rounds) rounds = $1 }
        END {
            count = split(servers, name, " ")
            base = name[1]
            for (s = 1; s <= count; s++) {
                n = dropped = 0
                split("", ratios); split("", cpus); split("", rates); split("", p99s)
                for (r = 1; r <= rounds; r++) {
                    if (busy[r, name[s]] < 0.85 || busy[r, base] < 0.85) { dropped++; continue }
                    ratios[++n] = cpu[r, name[s]] / cpu[r, base]
                    cpus[n] = cpu[r, name[s]]; rates[n] = rate[r, name[s]]; p99s[n] = p99[r, name[s]]
                }
                if (n) printf "| %s | %s | %.2f | %.3f | %.0f | %.0f | %d of %d |\n", title, name[s], median(ratios, n),
                              median(cpus, n), median(rates, n), median(p99s, n), n, rounds
                else printf "| %s | %s | no round counts: the servers were not busy enough | | | | 0 of %d |\n",
                            title, name[s], rounds
            }
        }' "$results"
}

model=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1)
echo "$model, $(nproc) cores, Linux $(uname -r), $(java -version 2>&1 | head -1)," \
    "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)," \
    "$(redis-server --version | grep -o 'v=[0-9.]*'), 50 connections, $rounds rounds of $seconds s"
echo
echo "| load | server | CPU a request, ratio | CPU us a request | requests/s | p99 us | rounds that count |"
echo "|---|---|---:|---:|---:|---:|---:|"
compare "echo 64 B" echo echo:64 50 1 limit evio netty
compare "echo 64 B, metering" echo echo:64 50 1 unmetered evio
compare "PING" redis ping 50 1 limit evio redis netty
compare "GET" redis get 50 1 limit evio redis netty
compare "PING, pipeline 32" redis ping 50 32 limit evio redis netty
compare "SET, pipeline 32" redis set 50 32 limit evio redis netty
compare "GET, pipeline 32" redis get 50 32 limit evio redis netty
