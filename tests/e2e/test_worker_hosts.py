# A fleet on several hosts, each a network namespace with addresses of its own: a worker is killed,
# one is cut off from the coordinator for a while, one joins late; and the run is one, with every
# message accounted for and no device in two places.
import json
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

TOKEN = "a word for tests alone"
ADMIN_TOKEN = "another-word-for-tests-alone"
ENVIRONMENT = {**os.environ, "FLEET_WORKER_TOKEN": TOKEN, "FLEET_ADMIN_TOKEN": ADMIN_TOKEN}
CUT_S = 20


class Hosts:
    """Namespaces around two bridges, of which one is for workers and coordinator alone. Each has
    the address 10.91.1.N there and 10.91.2.N on the other, where it is on it."""

    def __init__(self):
        self._prefix = f"flt{os.getpid()}"
        self._made = []
        self._hub = self._namespace("hub")
        try:
            for bridge in ("crew", "world"):
                self._ip("-n", self._hub, "link", "add", bridge, "type", "bridge")
                self._ip("-n", self._hub, "link", "set", bridge, "up")
        except BaseException:
            self.remove()
            raise

    def _namespace(self, name):
        full = f"{self._prefix}-{name}"
        self._ip("netns", "add", full)
        self._made.append(full)
        return full

    @staticmethod
    def _ip(*words):
        done = run(["ip", *words])
        if done.code != 0:
            raise unittest.SkipTest(f"network namespaces are not permitted here: "
                                    f"ip {' '.join(words)}: {done.error_output.strip()}")

    def add(self, number, bridges):
        """A host; its name."""
        host = self._namespace(str(number))
        self._ip("-n", host, "link", "set", "lo", "up")
        for place, bridge in enumerate(("crew", "world"), 1):
            if bridge not in bridges:
                continue
            self._ip("-n", self._hub, "link", "add", f"{bridge}{number}", "type", "veth", "peer",
                     "name", bridge, "netns", host)
            self._ip("-n", self._hub, "link", "set", f"{bridge}{number}", "master", bridge, "up")
            self._ip("-n", host, "addr", "add", f"10.91.{place}.{number}/24", "dev", bridge)
            self._ip("-n", host, "link", "set", bridge, "up")
        return host

    def cut(self, number):
        self._ip("-n", self._hub, "link", "set", f"crew{number}", "down")

    def mend(self, number):
        self._ip("-n", self._hub, "link", "set", f"crew{number}", "up")

    def remove(self):
        for name in self._made:
            run(["ip", "netns", "del", name])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def on(host, *words):
    return ["ip", "netns", "exec", host, *words]


class WorkerHosts(harness.Case):
    def setUp(self):
        super().setUp()
        harness.need("ip")
        if os.geteuid() != 0:
            self.skipTest("network namespaces take root")
        self.hosts = self.started(Hosts())
        self.certificates = self.folder / "certificates"
        made = run([harness.FLEET, "worker", "--init-certs", self.certificates])
        self.assertEqual(made.code, 0, made.error_output)

    def start_twin(self):
        host = self.hosts.add(2, ("world",))
        secret = self.folder / "token"
        secret.write_text(ADMIN_TOKEN + "\n")
        twin = self.twin("--mqtt", "10.91.2.2:0", "--admin", "10.91.2.2:0", "--admin-token-file",
                         secret, "--metrics", "127.0.0.1:0", "--downlink-interval", "900ms",
                         plain=False, under=on(host))
        while not {"mqtt", "admin", "metrics"} <= set(twin.addresses):
            words = twin.next_line().split()
            if len(words) == 2:
                twin.addresses[words[0]] = words[1]
        twin.host = host
        return twin

    def start_run(self, twin, *words):
        self.report = self.folder / "hosts.json"
        going = self.started(Process(on(
            self.hosts.add(1, ("crew", "world")), harness.FLEET, "run", "--json", self.report,
            "--seed", "7", "--metrics", "off", "--plain", "--report-every", "500ms", "--listen",
            "10.91.1.1:0", "--worker-certs", self.certificates, "--target",
            f"mqtt://{twin.addresses['mqtt']}", "--target-admin",
            f"http://{twin.addresses['admin']}", *words), env=ENVIRONMENT))
        self.at = going.wait_for_line(lambda line: line.startswith("workers at "),
                                      "its address").split()[-1]
        return going

    def start_worker(self, number):
        return self.started(Process(on(
            self.hosts.add(number, ("crew", "world")), harness.FLEET, "worker", "--join", self.at,
            "--worker-certs", self.certificates), env=ENVIRONMENT))

    @staticmethod
    def await_online(twin, devices):
        asked = on(twin.host, harness.FLEET, "cloud", "devices", "--limit", "1000", "--json",
                   "--admin", f"http://{twin.addresses['admin']}")
        wait_until(lambda: run(asked, env=ENVIRONMENT).output.count('"online"') >= devices,
                   f"{devices} devices to be online")

    @staticmethod
    def taken_over(twin):
        """How often a device connected that was there already."""
        page = run(on(twin.host, sys.executable, "-c",
                      "import urllib.request; print(urllib.request.urlopen("
                      f"'http://{twin.addresses['metrics']}/metrics').read().decode())")).output
        return sum(float(line.split()[-1]) for line in page.splitlines()
                   if line.startswith("fleet_twin_connection_ends_total")
                   and 'reason="taken_over"' in line)

    @staticmethod
    def told(going, text):
        wait_until(lambda: any(text in line for line in list(going.errors)), text)

    @staticmethod
    def elapsed(going):
        """As far as the run has come, by the last line of its progress."""
        found = [re.match(r"\s*(\d+):(\d\d)/", line) for line in list(going.errors)]
        return max((int(each[1]) * 60 + int(each[2]) for each in found if each), default=0)

    def test_one_is_killed_one_is_cut_off_and_one_joins_late(self):
        twin = self.start_twin()
        going = self.start_run(twin, "--expect-workers", "4", "--begin-with", "3", "--devices",
                               "80", "--duration", "100s", "--interval", "500ms")
        workers = [self.start_worker(number) for number in (11, 12, 13)]
        self.await_online(twin, 60)

        self.hosts.cut(12)
        began = self.elapsed(going)
        self.told(going, "is not heard any more")
        workers[0].kill()
        self.told(going, "was lost at")
        late = self.start_worker(14)
        wait_until(lambda: self.elapsed(going) >= began + CUT_S, "the cut to have lasted")
        self.hosts.mend(12)
        self.told(going, "is heard again")
        self.told(going, "has taken over")
        self.await_online(twin, 80)

        self.assertEqual(going.wait(240), 0, going.output + going.error_output)
        facts = json.loads(self.report.read_text())
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], 80)
        parts = {part["process"]: part for part in facts["workers"]}
        self.assertEqual(sum(part["devices"] for part in facts["workers"] if part["reported"]), 80)
        self.assertFalse(parts[workers[0].pid]["reported"])
        for worker in (workers[1], workers[2], late):
            self.assertTrue(parts[worker.pid]["reported"], facts["workers"])
            self.assertEqual(worker.wait(60), 0, worker.error_output)
        up = facts["ledger"]["uplink"]
        self.assertGreaterEqual(up["attempted"],
                                sum(part["published"] for part in facts["workers"]))
        self.assertGreater(facts["ledger"]["downlink"]["accepted"], 0)
        self.assertEqual(self.taken_over(twin), 0, "a device was in two places")


if __name__ == "__main__":
    harness.main()
