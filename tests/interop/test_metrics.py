# The metrics page: promtool finds nothing to complain about, the number of series does not grow
# with the devices, and the counters equal what the report says.
import json
import re
import urllib.request

from harness import FLEET, ROOT, Case, main, need
from process import Process, free_port, run

LINE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')


# A bit of everything that has metrics of its own.
VIRTUAL = f"""
name: all
duration: 10m
products:
  - name: lamp
    share: 60
    model: {ROOT}/configs/models/rgb_led.json
    receive_limit: 8KiB
    shadow: on
    ntp: on
    firmware: {{version: 1.0.0, size: 64KiB, boot_time: 2s}}
    report: [{{what: properties, every: 20s}}, {{what: shadow, every: 1m}}]
  - {{name: meter, share: 40, protocol: coap, report: [{{every: 30s}}]}}
stages:
  - {{ramp: {{to: 100%, over: 5s}}}}
rollouts:
  - {{name: first_light, product: lamp, version: 2.0.0, size: 64KiB, at: 1m}}
cloud_traffic:
  - {{kind: property_get, product: lamp, rate: 1/s, may_fail: on}}
  - {{kind: rrpc, product: lamp, rate: 1/s, may_fail: on}}
faults:
  - {{effect: reset, at: 4m, select: {{percent: 50%}}}}
  - {{effect: drop_acks, share: 20%, at: 5m, for: 5s}}
"""


def scrape(port):
    """The page as text, or None when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            return page.read().decode()
    except OSError:
        return None


def samples(text):
    found = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match and not line.startswith("#"):
            found[match.group(1) + "{" + (match.group(2) or "") + "}"] = float(match.group(3))
    return found


def series(text):
    """Their names and labels. The stage is one at a time, of as many as the scenario has."""
    return {name for name in samples(text) if not name.startswith("fleet_run_stage")}


class MetricsPage(Case):
    def run_and_scrape(self, devices):
        """Runs a fleet to its end and answers the last page it served, and the facts."""
        port = free_port()
        report = self.folder / "run.json"
        command = [FLEET, "run", "--seed", "7", "--devices", devices, "--duration", "3s", "--ramp",
                   "1000/s", "--interval", "400ms", "--json", report, "--metrics",
                   f"127.0.0.1:{port}"]
        last = None
        with Process(command) as fleet:
            while fleet.running():
                last = scrape(port) or last
            self.assertEqual(fleet.code, 0, fleet.output + fleet.error_output)
        self.assertIsNotNone(last, "the page never answered")
        return last, json.loads(report.read_text())

    def test_promtool_finds_nothing_to_complain_about(self):
        promtool = need("promtool")
        page, _ = self.run_and_scrape(20)
        checked = run([promtool, "check", "metrics"], stdin=page)
        self.assertEqual((checked.code, checked.output, checked.error_output), (0, "", ""))

    def test_the_number_of_series_does_not_grow_with_the_devices(self):
        few, _ = self.run_and_scrape(5)
        many, _ = self.run_and_scrape(100)
        self.assertEqual(series(few), series(many))
        self.assertLess(len(series(many)), 600)

    def virtual_run(self, devices, duration, *words):
        """Runs all kinds of things on simulated time; all series that it showed on the way, and its
        digest."""
        scenario = self.folder / "all.yaml"
        scenario.write_text(VIRTUAL.replace("10m", duration))
        report = self.folder / "virtual.json"
        port = free_port()
        seen = set()
        with Process([FLEET, "run", "--virtual", "--scenario", scenario, "--devices", devices,
                      "--seed", "7", "--quiet", "--json", report,
                      *(words or ["--metrics", f"127.0.0.1:{port}"])]) as fleet:
            while fleet.running():
                seen |= series(scrape(port) or "")
            self.assertEqual(fleet.code, 0, fleet.output + fleet.error_output)
        return seen, json.loads(report.read_text())["digest"]

    def test_ten_virtual_devices_have_as_many_series_as_five_hundred(self):
        few, _ = self.virtual_run(10, "10m")
        many, digest = self.virtual_run(500, "10m")
        self.assertEqual(few, many)
        self.assertTrue(any(name.startswith("fleet_rollout_devices{") for name in many))
        self.assertTrue(any(name.startswith("fleet_cloud_call_duration_seconds_") for name in many))
        self.assertLess(len(many), 1500)
        _, unseen = self.virtual_run(500, "10m", "--metrics", "off")
        self.assertEqual(digest, unseen, "who looks changes what happens")

    def test_counters_equal_the_report(self):
        # The last page may be a moment older than the report: a few tries reach one that is not.
        for attempt in range(8):
            page, facts = self.run_and_scrape(10)
            told = samples(page)
            pairs = [(told[f'fleet_messages_published_total{{qos="{q}",product="product_1"}}'],
                      facts["messages"]["published"][f"qos{q}"]) for q in (0, 1, 2)]
            pairs += [(told['fleet_messages_acknowledged_total{product="product_1"}'],
                       facts["messages"]["acknowledged"]),
                      (told["fleet_replies_total{result=\"ok\"}"], facts["messages"]["replies"]),
                      (told['fleet_connects_total{outcome="accepted"}'],
                       facts["connects"]["accepted"])]
            for page_says, report_says in pairs:
                self.assertLessEqual(page_says, report_says)
            if all(a == b for a, b in pairs):
                return
        self.fail(f"after {attempt + 1} runs the last page never equalled the report: {pairs}")

    def test_the_twins_counters_equal_the_ledger(self):
        metrics = free_port()
        twin = self.twin("--metrics", f"127.0.0.1:{metrics}")
        facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{twin.port()}", "--devices", "50",
                               "--duration", "3s", "--interval", "200ms")
        told = samples(scrape(metrics))
        received = sum(told.get(f'fleet_twin_messages_received_total{{qos="{q}"}}', 0)
                       for q in (0, 1, 2))
        published = sum(facts["messages"]["published"].values())
        self.assertGreaterEqual(received, published)
        self.assertEqual(told['fleet_twin_messages_received_total{qos="1"}'],
                         facts["messages"]["published"]["qos1"] + facts["messages"]["resent"])


if __name__ == "__main__":
    main()
