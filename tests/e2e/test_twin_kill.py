# The twin killed with SIGKILL in the middle of a run and started again on the same directory and
# ports: nothing that it acknowledged is lost, and devices come back by themselves. When it is
# killed is drawn from a seed and told by what the devices have done, not by a clock.
#
# FLEET_KILL_DEVICES and FLEET_KILLS make it longer.
import itertools
import json
import os
import pathlib
import random
import signal
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import harness  # noqa: E402
from metrics_page import metric  # noqa: E402
from process import Process, free_port, run, wait_until  # noqa: E402

DEVICES = int(os.environ.get("FLEET_KILL_DEVICES", "200"))
KILLS = int(os.environ.get("FLEET_KILLS", "3"))
PATIENCE_S = 120

SHADOWS = """
name: shadows
duration: 1h
products:
  - name: led
    product_key: a1FleetDemo
    model: {model}
    count: {devices}
    shadow: on
    report:
      - {{what: properties, every: 1s}}
      - {{what: shadow, every: 3s}}
"""

GATEWAYS = """
name: gateways
duration: 1h
products:
  - name: gate
    product_key: a1FleetGate
    report: [{{what: properties, every: 1s}}]
    gateways: {{count: {gateways}, children: {{product: meter, each: 10}}}}
  - name: meter
    product_key: a1FleetMeter
    report: [{{what: properties, every: 200ms}}]
"""


def ranges(text):
    """`1-17,19` as a set."""
    out = set()
    for part in text.split(","):
        if part != "-":
            first, _, last = part.partition("-")
            out.update(range(int(first), int(last or first) + 1))
    return out


def ledger(path, direction, column):
    """By device and epoch, the numbers of a column of a ledger file."""
    out = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == direction:
            values = dict(zip(words[3::2], words[4::2]))
            if column in values:
                out[int(words[1]), int(words[2])] = ranges(values[column])
    return out


class TwinKill(harness.Case):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(20181112)
        self.online = DEVICES  # those with a connection
        self.data = self.folder / "data"
        self.port = free_port()
        self.admin = free_port()
        self.twin_page = free_port()
        self.homes = itertools.repeat("1")  # of each life of the twin

    def start_twin(self, *words):
        """Another life of the twin, ready."""
        command = [harness.FLEET, "cloud", "serve", "--mqtt", f"127.0.0.1:{self.port}", "--data",
                   self.data, "--metrics", f"127.0.0.1:{self.twin_page}", "--homes",
                   next(self.homes), *words]
        self.twin_process = self.started(Process(command))
        last = "admin " if "off" not in words else "mqtt "
        self.twin_process.wait_for_line(lambda line: line.startswith(last), "its addresses")

    def start_run(self, *words):
        self.page = free_port()
        self.report = self.folder / "run.json"
        self.run_process = self.started(Process(
            [harness.FLEET, "run", "--target", f"mqtt://127.0.0.1:{self.port}", "--metrics",
             f"127.0.0.1:{self.page}", "--json", self.report, "--seed", "7", "--plain",
             *[str(w) for w in words]]))
        self.all_online("at first")

    def acknowledged(self):
        return metric(self.page, "fleet_messages_acknowledged_total")

    def published(self):
        return metric(self.page, "fleet_messages_published_total")

    def all_online(self, when):
        def there():
            self.assertTrue(self.run_process.running(), self.run_process.error_output)
            return metric(self.page, "fleet_devices", 'phase="online"') == self.online
        wait_until(there, f"all devices online {when}", PATIENCE_S)

    def some_messages_later(self):
        """Until the devices have had as many more acknowledgements as chance wants."""
        goal = self.acknowledged() + self.chance.randint(1, 3 * DEVICES)
        wait_until(lambda: self.acknowledged() >= goal, "acknowledgements", PATIENCE_S)

    def kill_again_and_again(self, *words, between=lambda: None):
        for kill in range(KILLS):
            # Some deaths hit a fleet that is just coming back.
            if kill % 3 != 2:
                self.all_online(f"before death {kill + 1}")
            self.some_messages_later()
            between()
            # The page is there, and has the family.
            self.assertGreater(metric(self.twin_page, "fleet_twin_messages_received_total"), 0)
            dropped = metric(self.twin_page, "fleet_twin_messages_dropped_total", 'reason="queue"')
            self.assertEqual(dropped, 0, "a queue was too short")
            self.twin_process.kill()
            self.assertEqual(self.twin_process.error_output, "")
            self.start_twin(*words)
        self.all_online("after the last death")
        self.some_messages_later()

    def end_run(self):
        self.run_process.signal(signal.SIGINT)
        self.assertEqual(self.run_process.wait(60), 130, self.run_process.error_output)
        return json.loads(self.report.read_text())

    def test_an_open_broker_loses_nothing_that_it_acknowledged(self):
        words = ["--profile", "mqtt", "--admin", "off"]
        self.start_twin(*words)
        self.start_run("--profile", "mqtt", "--devices", DEVICES, "--interval", "1s",
                       "--downlink-interval", "5s", "--duration", "1h")
        self.kill_again_and_again(*words)
        facts = self.end_run()
        devices = facts["devices"]
        self.assertEqual((devices["online_end"], devices["restarts"]), (DEVICES, 0))
        for direction in ("uplink", "downlink"):
            account = facts["ledger"][direction]
            self.assertGreater(account["acknowledged"], 0, account)
            for name in ("lost", "unexpected", "corrupted", "out_of_order"):
                self.assertEqual(account[name], 0, f"{direction} {name}: {account}")
        if os.environ.get("FLEET_KILL_FACTS"):
            print(json.dumps(facts["ledger"]), file=sys.stderr)

    def update_shadows(self):
        """The console wants something of some devices; what it is granted is remembered."""
        for index in self.chance.sample(range(DEVICES), 5):
            self.wanted_of += 1
            path = f"/v1/devices/a1FleetDemo/dev_{index:06d}/shadow"
            body = {"method": "update", "state": {"desired": {"LightSwitch": self.wanted_of % 2}}}
            if self.ask("POST", path, body)["status"] == "success":
                self.wanted[index] = self.wanted_of % 2

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            whole = json.loads(answer.read())
        return whole.get("payload", whole)

    def converged(self, index):
        """Whether the cloud wants nothing of the device any more, and has what it wanted last."""
        state = self.ask("GET", f"/v1/devices/a1FleetDemo/dev_{index:06d}/shadow")["state"]
        return "desired" not in state and \
            state.get("reported", {}).get("LightSwitch") == self.wanted[index]

    def test_the_platform_loses_nothing_and_all_shadows_converge(self):
        self.platform_loses_nothing()

    def test_the_platform_loses_nothing_where_each_life_has_other_homes(self):
        self.homes = itertools.cycle("3214")
        self.platform_loses_nothing()

    def platform_loses_nothing(self):
        words = ["--admin", f"127.0.0.1:{self.admin}", "--ledger", self.folder / "twin.ledger"]
        scenario = self.folder / "shadows.yaml"
        scenario.write_text(SHADOWS.format(model=ROOT / "configs/models/rgb_led.json",
                                           devices=DEVICES))
        self.wanted = {}
        self.wanted_of = 0
        self.start_twin(*words)
        self.start_run("--scenario", scenario, "--ledger", self.folder / "run.ledger")
        self.kill_again_and_again(*words, between=self.update_shadows)
        self.assertTrue(self.wanted)
        for index in sorted(self.wanted):
            wait_until(lambda i=index: self.converged(i), f"shadow {index}", PATIENCE_S)
        facts = self.end_run()
        self.assertEqual(facts["devices"]["online_end"], DEVICES)
        self.assertEqual(facts["devices"]["restarts"], 0)
        self.assertEqual(self.twin_process.stop(), 0, self.twin_process.error_output)
        sent = ledger(self.folder / "run.ledger", "uplink", "acknowledged")
        came = ledger(self.folder / "twin.ledger", "uplink", "accepted")
        self.assertEqual(len(sent), DEVICES)
        for (device, epoch), numbers in sent.items():
            self.assertTrue(numbers)
            self.assertEqual(numbers - came[device, epoch], set(), f"lost of {device}.{epoch}")

    def test_what_sub_devices_had_in_flight_waits_until_they_are_logged_in_again(self):
        words = ["--admin", f"127.0.0.1:{self.admin}", "--ledger", self.folder / "twin.ledger"]
        gateways = max(5, DEVICES // 40)
        scenario = self.folder / "gateways.yaml"
        scenario.write_text(GATEWAYS.format(gateways=gateways))
        credentials = self.folder / "c.csv"
        rows = [f"a1FleetGate,gate_{i},gateSecret{i}" for i in range(gateways)]
        rows += [f"a1FleetMeter,meter_{i},meterSecret{i}" for i in range(10 * gateways)]
        credentials.write_text("\n".join(["ProductKey,DeviceName,DeviceSecret", *rows, ""]))
        words += ["--credentials", credentials]
        self.online = gateways
        self.start_twin(*words)
        self.start_run("--scenario", scenario, "--ledger", self.folder / "run.ledger",
                       "--credentials", credentials)
        for kill in range(max(1, KILLS // 3)):
            self.all_online(f"before death {kill + 1}")
            self.some_messages_later()
            # Frozen first, so that what is sent meanwhile is in flight when it dies.
            self.twin_process.signal(signal.SIGSTOP)
            goal = self.published() + 20
            wait_until(lambda g=goal: self.published() >= g, "messages in flight", PATIENCE_S)
            self.twin_process.kill()
            self.start_twin(*words)
        self.all_online("after the last death")
        self.some_messages_later()
        facts = self.end_run()
        meters = facts["products"][1]
        self.assertEqual((meters["devices"], meters["online_end"]), (10 * gateways, 10 * gateways))
        self.assertGreater(facts["messages"]["resent"], 0, "nothing was in flight")
        self.assertEqual(self.twin_process.stop(), 0, self.twin_process.error_output)
        sent = ledger(self.folder / "run.ledger", "uplink", "acknowledged")
        came = ledger(self.folder / "twin.ledger", "uplink", "accepted")
        self.assertEqual(len(sent), 11 * gateways)
        for (device, epoch), numbers in sent.items():
            self.assertTrue(numbers)
            self.assertEqual(numbers - came[device, epoch], set(), f"lost of {device}.{epoch}")

    def test_a_second_twin_on_the_same_directory_and_damage_are_told_in_one_sentence(self):
        self.start_twin("--admin", "off")
        serve = [harness.FLEET, "cloud", "serve", "--mqtt", "127.0.0.1:0", "--admin", "off",
                 "--data", self.data]
        second = run(serve)
        self.assertEqual(second.code, 3)
        self.assertRegex(second.error_output, r"^fleet cloud serve: .*twin\.db is in use by "
                                              r"another twin$")
        self.assertEqual(second.output, "")
        self.twin_process.kill()
        file = self.data / "twin.db"
        whole = file.read_bytes()
        for name in ("twin.db-wal", "twin.db-shm"):
            (self.data / name).unlink(missing_ok=True)
        for damage in (b"not a database at all, but long enough to be looked at " * 100,
                       whole[:100] + b"\x5a" * 3900):
            file.write_bytes(damage)
            damaged = run(serve)
            self.assertEqual(damaged.code, 3, damaged.error_output)
            self.assertEqual(len(damaged.errors), 1, damaged.error_output)
            self.assertIn("twin.db", damaged.error_output)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.data / "logon.key").stat().st_mode & 0o777, 0o600)

    def test_a_token_of_pre_auth_outlives_the_twin_that_gave_it(self):
        key = None
        for _ in range(2):
            self.start_twin("--admin", "off")
            self.twin_process.kill()
            found = (self.data / "logon.key").read_text()
            self.assertIn(key, (None, found))
            key = found
        self.assertEqual(self.twin_process.output.count(key), 0)


if __name__ == "__main__":
    harness.main()
