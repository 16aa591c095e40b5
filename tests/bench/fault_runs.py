# Faults in bulk: five hundred seeds of a sweep, and the faults days over real sockets as they are written, 2,000
# devices for five minutes with the embedded twin and with a mosquitto that is stopped and started. Neither has a
# floor: what counts is that nothing is lost and that each recovery keeps the limit that its scenario states.
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from process import Process
from process_peers import Mosquitto

CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"
SEEDS = 500
SWEEP_LIMIT_S = 600
DAY_S = 300
# The scenario says when the broker's owner stops it, and for how long about.
STOPS_S = (75, 200)
AWAY_S = 10
UNITS_S = {"ms": 1e-3, "s": 1, "m": 60, "h": 3600}


def sweep(b):
    folder = b.folder / "sweep"
    words = [b.arguments.binary, "run", "--virtual", "--sweep", str(SEEDS), "--seed", "1", "--sweep-all",
             "--sweep-dir", str(folder)]
    begin = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    done = re.search(r"(\d+) of \d+ seeds .*: (none|\d+) failed", said)
    if done is None or process.returncode not in (0, 1) or int(done[1]) != SEEDS:
        sys.exit(f"{' '.join(words)}: exit {process.returncode}\n{said}")
    failed = 0 if done[2] == "none" else int(done[2])
    b.row(f"a sweep of {SEEDS} seeds", "seeds that failed", failed, None, "0", failed == 0)
    b.row("time for it", "s", took, None, f"≤ {SWEEP_LIMIT_S} s", took <= SWEEP_LIMIT_S)
    print(f"  ({usage.ru_utime + usage.ru_stime:.0f} s CPU)")
    if failed:
        print(said)


def seconds_of(text):
    """`1m20s` as the scenario has it."""
    return sum(int(n) * UNITS_S[unit] for n, unit in re.findall(r"(\d+)(ms|[smh])", text))


def rows_of_day(b, name, facts):
    for fault in facts["faults"]:
        line = next(one for one in facts["expectations"]
                    if one["text"].startswith(f"recovered_within({fault['name']}) <"))
        limit = seconds_of(line["text"].rpartition("<")[2])
        recovered = fault["recovered_s"]
        b.row(f"{name}: {fault['name']}", "s until whole", DAY_S if recovered is None else recovered,
              limit, "≤ 1 ×", line["ok"] and recovered is not None)
    online, all_of_them = facts["devices"]["online_end"], facts["devices"]["connections"]
    b.row(f"{name}: online at the end", "devices", online, all_of_them, "1 ×", online == all_of_them)
    lost = facts["ledger"]["lost"]
    b.row(f"{name}: lost", "messages", lost, None, "0", lost == 0)
    b.row(f"{name}: passed", "verdict", int(facts["verdict"] == "passed"), None, "1",
          facts["verdict"] == "passed")
    for why in facts["failures"]:
        print(f"  ({why})")


def started_day(b, scenario, *words):
    return Process([b.arguments.binary, "run", "--scenario", str(CONFIGS / f"{scenario}.yaml"), "--seed", "7",
                    "--quiet", "--metrics", "off", "--control", "off", "--json",
                    str(b.folder / f"{scenario}.json"), *words])


def end_of_day(b, scenario, run):
    """Its facts; 1 is a run that failed and says why in them."""
    if run.wait(2 * DAY_S) not in (0, 1):
        sys.exit(f"{' '.join(run.command)}: exit {run.code}\n{run.error_output}")
    return json.loads((b.folder / f"{scenario}.json").read_text())


def faults_day(b):
    with started_day(b, "faults_day") as run:
        rows_of_day(b, "twin", end_of_day(b, "faults_day", run))
    kept = b.folder / "kept"
    kept.mkdir()
    with Mosquitto(kept, keeps=True) as broker:
        begin = time.monotonic()
        with started_day(b, "faults_foreign", "--target", f"mqtt://127.0.0.1:{broker.port}") as run:
            for moment in STOPS_S:
                time.sleep(max(0, begin + moment - time.monotonic()))
                broker.stop()
                time.sleep(AWAY_S)
                broker.start()
            rows_of_day(b, "broker", end_of_day(b, "faults_foreign", run))
