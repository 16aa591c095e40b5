# --soak of a run in several processes: the coordinator judges them all, and names the one that
# something grows in.
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run  # noqa: E402

LEAKY = os.environ.get("FLEET_LEAKY_BIN", "")
TOKEN = "a word for tests alone"
RUN = ("--devices", "20", "--duration", "90s", "--soak", "--seed", "7", "--interval", "1s",
       "--metrics", "off", "--plain")


class SplitSoak(harness.Case):
    def test_what_each_process_holds_and_what_all_have_is_watched(self):
        report = self.folder / "soak.json"
        done = run([harness.FLEET, "run", "--json", report, "--processes", "2", *RUN], 240)
        facts = json.loads(report.read_text())
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
    def test_what_leaks_in_a_worker_is_found_there(self):
        report = self.folder / "soak.json"
        token = {**os.environ, "FLEET_WORKER_TOKEN": TOKEN}
        going = self.started(Process([LEAKY, "run", "--json", report, "--expect-workers", "2",
                                      *RUN], env=token))
        at = going.wait_for_line(lambda line: line.startswith("workers at "),
                                 "its address").split()[-1]
        words = [LEAKY, "worker", "--join", at]
        leaky = self.started(Process(words, env={**token, "FLEET_LEAK": "descriptors"}))
        self.started(Process(words, env=token))
        self.assertEqual(going.wait(240), 1, going.output + going.error_output)
        facts = json.loads(report.read_text())
        number = next(w["worker"] for w in facts["workers"] if w["process"] == leaky.pid)
        self.assertEqual(len(facts["failures"]), 1, facts["failures"])
        self.assertRegex(facts["failures"][0],
                         rf"^soak: descriptors of worker {number} grew by \S+ in ")


if __name__ == "__main__":
    harness.main()
