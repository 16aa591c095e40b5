# Several targets: brokers that know nothing of one another, and listeners of one, each with its
# share of the devices by their number, every message accounted for, and the one named that fails.
import re

from harness import Case, main
from process import free_port

DEVICES = 41
LOAD = ["--profile", "mqtt", "--devices", DEVICES, "--ramp", "1000/s", "--duration", "3s",
        "--interval", "500ms", "--downlink-interval", "1s"]


def devices_at(broker):
    """The client ids of devices that connected there."""
    return set(re.findall(r"New client connected from \S+ as (?!fleet-probe-)(\S+) ",
                          broker.process.error_output))


def probes_at(broker):
    return set(re.findall(r" as (fleet-probe-\S+) ", broker.process.error_output))


def url(*brokers):
    return ",".join(f"mqtt://127.0.0.1:{broker.port}" for broker in brokers)


class SeveralTargets(Case):
    def assert_all_accounted(self, facts):
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], DEVICES)
        self.assertTrue(facts["ledger"]["known"])
        uplink = facts["ledger"]["uplink"]
        self.assertGreater(uplink["accepted"], DEVICES)
        self.assertEqual(uplink["acknowledged"], uplink["accepted"])
        self.assertGreater(facts["ledger"]["downlink"]["accepted"], 0)

    def test_each_broker_gets_its_share_and_the_ledger_is_whole(self):
        brokers = [self.mosquitto(), self.mosquitto()]
        facts = self.fleet_run("--target", url(*brokers), *LOAD)
        self.assert_all_accounted(facts)
        first, second = (devices_at(broker) for broker in brokers)
        self.assertEqual((len(first), len(second)), (21, 20))
        self.assertFalse(first & second)
        self.assertEqual(facts["run"]["target"], url(*brokers))

    def test_processes_send_the_same_devices_to_the_same_targets(self):
        alone = [self.mosquitto(), self.mosquitto()]
        self.fleet_run("--target", url(*alone), *LOAD)
        split = [self.mosquitto(), self.mosquitto()]
        facts = self.fleet_run("--target", url(split[0]), "--target", url(split[1]), "--processes",
                               2, *LOAD)
        self.assert_all_accounted(facts)
        for one, other in zip(alone, split):
            self.assertEqual(devices_at(one), devices_at(other))

    def test_what_all_probes_hear_of_one_broker_is_counted_once(self):
        broker = self.mosquitto()
        port = broker.port
        facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{port},mqtt://localhost:{port}",
                               *LOAD)
        self.assert_all_accounted(facts)
        self.assertEqual(len(devices_at(broker)), DEVICES)
        self.assertEqual(len(probes_at(broker)), 2)

    def test_the_target_that_is_down_is_named(self):
        broker = self.mosquitto()
        port = free_port()
        self.fleet_run("--target", f"{url(broker)},mqtt://127.0.0.1:{port}", *LOAD, expect=3)
        self.assertIn(f"mqtt://127.0.0.1:{port} refused the connection",
                      self.last_run.error_output)
        self.assertNotIn(url(broker), self.last_run.error_output)
        self.assertFalse(devices_at(broker))


if __name__ == "__main__":
    main()
