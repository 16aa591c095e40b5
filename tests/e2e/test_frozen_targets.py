# A target that stands still while devices go on sending: nothing is left out. What was due meanwhile counts from when
# it was due, so that the stall is in the percentiles, and the report says how many reports it touched.
import concurrent.futures
import pathlib
import re
import signal
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import free_port, listening, wait_until  # noqa: E402

PER_S = 10_000  # reports a second
FROZEN_S = 2
ACKNOWLEDGED = "fleet_messages_acknowledged_total"
IN_FLIGHT = "fleet_messages_in_flight"


class FrozenTargets(harness.Case):
    def frozen(self, *words, devices=PER_S, every="1s", duration="20s"):
        """A virtual run whose target holds everything back for two seconds."""
        return self.fleet_run("--virtual", "--devices", devices, "--interval", every, "--ramp",
                              f"{devices}/s", "--duration", duration, *words)

    def test_two_seconds_at_ten_thousand_a_second_are_twenty_thousand_reports(self):
        facts = self.frozen("--fault", f"stall at=10s for={FROZEN_S}s", "--report",
                            self.folder / "run.html")
        self.assert_account_is_clean(facts)
        spells = facts["slow_spells"]
        self.assertEqual(len(spells), 1, spells)
        spell = spells[0]
        touched = spell["affected"] + spell["skipped"]
        self.assertGreater(touched, FROZEN_S * PER_S * 0.9)
        self.assertLess(touched, FROZEN_S * PER_S * 1.1)
        self.assertTrue(spell["faulted"])
        self.assertGreater(spell["from_s"], 8.5)
        self.assertLess(spell["to_s"], 14)
        self.assertLess(spell["usual_s"], 0.05)
        for longest in (spell["slowest_s"], facts["latency"]["publish_ack"]["max"]):
            self.assertGreaterEqual(longest, FROZEN_S - 0.1)
            self.assertLess(longest, FROZEN_S + 0.5)
        self.assertRegex(self.last_run.output, rf"under a fault .* {spell['affected']} ")
        self.assertIn("slow_spells", (self.folder / "run.html").read_text())

    def test_a_stall_is_in_the_percentiles_since_reports_count_from_when_they_were_due(self):
        """A device that reports each second and may have one report out at a time would hide it otherwise: 4 s of
        a minute are 6 % of its reports, and each of them is late by what was left of the stall."""
        calm = self.frozen(devices=200, duration="60s")["latency"]["publish_ack"]
        facts = self.frozen("--fault", "stall at=20s for=4s", devices=200, duration="60s")
        held = facts["latency"]["publish_ack"]
        self.assertLess(calm["p99"], 0.05)
        self.assertLess(held["p50"], 0.05)
        self.assertGreater(held["p99"], 3.0)
        self.assertGreaterEqual(held["max"], 3.9)
        self.assertEqual(facts["slow_spells"][0]["skipped"], 0, "all that was due was sent")

    def test_a_quiet_run_has_no_spell_and_can_be_held_to_that(self):
        facts = self.frozen("--expect", "affected == 0", devices=500)
        self.assertEqual(facts["slow_spells"], [])
        facts = self.fleet_run("--virtual", "--devices", 500, "--interval", "1s", "--duration", "20s",
                               "--fault", "stall at=10s for=2s", "--expect", "affected == 0", expect=1)
        self.assertRegex(facts["failures"][0], "affected == 0: was [0-9]+")

    def test_a_twin_that_is_stopped_by_a_signal_shows_without_any_fault(self):
        """Over sockets: nobody told the run that its target would stand still."""
        twin = self.twin("--admin", "127.0.0.1:0")
        page = f"http://127.0.0.1:{free_port()}/metrics"

        def figure(name):
            with urllib.request.urlopen(page, timeout=10) as got:
                text = got.read().decode()
            return sum(float(n) for n in re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)$", text, re.M))

        def freeze():
            wait_until(lambda: listening(int(page.split(":")[2].split("/")[0])), "the page")
            wait_until(lambda: figure(ACKNOWLEDGED) >= 1500, "a steady run")
            twin.signal(signal.SIGSTOP)
            try:
                wait_until(lambda: figure(IN_FLIGHT) >= 1000, "two seconds' reports in flight")
            finally:
                twin.signal(signal.SIGCONT)

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            frozen = pool.submit(freeze)
            facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{twin.port()}", "--devices", 500, "--interval",
                                   "1s", "--ramp", "500/s", "--duration", "15s", "--metrics",
                                   page.split("/")[2])
            frozen.result()
        self.assertGreaterEqual(facts["latency"]["publish_ack"]["max"], 1.5)
        worst = max(facts["slow_spells"], key=lambda s: s["affected"])
        self.assertFalse(worst["faulted"])
        # Those in flight, but for what was sent in its last moment; reports before them were as fast as ever.
        self.assertGreaterEqual(worst["affected"], 900)
        self.assertGreater(worst["from_s"], 1)


if __name__ == "__main__":
    harness.main()
