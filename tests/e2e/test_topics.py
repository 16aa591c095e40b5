# Topics registered and unregistered while a device runs: typed at the prompt of `fleet device`, before
# `fleet cloud serve` and before mosquitto, and on a schedule of a scenario in both worlds.
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
import mosquitto_clients  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

EXTRA = f"/{harness.PRODUCT}/dev_accept_01/user/extra"

SCHEDULED = """
name: topics
duration: 5m
products:
  - name: lamp
    count: 20
    link: nbiot
    report: [{what: custom, topic: user/loop, every: 2s}]
    topics:
      - {filter: user/loop, at: 10s, for: 20s, every: 1m}
      - {filter: 'user/+', qos: 0, for: 100s}
      - {filter: thing/service/reset, type: sys}
      - {filter: /ext/nobody/may, type: undefine}
  - name: fan
    profile: mqtt
    count: 10
    report: [{every: 2s, topic: 'home/{device}/state'}]
    topics: [{filter: 'home/{device}/#', for: 1m}]
"""

ON_MOSQUITTO = """
name: topics
duration: 8s
products:
  - name: fan
    profile: mqtt
    count: 50
    report: [{every: 500ms, topic: 'home/{device}/state'}]
    topics:
      - {filter: 'home/{device}/#', at: 1s, for: 1s, every: 2s}
      - {filter: 'home/all', for: 100ms, every: 200ms}
"""


class TopicsAtRunTime(harness.Case):
    def by_hand(self, port, *words):
        device = self.started(Process(
            [harness.FLEET, "device", "mqtt", "start", "--target", f"mqtt://127.0.0.1:{port}",
             "--verbose", *[str(w) for w in words]], stdin="", keep_stdin=True))
        device.wait_for_line(lambda text: "ready" in text, "the connection")
        return device

    def say(self, twin, topic, text):
        while "admin" not in twin.addresses:
            name, address = twin.wait_for_line(lambda t: len(t.split()) == 2, "admin").split()
            twin.addresses[name] = address
        return run([harness.FLEET, "cloud", "publish", topic, text, "--qos", "1", "--admin",
                    twin.addresses["admin"]])

    def type(self, device, line, awaited):
        device._process.stdin.write(line + "\n")
        device._process.stdin.flush()
        return device.wait_for_line(lambda text: awaited in text, awaited)

    def test_the_prompt_before_the_twin(self):
        credentials = harness.write_credentials(self.folder / "devices.csv")
        twin = self.twin("--credentials", credentials, "--admin", "127.0.0.1:0")
        device = self.by_hand(twin.port(), "--credentials", credentials)

        def say(text):
            return self.say(twin, EXTRA, text)
        self.assertNotEqual(say("too early").code, 0)
        self.type(device, f"sub {EXTRA} 1", "SUBACK")
        self.assertEqual(say("first").code, 0)
        device.wait_for_line(lambda t: "←" in t and f"{EXTRA} first" in t, "the message")
        # What a device says to a topic that it listens to comes back (§9.1).
        self.type(device, f"pub {EXTRA} 'mine too'", "mine too")
        device.wait_for_line(lambda t: "←" in t and "mine too" in t, "its own message")
        self.type(device, f"unsub {EXTRA}", "UNSUBACK")
        self.assertNotEqual(say("second").code, 0)
        self.type(device, f"pub {EXTRA} alone", "PUBACK")
        device._process.stdin.write("stop\n")
        device._process.stdin.close()
        self.assertEqual(device.wait(30), 0, device.output)
        self.assertNotIn("second", device.output)
        self.assertFalse([t for t in device.lines if "←" in t and "alone" in t], device.output)

    def test_what_was_given_back_stays_so_though_the_twin_is_killed(self):
        credentials = harness.write_credentials(self.folder / "devices.csv")
        other = EXTRA.replace("extra", "other")
        words = ["--credentials", credentials, "--admin", "127.0.0.1:0", "--data",
                 self.folder / "data"]
        twin = harness.Twin(*words)
        device = self.by_hand(twin.port(), "--credentials", credentials)
        for topic in (EXTRA, other):
            self.type(device, f"sub {topic} 1", "SUBACK")
        self.type(device, f"unsub {EXTRA}", "UNSUBACK")
        twin.kill()
        device.signal(signal.SIGKILL)
        device.wait(30)
        twin = self.twin(*words)
        self.assertNotEqual(self.say(twin, EXTRA, "given back").code, 0)
        self.assertEqual(self.say(twin, other, "kept").code, 0)
        device = self.by_hand(twin.port(), "--credentials", credentials)
        # Perhaps before the device is ready.
        wait_until(lambda: f"{other} kept" in device.output, "the message")
        self.assertNotEqual(self.say(twin, EXTRA, "given back").code, 0)
        self.assertNotIn("given back", device.output)

    def test_a_topic_of_another_device_is_refused(self):
        credentials = harness.write_credentials(self.folder / "devices.csv")
        twin = self.twin("--credentials", credentials)
        device = self.by_hand(twin.port(), "--credentials", credentials)
        self.type(device, f"sub /{harness.PRODUCT}/dev_accept_02/user/get", "refused")

    def test_the_prompt_before_mosquitto(self):
        broker = self.mosquitto()
        device = self.by_hand(broker.port, "--profile", "mqtt")
        self.type(device, "sub house/+/light 1", "SUBACK")
        mosquitto_clients.publish(broker.port, "house/1/light", "bright")
        device.wait_for_line(lambda t: "house/1/light bright" in t, "the message")
        self.type(device, "unsub house/+/light", "UNSUBACK")
        mosquitto_clients.publish(broker.port, "house/1/light", "dark")
        self.type(device, "sub done 1", "SUBACK")
        mosquitto_clients.publish(broker.port, "done", "done")
        device.wait_for_line(lambda t: "done done" in t, "the end")
        self.assertNotIn("dark", device.output)

    def scheduled(self, text, *words):
        path = self.folder / "topics.yaml"
        path.write_text(text)
        facts = self.fleet_run("--scenario", path, *words)
        self.assert_account_is_clean(facts)
        return facts, {p["name"]: p for p in facts["products"]}

    def test_a_schedule_in_the_virtual_world(self):
        facts, products = self.scheduled(SCHEDULED, "--virtual")
        lamp, fan = products["lamp"], products["fan"]
        self.assertEqual([t["filter"] for t in lamp["topics"]],
                         ["user/loop", "user/+", "thing/service/reset", "/ext/nobody/may"])
        counts = lamp["dialect"]
        # At 10 s, 70 s… of each device's own time; the run ends within a minute of the last.
        self.assertEqual(counts["topics_registered"], 20 * (5 + 1 + 1))
        self.assertEqual(counts["topics_unregistered"], 20 * (5 + 1))
        self.assertEqual(counts["topics_refused"], 20)
        self.assertEqual(counts["topics_timed_out"], 0)
        loop, plus, reset, nobody = [t["messages"] for t in lamp["topics"]]
        self.assertEqual(counts["topic_messages"], loop + plus)
        # A report every 2 s: 20 s of each of five minutes, and of the first 100 s what is left.
        self.assertAlmostEqual(loop, 20 * 5 * 10, delta=20 * 5)
        self.assertAlmostEqual(plus, 20 * (100 - 40) / 2, delta=20 * 5)
        self.assertEqual((reset, nobody), (0, 0))
        self.assertAlmostEqual(fan["topics"][0]["messages"], 10 * 30, delta=10 * 2)
        self.assertIn("messages by user/loop of lamp", self.last_run.output)
        again, _ = self.scheduled(SCHEDULED, "--virtual")
        self.assertEqual(again["digest"], facts["digest"])
        other, _ = self.scheduled(SCHEDULED, "--virtual", "--seed", 8)
        self.assertNotEqual(other["digest"], facts["digest"])

    def test_a_schedule_before_mosquitto(self):
        broker = self.mosquitto()
        _, products = self.scheduled(ON_MOSQUITTO, "--target", f"mqtt://127.0.0.1:{broker.port}")
        fan = products["fan"]
        counts = fan["dialect"]
        self.assertGreater(counts["topics_registered"], 50 * 10)
        self.assertGreater(counts["topics_unregistered"], 50 * 10)
        self.assertEqual(counts["topics_refused"], 0)
        heard = fan["topics"][0]["messages"]
        self.assertGreater(heard, 50)
        self.assertLess(heard, fan["published"])
        self.assertNotIn("protocol error", broker.process.error_output.lower())

    def test_mistakes_are_told_by_check(self):
        path = self.folder / "wrong.yaml"
        path.write_text("products: [{topics: [{filter: a, evry: 5s}]}]\n")
        done = run([harness.FLEET, "check", path])
        self.assertEqual(done.code, 2)
        self.assertIn("wrong.yaml:1:34: unknown key evry; the nearest is every",
                      done.output + done.error_output)
        path.write_text(json.dumps({"products": [{"topics": [{"filter": "a/b"}]}]}))
        self.assertEqual(run([harness.FLEET, "check", path]).code, 0)


if __name__ == "__main__":
    harness.main()
