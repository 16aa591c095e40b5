# Every alert's whole expression, bound and guard included, asked of a real Prometheus in the
# situation that the alert is meant for: real fleets and a real twin are brought into it, and the
# answer has to be about the one that is in trouble. `for:` is Prometheus' own and left out.
import os
import pathlib
import resource
import signal
import socket
import sys

from harness import FLEET, ROOT, Case, Twin, main, need
from process import Process, free_port, run, wait_until
from prometheus import DASHBOARDS, Prometheus

sys.path.insert(0, str(DASHBOARDS))
from alerts import ALERTS, expression     # noqa: E402

HOLDS_WITHIN_S = 120  # a quiet machine needs some seconds for each
MODELS = ROOT / "configs/models"
DEVICE = "a1FleetDemo/dev_000000"

# What takes longer than a test has. Memory counts from half an hour after the start on: here, from
# some seconds. Of a home that hardly turns a minute has too few samples beside those of before.
SHORTENED = {"FleetMemoryGrows": ("> 1800", "> 5"), "FleetHomeLagging": ("[1m]", "[10s]")}

# What no slow machine brings about by itself, and so is not true before.
CALM = ("FleetGone", "FleetWorkersAway", "FleetDevicesMissing", "FleetConnectionsLost",
        "FleetDevicesGivenUp",
        "FleetCorruption", "FleetUpdatesFail", "FleetDevicesDead", "FleetTwinStoreFails",
        "FleetTwinDrops", "FleetTwinTurnsAway", "FleetDescriptorsShort")

# What devices, boards and their updates suffer; memory grows as they come.
TROUBLES = f"""
name: troubles
duration: 10m
products:
  - {{name: lamp, count: 20, firmware: {{size: 32KiB, boot_time: 500ms}}, report: [{{every: 1s}}]}}
  - {{name: brick, count: 10, firmware: {{size: 32KiB, boot_time: 500ms}}, report: [{{every: 1s}}]}}
  - {{name: shade, count: 200, model: {MODELS}/rgb_led.json, shadow: on, receive_limit: 8KiB}}
  - {{name: plug, count: 20, report: [{{every: 500ms}}]}}
  - {{name: crasher, count: 5, report: [{{every: 1s}}]}}
  - {{name: more, count: 300}}
stages:
  - {{ramp: {{rate: 100/s}}}}
rollouts:
  - {{name: bad, product: lamp, version: 2.0.0, size: 32KiB, at: 8s, fault: unbootable,
     may_fail: on}}
cloud_traffic:
  - {{kind: shadow_desired, product: shade, rate: 200/s, may_fail: on}}
faults:
  - {{effect: actor_crash, every: 500ms, at: 6s, for: 9m, select: {{product: crasher}}}}
  - {{effect: latency, by: 2s, at: 8s, for: end, select: {{product: shade}}}}
  - {{effect: corruption, share: 50%, at: 8s, for: 4s, select: {{product: plug}}}}
  - {{effect: bit_rot, size: 2000, at: 8s, select: {{product: brick}}}}
  - {{effect: reboot_loop, every: 2s, at: 9s, for: 2s, select: {{product: brick}}}}
"""


def asked(name):
    alert = next(alert for alert in ALERTS if alert["alert"] == name)
    text = expression(alert)
    if name in SHORTENED:
        found, instead = SHORTENED[name]
        if found not in text:
            raise AssertionError(f"{name} has no {found}")
        text = text.replace(found, instead)
    return text


def word(text):
    """As MQTT has texts."""
    return len(text).to_bytes(2, "big") + text.encode()


def packet(kind, body):
    """Of MQTT 3.1.1."""
    out, left = bytearray((kind,)), len(body)
    while True:
        left, low = divmod(left, 128)
        out.append(low | (128 if left else 0))
        if not left:
            return bytes(out) + body


class Alerts(Case):
    def setUp(self):
        super().setUp()
        self.shown = set()

    def holds(self, name, where, meanwhile=lambda: None):
        """The expression comes to be true of `where`; `meanwhile` is done again and again."""
        query = asked(name)

        def true_of_it():
            meanwhile()
            return any(row["instance"] == where for row in self.server.rows(query))

        wait_until(true_of_it, f"{name} about {where}: {query}", HOLDS_WITHIN_S)
        self.shown.add(name)

    def calm(self, *where):
        for name in CALM:
            rows = [row for row in self.server.rows(asked(name)) if row["instance"] in where]
            self.assertEqual(rows, [], name)

    def sees(self, query):
        wait_until(lambda: self.server.has(query), query, HOLDS_WITHIN_S)

    def test_each_is_true_in_its_situation(self):
        program = need("prometheus")
        load, troubles, split, twin, broker = (f"127.0.0.1:{free_port()}" for _ in range(5))
        self.server = self.started(Prometheus(program, self.folder.path, [load, troubles, split],
                                              [twin, broker]))
        self.troubled(troubles)
        self.loaded(load, twin)
        self.shared_out(split)
        self.calm(load, split, twin)
        self.a_worker_that_stands_still(split)
        self.a_cloud_that_refuses(load)
        self.a_target_that_stands_still(load, twin)
        self.a_client_that_does_not_read(broker)
        self.few_descriptors(load)
        self.devices_in_trouble(troubles)
        self.a_home_that_is_not_scheduled(troubles)
        self.a_full_disk(twin)
        self.a_target_that_is_gone(load, twin)
        self.assertEqual(self.shown, {alert["alert"] for alert in ALERTS})

    # ---- those who get into trouble ----
    def troubled(self, metrics):
        scenario = self.folder / "troubles.yaml"
        scenario.write_text(TROUBLES)
        self.troubles = self.started(Process(
            [FLEET, "run", "--scenario", scenario, "--seed", "7", "--homes", "1", "--metrics",
             metrics, "--payload-bytes", "1000", "--grace", "1s", "--quiet"]))

    def loaded(self, metrics, twin_metrics):
        """A twin that is told another thing model than its devices have, and a load on it."""
        self.admin = f"127.0.0.1:{free_port()}"
        # A write beyond the limit of a file's size is to fail, as on a full disk, and not to kill.
        unharmed = ["/bin/sh", "-c", 'trap "" XFSZ; exec "$@"', "sh"]
        self.cloud = self.started(Twin(
            "--admin", self.admin, "--metrics", twin_metrics, "--data", self.folder / "data",
            "--variant", "refuse-wrong-values", "--seed", "7", under=unharmed))
        self.tell_cloud("product", DEVICE.split("/")[0], "--model", MODELS / "rgb_led.json")
        self.load = self.started(Process(
            [FLEET, "run", "--target", f"mqtt://127.0.0.1:{self.cloud.port()}", "--devices", 100,
             "--interval", "200ms", "--duration", "20m", "--seed", "7", "--metrics", metrics,
             "--grace", "1s", "--quiet"]))
        self.sees(f'fleet_devices{{instance="{metrics}", phase="online"}} == 100')

    def tell_cloud(self, *words):
        done = run([FLEET, "cloud", *words, "--admin", f"http://{self.admin}"])
        self.assertEqual(done.code, 0, done.output + done.error_output)

    def shared_out(self, metrics):
        self.split = self.started(Process(
            [FLEET, "run", "--processes", "2", "--devices", "20", "--duration", "20m", "--metrics",
             metrics, "--quiet"]))
        self.sees(f'fleet_workers{{instance="{metrics}", state="working"}} == 2')

    # ---- situations ----
    def a_worker_that_stands_still(self, split):
        task = pathlib.Path(f"/proc/{self.split.pid}/task/{self.split.pid}")
        worker = int((task / "children").read_text().split()[0])
        os.kill(worker, signal.SIGSTOP)
        self.holds("FleetWorkersAway", split)
        os.kill(worker, signal.SIGCONT)
        self.sees(f'fleet_workers{{instance="{split}", state="working"}} == 2')
        self.split.kill()

    def a_cloud_that_refuses(self, load):
        self.holds("FleetRepliesBad", load)

    def a_target_that_stands_still(self, load, twin):
        self.cloud.signal(signal.SIGSTOP)
        self.holds("FleetGone", twin)
        self.holds("FleetAcksMissing", load)
        # Two seconds at the least before it goes on.
        self.sees(f'count_over_time(up{{instance="{twin}"}}[1m])'
                  f' - sum_over_time(up{{instance="{twin}"}}[1m]) >= 4')
        self.cloud.signal(signal.SIGCONT)
        self.holds("FleetAcksSlow", load)

    def a_client_that_does_not_read(self, metrics):
        """Then messages of QoS 0 to it have no room, when the kernel has taken what it takes."""
        broker = self.started(Twin("--profile", "mqtt", "--admin", "off", "--metrics", metrics))
        deaf, speaker = (self.started(socket.create_connection(("127.0.0.1", broker.port())))
                         for _ in range(2))
        for name, client in (("deaf", deaf), ("speaker", speaker)):
            client.sendall(packet(0x10, word("MQTT") + bytes((4, 2, 0, 0)) + word(name)))
            self.assertEqual(client.recv(4), bytes((0x20, 2, 0, 0)))
        deaf.sendall(packet(0x82, bytes((0, 1)) + word("a") + bytes((0,))))
        self.assertEqual(deaf.recv(5), bytes((0x90, 3, 0, 1, 0)))
        large = packet(0x30, word("a") + bytes(200_000))
        self.holds("FleetTwinDrops", metrics, lambda: speaker.sendall(10 * large))
        self.assertEqual(broker.stop(), 0, broker.error_output)

    def few_descriptors(self, load):
        pid = self.load.pid
        former = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        open_now = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now + 2, former[1]))
        self.holds("FleetDescriptorsShort", load)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, former)

    def devices_in_trouble(self, troubles):
        for name in ("FleetMemoryGrows", "FleetUpdatesFail", "FleetShadowsBehind",
                     "FleetDevicesDead", "FleetCorruption", "FleetDevicesGivenUp"):
            self.holds(name, troubles)

    def a_home_that_is_not_scheduled(self, troubles):
        """The thread of its devices gets what another program leaves of one processor."""
        tasks = pathlib.Path(f"/proc/{self.troubles.pid}/task").iterdir()
        home = next(int(task.name) for task in tasks
                    if (task / "comm").read_text().strip() == "home-0")
        one = {min(os.sched_getaffinity(0))}
        hog = self.started(Process([sys.executable, "-c", "while True: pass"]))
        os.sched_setaffinity(hog.pid, one)
        os.sched_setaffinity(home, one)
        os.sched_setscheduler(home, os.SCHED_IDLE, os.sched_param(0))
        self.holds("FleetHomeLagging", troubles)
        self.holds("FleetGeneratorBehind", troubles)
        hog.stop()
        self.troubles.kill()

    def a_full_disk(self, twin):
        former = resource.prlimit(self.cloud.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.cloud.pid, resource.RLIMIT_FSIZE, (0, former[1]))
        self.holds("FleetTwinStoreFails", twin)

        def knock():
            with socket.create_connection(("127.0.0.1", self.cloud.port())):
                pass

        self.holds("FleetTwinTurnsAway", twin, knock)
        resource.prlimit(self.cloud.pid, resource.RLIMIT_FSIZE, former)

    def a_target_that_is_gone(self, load, twin):
        self.cloud.stop()
        for name in ("FleetConnectionsLost", "FleetDevicesMissing", "FleetAttemptsFail",
                     "FleetReportsNotSent"):
            self.holds(name, load)
        self.load.kill()
        self.holds("FleetGone", load)


if __name__ == "__main__":
    main()
