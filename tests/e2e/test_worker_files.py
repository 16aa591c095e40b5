# A worker needs no file of the run's: scenario, thing model, table, credentials and certificates are
# the coordinator's, by the names that they have there, and whatever lies at those names where the
# worker is nobody looks at.
import csv
import json
import os
import pathlib
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

CONFIGS = harness.ROOT / "configs"
ENVIRONMENT = {**os.environ, "FLEET_WORKER_TOKEN": "a word for tests alone"}
SCENARIO = """
name: travelling
duration: 30s
devices: 30
products:
  - name: sensor
    product_key: a1Sensor
    model: models/sensor.json
    share: 80
    report:
      - {what: properties, every: 1s, replay: {file: data/greenhouse.csv}}
  - name: lock
    product_key: a1Lock
    share: 20
    report: [{what: properties, every: 1s}]
"""


class WorkerFiles(harness.Case):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"
        for name in ("models/sensor.json", "data/greenhouse.csv"):
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CONFIGS / name, self.home / name)
        (self.home / "scenario.yaml").write_text(SCENARIO)
        with open(self.home / "devices.csv", "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["ProductKey", "DeviceName", "DeviceSecret"])
            for key, count in (("a1Sensor", 24), ("a1Lock", 6)):
                for i in range(count):
                    rows.writerow([key, f"{key[2:].lower()}_{i}", f"{key}-secret-{i:020}"])
        self.elsewhere = self.folder / "elsewhere"
        self.elsewhere.mkdir()
        self.report = self.folder / "report.json"

    def coordinator(self, *words, stdin=None, workers=2):
        """Its process, in its own folder, and where workers come to."""
        going = self.started(Process(
            [harness.FLEET, "run", "--json", self.report, "--metrics", "off", "--plain", "--ledger",
             "books/ledger", "--report-every", "200ms", "--expect-workers", workers, *words],
            cwd=self.home, env=ENVIRONMENT, stdin=stdin))
        at = going.wait_for_line(lambda line: line.startswith("workers at "),
                                 "its address").split()[-1]
        return going, at

    def worker(self, at):
        return self.started(Process([harness.FLEET, "worker", "--join", at], cwd=self.elsewhere,
                                    env=ENVIRONMENT))

    def twin_of_these(self):
        twin = self.twin("--credentials", self.home / "devices.csv", "--admin", "127.0.0.1:0")
        while "admin" not in twin.addresses:
            name, address = twin.next_line().split()
            twin.addresses[name] = address
        return twin, ("--target", f"mqtt://{twin.addresses['mqtt']}", "--target-admin",
                      f"http://{twin.addresses['admin']}")

    def facts_of(self, going, devices=30):
        self.assertEqual(going.wait(120), 0, going.output + going.error_output)
        facts = json.loads(self.report.read_text())
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], devices)
        self.assertGreater(facts["ledger"]["uplink"]["acknowledged"], devices)
        return facts

    def test_a_worker_in_an_empty_folder_runs_the_coordinators_scenario(self):
        (self.home / "books").mkdir()
        _, target = self.twin_of_these()
        going, at = self.coordinator("--scenario", "scenario.yaml", "--credentials", "devices.csv",
                                     "--duration", "5s", *target)
        workers = [self.worker(at) for _ in range(2)]
        facts = self.facts_of(going)
        for worker in workers:
            self.assertEqual(worker.wait(30), 0, worker.error_output)
        self.assertEqual(facts["run"]["scenario"], "travelling")
        lines = (self.home / "books/ledger").read_text().splitlines()
        self.assertEqual({int(line.split()[1]) for line in lines if line.startswith("uplink")},
                         set(range(30)))
        self.assertEqual(list(self.elsewhere.iterdir()), [])

    def test_what_lies_where_the_worker_is_nobody_looks_at(self):
        (self.home / "books").mkdir()
        for name in ("scenario.yaml", "devices.csv", "models/sensor.json", "data/greenhouse.csv"):
            (self.elsewhere / name).parent.mkdir(exist_ok=True)
            (self.elsewhere / name).write_text("this is none of it")
        _, target = self.twin_of_these()
        going, at = self.coordinator("--scenario", "scenario.yaml", "--credentials", "devices.csv",
                                     "--duration", "5s", *target)
        for _ in range(2):
            self.worker(at)
        self.facts_of(going)

    def test_a_scenario_from_a_pipe_can_be_split(self):
        for name in ("-", "/dev/stdin"):
            with self.subTest(name=name):
                done = Process([harness.FLEET, "run", "--json", self.report, "--metrics", "off",
                                "--plain", "--processes", "2", "--scenario", name, "--duration",
                                "4s", "--seed", "7"], cwd=self.home,
                               stdin="devices: 20\nproducts: [{name: lamp, report: "
                                     "[{what: properties, every: 1s}]}]\n")
                self.facts_of(self.started(done), 20)

    def test_without_a_seed_all_workers_have_the_one_that_was_drawn(self):
        (self.home / "scenario.yaml").write_text(
            SCENARIO + "faults: [{at: 2s, effect: reset, select: {percent: 40%}}]\n")
        alone_or_split = []
        seed = None
        for words in (("--processes", "3"), ()):
            again = ("--seed", str(seed)) if seed is not None else ()
            done = self.started(Process(
                [harness.FLEET, "run", "--json", self.report, "--metrics", "off", "--plain",
                 "--scenario", "scenario.yaml", "--duration", "5s", *words, *again],
                cwd=self.home))
            facts = self.facts_of(done)
            seed = facts["run"]["seed"]
            alone_or_split.append((facts["faults"][0]["selected"], facts["faults"][0]["hit"],
                                   facts["devices"]["reconnects"]))
        self.assertEqual(*alone_or_split)

    def test_who_takes_over_is_sent_the_rows_of_that_range(self):
        (self.home / "books").mkdir()
        twin, target = self.twin_of_these()
        going, at = self.coordinator("--scenario", "scenario.yaml", "--credentials", "devices.csv",
                                     "--duration", "40s", *target)
        workers = [self.worker(at) for _ in range(2)]
        asked = [harness.FLEET, "cloud", "devices", "--limit", "100", "--json", "--admin",
                 twin.addresses["admin"]]
        wait_until(lambda: run(asked).output.count('"online"') >= 30, "all to be online")
        workers[1].signal(signal.SIGKILL)
        facts = self.facts_of(going)
        self.assertEqual(sum(part["reported"] for part in facts["workers"]), 2)


if __name__ == "__main__":
    harness.main()
