# What `fleet check` says of a scenario beforehand is what a run of it comes to: how much is sent, and whom faults hit.
# And what is odd though valid is said, with exit code 0.
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

PLANNED = """
name: planned
duration: 3m
products:
  - {name: led, count: 300, report: [{every: 5s}, {what: raw, every: 20s}]}
  - {name: hub, report: [{every: 10s}], gateways: {count: 10, children: {product: meter, each: 20}}}
  - {name: meter, report: [{every: 30s}]}
stages:
  - {ramp: {to: 50%, over: 30s}, hold: 30s}
  - {ramp: {rate: 10/s}, hold: 30s}
regions: [{name: east, share: 40%}]
faults:
  - {effect: latency, at: 1m, for: 10s, by: 10ms, select: {percent: 20%}}
  - {effect: jitter, at: 1m20s, for: 10s, by: 10ms, select: {product: led, region: east}}
  - {effect: kick, at: 2m, select: {index: 5-14}}
expect: [lost == 0, restarts <= 3]
"""

ODD = """
duration: 2m
products:
  - {name: led, share: 90%, report: [{every: 10m}]}
  - {name: one, share: 0.1%, qos: 0}
  - {name: plain, profile: mqtt, share: 9.9%, report: [{payload: x}]}
devices: 100
stages: [{hold: 30s}, {ramp: {rate: 2/s}}]
cloud_traffic: [{kind: custom, product: plain, rate: 5/h}]
faults:
  - {effect: latency, at: 10s, for: 5s}
  - {effect: jitter, at: 1m50s, for: 30s}
  - {effect: stall, at: 1m, for: 10s, select: {percent: 0.0001%}}
  - {effect: bandwidth, at: 1m, for: end}
expect: [p99(update) < 5m, recovered_within(bandwidth) < 5s]
"""


class CheckExplains(harness.Case):
    def check(self, text, *words):
        path = self.folder / "s.yaml"
        path.write_text(text)
        done = run([harness.FLEET, "check", *words, str(path)], 60)
        self.assertEqual(done.code, 0, done.error_output)
        return done.output, path

    def scenario(self, text, *words):
        return json.loads(self.check(text, "--json", *words)[0])["files"][0]["scenario"]

    def test_a_run_comes_to_what_was_said(self):
        said = self.scenario(PLANNED, "--seed", "3")
        _, path = self.check(PLANNED)
        facts = self.fleet_run("--virtual", "--scenario", path, "--seed", 3)
        self.assertEqual(said["devices"], facts["devices"]["requested"])
        self.assertEqual(said["connections"], facts["devices"]["connections"])
        self.assertEqual([(f["name"], f["selected"]) for f in said["faults"]],
                         [(f["name"], f["selected"]) for f in facts["faults"]])
        self.assertTrue(all(f["exact"] for f in said["faults"]))
        due = sum(facts["messages"]["published"].values())
        self.assertGreater(due, 0.85 * said["reports"])
        self.assertLess(due, 1.15 * said["reports"])
        series = facts["series"]
        fullest = max(n for n, at in zip(series["published"], series["at_s"]) if at > 150)
        self.assertGreater(fullest, 0.6 * said["peak"]["reports_per_s"])
        self.assertLess(fullest, 1.8 * said["peak"]["reports_per_s"])

    def test_it_is_said_in_words(self):
        text, _ = self.check(PLANNED)
        first, *lines = text.splitlines()
        self.assertTrue(first.endswith("ok, 510 devices (310 connect), 83 messages a second at the peak, 3m"), first)
        for line in ("  0s to 30s: from 0 to 155 devices, 5.17 a second", "  30s to 1m: 155 devices on",
                     "  1m: latency 10ms for 10s on about ", "  2m: kick on 10 of 510 devices",
                     "  lost == 0", "  restarts <= 3 (ends the run as soon as it cannot be met)"):
            self.assertTrue(any(one.startswith(line) for one in lines), f"{line}\n{text}")
        self.assertIn("1m15s500ms to 3m: 310 devices on", text)
        self.assertIn("each a gateway with 20 of meter behind it", text)
        self.assertIn("meter: 200 devices, 39.2 %; linkdevelop, behind gateways", text)
        self.assertIn("684 descriptors with the embedded twin, 374 with --target", text)

    def test_shapes_of_load_are_said_with_what_they_make_of_reports(self):
        text, _ = self.check("""
day: 20m
devices: 100
products:
  - {name: led, share: 60, report: [{every: 10s, jitter: 12.5%}]}
  - {name: meter, share: 40, daily_curve: home, report: [{every: 10s}]}
stages:
  - {ramp: {over: 10s, arrivals: poisson}, hold: 1m30s}
  - {spike: {product: meter, reports: 1000%, for: 10s}, hold: 10s}
  - {ramp: {reports: 250.5%, over: 1m}}
  - {step: {reports: 40%, count: 3, every: 10s}}
  - {step: {product: led, reports: 0%, every: 10s}}
  - {ramp: {reports: 100%, over: 0s}, hold: 10s}
""")
        for line in ("  0s to 10s: from 0 to 100 devices, 10 a second at random\n",
                     "  1m40s to 1m50s: spike, meter reports 1,000 %\n",
                     "  2m to 3m: ramp, all report 250.5 % at its end\n",
                     "  3m to 3m30s: 3 steps, all report 40 % after the last\n",
                     "  3m30s to 3m40s: step, led reports 0 %\n",
                     "  from 3m40s on: all report 100 %\n",
                     "every 10s and up to 12.5 % later; 0 % to 249.7 % as often by the stages; ",
                     "as often by the stages and daily curve home; "):
            self.assertIn(line, text)

    def test_counts_that_hang_on_the_seed_are_about_what_they_will_be(self):
        self.assertEqual([f["exact"] for f in self.scenario(PLANNED)["faults"]], [False, False, True])
        self.assertNotIn("about ", self.check(PLANNED, "--seed", "3")[0].split("expected")[0].split("faults")[1])

    def test_what_is_odd_is_said(self):
        odd = "\n".join(self.scenario(ODD)["odd"])
        for sentence in ("product led reports properties every 10m, and the run lasts 2m",
                         "product one gets no device",
                         "cloud traffic custom to plain comes less than once in 2m",
                         "fault latency comes at 10s, when no device is on",
                         "fault jitter would end at 2m20s, after the run, which ends it at 2m",
                         "fault stall selects no device",
                         "expectation p99(update) < 5m cannot be decided, and so fails: there is no rollout",
                         "expectation recovered_within(bandwidth) < 5s cannot be decided, and so fails: the fault "
                         "lasts until the run ends"):
            self.assertIn(sentence, odd)

    def test_tables_are_told_with_what_they_give(self):
        (self.folder / "t.csv").write_text("at,Temperature,LightSwich,say\n7,40,1,x\n8,,0,\"\"\"y\"\"\"\n")
        text, _ = self.check("""
products:
  - {name: air, count: 1, report: [{replay: {file: t.csv}}]}
  - {name: mouth, count: 1, report: [
      {what: custom, payload: '{{"at":{column at},"say":"{column say}"}}', replay: {file: t.csv}}]}
""")
        self.assertIn("\nnotes\n", text)
        self.assertIn("  product air, report properties: replays Temperature of 2 rows; columns that are no property: at, "
                      "LightSwich (the nearest is LightSwitch), say\n", text)
        self.assertIn("  product mouth, report custom: 1 of 2 cells of column say would make the payload no JSON: "
                      "\"\"y\"\" in line 3, column 6", text)

    def test_a_stage_that_begins_when_the_run_ends_is_odd(self):
        text = "devices: 10\nstages: [{ramp: {to: 5, over: 0s}, hold: 10s}, {ramp: {over: 0s}%s}]\n"
        odd = "\n".join(self.scenario(text % "")["odd"])
        self.assertIn("stage 2 begins when the run ends, and does nothing", odd)
        self.assertEqual([], self.scenario(text % ", hold: 1s")["odd"])

    def test_curves_that_are_cut_are_odd(self):
        text = ("day: 24m\ndevices: 10\nproducts: [{name: p, daily_curve: office}]\n"
                "stages: [{ramp: {over: 0s}, hold: 10m}, {spike: {reports: %s, for: 10s}, hold: 14m}]\n")
        cut = "product p comes to 22,000 % of its reports by the stages and daily curve office together"
        self.assertIn(cut, "\n".join(self.scenario(text % "10000%")["odd"]))
        self.assertNotIn("together", "\n".join(self.scenario(text % "4000%")["odd"]))

    def test_a_latency_of_commands_needs_commands(self):
        text = "devices: 10\nduration: 1m\nexpect: [p99(downlink) < 1s]\n"
        doubt = "expectation p99(downlink) < 1s cannot be decided"
        self.assertIn(doubt, "\n".join(self.scenario(text)["odd"]))
        text += "cloud_traffic: [{kind: property_set, rate: 1/s}]\n"
        self.assertNotIn(doubt, "\n".join(self.scenario(text)["odd"]))

    def test_a_ramp_that_nobody_asked_for_may_outlast_the_run(self):
        odd = self.scenario("devices: 100000\nduration: 10s\n")["odd"]
        self.assertEqual(len(odd), 1, odd)
        self.assertRegex(odd[0], "the ramp takes 1m40s, longer than the run: 10,000 of 100,000")

    def test_an_empty_file_is_all_defaults_and_says_so(self):
        for text in ("", "# nothing\n", "---\n", "{}\n"):
            out, _ = self.check(text)
            self.assertIn("ok, 100 devices, 10 messages a second at the peak, 1m\n", out)
            self.assertIn("the file asks for nothing", out)


if __name__ == "__main__":
    harness.main()
