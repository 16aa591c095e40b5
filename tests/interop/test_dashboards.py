# The dashboards and alerts against a real Prometheus that scrapes a fleet of 5,000: every query of
# every panel, variable, annotation and of what alerts look at returns data in a run that has all of
# it (test_alerts.py has their situations); and what is committed is what the generator writes, and
# promtool has nothing to complain about.
import json
import re
import sys

from harness import FLEET, ROOT, Case, main, need
from process import Process, free_port, run, wait_until
from prometheus import DASHBOARDS as HERE, Prometheus

sys.path.insert(0, str(HERE))
from alerts import ALERTS     # noqa: E402

DEVICES = 5000
SHOWN_WITHIN_S = 240  # all panels together; a machine with little else to do needs 40 s
MODELS = ROOT / "configs/models"

# Everything at once, most of it soon; it lasts until the last panel has data, however slow the
# machine, and little enough that a slow one comes to the end of updates and of the recovery.
SCENARIO = f"""
name: panels
duration: 8m
products:
  - name: lamp
    share: 10
    model: {MODELS}/rgb_led.json
    receive_limit: 8KiB
    shadow: on
    ntp: on
    desired: on
    keep_alive: 30s
    firmware: {{version: 1.0.0, size: 32KiB, boot_time: 1s}}
    report: [{{what: properties, every: 5s}}, {{what: event, every: 10s}},
             {{what: shadow, every: 10s}}]
  - name: sensor
    share: 86
    model: {MODELS}/sensor.json
    keep_alive: 30s
    report: [{{every: 10s}}]
  - {{name: meter, share: 2, protocol: coap, security: dtls, report: [{{every: 8s}}]}}
  - {{name: tracker, share: 2, protocol: http, report: [{{every: 8s}}]}}
stages:
  - {{ramp: {{to: 100%, over: 10s}}}}
rollouts:
  - {{name: first_light, product: lamp, version: 2.0.0, size: 32KiB, at: 10s, under_way: 100}}
cloud_traffic:
  - {{kind: property_set, product: lamp, rate: 10/s, may_fail: on}}
  - {{kind: property_get, product: lamp, rate: 10/s, may_fail: on}}
  - {{kind: rrpc, product: sensor, rate: 10/s, may_fail: on}}
  - {{kind: shadow_desired, product: lamp, rate: 5/s, may_fail: on}}
faults:
  - {{effect: reset, at: 15s, select: {{percent: 5%}}}}
  - {{effect: power_loss, at: 22s, for: 3s, select: {{product: sensor, percent: 2%}}}}
  - {{effect: drop_acks, share: 10%, at: 30s, for: 10s}}
"""


def as_grafana(text):
    """What Grafana puts in place of its variables: all values chosen, two minutes shown."""
    text = text.replace("$__rate_interval", "30s").replace("$__range", "2m")
    text = text.replace("$__interval", "1s")
    text = re.sub(r"\$(instance|product)\b", ".*", text)
    if "$" in text:
        raise AssertionError(f"a variable that nobody replaces: {text}")
    return text


def dashboards():
    return {path.name: json.loads(path.read_text())
            for path in sorted((HERE / "grafana").glob("*.json"))}


def queries():
    """All there are: name → PromQL, for people and for Prometheus."""
    out = {}
    for file, page in dashboards().items():
        for panel in page["panels"]:
            for target in panel.get("targets", []):
                out[f"{file}, {panel['title']}, {target['refId']}"] = as_grafana(target["expr"])
        for note in page["annotations"]["list"]:
            out[f"{file}, annotation {note['name']}"] = as_grafana(note["expr"])
        for variable in page["templating"]["list"]:
            match = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable.get("definition", ""))
            if match:
                out[f"{file}, variable {variable['name']}"] = \
                    f'{match.group(1)}{{{match.group(2)}!=""}}'
    for alert in ALERTS:
        out[f"alert {alert['alert']}"] = alert["value"]
    return out


class Dashboards(Case):
    def test_are_what_their_generator_writes(self):
        done = run([sys.executable, "-B", HERE / "make.py", "--check"])
        self.assertEqual((done.code, done.output), (0, ""), done.error_output)

    def test_go_into_any_grafana(self):
        pages = dashboards()
        self.assertEqual(len(pages), 6)
        self.assertEqual(len({page["uid"] for page in pages.values()}), len(pages))
        for file, page in pages.items():
            with self.subTest(file):
                self.assertNotIn("id", page)
                self.assertRegex(page["uid"], r"^[a-z-]+$")
                self.assertGreaterEqual(page["schemaVersion"], 39)
                self.assertEqual(page["templating"]["list"][0]["type"], "datasource")
                self.assertEqual({note["name"] for note in page["annotations"]["list"]},
                                 {"Faults", "Stages"})
                self.check_panels([p for p in page["panels"] if p["type"] != "row"])

    def check_panels(self, panels):
        self.assertEqual(len({p["id"] for p in panels}), len(panels))
        taken = set()
        for panel in panels:
            with self.subTest(panel["title"]):
                self.assertTrue(panel["title"])
                self.assertRegex(panel["description"], r"\S{3,}.*\.$")
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertTrue(panel["targets"])
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"]["uid"], "${datasource}")
                at = panel["gridPos"]
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                         for y in range(at["y"], at["y"] + at["h"])}
                self.assertLessEqual(at["x"] + at["w"], 24)
                self.assertFalse(cells & taken, "lies on another")
                taken |= cells

    def test_promtool_has_nothing_to_complain_about(self):
        promtool = need("promtool")
        for words in (["check", "config", HERE / "prometheus.yml"],
                      ["check", "config", HERE / "prometheus-workers.yml"],
                      ["check", "rules", HERE / "alerts.yml"],
                      ["test", "rules", HERE / "alerts_test.yml"]):
            with self.subTest(" ".join(str(word) for word in words)):
                done = run([promtool, *words], cwd=HERE)
                self.assertEqual(done.code, 0, done.output + done.error_output)
                self.assertNotIn("WARNING", done.output + done.error_output)

    def test_compose_gives_grafana_what_is_here(self):
        compose = (HERE / "compose.yaml").read_text()
        provider = (HERE / "provisioning/dashboards/fleet.yaml").read_text()
        self.assertIn("- .:/etc/fleet:ro", compose)
        self.assertIn("path: /etc/fleet/grafana", provider)
        self.assertIn("/etc/fleet/grafana/overview.json", compose)
        listening = re.search(r"--web\.listen-address=(\S+)", compose).group(1)
        source = (HERE / "provisioning/datasources/prometheus.yaml").read_text()
        self.assertIn(f"url: http://{listening}", source)
        self.assertNotIn("0.0.0.0", compose)

    def test_every_query_returns_data(self):
        program = need("prometheus")
        scenario = self.folder / "panels.yaml"
        scenario.write_text(SCENARIO)
        metrics, split = (f"127.0.0.1:{free_port()}" for _ in range(2))
        server = self.started(Prometheus(program, self.folder.path, [metrics, split]))
        self.started(Process([FLEET, "run", "--processes", "2", "--devices", "20", "--duration",
                              "10m", "--metrics", split, "--quiet"]))
        fleet = self.started(Process(
            [FLEET, "run", "--scenario", scenario, "--devices", DEVICES, "--seed", "7", "--metrics",
             metrics, "--quiet", "--json", self.folder / "run.json"]))
        missing = queries()
        self.assertGreater(len(missing), 150)

        def all_shown():
            self.assertTrue(fleet.running(), fleet.output + fleet.error_output)
            for name in [name for name, query in missing.items() if server.has(query)]:
                del missing[name]
            return not missing

        try:
            wait_until(all_shown, "data for all queries", SHOWN_WITHIN_S)
        except TimeoutError:
            self.fail("no data for:\n" + "\n".join(f"{name}: {query}"
                                                   for name, query in missing.items()))
        self.check_rules(server)
        self.check_families(server)
        self.assertTrue(server.has(f"fleet_devices_requested == {DEVICES}"))

    def check_rules(self, server):
        """All alerts are there, and Prometheus evaluates them without an error."""
        rules = [rule for group in server.ask("rules")["groups"] for rule in group["rules"]]
        self.assertEqual({rule["name"] for rule in rules}, {alert["alert"] for alert in ALERTS})
        for rule in rules:
            self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""), rule["name"])

    def check_families(self, server):
        """What the reference has is exported, and nothing of ours that it has not."""
        told = run([FLEET, "help", "metrics"]).output
        rows = dict(re.findall(r"^\| `((?:fleet|process)_\w+)` \| (\w+) \|", told, re.MULTILINE))
        self.assertGreater(len(rows), 100)
        known = {name + suffix for name, kind in rows.items()
                 for suffix in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))}
        seen = {name for name in server.ask("label/__name__/values")
                if name.startswith(("fleet_", "process_"))}
        self.assertEqual(known - seen, set(), "in the reference and never exported")
        self.assertEqual(seen - known, set(), "exported and not in the reference")

    def test_every_metric_is_shown_somewhere(self):
        told = run([FLEET, "help", "metrics"]).output
        names = re.findall(r"^\| `((?:fleet|process)_\w+)` \|", told, re.MULTILINE)
        shown = " ".join(queries().values())
        self.assertEqual([name for name in names if not re.search(rf"\b{name}(_bucket)?\b", shown)],
                         [])


if __name__ == "__main__":
    main()
