# The scenarios of a bad day: as they stand in the virtual world, and with fewer devices in half of the time over real
# sockets, the embedded twin killed twice and a mosquitto stopped and started twice. And what ends sessions that are no
# connections, and a twin that does not come back.
import json
import pathlib
import re
import socket
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import harness  # noqa: E402
from metrics_page import metric  # noqa: E402
from process import Process, free_port, wait_until  # noqa: E402

DEVICES = 150
SHORTER = 2
# What shrinks with nothing else: a keep-alive takes 30 s, the least that the platform allows, and half as long again
# until silence is noticed; half of these 45 s, and what a sanitizer build takes longer.
SILENCE_S = 25
PATIENCE_S = 120

TIME = r"(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?"
TIMES = re.compile(rf"(\b(?:at|for|ramp|every|duration):|<) {TIME}(?=[,}}\s])")
LIMIT = re.compile(rf"recovered_within\((\w+)\) < {TIME}$")

SESSIONS = """
duration: 4m
products:
  - {name: gate, gateways: {count: 3, children: {product: meter, each: 4}}}
  - {name: meter}
  - {name: led, count: 5, protocol: coap}
  - {name: pump, count: 5, protocol: http}
faults:
  - {name: all, effect: kick, at: 40s}
  - {name: meters, effect: kick, at: 2m, select: {product: meter}}
expect:
  - lost == 0
  - hit(all) == 13
  - hit(meters) == 12
  - recovered_within(all) < 60s
  - recovered_within(meters) < 30s
"""


def milliseconds(found):
    """What TIME found behind a first group."""
    minutes, seconds, rest = (int(part or 0) for part in found.groups()[1:])
    return (minutes * 60 + seconds) * 1000 + rest


def shorter(found):
    silence = SILENCE_S * 1000 if found[1] in ("<", "duration:") else 0
    return f"{found[1]} {milliseconds(found) // SHORTER + silence}ms"


def shortened(name):
    """A scenario of configs/ in half of its time. Limits shrink likewise, but for the silence that
    faults so close to each other leave no time to notice before the next; so does the run's end."""
    return TIMES.sub(shorter, (ROOT / "configs" / name).read_text())


def limits_s(facts):
    """By fault, as the expectations of a run state them."""
    found = [LIMIT.match(one["text"]) for one in facts["expectations"]]
    return {one[1]: milliseconds(one) / 1000 for one in found if one}


def first_day(name):
    """A scenario of configs/ that goes over days, with what happens on the first of them."""
    text = (ROOT / "configs" / name).read_text()
    text = re.sub(r"^  - \{effect: .*, at: \d+d.*\n", "", text, flags=re.M)
    return re.sub(r"^duration: \S+", "duration: 1d", text, flags=re.M)


def listening_ports(pid):
    """Of 127.0.0.1, by what the kernel tells of a process."""
    mine = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            mine.add(entry.readlink().name)
        except OSError:
            pass  # closed meanwhile
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows
            if row[3] == "0A" and f"socket:[{row[9]}]" in mine}


class FaultDays(harness.Case):
    def assert_good_day(self, facts, faults, devices):
        self.assertEqual(facts["verdict"], "passed", facts["failures"])
        self.assertEqual(facts["ledger"]["lost"], 0)
        self.assertEqual(facts["devices"]["online_end"], devices)
        self.assertEqual(len(facts["faults"]), faults)
        limits = limits_s(facts)
        for fault in facts["faults"]:
            self.assertIsNotNone(fault["recovered_s"], fault)
            self.assertLessEqual(fault["recovered_s"], limits[fault["name"]], fault)
            self.assertLess(fault["ended_s"] + limits[fault["name"]], facts["run"]["duration_s"],
                            f"a limit that no run could miss: {fault}")
            self.assertGreater(fault["hit"], 0, fault)
            self.assertLessEqual(fault["hit"], fault["selected"], fault)
        for one in facts["expectations"]:
            self.assertTrue(one["ok"], one)
        self.assertGreater(len(facts["expectations"]), faults, "lost, and each fault")

    def written(self, text):
        path = self.folder / "scenario.yaml"
        path.write_text(text)
        return path

    def started_run(self, *words):
        self.page, self.report = free_port(), self.folder / "run.json"
        return self.started(Process(
            [harness.FLEET, "run", "--seed", "7", "--json", self.report, "--metrics",
             f"127.0.0.1:{self.page}", "--control", "off", "--plain", *map(str, words)]))

    def of_run(self, name, label=""):
        return metric(self.page, name, label)

    def test_of_the_twin_as_it_stands(self):
        facts = self.fleet_run("--virtual", "--scenario", ROOT / "configs/faults_day.yaml",
                               "--devices", 200, timeout_s=300)
        self.assert_good_day(facts, 13, 200)

    def test_of_the_twin_over_sockets(self):
        facts = self.fleet_run("--scenario", self.written(shortened("faults_day.yaml")),
                               "--devices", DEVICES, "--grace", "20s", timeout_s=240)
        self.assert_good_day(facts, 13, DEVICES)
        self.assertLess(facts["run"]["duration_s"], 180)

    def test_of_a_foreign_broker_that_is_stopped_and_started_twice(self):
        broker = self.mosquitto(keeps=True)
        run = self.started_run("--scenario", self.written(shortened("faults_foreign.yaml")),
                               "--devices", DEVICES, "--grace", "20s", "--target",
                               f"mqtt://127.0.0.1:{broker.port}")
        for moment in ("reset", "jitter"):  # the scenario says about when
            wait_until(lambda m=moment: self.of_run("fleet_fault_devices", f'fault="{m}"') > 0
                       and not self.of_run("fleet_fault_active", f'fault="{m}"'),
                       f"the end of {moment}", PATIENCE_S)
            broker.stop()
            # Those whose connections are half open do not see it go.
            wait_until(lambda: self.of_run("fleet_devices", 'phase="online"') < DEVICES / 2,
                       "devices without it", PATIENCE_S)
            broker.start()
        self.assertEqual(run.wait(PATIENCE_S), 0, run.output + run.error_output)
        self.assert_good_day(json.loads(self.report.read_text()), 13, DEVICES)

    def test_the_first_of_a_bad_week_is_the_same_twice(self):
        digests = []
        for _ in range(2):
            facts = self.fleet_run("--virtual", "--scenario", self.written(first_day("bad_week.yaml")),
                                   "--devices", 200, timeout_s=300)
            self.assert_account_is_clean(facts)
            self.assertEqual(facts["run"]["duration_s"], 86400)
            self.assertEqual(facts["devices"]["online_end"], 200)
            self.assertEqual([f["name"] for f in facts["faults"] if f["hit"] > 0],
                             ["night_1", "flaky_wifi.latency", "flaky_wifi.jitter", "flaky_wifi.reset",
                              "flaky_wifi.half_open", "noon_1"])
            digests.append(facts["digest"])
        self.assertEqual(digests[0], digests[1])

    def test_sessions_that_are_no_connections_end_with_a_kick_and_begin_anew(self):
        facts = self.fleet_run("--virtual", "--scenario", self.written(SESSIONS))
        self.assertEqual([f["selected"] for f in facts["faults"]], [25, 12])
        self.assertEqual(facts["devices"]["online_end"], 13)

    def test_a_twin_that_does_not_come_back_fails_the_run_and_is_told_at_once(self):
        run = self.started_run("--devices", "5", "--interval", "500ms", "--duration", "10s",
                               "--grace", "1s", "--fault", "cloud_restart at=2s for=3s")
        wait_until(lambda: self.of_run("fleet_devices", 'phase="online"') == 5, "all online")
        before = listening_ports(run.pid)
        gone = wait_until(lambda: before - listening_ports(run.pid), "the death of the twin")
        with socket.socket() as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            thief.bind(("127.0.0.1", gone.pop()))
            thief.listen()
            wait_until(lambda: any("could not be started again" in line for line in run.errors),
                       "a word of it while the run goes on")
            self.assertEqual(run.wait(PATIENCE_S), 1, run.output)
        failures = json.loads(self.report.read_text())["failures"]
        self.assertTrue(any("could not be started again" in why for why in failures), failures)


if __name__ == "__main__":
    harness.main()
