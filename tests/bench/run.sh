#!/bin/sh
# Whole runs of the program beside the floor, each figure with its ratio and its bar; exit 1 when a
# bar is missed. Builds what is missing. `run.sh --help` lists the flags.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
build=$root/build/bench
binary=
for word in "$@"; do
  case $word in --binary | --binary=* | -h | --help) binary=given ;; esac
done
if [ ! -x "$build/bin/floor" ] || [ ! -x "$build/bin/coap_sessions" ] || [ -z "$binary" ]; then
  [ -f "$build/build.ninja" ] || (cd "$root" && cmake --preset bench >&2)
  targets="floor coap_sessions"
  [ -n "$binary" ] || targets="$targets fleet"
  # shellcheck disable=SC2086
  cmake --build "$build" --target $targets >&2
fi
exec python3 -B "$here/whole_runs.py" --floor "$build/bin/floor" \
  --binary "$build/bin/fleet" "$@"
