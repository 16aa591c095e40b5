# Seven simulated days of configs/bad_week.yaml, 1,000 devices with something wrong on each day, in the
# virtual world: how long they take, twice, and whether both were the same. There is no floor.
import json
import pathlib
import subprocess
import sys
import time

SCENARIO = pathlib.Path(__file__).resolve().parents[2] / "configs" / "bad_week.yaml"
LIMIT_S = 300


def one_run(b):
    """Seconds by the clock, and the facts of its JSON."""
    report = b.folder / "week.json"
    report.unlink(missing_ok=True)
    words = [b.arguments.binary, "run", "--virtual", "--scenario", str(SCENARIO), "--seed", "7", "--quiet",
             "--metrics", "off", "--json", str(report)]
    begin = time.monotonic()
    done = subprocess.run(words, stdout=subprocess.DEVNULL, check=False)
    took = time.monotonic() - begin
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit {done.returncode}")
    return took, json.loads(report.read_text())


def bad_week(b):
    runs = [one_run(b) for _ in range(2)]
    for took, facts in runs:
        b.row("a bad week of 1000 devices", "s", took, None, f"≤ {LIMIT_S} s", took <= LIMIT_S)
        print(f"  ({facts['process']['cpu_s']:.1f} s CPU, "
              f"{facts['process']['rss_max_bytes'] / 1048576:.1f} MiB, {len(facts['faults'])} faults, "
              f"{facts['ledger']['lost']} lost, digest {facts['digest']})")
    digests = {facts["digest"] for _, facts in runs}
    b.row("digests of two such weeks", "of 2 runs", len(digests), None, "1", len(digests) == 1)
