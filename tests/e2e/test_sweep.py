# Sweeps as users start them: seeds that hold leave nothing behind, one that does not is kept and told with the
# command that repeats it, shrunk where that was asked for; signals; and a planted bug is found.
import os
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

CANARY = os.environ.get("FLEET_CANARY_BIN", "")


class Sweeps(harness.Case):
    def sweep(self, count, *words, seed=1, expect=0, program=harness.FLEET, timeout_s=300):
        done = run([program, "run", "--virtual", "--sweep", count, "--seed", seed, "--sweep-dir",
                    self.folder / "d", *words], timeout_s)
        self.assertEqual(done.code, expect, done.output + done.error_output)
        return done

    def kept(self):
        return sorted(p.name for p in (self.folder / "d").iterdir() if p.is_file())

    def spoil(self, name):
        """Nobody can write a report of that name: its run ends with exit code 2."""
        (self.folder / "d" / f"{name}.json" / "x").mkdir(parents=True)

    def test_seeds_that_hold_leave_nothing_behind(self):
        done = self.sweep(200, timeout_s=900)
        self.assertRegex(done.output, r"200 of 200 seeds in .* simulated: none failed")
        self.assertEqual(self.kept(), [])

    def test_what_fails_is_kept_and_told_with_the_command_that_repeats_it(self):
        self.spoil("sweep-3")
        self.spoil("sweep-5")
        done = self.sweep(8, "--sweep-jobs", 4, expect=1)
        self.assertEqual(re.findall(r"seed (\d+) failed", done.output), ["3"])
        self.assertIn("cannot be written", done.output)
        self.assertEqual(self.kept(), ["sweep-3.yaml"])
        told = re.search(r"^  fleet (run --virtual --scenario \S+sweep-3.yaml --seed 3)$",
                         done.output, re.M)
        again = run([harness.FLEET, *told.group(1).split()], 120)
        self.assertEqual(again.code, 0, again.output + again.error_output)

    def test_all_failures_are_told_where_that_is_asked_for(self):
        self.spoil("sweep-3")
        self.spoil("sweep-5")
        done = self.sweep(8, "--sweep-all", expect=1)
        self.assertEqual(re.findall(r"seed (\d+) failed", done.output), ["3", "5"])
        self.assertRegex(done.output, r"8 of 8 seeds in .*: 2 failed")

    def test_a_failure_is_shrunk_to_what_it_needs(self):
        self.spoil("sweep-3")
        self.spoil("sweep-3-min")
        done = self.sweep(3, "--shrink", expect=1)
        self.assertRegex(done.output, r"to [12] products, [12] devices, 0 faults and 0 other parts")
        self.assertEqual(self.kept(), ["sweep-3-min.yaml", "sweep-3.yaml"])

    def test_one_seed_makes_one_scenario(self):
        texts = []
        self.spoil("sweep-7")
        for _ in range(2):
            self.sweep(1, seed=7, expect=1)
            texts.append((self.folder / "d" / "sweep-7.yaml").read_bytes())
        self.assertEqual(texts[0], texts[1])

    def test_a_signal_ends_it_with_what_was_done(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                process = self.started(Process(
                    [harness.FLEET, "run", "--virtual", "--sweep", "1000000", "--seed", "1",
                     "--sweep-dir", self.folder / "d"]))
                wait_until(lambda: "sweep: " in process.error_output, "the first 25 seeds", 300)
                process.signal(number)
                self.assertEqual(process.wait(60), 130)
                self.assertRegex(process.output, r"interrupted: \d+ of 1000000 seeds")
                self.assertEqual(self.kept(), [])

    def test_a_folder_that_cannot_be_made_is_told(self):
        (self.folder / "d").write_text("a file")
        done = self.sweep(1, expect=3)
        self.assertIn("--sweep-dir", done.error_output)

    def test_a_planted_bug_is_found_and_shrunk(self):
        if not CANARY:
            raise unittest.SkipTest("FLEET_CANARY_BIN is the program with the bug (preset dev)")
        done = self.sweep(50, "--shrink", expect=1, program=CANARY, timeout_s=600)
        self.assertRegex(done.output, r"unfinished|not online|lost")
        small = re.search(r"to \d+ products, \d+ devices, (\d+) faults", done.output)
        self.assertLessEqual(int(small.group(1)), 2, done.output)
        # The program without the bug passes what the shrunk plan asks for.
        told = re.search(r"^  fleet (run .*-min.yaml --seed \d+)$", done.output, re.M)
        good = run([harness.FLEET, *told.group(1).split()], 120)
        self.assertEqual(good.code, 0, good.output + good.error_output)


if __name__ == "__main__":
    harness.main()
