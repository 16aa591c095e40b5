# Verdicts that must not lie: runs in which nothing was answered fail, runs in which nothing went wrong but a slow link,
# or a sub-device that left by plan, pass. All in the virtual world.
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import harness  # noqa: E402

LED = ROOT / "configs/models/rgb_led.json"
GATEWAY = ROOT / "configs/models/gateway.json"
METER = ROOT / "configs/models/meter.json"

NEVER_LISTENS = """
name: deaf
products: [{name: plain, count: 5}]
cloud_traffic: [{kind: custom, product: plain, rate: 1/s, topic: get}]
"""

SLOW = """
name: slow
duration: 10m
products:
  - name: led
    model: %s
    count: 30
    link: %s
    shadow: on
    receive_limit: 8KiB
    report: [{what: properties, every: 60s}]
cloud_traffic: [{kind: shadow_desired, product: led, rate: 20/min}]
"""

LEAVING = """
name: leaving
duration: 5m
products:
  - name: gateway
    model: %s
    link: 4g
    gateways: {count: 6, children: {product: meter, each: 10}, rejoin: 7s}
  - {name: meter, model: %s, logon: register}
cloud_traffic:
  - {kind: property_get, product: meter, rate: 20/s}
  - {kind: service, product: meter, service: SwitchRelay, rate: 20/s}
"""

PACKS = """
name: packs
duration: 10m
products:
  - name: gateway
    model: %s
    link: 4g
    gateways: {count: 10, children: {product: meter, each: 10}}
    report: [{what: batch, every: 5s}]
  - {name: meter, model: %s, report: [{what: properties, every: 10s}]}
cloud_traffic: [{kind: disable, product: meter, rate: 0.7/s, may_fail: on}]
"""

CONFIGS = """
name: configs
duration: 10m
products:
  - {name: led, model: %s, count: 40, link: %s, config: on, receive_limit: 8KiB, report: [{what: properties, every: 60s}]}
cloud_traffic: [{kind: config_push, product: led, rate: 1/min}]
"""

CALLS = """
name: calls
duration: 5m
products:
  - {name: led, model: %s, link: %s, count: 20, report: [{what: properties, every: 30s}]}
cloud_traffic:
  - {kind: property_get, product: led, rate: %s}
"""

WISHES = """
name: wishes
duration: 4m
products:
  - name: gateway
    model: %s
    link: %s
    gateways: {count: 4, children: {product: meter, each: 10}, rejoin: 7s}
    report: [{what: properties, every: 5s}]
  - {name: meter, model: %s, logon: register, desired: on, report: [{what: properties, every: 2s}]}
cloud_traffic: [{kind: desired_set, product: meter, rate: 2/s}]
"""


class Verdicts(harness.Case):
    def virtual(self, text, *words, expect=0):
        path = self.folder / "s.yaml"
        path.write_text(text)
        return self.fleet_run("--scenario", path, "--virtual", *words, expect=expect)

    def test_orders_that_nobody_ever_heard_fail_short_runs_too(self):
        for duration in ("14s", "20s"):
            facts = self.virtual(NEVER_LISTENS, "--duration", duration, expect=1)
            entry = facts["cloud_traffic"][0]
            self.assertGreater(entry["not_subscribed"], 0, entry)
            self.assertEqual(entry["answered"], 0, entry)

    def test_shadows_behind_slow_links_have_the_time_they_need(self):
        for link in ("nbiot", "lora"):
            for seed in (1, 2):
                facts = self.virtual(SLOW % (LED, link), "--seed", seed)
                self.assertEqual(facts["shadows_waiting"], 0)

    def test_calls_to_children_that_leave_meanwhile_are_nobodys_fault(self):
        for seed in (1, 2, 3):
            facts = self.virtual(LEAVING % (GATEWAY, METER), "--seed", seed)
            self.assertGreater(facts["dialect"]["sub_devices_left"], 50)
            for entry in facts["cloud_traffic"]:
                self.assertGreater(entry["answered"], 5000, entry)

    def test_packs_with_a_child_that_was_disabled_meanwhile_are_nobodys_fault(self):
        facts = self.virtual(PACKS % (GATEWAY, METER), "--seed", 1)
        self.assertGreater(facts["cloud_traffic"][0]["answered"], 100)

    def test_configurations_and_calls_over_slow_links_have_the_time_they_need(self):
        for link, rate in (("nbiot", "1/s"), ("lora", "0.2/s")):
            facts = self.virtual(CONFIGS % (LED, link), "--seed", 1)
            self.assertGreater(facts["dialect"]["configs_fetched"], 0)
            for seed in (1, 2, 3):
                entry = self.virtual(CALLS % (LED, link, rate), "--seed", seed)["cloud_traffic"][0]
                self.assertGreater(entry["answered"], 40, entry)

    def test_wishes_for_children_that_leave_meanwhile_lose_no_message(self):
        for link, seed in (("4g", 2), ("4g", 3), ("4g", 4), ("nbiot", 1)):
            facts = self.virtual(WISHES % (GATEWAY, link, METER), "--seed", seed)
            self.assertGreater(facts["dialect"]["sub_devices_left"], 50)


if __name__ == "__main__":
    harness.main()
