# The metrics page: promtool finds nothing to complain about, the number of series does not grow
# with the devices, and the counters equal what the report says.
import json
import re
import urllib.request

from harness import FLEET, Case, main, need
from process import Process, free_port, run

LINE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')


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
        self.assertEqual(sorted(samples(few)), sorted(samples(many)))
        self.assertLess(len(samples(many)), 300)

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
