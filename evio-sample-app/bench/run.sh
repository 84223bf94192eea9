#!/usr/bin/env bash
# Compares this sample's servers with the C limit and their peers on this machine, and writes tables and plots: see
# README.md beside it, and `run.sh --help`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    echo "run.sh needs Python 3.9 or later (Debian package python3)" >&2
    exit 1
fi
# -B: no compiled files in the source folder.
exec python3 -B -c 'import runpy, sys
sys.path[0] = sys.argv.pop(1)
runpy.run_module("compare", run_name="__main__")' "$here" "$@"
