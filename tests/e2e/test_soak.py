# --soak in the virtual world: a steady fleet passes, a run that is too short does not, and what a program with a leak does
# not give back is named, and nothing else.
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

LEAKY = os.environ.get("FLEET_LEAKY_BIN", "")
STEADY = ("--duration", "30m", "--soak")


class Soak(harness.Case):
    def virtual(self, *words, expect=0):
        return self.fleet_run("--virtual", "--devices", 20, *words, expect=expect, timeout_s=300)

    def test_a_soak_of_a_steady_fleet_passes(self):
        facts = self.virtual("--duration", "2h", "--soak")
        soak = facts["soak"]
        self.assertTrue(soak["passed"], soak)
        self.assertGreater(soak["steady_s"], 6000)
        watched = {one["name"]: one for one in soak["watched"]}
        for name in ("user_bytes", "descriptors", "timers"):
            self.assertGreater(watched[name]["median"], 0, name)
        self.assertIn("twin_sessions", watched)

    def test_a_soak_that_is_too_short_does_not_pass(self):
        facts = self.virtual("--duration", "30s", "--soak", expect=1)
        self.assertTrue(facts["soak"]["too_short"])
        self.assertIn("soak: too short to judge", facts["failures"][0])

    def leaking(self, what, expect):
        """What the run says against itself, and what it watched, by name."""
        report = self.folder / f"{what}.json"
        done = run([LEAKY, "run", "--virtual", "--devices", 20, "--seed", 7, "--quiet", "--json", report,
                    *STEADY], 300, env={**os.environ, "FLEET_LEAK": what})
        self.assertEqual(done.code, expect, done.output + done.error_output)
        facts = json.loads(report.read_text())
        return facts["failures"], {one["name"]: one["grew"] for one in facts["soak"]["watched"]}

    @unittest.skipUnless(LEAKY, "FLEET_LEAKY_BIN is the program with leaks (preset dev)")
    def test_what_a_leak_makes_grow_is_named_and_nothing_else(self):
        for what, name, said in (("memory", "user_bytes", "memory in use"),
                                 ("timers", "timers", "timers armed"),
                                 ("descriptors", "descriptors", "descriptors")):
            with self.subTest(what=what):
                failures, grew = self.leaking(what, 1)
                self.assertEqual(len(failures), 1, failures)
                self.assertRegex(failures[0], rf"^soak: {said} grew by \S+ in \S+: \S+ an hour, ")
                self.assertEqual([one for one, grown in grew.items() if grown], [name])

    @unittest.skipUnless(LEAKY, "FLEET_LEAKY_BIN is the program with leaks (preset dev)")
    def test_the_same_program_passes_without_a_leak(self):
        failures, grew = self.leaking("nothing", 0)
        self.assertEqual(failures, [])
        self.assertFalse(any(grew.values()), grew)


if __name__ == "__main__":
    harness.main()
