# The gallery: every scenario of configs/ is valid, is explained, and passes in the virtual world, with all its stages,
# faults and expectations and fewer devices. faults_foreign.yaml is meant for a broker elsewhere; here the twin plays it.
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

GALLERY = sorted((harness.ROOT / "configs").glob("*.yaml"))
DEVICES = 100
FEWER = {"bad_week": 10}  # a week of them


class Gallery(harness.Case):
    def test_every_file_is_explained(self):
        self.assertGreaterEqual(len(GALLERY), 8)
        done = run([harness.FLEET, "check", *map(str, GALLERY)], 120)
        self.assertEqual(done.code, 0, done.error_output)
        for path in GALLERY:
            self.assertRegex(done.output, rf"{path.name}: ok, [0-9,]+ devices.*, [0-9,.]+ messages? a second at the "
                             r"peak, [0-9dhms]+\n")
        self.assertNotIn("\nodd\n", done.output)

    def test_every_file_runs_and_passes(self):
        for path in GALLERY:
            with self.subTest(path.name):
                facts = self.fleet_run("--scenario", path, "--virtual", "--devices",
                                       FEWER.get(path.stem, DEVICES), timeout_s=600)
                self.assertEqual(facts["verdict"], "passed", facts["failures"])
                self.assertEqual(facts["run"]["scenario"].replace(" ", "_"), path.stem)
                self.assertGreater(sum(facts["messages"]["published"].values()), 0)
                self.assertTrue(all(e["ok"] for e in facts["expectations"]))

    def test_each_effect_hits_somebody_in_the_file_that_has_them_all(self):
        facts = self.fleet_run("--scenario", harness.ROOT / "configs/every_fault.yaml", "--virtual",
                               "--devices", DEVICES, timeout_s=600)
        self.assertGreater(len(facts["faults"]), 40)
        self.assertEqual([f["name"] for f in facts["faults"] if not f["hit"]], [])

    def test_every_file_with_its_own_devices_makes_a_plan(self):
        for path in GALLERY:
            done = run([harness.FLEET, "check", "--json", str(path)], 60)
            scenario = json.loads(done.output)["files"][0]["scenario"]
            self.assertEqual(sum(p["devices"] for p in scenario["products"]), scenario["devices"], path.name)
            self.assertGreater(scenario["peak"]["reports_per_s"], 0, path.name)


if __name__ == "__main__":
    harness.main()
