# Runs of scenarios as users start them: products of several profiles at once, stages, the cloud's traffic, flags
# over keys, both worlds; and what is wrong with a file is told before anything starts.
import json
import pathlib
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import harness  # noqa: E402
from process import Process, free_port, run  # noqa: E402

MIXED = """
name: mixed
devices: 60
duration: 12s
products:
  - {name: led, share: 50, link: wifi, report: [{every: 2s}]}
  - {name: lock, share: 20, profile: linkplatform, security: tls, report: [{every: 2s}]}
  - name: fan
    profile: mqtt
    share: 30
    qos: 2
    report:
      - {every: 2s, topic: 'home/{device}/state', payload: '{{"n":{seq},"tag":"{ledger}"}}'}
stages:
  - {ramp: {to: 50%, over: 1s}, hold: 3s}
  - {ramp: {to: 100%, over: 1s}, hold: 3s}
  - ramp: {to: 50%, over: 2s}
cloud_traffic:
  - {kind: property_set, product: led, rate: 20/s}
  - {kind: custom, product: lock, rate: 10/s}
  - {kind: custom, product: fan, rate: 10/s}
  - {kind: custom, product: fan, rate: 5/s, payload: '{{"on":{random 0..1}}}'}
"""


class ScenarioRuns(harness.Case):
    def scenario(self, text=MIXED, name="s.yaml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def refused(self, *words):
        """A run that must not start: what it says."""
        done = run([harness.FLEET, "run", "--metrics", "off", *[str(word) for word in words]], 30)
        self.assertEqual(done.code, 2, done.output + done.error_output)
        self.assertEqual(done.output, "", "nothing starts")
        return done.error_output

    def assert_mixed(self, facts):
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["run"]["scenario"], "mixed")
        devices = facts["devices"]
        self.assertEqual((devices["requested"], devices["online_max"]), (60, 60))
        self.assertEqual((devices["expected_end"], devices["online_end"]), (30, 30))
        products = {p["name"]: p for p in facts["products"]}
        self.assertEqual({n: p["devices"] for n, p in products.items()},
                         {"led": 30, "lock": 12, "fan": 18})
        for name, product in products.items():
            self.assertEqual(product["online_max"], product["devices"], name)
            self.assertEqual(product["lost"], 0, name)
            up = product["ledger"]["uplink"]
            self.assertGreater(up["accepted"], product["devices"], name)
            self.assertEqual(up["accepted"], up["acknowledged"], name)
        self.assertEqual(sum(p["published"] for p in products.values()),
                         sum(facts["messages"]["published"].values()))
        led, lock, told, untold = facts["cloud_traffic"]
        self.assertEqual(led["kind"], "property_set")
        self.assertEqual(products["led"]["ledger"]["downlink"]["attempted"], led["answered"])
        self.assertGreater(led["answered"], 60)
        self.assertEqual(products["fan"]["ledger"]["downlink"]["attempted"], told["answered"])
        self.assertGreater(told["answered"], 30)
        self.assertGreater(untold["attempted"], 40)
        self.assertEqual(products["lock"]["commands"], 0, "nobody asked for any")
        self.assertGreater(lock["answered"], 60, "its devices listen to data by themselves")
        self.assertEqual(lock["not_subscribed"], 0)

    def test_several_profiles_stages_and_traffic_on_sockets(self):
        self.assert_mixed(self.fleet_run("--scenario", self.scenario(), "--plain",
                                         "--report-every", "500ms"))
        told = self.last_run.error_output
        for stage in ("ramp 1/3", "hold 1/3", "hold 2/3"):
            self.assertIn(stage, told)
        self.assertRegex(told, "draining|stopping", "either may be over before the next line")
        for part in ("scenario mixed", "lock", "linkplatform", "cloud traffic"):
            self.assertIn(part, self.last_run.output)

    def test_the_same_in_the_virtual_world_again_and_again(self):
        words = ["--scenario", self.scenario(), "--virtual"]
        first = self.fleet_run(*words, "--seed", 3)
        self.assert_mixed(first)
        again = self.fleet_run(*words, "--seed", 3)
        self.assertRegex(first["digest"], "^[0-9a-f]{16}$")
        for key in ("digest", "devices", "products", "cloud_traffic", "messages", "latency"):
            self.assertEqual(first[key], again[key])
        self.assertNotEqual(first["digest"], self.fleet_run(*words, "--seed", 4)["digest"])

    def test_the_files_seed_is_used_and_the_flags_goes_before_it(self):
        path = self.scenario("seed: 11\nduration: 5s\ndevices: 5\n")
        out = self.folder / "r.json"
        for words, seed in ((["--seed", "12"], 12), ([], 11)):
            done = run([harness.FLEET, "run", "--virtual", "--scenario", path, "--json", out, *words],
                       60)
            self.assertEqual(done.code, 0, done.error_output)
            self.assertEqual(json.loads(out.read_text())["run"]["seed"], seed)

    def test_flags_go_before_keys(self):
        facts = self.fleet_run("--scenario", self.scenario(), "--virtual", "--devices", 30,
                               "--duration", "20s", "--ramp", "10/s", "--interval", "1s",
                               "--security", "plain", "--qos", "1", "--downlink-interval", "2s")
        self.assert_account_is_clean(facts)
        self.assertEqual([p["devices"] for p in facts["products"]], [15, 6, 9])
        self.assertEqual(facts["devices"]["online_end"], 30, "--ramp replaces the stages")
        self.assertAlmostEqual(facts["run"]["duration_s"], 20, delta=0.5)
        self.assertEqual(facts["messages"]["published"]["qos2"], 0)
        self.assertGreater(facts["products"][1]["commands"], 6, "commands of the flag")

    def test_a_broken_scenario_is_told_by_its_places(self):
        path = self.scenario("duration: 1m\nproducts:\n  - {name: a, qos: 7}\n  - {nam: b}\n")
        told = self.refused("--scenario", path)
        self.assertIn(f"{path}:3:20: qos 7", told)
        self.assertIn(f"{path}:4:6: ", told)
        self.assertIn("cannot", self.refused("--scenario", self.folder / "nowhere.yaml"))

    def test_flags_that_the_file_contradicts_are_told(self):
        path = self.scenario()
        self.assertIn("would not end within --duration 5s",
                      self.refused("--scenario", path, "--duration", "5s"))
        self.assertIn("--profile contradicts --scenario",
                      self.refused("--scenario", path, "--profile", "mqtt"))
        self.assertIn("--product-key is for one product",
                      self.refused("--scenario", path, "--product-key", "abc"))
        few = self.folder / "few.csv"
        few.write_text("ProductKey,DeviceName,DeviceSecret\na1FleetDemo,one,secret1\n")
        self.assertIn("holds 1 devices of product key a1FleetDemo, and product led needs 30",
                      self.refused("--scenario", path, "--credentials", few))

    def test_a_broken_model_is_told_before_anything_starts(self):
        (self.folder / "m.json").write_text('{"properties": 7}')
        path = self.scenario("products: [{model: m.json}]\n")
        self.assertIn("m.json:1:", self.refused("--scenario", path))

    def test_devices_behind_gateways_have_no_connection(self):
        path = self.scenario("duration: 5s\nproducts:\n"
                             "  - {name: g, gateways: {count: 4, children: {product: m, each: 5}}}\n"
                             "  - {name: m}\n")
        facts = self.fleet_run("--scenario", path, "--virtual")
        self.assertEqual(facts["verdict"], "passed")
        devices = facts["devices"]
        self.assertEqual((devices["requested"], devices["connections"]), (24, 4))
        self.assertEqual(facts["connects"]["accepted"], 4)
        self.assertEqual([p["behind_gateway"] for p in facts["products"]], [False, True])
        self.assertIn("one home", self.refused("--scenario", path, "--homes", "2"))

    def test_several_products_on_a_foreign_broker(self):
        broker = self.mosquitto()
        path = self.scenario("duration: 6s\nproducts:\n"
                             "  - {name: a, profile: mqtt, count: 5, report: [{every: 1s}]}\n"
                             "  - {name: b, profile: mqtt, count: 7, qos: 2,"
                             " report: [{every: 1s, topic: 'b/{device}'}]}\n")
        facts = self.fleet_run("--scenario", path, "--target", f"mqtt://127.0.0.1:{broker.port}")
        self.assert_account_is_clean(facts)
        for product in facts["products"]:
            up = product["ledger"]["uplink"]
            self.assertGreaterEqual(up["accepted"], 3 * product["devices"])
            self.assertEqual(up["accepted"], up["attempted"])

    def test_the_metrics_page_tells_products_apart(self):
        port = free_port()
        words = [harness.FLEET, "run", "--scenario", self.scenario(), "--metrics",
                 f"127.0.0.1:{port}", "--plain"]
        last = ""
        with Process([str(word) for word in words]) as fleet:
            while fleet.running():
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
                        last = page.read().decode() or last
                except OSError:
                    pass
            self.assertEqual(fleet.code, 0, fleet.output + fleet.error_output)
        for product in ("led", "lock", "fan"):
            self.assertIn(f'product="{product}"', last)
            self.assertRegex(last, 'fleet_product_info{product="%s",profile="[a-z]+",'
                                   'protocol="[a-z]+",security="[a-z0-9-]+"} 1' % product)
        self.assertIn('fleet_cloud_traffic_total{kind="property_set",product="led",', last)

    REGISTERING = """
devices: 40
duration: 8s
products:
  - {name: lock, share: 50, security: tls, logon: register, report: [{every: 1s}]}
  - {name: led, share: 50, report: [{every: 1s}]}
stages:
  - {ramp: {over: 2s}, hold: 6s}
"""

    def test_devices_fetch_their_secrets_at_their_first_connection(self):
        for words in (("--virtual", "--seed", 4), ()):
            done, facts = harness.run_fleet(self.folder, "--scenario",
                                            self.scenario(self.REGISTERING), *words)
            self.assertEqual(done.code, 0, done.output + done.error_output)
            self.assert_account_is_clean(facts)
            devices = facts["devices"]
            self.assertEqual((devices["online_max"], devices["reconnects"]), (40, 0))
            # The twin knows the generated secrets: only this tells that half of them were fetched.
            fetched = [p["dialect"]["registrations"] for p in facts["products"]]
            self.assertEqual(fetched, [20, 0])
            self.assertEqual(devices["disconnects_unplanned"], 0)

    def test_devices_register_over_tls_alone(self):
        text = self.REGISTERING.replace("security: tls, ", "")
        self.assertIn("add security: tls", self.refused("--scenario", self.scenario(text)))

    TEXTS = """
devices: 20
duration: 20s
products:
  - report:
      - {what: custom, topic: 'user/{index}', payload: '{{"n":{seq},"tag":"{ledger}"}}', every: 1s}
      - {what: raw, payload: '{random hex 8} {ledger}', every: 2s}
      - {what: custom, payload: 'n={seq}', every: 2s}
"""

    def test_texts_of_a_scenario_are_filled_in_and_accounted_for(self):
        done, facts = harness.run_fleet(self.folder, "--scenario", self.scenario(self.TEXTS),
                                        "--virtual", "--seed", 4)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assert_account_is_clean(facts)
        self.assertIn("note: a payload has no {ledger}", done.error_output)
        up = facts["ledger"]["uplink"]
        self.assertEqual(up["accepted"], up["attempted"])
        self.assertGreater(up["attempted"], 500)
        # A fourth of what was sent is not in the ledger.
        self.assertGreater(facts["messages"]["published"]["qos1"], up["attempted"] * 1.3)


SLOW_METERS = """
duration: 1m
products:
  - {name: gateway, link: 4g, gateways: {count: 4, children: {product: meter, each: 10}}}
  - {name: meter, report: [{every: 300ms}]}
stages: [{ramp: {rate: 10/s}}]
cloud_traffic:
  - {kind: disable, product: meter, rate: 30/min}
"""

READ_ONLY = {"properties": [{"identifier": "heat", "name": "heat", "required": False,
                             "accessMode": "r", "dataType": {
                                 "type": "int",
                                 "specs": {"min": "0", "max": "9", "step": "1"}}}],
             "events": [], "services": []}
WRITABLE = {**READ_ONLY, "properties": [*READ_ONLY["properties"], {
    **READ_ONLY["properties"][0], "identifier": "level", "accessMode": "rw"}]}


class WhatOrdersComeTo(harness.Case):
    def test_what_is_under_way_when_a_meter_is_disabled_is_refused_and_not_lost(self):
        path = self.folder / "s.yaml"
        path.write_text(SLOW_METERS)
        ledger = self.folder / "ledger.txt"
        for seed in range(1, 4):
            done, facts = harness.run_fleet(self.folder, "--scenario", path, "--virtual", "--seed",
                                            seed, "--ledger", ledger)
            self.assertEqual(done.code, 0, done.output + done.error_output)
            up = facts["ledger"]["uplink"]
            self.assertEqual(up["lost"], 0)
            self.assertGreater(up["refused"], 0)
            self.assertEqual(up["accepted"] + up["refused"], up["acknowledged"])
            self.assertRegex(done.output, rf"refused there +{up['refused']} ")
            refused = [line for line in ledger.read_text().splitlines() if " refused " in line]
            self.assertGreater(len(refused), 0)

    def test_commands_set_what_the_model_lets_them_set(self):
        (self.folder / "m.json").write_text(json.dumps(WRITABLE))
        path = self.folder / "s.yaml"
        text = "duration: 5s\ndevices: 5\nproducts: [{name: led, model: m.json}]\n" \
               "cloud_traffic:\n  - {kind: property_set, rate: 10/s}\n"
        path.write_text(text)
        done, facts = harness.run_fleet(self.folder, "--scenario", path, "--virtual")
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assertGreater(facts["ledger"]["downlink"]["accepted"], 40)
        self.assertEqual(facts["dialect"]["commands_refused"], 0)
        # What a model does not know, devices refuse, and the verdict says so.
        path.write_text(text.replace("rate: 10/s", "rate: 2/s, payload: '{{\"lamp\":1}}'"))
        done, facts = harness.run_fleet(self.folder, "--scenario", path, "--virtual")
        self.assertEqual(done.code, 1, done.output + done.error_output)
        (self.folder / "m.json").write_text(json.dumps(READ_ONLY))
        path.write_text(text)
        for words in (["run", "--metrics", "off", "--virtual", "--scenario"], ["check"]):
            done = run([harness.FLEET, *words, str(path)], 30)
            self.assertEqual(done.code, 2, done.output + done.error_output)
            self.assertIn(f"{path}:5:5: kind property_set has nothing to set", done.error_output)

    def test_a_board_holds_more_than_its_receive_limit(self):
        path = self.folder / "s.yaml"
        path.write_text("products: [{receive_limit: 8KiB}]\n")
        done = run([harness.FLEET, "run", "--metrics", "off", "--virtual", "--ram", "8KiB",
                    "--scenario", str(path)], 30)
        self.assertEqual(done.code, 2, done.output + done.error_output)
        self.assertIn(f"{path}:1:28: receive_limit 8KiB is a part of the board's --ram 8KiB and "
                      "leaves nothing of it", done.error_output)


class ScenariosThatComeAlong(harness.Case):
    def run_config(self, name, *words, leaving=False):
        """`leaving`: some devices are stopped while they are being asked something."""
        path = ROOT / "configs" / name
        done, facts = harness.run_fleet(self.folder, "--scenario", path, *words)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assert_account_is_clean(facts)
        for entry in facts["cloud_traffic"]:
            # Whoever was not on yet was offline; everybody else answered.
            unheard = entry["timed_out"] if leaving else 0
            self.assertEqual(entry["attempted"], entry["answered"] + entry["offline"] + unheard,
                             entry)
            if entry["rate"] * facts["run"]["duration_s"] > 5:
                self.assertGreater(entry["answered"], 0, entry)
        return facts

    def assert_dialect_is_spoken(self, facts):
        """Each part of it, and every question answered."""
        dialect = facts["dialect"]
        for name in ("events_posted", "services_answered", "rrpc_answered", "shadow_updates",
                     "shadow_converged", "ntp_syncs"):
            self.assertGreater(dialect[name], 0, dialect)
        self.assertGreater(dialect["topics_registered"], 0)
        self.assertGreater(dialect["topics_unregistered"], 0)
        for name in ("request_timeouts", "sub_devices_refused", "commands_refused",
                     "topics_refused", "topics_timed_out"):
            self.assertEqual(dialect[name], 0, dialect)
        # The meters' SwitchRelay is synchronous, so it goes by RRPC as well.
        called = sum(entry["answered"] for entry in facts["cloud_traffic"]
                     if entry["kind"] == "rrpc"
                     or (entry["kind"], entry["product"]) == ("service", "meter"))
        self.assertEqual(dialect["rrpc_answered"], called)
        self.assertEqual(facts["shadows_waiting"], 0)
        meters = facts["products"][2]
        self.assertTrue(meters["behind_gateway"])
        self.assertEqual(meters["online_max"], meters["devices"])
        self.assertGreater(meters["published"], 0)

    def test_the_whole_dialect(self):
        words = ("--virtual", "--devices", 500, "--duration", "3m")
        facts = self.run_config("whole_dialect.yaml", *words)
        self.assert_dialect_is_spoken(facts)
        self.assertGreater(facts["dialect"]["broadcasts"], 0)
        self.assertEqual(self.run_config("whole_dialect.yaml", *words)["digest"], facts["digest"])

    def test_the_whole_dialect_on_sockets(self):
        self.assert_dialect_is_spoken(
            self.run_config("whole_dialect.yaml", "--devices", 500, "--duration", "20s"))

    def test_smart_home(self):
        facts = self.run_config("smart_home.yaml", "--virtual", "--devices", 60, leaving=True)
        self.assertEqual([p["devices"] for p in facts["products"]], [30, 24, 6])
        self.assertEqual(facts["devices"]["online_end"], 30)

    def test_smart_home_on_sockets(self):
        facts = self.run_config("smart_home.yaml", "--devices", 40, "--duration", "20s", "--ramp",
                                "20/s")
        self.assertEqual(facts["devices"]["online_max"], 40)

    def test_metering(self):
        facts = self.run_config("metering.yaml", "--virtual", "--devices", 60)
        self.assertEqual([p["devices"] for p in facts["products"]], [2, 50])

    def test_metering_on_sockets(self):
        self.run_config("metering.yaml", "--devices", 60, "--duration", "20s", "--ramp", "5/s")


if __name__ == "__main__":
    harness.main()
