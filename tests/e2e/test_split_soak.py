# --soak of a run in several processes: the coordinator judges them all, and names the one that
# something grows in.
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

LEAKY = os.environ.get("FLEET_LEAKY_BIN", "")
RUN = ("--processes", "2", "--devices", "20", "--duration", "90s", "--soak", "--seed", "7",
       "--interval", "1s", "--metrics", "off", "--plain")


class SplitSoak(harness.Case):
    def soak(self, program, leak=None):
        report = self.folder / "soak.json"
        env = {**os.environ, **({"FLEET_LEAK": leak} if leak else {})}
        done = run([program, "run", "--json", report, *RUN], 240, env=env)
        return done, json.loads(report.read_text())

    def test_what_each_process_holds_and_what_all_have_is_watched(self):
        done, facts = self.soak(harness.FLEET)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        soak = facts["soak"]
        self.assertTrue(soak["passed"], soak)
        self.assertGreaterEqual(soak["samples"], 20)
        watched = {one["name"]: one for one in soak["watched"]}
        for name in ("user_bytes", "rss_bytes", "descriptors", "timers"):
            self.assertIn(watched[name]["process"], ("worker 1", "worker 2", "the coordinator"))
        self.assertEqual(watched["in_flight"]["process"], "")
        # Both workers' twins together: a session of each device.
        self.assertEqual(watched["twin_sessions"]["median"], 20)

    @unittest.skipUnless(LEAKY, "FLEET_LEAKY_BIN is the program with leaks (preset dev)")
    def test_what_leaks_in_the_workers_is_found_in_one_of_them(self):
        done, facts = self.soak(LEAKY, "descriptors")
        self.assertEqual(done.code, 1, done.output + done.error_output)
        self.assertRegex(facts["failures"][0],
                         r"^soak: descriptors of (worker [12]|the coordinator) grew by \S+ in ")


if __name__ == "__main__":
    harness.main()
