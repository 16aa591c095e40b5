# Whole runs beside the floor: starts mosquitto, lets `floor` and `fleet run` do the same work in
# turn, and prints each figure with its floor, their ratio and the bar. Pairs alternate (A B A B),
# so that what else the machine does hits both; the median of the rounds counts. Measures from outside
# (wait4, /proc), so that no figure rests on the program's own word.
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))

from process import TempDir, raise_descriptor_limit          # noqa: E402
from process_peers import Authority, Mosquitto, find_tool     # noqa: E402
from coap_run import coap_sessions                             # noqa: E402
from connect_runs import connect_rate, online, tls_handshake, tls_resume  # noqa: E402
from core_runs import broker_bound, peers, rate                # noqa: E402
from fault_runs import faults_day, sweep                       # noqa: E402
from million_run import million                                # noqa: E402
from outside import KIB, cpu_seconds, peak_bytes, resident_bytes, wait_and_watch  # noqa: E402
from posting_runs import cpu_per_post, idle_posting_memory, virtual_posting_memory  # noqa: E402
from rollout_run import rollout                                # noqa: E402
from scrape_run import scrape_cost                             # noqa: E402
from week_run import bad_week                                  # noqa: E402

SOURCES = ",".join(f"127.0.0.{i}" for i in range(1, 9))


class Bench:
    """What every measurement needs: the two programs, the broker, and where results go."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.authority = Authority(folder.path)
        self.broker = Mosquitto(folder.path, self.authority, more=["sys_interval 1"])
        self.rows = []

    def floor_command(self, mode, tls=False, **options):
        """`connections=…` becomes `--connections …`."""
        port = self.broker.tls_port if tls else self.broker.port
        words = [self.arguments.floor, mode, "--target", f"127.0.0.1:{port}"]
        if tls:
            words += ["--ca", str(self.authority.ca)]
        for name, value in options.items():
            words += ["--" + name.replace("_", "-"), str(value)]
        return words

    def floor(self, mode, watch=None, **options):
        """The floor's answer, its last line. `watch(pid)` as in fleet()."""
        words = self.floor_command(mode, **options)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        status, _ = wait_and_watch(process, watch)
        said, errors = process.communicate()
        if status != 0:
            sys.exit(f"{' '.join(words)}:\n{errors}")
        return json.loads(said.splitlines()[-1])

    def fleet_command(self, devices, duration_s, *words, tls=False, virtual=False):
        """The words of one `fleet run`, whose report is run.json in the bench's folder."""
        command = [self.arguments.binary, "run", "--devices", str(devices), "--duration",
                   f"{duration_s}s", "--seed", "7", "--metrics", "off", "--json",
                   str(self.folder / "run.json"), "--quiet", "--profile", "mqtt", "--no-probe",
                   "--ramp", "100000/s", *words]
        if virtual:
            return [*command, "--virtual"]
        command += ["--bind", SOURCES, "--downlink-interval", "off", "--connects-pending", "60"]
        scheme, port = ("mqtts", self.broker.tls_port) if tls else ("mqtt", self.broker.port)
        command += ["--target", f"{scheme}://127.0.0.1:{port}"]
        if tls:
            command += ["--cafile", str(self.authority.ca)]
        return command

    def fleet(self, devices, duration_s, *words, tls=False, virtual=False, watch=None,
              codes=(0,)):
        """One `fleet run` to its end. `watch(pid)` is called again and again while it runs."""
        report = self.folder / "run.json"
        command = self.fleet_command(devices, duration_s, *words, tls=tls, virtual=virtual)
        report.unlink(missing_ok=True)
        start = time.monotonic()
        with open(self.folder / "run.err", "w+", encoding="utf-8") as errors:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            status, usage = wait_and_watch(process, watch)
            errors.seek(0)
            if status not in codes:
                sys.exit(f"{' '.join(command)}: exit {status}\n{errors.read()}")
        facts = json.loads(report.read_text())
        facts["measured"] = {"wall_s": time.monotonic() - start,
                             "cpu_s": usage.ru_utime + usage.ru_stime}
        return facts

    def row(self, name, unit, value, floor, bar, limit):
        """Notes one line of the table; `bar` is text, `limit` the value that must not be exceeded
        (negated figures for those that must not be undercut)."""
        ratio = value / floor if floor else None
        self.rows.append((name, unit, value, floor, ratio, bar, limit))
        floor_text = f"{floor:12.3f}" if floor else f"{'–':>12}"
        ratio_text = f"{ratio:7.2f}" if floor else f"{'–':>7}"
        print(f"{name:<38}{value:12.3f}{floor_text}{ratio_text}  {unit:<20}{bar:<12}"
              f"{'ok' if limit else 'MISSED'}", flush=True)


def cpu_per_publish(b):
    """Client CPU per QoS 1 publish. Two runs that differ in length alone: start, connects and stop
    cancel out of the difference. The floor reads every message back too, as the probe does."""
    for devices, interval_ms in ((1000, 100), (1000, 200), (5000, 1000)):
        short, long = 4, 4 + b.arguments.seconds
        floors, fleets = [], []
        payload = 128
        for _ in range(b.arguments.rounds):
            run = [b.fleet(devices, s, "--interval", f"{interval_ms}ms", "--qos", "1",
                           "--payload-bytes", str(payload)) for s in (short, long)]
            cpu = [r["measured"]["cpu_s"] for r in run]
            done = [r["ledger"]["uplink"]["acknowledged"] for r in run]
            fleets.append((cpu[1] - cpu[0]) * 1e6 / (done[1] - done[0]))
            floors.append(b.floor("publish", connections=devices, duration=long - short,
                                  interval=interval_ms / 1000, payload_bytes=payload,
                                  probe=1)["cpu_us_each"])
        value, floor = statistics.median(fleets), statistics.median(floors)
        b.row(f"QoS 1 publish, {devices} × {interval_ms} ms", "µs CPU each", value, floor,
              "≤ 1.3 ×", value <= 1.3 * floor)


def saturation(b):
    """How cheap the floor gets when each PUBACK brings the next PUBLISH at once; to know."""
    figures = [b.floor("publish", connections=1000, duration=b.arguments.seconds)
               for _ in range(b.arguments.rounds)]
    each = statistics.median(f["cpu_us_each"] for f in figures)
    rate = statistics.median(f["rate"] for f in figures)
    print(f"floor, one in flight on each of 1000 connections: {each:.2f} µs CPU each, "
          f"{rate:.0f} a second", flush=True)


def steady_memory(b, devices, **how):
    """Resident octets in the last third of a run without reports."""
    samples = []
    b.fleet(devices, 12 if how.get("tls") else 6, "--interval", "off",
            watch=lambda pid: samples.append(resident_bytes(pid)), **how)
    samples = [s for s in samples if s > 0]
    return statistics.median(samples[len(samples) * 2 // 3:])


def idle_memory(b):
    """RSS growth ÷ devices between a small fleet and a large one."""
    for name, few, many, bar, how in (
            ("idle memory, plain", 500, 5000, 4, {}),
            ("idle memory, TLS", 200, 2000, 24, {"tls": True})):
        value = (steady_memory(b, many, **how) - steady_memory(b, few, **how)) / (many - few) / KIB
        floor = b.floor("idle", connections=many, duration=1, **how)
        connect = b.floor("connect", connections=many, **how)
        grown = (floor["rss_growth_bytes_per_connection"]
                 + connect["rss_growth_bytes_per_connection"]) / KIB
        b.row(name, "KiB a device", value, grown, f"≤ {bar} KiB", value <= bar)
    samples = {}
    for devices in (1000, 20000):
        peak = []
        b.fleet(devices, 1200, "--interval", "off", "--downlink-interval", "off", virtual=True,
                watch=lambda pid: peak.append(peak_bytes(pid)))
        samples[devices] = max(peak)
    value = (samples[20000] - samples[1000]) / 19000 / KIB
    b.row("idle memory, virtual world (with twin)", "KiB a device", value, None, "≤ 4 KiB",
          value <= 4)
    idle_posting_memory(b, resident_bytes)


def idle_cpu(b):
    """5,000 idle devices with a keep-alive of 60 s, over a minute of one run: a whole round of
    pings, without the connects and the end."""
    samples = []

    def look(pid):
        used = cpu_seconds(pid)
        if used is not None:
            samples.append((time.monotonic(), used))

    b.fleet(5000, 80, "--interval", "off", watch=look)
    begin = samples[0][0]
    inside = [s for s in samples if 15 <= s[0] - begin <= 75]
    (t0, c0), (t1, c1) = inside[0], inside[-1]
    value = (c1 - c0) / (t1 - t0) * 100
    floor = b.floor("idle", connections=5000, duration=30)["cpu_share"] * 100
    b.row("5000 idle devices", "% of a core", value, floor, "≤ 1 %", value <= 1)


def simulated_time(b):
    """Wall seconds that 5,000 devices of the virtual world need for simulated ones."""
    simulated = 60 * b.arguments.seconds
    facts = b.fleet(5000, simulated, "--interval", "10s", virtual=True)
    value = simulated / facts["measured"]["wall_s"]
    b.row(f"5000 virtual devices, {simulated // 60} min", "× real time", value, None, "≥ 60 ×",
          value >= 60)
    virtual_posting_memory(b, peak_bytes)


MEASUREMENTS = {"publish": cpu_per_publish, "saturation": saturation, "idle-memory": idle_memory,
                "idle-cpu": idle_cpu, "connect": connect_rate, "online": online,
                "tls": tls_handshake, "tls-resume": tls_resume,
                "broker-bound": broker_bound, "rate": rate, "peers": peers,
                "virtual": simulated_time, "post": cpu_per_post, "rollout": rollout,
                "coap-sessions": coap_sessions, "scrape": scrape_cost, "week": bad_week,
                "million": million, "sweep": sweep, "faults-day": faults_day}


def main():
    parser = argparse.ArgumentParser(description="whole runs of fleet beside the floor")
    parser.add_argument("--binary", required=True, help="the program `fleet`, release build")
    parser.add_argument("--floor", required=True, help="the program `floor`")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, default=[],
                        help="this measurement alone; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of runs (3)")
    parser.add_argument("--seconds", type=int, default=10, help="of steady work in a run (10)")
    parser.add_argument("--rollout-seconds", type=int, default=60,
                        help="of the run with the rollout, which must be done by then (60)")
    parser.add_argument("--most-devices", type=int, default=1_000_000,
                        help="of `million`, beside a tenth and a hundredth of them (1000000)")
    parser.add_argument("--peer", action="append", default=[], metavar="COMMAND",
                        help="of `peers`: a foreign load generator; README.md has its words")
    arguments = parser.parse_args()
    if find_tool("mosquitto") is None:
        sys.exit("mosquitto is not installed: apt-get install mosquitto")
    raise_descriptor_limit()
    with TempDir("fleet-bench-") as folder:
        b = Bench(arguments, folder)
        try:
            print(f"{'':<38}{'fleet':>12}{'floor':>12}{'ratio':>7}  {'unit':<20}bar")
            for name in arguments.only or MEASUREMENTS:
                MEASUREMENTS[name](b)
        finally:
            b.broker.process.stop()
        missed = [row[0] for row in b.rows if not row[-1]]
    if missed:
        print("missed: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
