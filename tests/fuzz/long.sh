#!/bin/sh
# One fuzz target for a million executions; fails when fewer were made, whatever the reason. See README.md.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
folder=${FLEET_FUZZ_BIN:-$root/build/fuzz/bin}
target=
executions=1000000
seed=1

usage() {
  cat <<'TEXT'
usage: tests/fuzz/long.sh TARGET [--executions N] [--seed N]

  TARGET           as coap_codec, dtls_server or http_client: the name of a file here, without _fuzz
  --executions N   1 to 2,000,000,000. Default 1000000
  --seed N         what the inputs are drawn from, 1 to 2,000,000,000. Default 1

The targets are built by ./fleetw build fuzz; FLEET_FUZZ_BIN names another folder of theirs. What fails is kept in
./TARGET-crash-…, or -timeout-…, -oom-…, and run again by giving it to the target. A target may take hours.

exit codes: 0 all executions were made; 1 fewer, or one of them failed; 2 wrong usage; 3 there is no such target
TEXT
}

wrong() {
  printf 'long.sh: %s\n' "$1" >&2
  exit "${2:-2}"
}

# Whether a word is a number from 1 to 2,000,000,000, as far as libFuzzer counts.
number() {
  case $1 in
    '' | *[!0-9]* | 0* | ???????????*) return 1 ;;
  esac
  [ "$1" -le 2000000000 ]
}

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h)
      usage
      exit 0
      ;;
    --executions | --seed)
      if [ $# -lt 2 ] || ! number "$2"; then wrong "$1 takes a number from 1 to 2000000000"; fi
      if [ "$1" = --seed ]; then seed=$2; else executions=$2; fi
      shift 2
      ;;
    -*) wrong "unknown flag $1; see --help" ;;
    *)
      [ -z "$target" ] || wrong "one target at a time; see --help"
      target=${1%_fuzz}
      shift
      ;;
  esac
done
[ -n "$target" ] || wrong "which target? See --help"
binary=$folder/${target}_fuzz
[ -x "$binary" ] || wrong "no program at $binary: ./fleetw build fuzz makes it" 3

# Faster than the defaults, the more so the longer it runs: libFuzzer's entropic schedule reckons with the whole
# corpus, and the stacks of all allocations and a large quarantine fill the memory.
ASAN_OPTIONS=malloc_context_size=1:quarantine_size_mb=32${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export ASAN_OPTIONS

# A pipe would hide how the target ended, so what it says goes to a file that lives as long as this.
said=$(mktemp)
trap 'rm -f -- "$said"' EXIT
printf '%s: %s executions, told in %s meanwhile\n' "$target" "$executions" "$said"
code=0
"$binary" -runs="$executions" -seed="$seed" -entropic=0 -timeout=60 -rss_limit_mb=2048 \
  -artifact_prefix="./$target-" -print_final_stats=1 2>"$said" || code=$?
made=$(sed -n 's/^stat::number_of_executed_units: *//p' "$said")
if [ "$code" -ne 0 ]; then
  tail -n 60 "$said" >&2
  wrong "$target ended with $code after ${made:-unknown} executions" 1
fi
if [ "${made:-0}" -lt "$executions" ]; then
  tail -n 20 "$said" >&2
  wrong "$target made ${made:-no} of $executions executions" 1
fi
sed -n 's/^stat:://p' "$said"
printf '%s: %s executions, clean\n' "$target" "$made"
