# The bench's way with foreign load generators: their commands filled in, run, counted at the broker
# and ended with all that they started. What they cost is for the bench itself.
import sys

from harness import HERE, Case, main, need

sys.path.insert(0, str(HERE.parent / "bench"))

from core_runs import (MOSQUITTO_PUB, MQTT_JS, Load, has_mqtt_js, peer_words,   # noqa: E402
                       watch)
from outside import Session                                    # noqa: E402

LOAD = Load(connections=3, interval_ms=50, seconds=2)


class BenchPeers(Case):
    def test_what_mosquitto_pub_sends_is_counted_by_the_broker(self):
        need("mosquitto_pub")
        broker = self.mosquitto(more=["sys_interval 1"])
        seen = watch(peer_words(MOSQUITTO_PUB, LOAD, broker.port), LOAD, broker,
                     self.folder / "peer.err")
        self.assertGreater(seen.rate, 0)
        self.assertGreater(seen.memory_bytes, LOAD.connections * 50_000)
        self.assertGreaterEqual(seen.cpu_share, 0)

    def test_what_mqtt_js_sends_is_counted_by_the_broker(self):
        if not has_mqtt_js():
            self.skipTest("MQTT.js is not installed: apt-get install node-mqtt")
        broker = self.mosquitto(more=["sys_interval 1"])
        seen = watch(peer_words(MQTT_JS, LOAD, broker.port), LOAD, broker, self.folder / "peer.err")
        self.assertGreater(seen.rate, 0)
        self.assertGreater(seen.memory_bytes, 0)

    def test_a_peer_that_does_not_connect_is_named_with_its_own_words(self):
        need("mosquitto_pub")
        broker = self.mosquitto(more=["sys_interval 1"])
        with self.assertRaises(SystemExit) as end:
            watch(peer_words("sh -c 'echo no {topic} >&2; exit 3'", LOAD, broker.port), LOAD, broker,
                  self.folder / "peer.err")
        self.assertIn("exit 3", str(end.exception))
        self.assertIn("no peer", str(end.exception))

    def test_all_that_a_command_started_is_seen_and_ended(self):
        session = self.started(Session(["sh", "-c", "sleep 600 & sleep 600 & wait"],
                                       self.folder / "s.err"))
        while len(session.members()) < 3:
            self.assertTrue(session.running())
        self.assertGreater(session.memory_bytes(), 0)
        session.end()
        self.assertEqual(session.members(), [])

    def test_placeholders(self):
        words = peer_words("gen -h {host} -p {port} -c {connections} -r {rate} -I {interval_ms} "
                           "-t '{topic}/%i' -s {seconds} --every {interval_s} -n {messages}",
                           LOAD, 1883)
        self.assertEqual(words, ["gen", "-h", "127.0.0.1", "-p", "1883", "-c", "3", "-r", "60", "-I",
                                 "50", "-t", "peer/%i", "-s", "34", "--every", "0.05", "-n", "680"])
        with self.assertRaisesRegex(ValueError, "{clients} is not known; there are {host}"):
            peer_words("gen -c {clients}", LOAD, 1883)


if __name__ == "__main__":
    main()
