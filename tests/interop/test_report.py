# The report's page in a real Chromium: no word on the console, no request to anywhere else, figures
# that equal the JSON's, and readable from 390 to 1280 pixels, light and dark. Pictures are left in the
# build folder for whoever wants to look.
import base64
import json
import os
import pathlib
import re
import unittest
import xml.etree.ElementTree as xml

from chromium import Chromium
from harness import FLEET, Case, main, need
from process import run

PICTURES = pathlib.Path(os.environ.get("FLEET_PICTURES", pathlib.Path(FLEET).parent.parent
                                       / "pictures"))
SCENARIO = """
name: Report & <b>markup</b>
devices: 90
products:
  - {name: lamp, share: 60, keep_alive: 30s, report: [{every: 2s}]}
  - {name: meter, share: 30, keep_alive: 30s, report: [{every: 5s}]}
expect:
  - lost == 0
  - p99(publish_ack) < 1m
  - sent > 1000000
"""
FAULTS = ["--fault", "partition for=8s at=20s percent=50% name=half_dark",
          "--fault", "latency by=400ms for=15s at=60s name=slow_road",
          "--fault", "cloud_restart at=90s"]
UNITS = {"µs": 1e-6, "ms": 1e-3, "s": 1.0, "B": 1, "KiB": 1024, "MiB": 1 << 20, "GiB": 1 << 30}


def value_of(text):
    """The number that a figure on the page stands for, in seconds, octets or ones."""
    match = re.fullmatch(r"(-?[\d,.]+)(?: (\S+))?", text)
    if match is None:
        return None
    number = float(match.group(1).replace(",", ""))
    return number * UNITS[match.group(2)] if match.group(2) else number


def at(facts, path):
    for name in path.split("."):
        facts = facts[int(name)] if isinstance(facts, list) else facts[name]
    return facts


class ReportPage(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chromium = need("chromium")

    def setUp(self):
        super().setUp()
        self.files = {kind: self.folder / f"run.{kind}" for kind in ("json", "html", "xml", "csv")}

    def virtual_run(self, *words, expect=0, **files):
        files = {**self.files, **files}
        done = run([FLEET, "run", "--virtual", "--seed", "7", "--quiet", "--json", files["json"],
                    "--report", files["html"], "--junit", files["xml"], "--csv", files["csv"],
                    *map(str, words)], timeout_s=120)
        self.assertEqual(done.code, expect, done.output + done.error_output)
        return json.loads(files["json"].read_text())

    def day(self):
        """A run with products, faults, and an expectation that is not met."""
        scenario = self.folder / "day.yaml"
        scenario.write_text(SCENARIO)
        return self.virtual_run("--scenario", scenario, "--duration", "2m", *FAULTS, expect=1)

    def browser(self):
        profile = self.folder / "profile"
        profile.mkdir()
        return self.started(Chromium(self.chromium, profile))

    def assert_quiet(self, browser, page):
        self.assertEqual(browser.console, [])
        self.assertEqual([u for u in browser.requests if u != f"file://{page}"], [])

    def assert_fits(self, browser, width):
        """Nothing sticks out: what is too wide scrolls within its own box."""
        wide = browser.ask("""[...document.querySelectorAll('main *')].filter((e) =>
            !e.closest('.scroll') && !e.closest('svg')
            && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.className
            || e.tagName)""")
        self.assertEqual(wide, [], width)
        self.assertLessEqual(browser.ask("document.documentElement.scrollWidth"), width)

    def test_a_page_is_quiet_whole_and_readable_and_equals_the_json(self):
        facts = self.day()
        page = self.files["html"]
        browser = self.browser()
        for width in (1280, 390):
            for dark in (False, True):
                browser.look(width, dark)
                browser.open(page)
                self.assert_quiet(browser, page)
                self.assert_fits(browser, width)
                browser.picture(PICTURES / f"report-{width}-{'dark' if dark else 'light'}.png")
        self.assertEqual(browser.ask("document.getElementById('verdict').textContent"), "failed")
        figures = browser.ask("""[...document.querySelectorAll('[data-figure]')].map((e) =>
            [e.dataset.figure, e.textContent])""")
        self.assertGreater(len(figures), 40)
        for path, text in figures:
            want = at(facts, path)
            if path == "messages.published":
                want = sum(want.values())
            shown = value_of(text)
            self.assertIsNotNone(shown, (path, text))
            self.assertAlmostEqual(shown, want, delta=abs(want) * 0.006, msg=(path, text))
        for words in (facts["failures"], [f["name"] for f in facts["faults"]],
                      [e["text"] for e in facts["expectations"]], [facts["run"]["scenario"]],
                      [p["name"] for p in facts["products"]], [facts["run"]["command"]],
                      [t["example_device"] for t in facts["troubles"]]):
            self.assertTrue(words)
            for word in words:
                self.assertTrue(browser.ask(f"document.body.innerText.includes({json.dumps(word)})"),
                                word)
        # The name of the scenario is text, whatever it holds.
        self.assertEqual(browser.ask("document.querySelectorAll('h1 b').length"), 0)
        self.assertGreater(browser.ask("document.querySelectorAll('.band').length"), 8)
        self.assertTrue(browser.printed().startswith(b"%PDF"))

    def test_a_chart_tells_the_figures_of_the_moment_that_is_pointed_at(self):
        facts = self.day()
        browser = self.browser()
        browser.look(1280, False)
        browser.open(self.files["html"])
        box = browser.ask("""(() => { const s = document.querySelector('.chart svg');
            s.scrollIntoView({block: 'center'}); const b = s.getBoundingClientRect();
            return [b.left, b.top, b.width, b.height]; })()""")
        browser.move_to(box[0] + box[2] / 2, box[1] + box[3] / 2)
        said = browser.ask("document.getElementById('tip').innerText")
        begin = re.match(r"(\d+):(\d+) to", said)
        self.assertIsNotNone(begin, said)
        second = int(begin.group(1)) * 60 + int(begin.group(2))
        index = next(i for i, end in enumerate(facts["series"]["at_s"]) if end > second + 0.5)
        online = re.search(r"online\n([\d,]+)", said)
        self.assertEqual(int(online.group(1).replace(",", "")), facts["series"]["online"][index])
        browser.picture(PICTURES / "report-hover.png", whole=False)

    def test_a_run_with_nothing_in_it_has_a_page_too(self):
        self.virtual_run("--devices", 1, "--duration", "100ms", "--interval", "off",
                         "--downlink-interval", "off")
        browser = self.browser()
        browser.look(390, False)
        browser.open(self.files["html"])
        self.assert_quiet(browser, self.files["html"])
        self.assertEqual(browser.ask("document.getElementById('verdict').textContent"), "passed")
        empty = browser.ask("""[...document.querySelectorAll('h2')].filter((e) =>
            !e.nextElementSibling || e.nextElementSibling.tagName === 'H2').map((e) =>
            e.textContent)""")
        self.assertEqual(empty, [])

    def test_the_workers_of_a_run_are_told_of(self):
        done = run([FLEET, "run", "--processes", "2", "--devices", "20", "--duration", "3s",
                    "--interval", "1s", "--metrics", "off", "--control", "off", "--json",
                    self.files["json"]], timeout_s=120)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        facts = json.loads(self.files["json"].read_text())
        last = [line.split()[0] for line in done.output.splitlines() if line][-4:]
        self.assertEqual(last, ["worker", "1", "2", "verdict"], done.output)
        one, two = facts["workers"]
        lost = {**two, "worker": 3, "takes_over": 1, "reported": False, "lost_at_s": 2.5,
                "why": "<i>nobody is there</i>", "at": "192.0.2.7:7400", "uplink": None,
                "downlink": None, "ranges": [{"first": i, "devices": 2} for i in range(6)],
                "events": [{"at_s": 1.5, "what": "its machine has slept for 12.0 s"}]}
        later = self.folder / "later.json"
        later.write_text(json.dumps({**facts, "workers": [one, two, lost]}))
        done = run([FLEET, "report", later, "--html", self.files["html"]])
        self.assertEqual(done.code, 0, done.error_output)
        browser = self.browser()
        for width in (1280, 390):
            browser.look(width, False)
            browser.open(self.files["html"])
            self.assert_quiet(browser, self.files["html"])
            self.assert_fits(browser, width)
            browser.picture(PICTURES / f"report-workers-{width}.png")
        rows = browser.ask("""[...[...document.querySelectorAll('th')].find((e) =>
            e.textContent === 'Worker').closest('table').tBodies[0].rows].map((r) =>
            [...r.cells].map((c) => c.textContent))""")
        self.assertEqual(rows[0][:3], ["1", "0 to 9", str(one["published"])])
        self.assertEqual(rows[0][4], "0")
        self.assertEqual(rows[0][-1], "reported")
        self.assertEqual(rows[2][:2], ["3 after 1", "0 to 1, 1 to 2, 2 to 3, 3 to 4 and 2 ranges "
                                       "more at 192.0.2.7:7400"])
        self.assertEqual(rows[2][4], "not judged")
        self.assertEqual(rows[2][-1], "lost at 2.5 s: <i>nobody is there</i>")
        text = run([FLEET, "report", later]).output
        self.assertRegex(text, r"\n3 after 1 .*0 to 1, .*; lost at 2.5 s: <i>nobody")
        for shown in (text, browser.ask("document.body.innerText")):
            self.assertIn("slept for 12.0 s", shown)

    def test_two_runs_stand_side_by_side(self):
        self.virtual_run("--devices", 200, "--duration", "2m")
        other = self.folder / "other.json"
        scenario = self.folder / "other.yaml"
        scenario.write_text("name: The other\n")
        self.virtual_run("--scenario", scenario, "--devices", 260, "--duration", "3m", "--link",
                         "4g", *FAULTS, json=other)
        differ = "the runs differ: scenario none against The other, devices 200 against 260"
        text = run([FLEET, "report", self.files["json"], other])
        self.assertEqual(text.code, 0, text.error_output)
        self.assertRegex(text.output, r"requested +200 +260 +\+60 \(\+30 %\)")
        self.assertEqual(text.lines[2], differ)
        page = self.folder / "two.html"
        done = run([FLEET, "report", self.files["json"], other, "--html", page])
        self.assertEqual((done.code, done.output), (0, ""), done.error_output)
        browser = self.browser()
        for width in (1280, 390):
            for dark in (False, True):
                browser.look(width, dark)
                browser.open(page)
                self.assert_quiet(browser, page)
                self.assert_fits(browser, width)
                browser.picture(PICTURES / f"compare-{width}-{'dark' if dark else 'light'}.png")
        row = browser.ask("""[...document.querySelector('[data-row="devices/requested"]').cells]
            .map((c) => c.textContent)""")
        self.assertEqual(row[:4], ["requested", "200", "260", "+60 (+30 %)"])
        self.assertEqual(browser.ask("document.getElementById('differ').innerText.trim()"),
                         "T" + differ[1:])
        cards = browser.ask("""[...document.querySelectorAll('.columns .sub')].map((e) =>
            e.textContent.split(" · ")[0])""")
        self.assertEqual(cards, ["no scenario", "The other"])
        # Amounts are in the words of a run's own page, which has them from this script.
        amounts = browser.ask("""JSON.parse(document.getElementById("data").textContent).compare.rows
            .filter((r) => r.a !== null && /[a-zµ]/i.test(r.a_text))
            .map((r) => [r.a_text, [kit.time(r.a), kit.size(r.a), kit.rate(r.a)]])""")
        self.assertGreater(len(amounts), 15)
        for said, words in amounts:
            self.assertIn(said, words)

    def test_a_table_that_goes_on_beyond_its_edge_shows_it(self):
        self.day()
        page = self.folder / "two.html"
        run([FLEET, "report", self.files["json"], self.files["json"], "--html", page])
        browser = self.browser()
        for dark in (False, True):
            with self.subTest(dark=dark):
                browser.look(390, dark)
                browser.open(page)
                wide = """document.querySelector("[data-row]").closest(".scroll")"""
                self.assertGreater(browser.ask(f"{wide}.scrollWidth - {wide}.clientWidth"), 40)
                begin = self.edges(browser, wide)
                browser.ask(f"{wide}.scrollLeft = 1e6")
                end = self.edges(browser, wide)
                self.assertEqual(begin[0], end[1], "the card's own colour where the table ends")
                for shadow in (begin[1], end[0]):
                    self.assertLess(shadow, begin[0] - 3)

    def edges(self, browser, node):
        """How red a box is just within its left and its right edge, beside its table's head."""
        x, y, width = browser.ask(f"""(() => {{ {node}.scrollIntoView();
            const b = {node}.getBoundingClientRect(); return [b.left, b.top, b.width]; }})()""")
        shot = self.folder / "edge.png"
        browser.picture(shot, whole=False)
        encoded = base64.b64encode(shot.read_bytes()).decode()
        return browser.ask(f"""(async () => {{
            const drawn = await createImageBitmap(new Blob([Uint8Array.from(
              atob("{encoded}"), (c) => c.charCodeAt(0))]));
            const canvas = new OffscreenCanvas(drawn.width, drawn.height).getContext("2d");
            canvas.drawImage(drawn, 0, 0);
            return [{x} + 2, {x + width} - 3].map((at) =>
              canvas.getImageData(at, {y} + 16, 1, 1).data[0]);
          }})()""")

    def test_an_earlier_run_gives_the_same_files_as_the_run_itself(self):
        facts = self.day()
        again = {kind: self.folder / f"again.{kind}" for kind in ("html", "xml", "csv")}
        done = run([FLEET, "report", self.files["json"], "--html", again["html"], "--junit",
                    again["xml"], "--csv", again["csv"]])
        self.assertEqual((done.code, done.output, done.error_output), (0, "", ""))
        self.assertEqual(again["xml"].read_text(), self.files["xml"].read_text())
        self.assertEqual(again["csv"].read_text(), self.files["csv"].read_text())
        text = run([FLEET, "report", self.files["json"]])
        self.assertIn("verdict        failed", text.output)
        self.assertIn(facts["failures"][0], text.output)

    def test_junit_and_csv_are_what_others_read(self):
        facts = self.day()
        suite = xml.parse(self.files["xml"]).getroot().find("testsuite")
        cases = {c.get("name"): c for c in suite.findall("testcase")}
        self.assertEqual(int(suite.get("tests")), len(suite.findall("testcase")))
        failed = [n for n, c in cases.items() if c.find("failure") is not None]
        self.assertEqual(failed, ["sent > 1000000"])
        self.assertEqual({e["text"] for e in facts["expectations"]} - set(cases), set())
        self.assertIn("ledger.downlink.unexplained", cases)
        self.assertNotIn("ledger.uplink.lost", cases, "an expectation names it")
        lines = self.files["csv"].read_text().splitlines()
        names = lines[0].split(",")
        self.assertEqual(len(lines) - 1, len(facts["series"]["at_s"]))
        published = sum(int(line.split(",")[names.index("published")]) for line in lines[1:])
        self.assertEqual(published, sum(facts["messages"]["published"].values()))


if __name__ == "__main__":
    main()
