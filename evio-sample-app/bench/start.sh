#!/usr/bin/env bash
# How long the packaged sample takes to start: start.sh [TIMES], 10 by default. Prints the seconds from the start of its
# process until all its servers serve, of each time and their median. On two cores when there are more, on free ports; asks
# for a machine that does nothing else, and for the jar: mvn -DskipTests package. JAVA_HOME says which JDK.
set -euo pipefail
cd "$(dirname "$0")"
times=${1:-10}
jar=../target/evio-sample-app.jar
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
log=$(mktemp)
app=
clean_up() {
    if [[ -n $app ]]; then kill "$app" 2>/dev/null || true; fi
    rm -f "$log" "$log.seconds"
}
trap clean_up EXIT
[[ -e $jar ]] || { echo "There is no $jar yet: mvn -DskipTests package" >&2; exit 1; }

"$java" -version 2>&1 | head -n 1
for ((i = 0; i < times; i++)); do
    taskset -c 0,1 "$java" -jar "$jar" --server.port=0 --evio.servers.echo.addresses=tcp://127.0.0.1:0 \
        --evio.servers.redis.addresses=tcp://127.0.0.1:0 --evio.servers.http.addresses=tcp://127.0.0.1:0 \
        --evio.servers.gateway.addresses=tcp://127.0.0.1:0 --evio.servers.proxy.addresses=tcp://127.0.0.1:0 >"$log" 2>&1 &
    app=$!
    until grep -q 'Started EvioSampleApplication' "$log"; do
        kill -0 "$app" 2>/dev/null || { cat "$log" >&2; exit 1; }
        sleep 0.1
    done
    # What Spring Boot has counted itself, from the start of the process on.
    sed -n 's/.*Started EvioSampleApplication.*process running for \([0-9.]*\)).*/\1/p' "$log" | tee -a "$log.seconds"
    kill "$app"
    wait "$app"
    app=
done
sort -n "$log.seconds" | awk '{ s[NR] = $1 } END { print "median", (s[int((NR + 1) / 2)] + s[int(NR / 2) + 1]) / 2 }'
