# The live page in a real Chromium while a run goes: no word on the console, no request to anywhere
# else, figures that equal /live.json, readable from 390 to 1280 pixels, light and dark; and buttons
# that work with the token and are not there without. Pictures are left in the build folder.
import json
import os
import stat
import urllib.error
import urllib.request

from chromium import Chromium
from harness import FLEET, Case, main, need
from process import Process, run, wait_until
from test_metrics import samples
from test_report import PICTURES, at, value_of

KEEP_ANSWERS = """{
  const asked = window.fetch;
  window.fetch = async (...what) => {
    const answer = await asked(...what);
    if (String(what[0]).startsWith('live.json')) window.answer = await answer.clone().json();
    return answer;
  };
}"""
FIGURES = """[window.answer, [...document.querySelectorAll('[data-figure]')].map((e) =>
    [e.dataset.figure, e.textContent])]"""
SCENARIO = """
name: Live & <b>markup</b>
devices: 200
products:
  - name: lamp
    share: 60
    keep_alive: 30s
    firmware: {version: 1.0.0, size: 64KiB, boot_time: 2s}
    report: [{every: 1s}]
  - {name: meter, share: 40, keep_alive: 30s, report: [{every: 1s}]}
rollouts:
  - {name: first_light, product: lamp, version: 2.0.0, size: 64KiB, at: 1s}
"""


def ask(url, **options):
    """Status and text, whatever the status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


class LivePage(Case):
    def setUp(self):
        super().setUp()
        self.control = self.folder / "control.sock"

    def running(self, *words, control=None):
        """A run that goes on; its page's address without the token, and with it."""
        fleet = self.started(Process(
            [FLEET, "run", "--seed", "7", "--duration", "1h", "--grace", "0s", "--metrics",
             "127.0.0.1:0", "--control", control or self.control, *words]))
        line = fleet.wait_for_line(lambda text: text.startswith("live page at "), "its page")
        url = line.removeprefix("live page at ")
        return fleet, url.split("#")[0], url

    def day(self):
        """A run with all that the page has a place for."""
        scenario = self.folder / "day.yaml"
        scenario.write_text(SCENARIO)
        return self.running("--scenario", scenario, "--fault",
                            "latency by=20ms for=1h at=1s percent=20% name=slow_road")

    def browser(self):
        profile = self.folder / "profile"
        profile.mkdir()
        browser = self.started(Chromium(need("chromium"), profile))
        browser.before(KEEP_ANSWERS)
        return browser

    def until(self, browser, expression, what):
        return wait_until(lambda: browser.ask(expression), what)

    def shown(self, browser, url):
        """The page, once it has drawn some seconds."""
        browser.visit(url)
        self.until(browser, "window.answer && answer.ready && answer.series.next > 3"
                   " && document.querySelectorAll('.chart svg').length > 5", "charts")

    def assert_quiet(self, browser, base):
        self.assertEqual(browser.console, [])
        self.assertTrue(browser.requests)
        # The picture in the tab is in the page itself.
        others = [u for u in browser.requests if not u.startswith((base, "data:image/svg+xml"))]
        self.assertEqual(others, [])

    def assert_fits(self, browser, width):
        wide = browser.ask("""[...document.querySelectorAll('main *')].filter((e) =>
            !e.closest('.scroll') && !e.closest('svg')
            && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.className
            || e.tagName)""")
        self.assertEqual(wide, [], width)
        self.assertLessEqual(browser.ask("document.documentElement.scrollWidth"), width)

    def differing(self, browser):
        """The first figure that is not as in the answer that is shown; none: all are."""
        facts, figures = browser.ask(FIGURES)
        self.assertGreater(len(figures), 60)
        for path, text in figures:
            want = at(facts, path)
            if path.startswith("rates."):
                text = text.removesuffix("/s")
            if " min" in text or " h " in text:
                continue  # rounded to what people say
            shown = value_of(text)
            if shown is None or abs(shown - want) > abs(want) * 0.006 + 1e-9:
                return path, text, want
        return None

    def test_a_page_is_quiet_whole_and_readable_and_equals_its_figures(self):
        _, base, url = self.day()
        browser = self.browser()
        for width in (1280, 390):
            for dark in (False, True):
                browser.look(width, dark)
                self.shown(browser, url)
                self.until(browser, "document.querySelector('#order:not([hidden])')?.id",
                           "buttons")
                self.assert_quiet(browser, base)
                self.assert_fits(browser, width)
                browser.picture(PICTURES / f"live-{width}-{'dark' if dark else 'light'}.png")
        # An answer may have come and not be drawn yet at the moment that is looked at.
        wait_until(lambda: self.differing(browser) is None, "figures as in the answer", 20)
        text = browser.ask("document.body.innerText")
        for word in ("Live & <b>markup</b>", "slow_road", "first_light", "in force", "Homes"):
            self.assertIn(word, text)
        self.assertEqual(browser.ask("document.querySelectorAll('h1 b').length"), 0)
        self.assertGreater(browser.ask("document.querySelectorAll('.band').length"), 5)
        self.assertEqual(browser.ask("""[...document.querySelectorAll('button, input, select')]
            .filter((e) => !e.labels?.length && !e.textContent.trim()).length"""), 0)

    def test_a_fault_is_ordered_by_the_button_and_acts_and_is_removed_by_another(self):
        _, base, url = self.running("--devices", 50, "--interval", "1s")
        browser = self.browser()
        browser.look(1280, False)
        self.shown(browser, url)
        self.until(browser, "document.querySelector('#order:not([hidden])')?.id", "buttons")
        browser.ask("""(() => { const form = document.getElementById('order');
            form.elements.effect.value = 'stall'; form.elements.for.value = '1h';
            form.elements.percent.value = '40';
            form.querySelector('button').click(); })()""")
        self.until(browser, "document.querySelector('.said').textContent", "an answer")
        self.assertRegex(browser.ask("document.querySelector('.said').textContent"),
                         r"stall for 1h on \d+ of 50 devices")
        self.until(browser, "document.querySelector('[data-remove=stall]')?.textContent", "its row")
        told = samples(ask(base + "metrics")[1])
        self.assertEqual(told['fleet_fault_active{fault="stall",effect="stall"}'], 1)
        self.assertGreater(told['fleet_fault_devices{fault="stall",effect="stall"}'], 0)
        listed = run([FLEET, "fault", "list", "--run", self.control])
        self.assertIn("stall", listed.output)
        # The same again is another fault; nonsense is refused, and the run's sentence is shown.
        browser.ask("""(() => { const form = document.getElementById('order');
            form.elements.more.value = 'byy=3s'; form.querySelector('button').click(); })()""")
        self.until(browser, "document.querySelector('.said.bad')?.textContent.includes('byy')",
                   "a refusal")
        browser.ask("document.querySelector('[data-remove=stall]').click()")
        self.until(browser, "!document.querySelector('[data-remove=stall]')", "it to be gone")
        self.assertNotIn('fleet_fault_active{fault="stall"', ask(base + "metrics")[1])
        self.assert_quiet(browser, base)

    def test_without_the_token_the_page_only_shows_and_nobody_orders(self):
        _, base, url = self.running("--devices", 20)
        token = url.split("#token=")[1]
        browser = self.browser()
        browser.look(1280, False)
        self.shown(browser, base)
        self.assertTrue(browser.ask("document.getElementById('order').hidden"))
        self.assertIn("This page only shows", browser.ask("document.body.innerText"))
        self.assert_quiet(browser, base)
        self.assertNotIn(base + "orders", browser.requests)
        self.shown(browser, base + "#token=" + "0" * 32)
        self.until(browser, "document.body.innerText.includes('is not this run')", "a refusal")
        self.assertTrue(browser.ask("document.getElementById('order').hidden"))
        order = json.dumps({"do": "add", "words": "stall for=1h"}).encode()
        right = {"Authorization": f"Bearer {token}"}
        for status, headers in (
                (401, {}), (403, {"Authorization": "Bearer " + "0" * 32}),
                (403, {**right, "Origin": "http://evil.example"}),
                (403, {**right, "Host": "evil.example"}),
                (403, {**right, "Sec-Fetch-Site": "cross-site"})):
            got = ask(base + "orders", method="POST", data=order, headers=headers)
            self.assertEqual(got[0], status, (headers, got))
        self.assertEqual(ask(base + "orders")[0], 405)
        self.assertEqual(ask(base + "orders", method="POST", data=b"x" * 20000, headers=right)[0],
                         413)
        self.assertEqual(ask(base, headers={"Host": "evil.example"})[0], 403)
        self.assertEqual(json.loads(ask(base + "live.json")[1])["faults"], [])
        # No page shows the token, and the right one works.
        self.assertNotIn(token, "".join(ask(base + p)[1] for p in ("", "live.json", "metrics")))
        status, text = ask(base + "orders", method="POST", data=order, headers=right)
        self.assertEqual((status, json.loads(text)["ok"]), (200, True))

    def test_the_page_says_so_when_the_run_is_over(self):
        fleet, base, url = self.running("--devices", 20, "--interval", "1s")
        browser = self.browser()
        browser.look(390, False)
        self.shown(browser, url)
        self.assert_quiet(browser, base)
        fleet.stop()
        self.until(browser, "document.body.innerText.includes('is over, or cannot be reached')",
                   "the page to see it")
        self.assertEqual(browser.ask("document.getElementById('stage').textContent"), "no answer")
        self.assertGreater(browser.ask("document.querySelectorAll('.chart svg').length"), 5)

    def test_the_token_lies_beside_the_control_socket_for_its_user_alone(self):
        fleet, _, url = self.running("--devices", 1)
        page = self.folder / "control.page"
        wait_until(page.exists, "the page's file")
        self.assertEqual(page.read_text(), url + "\n")
        self.assertEqual(stat.S_IMODE(os.stat(page).st_mode), 0o600)
        fleet.stop()
        self.assertFalse(page.exists())

    def test_where_the_control_socket_is_off_the_page_takes_no_orders(self):
        _, base, url = self.running("--devices", 1, control="off")
        self.assertEqual(base, url)
        self.assertEqual(ask(base + "orders", method="POST", data=b'{"do":"list"}',
                             headers={"Authorization": "Bearer "})[0], 403)
        wait_until(lambda: '"orders":false' in ask(base + "live.json")[1], "its figures")

    def test_a_virtual_run_has_a_page_where_it_has_metrics(self):
        fleet = self.started(Process(
            [FLEET, "run", "--virtual", "--seed", "7", "--devices", "50", "--duration", "365d",
             "--grace", "0s", "--metrics", "127.0.0.1:0"]))
        url = fleet.wait_for_line(lambda text: text.startswith("live page at "), "its page")
        base = url.removeprefix("live page at ")
        self.assertNotIn("#", base)
        facts = wait_until(lambda: (lambda f: f if f["ready"] and f["series"]["next"] > 1
                                    else None)(json.loads(ask(base + "live.json")[1])), "figures")
        self.assertEqual(facts["run"]["world"], "virtual")
        self.assertGreater(facts["run"]["elapsed_s"], 2)

    def test_a_twin_shows_where_its_metrics_are(self):
        twin = self.twin("--metrics", "127.0.0.1:0")
        line = twin.wait_for_line(lambda text: text.startswith("metrics "), "its metrics")
        base = f"http://{line.split()[1]}/"
        status, text = ask(base)
        self.assertEqual(status, 200)
        self.assertIn('href="metrics"', text)
        self.assertIn("fleet_twin_connections", ask(base + "metrics")[1])
        self.assertEqual(ask(base + "live.json")[0], 404)


if __name__ == "__main__":
    main()
