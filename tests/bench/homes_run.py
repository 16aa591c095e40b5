# What a twin gains by a second home: the same load on `fleet cloud serve` with 1 and with 2 homes,
# in turns. A home is full when its thread is, so what counts is the CPU of the busiest home for a
# message, and not the clock of a machine that the devices share with it. Nobody subscribes to what
# devices of the open broker say: a probe would be one client that all of it crosses to. By hand:
# `python3 -B tests/bench/homes_run.py --binary build/bench/bin/fleet`.
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from process import Process  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def thread_seconds(pid):
    """CPU of each home of a twin by its thread's name; the office, the last, is left out."""
    out = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        text = (task / "stat").read_text()
        name = text[text.index("(") + 1:text.rindex(")")]
        if name.startswith("twin-"):
            fields = text[text.rindex(")") + 2:].split()
            out[name] = (int(fields[11]) + int(fields[12])) / TICKS
    return out


class Twin(Process):
    def __init__(self, binary, homes, profile):
        super().__init__([binary, "cloud", "serve", "--mqtt", "127.0.0.1:0", "--admin", "off",
                          "--homes", str(homes), "--profile", profile])
        self.homes = homes
        line = self.wait_for_line(lambda text: text.startswith("mqtt "), "its address")
        self.address = line.split()[1]
        self.before = thread_seconds(self.pid)

    def busiest(self):
        after = thread_seconds(self.pid)
        return max(after[f"twin-{i}"] - self.before[f"twin-{i}"] for i in range(self.homes))


def one(options, homes, profile):
    """Microseconds of the busiest home for each message."""
    with tempfile.TemporaryDirectory() as folder, Twin(options.binary, homes, profile) as twin:
        report = pathlib.Path(folder) / "run.json"
        done = subprocess.run(
            [options.binary, "run", "--target", f"mqtt://{twin.address}", "--profile", profile,
             "--devices", str(options.devices), "--interval", options.interval, "--duration",
             f"{options.seconds}s", "--seed", "7", "--metrics", "off", "--quiet", "--json",
             str(report), "--homes", "1", *(["--no-probe"] if profile == "mqtt" else [])],
            capture_output=True, text=True, check=False)
        if not report.exists():
            sys.exit(done.stderr)
        facts = json.loads(report.read_text())
        messages = facts["ledger"]["uplink"]["acknowledged"]
        return twin.busiest() / messages * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--interval", default="50ms")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for profile in ("linkdevelop", "mqtt"):
        taken = {1: [], 2: []}
        for _ in range(options.rounds):
            for homes, into in taken.items():
                into.append(one(options, homes, profile))
        alone, shared = (statistics.median(taken[homes]) for homes in (1, 2))
        print(f"{profile}: {alone:.1f} µs a message on 1 home, {shared:.1f} on the busier of 2: "
              f"room for {alone / shared:.2f} x the messages")


if __name__ == "__main__":
    main()
