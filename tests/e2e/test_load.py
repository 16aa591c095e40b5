# Shapes of load in whole runs: who is on at each moment, how many messages there are, the same again
# for the same seed, and no message lost by those who leave and come again.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

STAGES = """
devices: 200
products:
  - {name: lamp, share: 50, report: [{every: 2s}]}
  - {name: meter, share: 50, report: [{every: 2s}]}
stages:
  - {ramp: {to: 50%, over: 20s}, hold: 10s}
  - {step: {to: 100%, count: 2, every: 20s}}
  - {spike: {reports: 500%, for: 20s}, hold: 20s}
  - {step: {product: lamp, to: 30, every: 20s}}
  - {ramp: {product: lamp, over: 10s}, hold: 20s}
"""


class ShapesOfLoad(harness.Case):
    def scenario(self, text):
        path = self.folder / "load.yaml"
        path.write_text(text)
        return path

    def passed(self, *words):
        done, facts = harness.run_fleet(self.folder, *words)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assert_account_is_clean(facts)
        return facts

    @staticmethod
    def at(facts, name, when):
        """What a column of the series says at a moment."""
        series = facts["series"]
        return next(v for t, v in zip(series["at_s"], series[name]) if t >= when)

    @staticmethod
    def between(facts, name, begin, end):
        series = facts["series"]
        return sum(v for t, v in zip(series["at_s"], series[name]) if begin < t <= end)

    def test_as_many_devices_are_on_and_report_as_the_stages_say(self):
        facts = self.passed("--virtual", "--scenario", self.scenario(STAGES))
        for when, online in ((10, 50), (15, 75), (25, 100), (33, 150), (48, 150), (53, 200),
                             (85, 200), (118, 130), (128, 130), (135.5, 165), (150, 200)):
            self.assertAlmostEqual(self.at(facts, "online", when), online, delta=6,
                                   msg=f"at {when} s")
        self.assertEqual(facts["devices"]["online_max"], 200)
        self.assertEqual(facts["devices"]["online_end"], 200)
        # A hundred a second as planned, five times as many in the spike.
        for begin, end, count in ((55, 70, 1500), (71, 89, 9000), (92, 108, 1600),
                                  (115, 129, 910)):
            self.assertAlmostEqual(self.between(facts, "published", begin, end), count,
                                   delta=count * 0.08, msg=f"{begin} to {end} s")
        # 70 lamps left in order: nobody's link was lost, and all came again.
        self.assertEqual(facts["devices"]["disconnects_unplanned"], 0)
        self.assertEqual(facts["devices"]["reconnects"], 70)
        self.assertEqual([(s["stage"], s["kind"], s["at_s"], s["ended_s"], s["devices"])
                          for s in facts["stages"]],
                         [(1, "ramp", 0, 20, 100), (1, "hold", 20, 30, 100),
                          (2, "step", 30, 70, 200), (3, "spike", 70, 90, 200),
                          (3, "hold", 90, 110, 200), (4, "step", 110, 130, 130),
                          (5, "ramp", 130, 140, 200), (5, "hold", 140, 160, 200)])
        again = self.passed("--virtual", "--scenario", self.scenario(STAGES))
        for key in ("digest", "devices", "messages", "latency"):
            self.assertEqual(again[key], facts[key])

    def test_a_run_that_ends_in_a_spike_ends_with_all_of_it(self):
        text = """
devices: 100
products: [{report: [{every: 2s}]}]
stages: [{ramp: {to: 10, over: 0s}, hold: 10s}, {spike: {to: 100%, for: 10s}}]
expect: [online_end == expected_end]
"""
        facts = self.passed("--virtual", "--scenario", self.scenario(text))
        self.assertEqual(facts["devices"]["online_end"], 100)
        self.assertEqual(facts["devices"]["reconnects"], 0)

    def test_devices_behind_gateways_report_as_their_stages_say(self):
        text = """
products:
  - {name: hub, gateways: {count: 10, children: {product: meter, each: 5}}, report: []}
  - {name: meter, report: [{every: 2s}]}
stages: [{ramp: {over: 0s}, hold: 30s}, {spike: {product: meter, reports: 400%, for: 30s}, hold: 30s}]
"""
        facts = self.passed("--virtual", "--scenario", self.scenario(text))
        for begin, end, count in ((15, 29, 350), (31, 59, 2800), (62, 88, 650)):
            self.assertAlmostEqual(self.between(facts, "published", begin, end), count, delta=count * 0.15,
                                   msg=f"{begin} to {end} s")

    def test_random_arrivals_follow_the_seed(self):
        text = """
devices: 400
products: [{report: [{every: 5s, arrivals: poisson}]}]
stages: [{ramp: {over: 40s, arrivals: poisson}, hold: 80s}]
"""
        first = self.passed("--virtual", "--scenario", self.scenario(text), "--seed", 3)
        again = self.passed("--virtual", "--scenario", self.scenario(text), "--seed", 3)
        other = self.passed("--virtual", "--scenario", self.scenario(text), "--seed", 4)
        self.assertEqual(first["digest"], again["digest"])
        self.assertNotEqual(first["digest"], other["digest"])
        self.assertNotEqual(first["series"]["online"][:30], other["series"]["online"][:30])
        for facts in (first, other):
            # Binomial, and Poisson: each within four deviations.
            self.assertAlmostEqual(self.at(facts, "online", 20), 200, delta=40)
            self.assertAlmostEqual(self.between(facts, "published", 50, 110), 400 * 60 / 5,
                                   delta=4 * 4800 ** 0.5)

    def test_a_day_is_as_its_curve_says(self):
        text = """
duration: 4m
day: 2m
day_begins: 6h
devices: 100
daily_curves: [{name: shop, hours: [0=0%, 6=100%, 12=300%, 18=0%]}]
products: [{daily_curve: shop, report: [{every: 1s}]}]
stages: [{ramp: {over: 0s}}]
"""
        facts = self.passed("--virtual", "--scenario", self.scenario(text))
        # A quarter of a day is half a minute.
        for begin, end, rate in ((5, 29, 100), (31, 59, 300), (61, 119, 0), (121, 149, 100),
                                 (151, 179, 300), (181, 239, 0)):
            self.assertAlmostEqual(self.between(facts, "published", begin, end),
                                   rate * (end - begin), delta=rate * 2, msg=f"from {begin} s")

    def test_rows_of_a_table_are_told_one_after_the_other(self):
        (self.folder / "t.csv").write_text("n,what\r\n1,one\r\n2,\"two, \"\"2\"\"\"\r\n3,three\r\n")
        text = """
duration: 30s
devices: 3
products:
  - profile: mqtt
    report: [{every: 2s, payload: '{column n}:{column what}:{ledger}',
              replay: {file: t.csv, start: first, at_end: stop}}]
"""
        facts = self.passed("--virtual", "--scenario", self.scenario(text))
        self.assertEqual(sum(facts["messages"]["published"].values()), 9, "three rows each")
        self.assertEqual(facts["ledger"]["uplink"]["accepted"], 9)
        endless = self.scenario(text.replace(", at_end: stop", ""))
        self.assertGreater(self.passed("--virtual", "--scenario", endless)
                           ["ledger"]["uplink"]["accepted"], 40)

    def test_tables_that_do_not_fit_are_told_by_their_place(self):
        table = self.folder / "t.csv"
        path = self.scenario("products: [{report: [{replay: {file: t.csv}}]}]\n")
        for text, told in (("Temperature\n12\n12,5\n", f"{table}:3:4: this row has 2 cells"),
                           ("Temperature\n12\nhot\n", f"{table}:3:1: this cell is no value"),
                           ("Temp\n12\n", f"{path}:1:38: no column of {table} is a property")):
            table.write_text(text)
            for words in (["check", path], ["run", "--metrics", "off", "--scenario", path]):
                done = run([harness.FLEET, *[str(word) for word in words]], 60)
                self.assertEqual(done.code, 2, done.output + done.error_output)
                self.assertIn(told, done.error_output)

    def test_the_live_line_tells_the_stage_and_how_long_it_goes_on(self):
        path = self.scenario("devices: 10\nstages: [{step: {every: 4s}, hold: 2s}]\n")
        done = run([harness.FLEET, "run", "--metrics", "off", "--plain", "--report-every", "500ms",
                    "--scenario", str(path)], 60)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assertRegex(done.error_output, "step 1/1, 0:0[1-4] left")
        self.assertRegex(done.error_output, "hold 1/1, 0:0[12] left")


class LoadsThatComeAlong(harness.Case):
    def run_config(self, name, *words):
        done, facts = harness.run_fleet(self.folder, "--scenario", ROOT / "configs" / name, *words)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assert_account_is_clean(facts)
        return facts

    def test_load_stages(self):
        facts = self.run_config("load_stages.yaml", "--virtual", "--devices", 200)
        self.assertEqual(facts["devices"]["online_max"], 200)
        self.assertEqual({s["kind"] for s in facts["stages"]}, {"ramp", "step", "spike", "hold"})

    def test_daily_curve(self):
        self.run_config("daily_curve.yaml", "--virtual", "--devices", 100)

    def test_replay(self):
        facts = self.run_config("replay.yaml", "--virtual", "--devices", 40)
        self.assertGreater(min(p["published"] for p in facts["products"]), 200)

    def test_on_sockets(self):
        for name in ("daily_curve.yaml", "replay.yaml"):
            with self.subTest(name=name):
                self.run_config(name, "--devices", 40, "--duration", "10s", "--ramp", "20/s")


if __name__ == "__main__":
    harness.main()
