# Expectations from files and from the line, met, failed and hopeless. All in the virtual world.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

SCENARIO = """
name: expecting
duration: 2m
products: [{name: plain, profile: mqtt, count: 20}]
expect:
  - lost == 0
  - p99(publish_ack) < 250ms
  - resent / sent < 1%
"""


class Expectations(harness.Case):
    def write(self, text):
        path = self.folder / "scenario.yaml"
        path.write_text(text)
        return path

    def virtual(self, *words, expect=0, timeout_s=300):
        return self.fleet_run("--virtual", "--devices", 20, *words, expect=expect,
                              timeout_s=timeout_s)

    def test_those_of_a_scenario_and_of_the_line_are_met(self):
        facts = self.fleet_run("--virtual", "--scenario", self.write(SCENARIO), "--expect",
                               "online_end == 20", "--expect", "rate(sent) > 1/s")
        said = facts["expectations"]
        self.assertEqual([one["text"] for one in said],
                         ["lost == 0", "p99(publish_ack) < 250ms", "resent / sent < 1%",
                          "online_end == 20", "rate(sent) > 1/s"])
        self.assertTrue(all(one["ok"] for one in said), said)
        self.assertEqual(said[3]["actual"], 20)
        self.assertIn("expected lost == 0: was 0", self.last_run.output)

    def test_one_that_is_not_met_fails_the_run(self):
        facts = self.virtual("--duration", "1m", "--expect", "p99(publish_ack) < 1us", expect=1)
        self.assertEqual(facts["verdict"], "failed")
        self.assertEqual(len(facts["failures"]), 1, facts["failures"])
        self.assertRegex(facts["failures"][0], r"^expected p99\(publish_ack\) < 1us: was [\d.]+[mu]s$")

    def test_a_fleet_that_is_not_whole_again_in_time_fails_the_run(self):
        limit = ("--expect", "recovered_within(partition) < 1us", "--no-early-stop")
        facts = self.virtual("--duration", "3m", "--fault", "partition for=20s at=30s", *limit,
                             expect=1)
        self.assertRegex(facts["failures"][0],
                         r"^expected recovered_within\(partition\) < 1us: was [\d.]+m?s$")
        self.assertGreater(facts["faults"][0]["recovered_s"], 0)
        facts = self.virtual("--duration", "2m", "--fault", "partition for=end at=90s", *limit,
                             expect=1)
        self.assertIn("expected recovered_within(partition) < 1us: was never: the fleet was not "
                      "whole again", facts["failures"])
        self.assertIsNone(facts["faults"][0]["recovered_s"])

    def test_one_that_is_hopeless_stops_the_run(self):
        words = ("--duration", "1h", "--expect", "sent <= 100")
        facts = self.virtual(*words, expect=1)
        self.assertLess(facts["run"]["duration_s"], 300)
        self.assertRegex(facts["stopped_early"], r"^expected sent <= 100: was \d+ at ")
        self.assertLess(facts["expectations"][0]["decided_at_s"], 300)
        self.assertEqual(facts["ledger"]["lost"], 0)
        facts = self.virtual(*words, "--no-early-stop", expect=1)
        self.assertGreaterEqual(facts["run"]["duration_s"], 3600)
        self.assertIsNone(facts["stopped_early"])

    def test_mistakes_have_their_places(self):
        path = self.write(SCENARIO.replace("lost ==", "lsot =="))
        done = run([harness.FLEET, "run", "--virtual", "--scenario", path], 60)
        self.assertEqual(done.code, 2)
        self.assertRegex(done.error_output, r"scenario\.yaml:6:5: .*unknown figure lsot; the "
                                            r"nearest is lost")
        done = run([harness.FLEET, "run", "--virtual", "--expect", "lost = 0"], 60)
        self.assertEqual(done.code, 2)
        self.assertIn("column 6: = is no comparison; write ==", done.error_output)

    def test_a_fault_that_the_run_has_not_is_refused_before_anything_starts(self):
        path = self.write(SCENARIO + "  - recovered_within(rest) < 9s\n"
                          "faults: [{effect: reset, at: 9s}]\n")
        done = run([harness.FLEET, "run", "--virtual", "--scenario", path], 60)
        self.assertEqual(done.code, 2)
        self.assertIn("scenario.yaml:9:5: ", done.error_output)
        self.assertIn("there is no fault rest; the nearest is reset", done.error_output)
        words = ["--virtual", "--expect", "recovered_within(stal) < 9s"]
        for more, said in (([], "the run has none"),
                           (["--fault", "stall at=3s for=1s"], "the nearest is stall")):
            done = run([harness.FLEET, "run", *words, *more], 60)
            self.assertEqual(done.code, 2, done.output)
            self.assertIn("column 1: there is no fault stal; " + said, done.error_output)

    def test_the_digest_stays_what_it_is(self):
        plain = self.virtual("--duration", "5m")
        judged = self.virtual("--duration", "5m", "--soak", "--expect", "max(publish_ack) < 1h")
        self.assertEqual(plain["digest"], judged["digest"])


if __name__ == "__main__":
    harness.main()
