# Gateways in several processes: each is where the devices behind it are, faults hit whom they hit
# in one process, and whoever takes over takes whole ones.
import csv
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
import test_processes as whole  # noqa: E402
from metrics_page import metric  # noqa: E402
from process import run, wait_until  # noqa: E402

GATES, EACH, LAMPS = 5, 4, 6
METERS = GATES * EACH

SCENARIO = """
name: gateways
duration: {duration}
products:
  - name: meter
    product_key: a1FleetMeter
    report: [{{what: properties, every: 500ms}}]
  - name: lamp
    product_key: a1FleetLamp
    count: 6
    report: [{{what: properties, every: 500ms}}]
  - name: gate
    product_key: a1FleetGate
    report: [{{what: properties, every: 500ms}}]
    gateways: {{count: 5, children: {{product: meter, each: 4}}}}
stages: [{{ramp: {{rate: 100/s}}}}]
"""


class SplitGateways(harness.Case):
    started_run = whole.Processes.started_run
    facts = whole.Processes.facts
    twin_with_admin = whole.Processes.twin_with_admin
    target = whole.Processes.target
    await_online = whole.Processes.await_online
    await_heirs = staticmethod(whole.Processes.await_heirs)

    def scenario(self, duration, more=""):
        path = self.folder / "gateways.yaml"
        path.write_text(SCENARIO.format(duration=duration) + more)
        return path

    def twin_of_these(self, *words):
        path = self.folder / "devices.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["ProductKey", "DeviceName", "DeviceSecret"])
            for key, count in (("a1FleetMeter", METERS), ("a1FleetLamp", LAMPS),
                               ("a1FleetGate", GATES)):
                for i in range(count):
                    rows.writerow([key, f"{key[7:].lower()}_{i}", f"{key}-secret-{i:020}"])
        twin = self.twin_with_admin("--credentials", path, *words)
        return twin, ("--credentials", path, *self.target(twin))

    def devices_of(self, part):
        return {i for r in part["ranges"] for i in range(r["first"], r["first"] + r["devices"])}

    def assert_whole_groups(self, parts):
        """Each gateway with its meters, and every device once."""
        sets = [self.devices_of(part) for part in parts]
        self.assertEqual(sum(len(s) for s in sets), METERS + LAMPS + GATES)
        self.assertEqual(set().union(*sets), set(range(METERS + LAMPS + GATES)))
        for number in range(GATES):
            whole = {METERS + LAMPS + number, *range(number * EACH, (number + 1) * EACH)}
            self.assertTrue(any(whole <= s for s in sets), (number, parts))

    def assert_all_there(self, facts):
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], GATES + LAMPS)
        self.assertEqual({p["name"]: p["online_end"] for p in facts["products"]},
                         {"meter": METERS, "lamp": LAMPS, "gate": GATES})

    def test_faults_hit_whom_they_hit_in_one_process(self):
        path = self.scenario("8s", """
faults:
  - {at: 3s, effect: reset, select: {product: gate, percent: 50%}}
  - {at: 4s, effect: latency, by: 20ms, for: 1s, select: {product: lamp, percent: 40%}}
cloud_traffic:
  - {kind: property_set, product: meter, rate: 5/s}
""")
        alone = self.fleet_run("--scenario", path)
        split = self.fleet_run("--scenario", path, "--processes", 3)
        self.assert_all_there(alone)
        self.assert_all_there(split)
        self.assertEqual([(f["selected"], f["hit"]) for f in split["faults"]],
                         [(f["selected"], f["hit"]) for f in alone["faults"]])
        self.assertGreater(alone["faults"][0]["hit"], 0)
        self.assertEqual(split["devices"]["reconnects"], alone["devices"]["reconnects"])
        self.assertEqual(len(split["workers"]), 3)
        self.assert_whole_groups(split["workers"])
        meters = [p for p in split["products"] if p["name"] == "meter"][0]["ledger"]["uplink"]
        self.assertGreater(meters["accepted"], METERS)
        self.assertGreater(split["ledger"]["downlink"]["accepted"], 0)

    def test_whoever_takes_over_takes_whole_gateways_and_their_accounts(self):
        twin, target = self.twin_of_these()
        ledger = self.folder / "ledger"
        going = self.started_run("--scenario", self.scenario("40s"), "--processes", "2",
                                 "--report-every", "200ms", "--ledger", str(ledger), *target)
        wait_until(lambda: len(whole.workers_of(going.pid)) == 2, "two workers")
        workers = whole.workers_of(going.pid)
        self.await_online(twin, METERS + LAMPS + GATES)
        wait_until(lambda: metric(twin.port("metrics"), "fleet_twin_messages_received_total")
                   > 8 * (METERS + LAMPS + GATES), "all to have reported")
        os.kill(workers[1], signal.SIGKILL)
        self.await_heirs(going, 1)
        self.assertEqual(going.wait(120), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_all_there(facts)
        lost = next(part for part in facts["workers"] if not part["reported"])
        heir = next(part for part in facts["workers"] if part["takes_over"])
        self.assertEqual((heir["takes_over"], heir["ranges"]), (lost["worker"], lost["ranges"]))
        self.assertGreater(len(heir["ranges"]), 1)
        self.assert_whole_groups([part for part in facts["workers"] if part["reported"]])
        # Of each of its devices, those behind gateways too, the account goes on in a second life.
        lives = {}
        for line in ledger.read_text().splitlines():
            words = line.split()
            if words[0] == "uplink":
                lives.setdefault(int(words[1]), set()).add(int(words[2]) // 65536)
        self.assertEqual({device for device, all_of in lives.items() if all_of == {0, 1}},
                         self.devices_of(heir))

    def test_each_worker_takes_one_gateway_at_least(self):
        path = self.folder / "two.yaml"
        path.write_text("products:\n  - {name: g, gateways: {count: 2, children: {product: m, "
                        "each: 9}}}\n  - {name: m}\n")
        done = run([harness.FLEET, "run", *whole.QUIET, "--scenario", path, "--processes", "3"])
        self.assertEqual(done.code, 2, done.output)
        self.assertIn("2 devices, gateways with all that is behind them, cannot be shared out over "
                      "3 workers", done.error_output)


if __name__ == "__main__":
    harness.main()
