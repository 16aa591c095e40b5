# --soak on fleets that are well: what the run itself keeps of its course is no growth, whatever the link and however long;
# devices that a fault keeps without power are not waited for; and where nothing could be judged, the run says why.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402

SMALL = 64 * 1024  # octets: a fourth of what is allowed
HEALTHY = (
    ("--devices", 50, "--duration", "4h", "--interval", "1m", "--link", "wifi"),
    ("--devices", 50, "--duration", "12h", "--interval", "1m", "--link", "4g"),
    ("--devices", 50, "--duration", "20m", "--link", "wifi"),
)
WEEK = pathlib.Path(harness.ROOT) / "configs/bad_week.yaml"


class HealthySoaks(harness.Case):
    def soak(self, *words, expect=0):
        return self.fleet_run("--virtual", "--soak", "--seed", 5, *words, expect=expect, timeout_s=600)

    def test_latencies_that_differ_are_no_growth(self):
        for words in HEALTHY:
            with self.subTest(words=words):
                soak = self.soak(*words)["soak"]
                memory = next(one for one in soak["watched"] if one["name"] == "user_bytes")
                self.assertTrue(memory["judged"], memory)
                self.assertLess(memory["growth"], SMALL, memory)

    def test_a_week_with_faults_that_the_fleet_gets_over_is_no_growth(self):
        facts = self.soak("--scenario", WEEK, "--devices", 60)
        self.assertTrue(facts["soak"]["passed"], facts["soak"])
        self.assertGreater(len(facts["faults"]), 20)

    def test_a_device_without_power_is_not_waited_for(self):
        facts = self.soak("--devices", 4, "--duration", "1h", "--fault", "dead_battery index=3")
        self.assertTrue(facts["soak"]["passed"], facts["soak"])
        self.assertGreater(facts["soak"]["steady_s"], 3000)

    def test_one_that_never_begins_says_why(self):
        facts = self.soak("--devices", 4, "--duration", "5m", "--fault", "refuse index=3 at=0s for=5m",
                          expect=1)
        self.assertIn("soak: nothing to judge: the steady part never began, since not all devices were "
                      "online at any time: 3 of 4 at best", facts["failures"])
        self.assertFalse(facts["soak"]["passed"])


if __name__ == "__main__":
    harness.main()
