# Sessions that a server keeps over the death of a whole run: what the next run is told of them, and
# that it loses nothing to them. Against our own broker and against mosquitto.
import re
import signal
import urllib.request

from harness import FLEET, Case, main
from process import Process, free_port, wait_until

COUNTER = re.compile(r'^fleet_messages_(\w+)_total(?:\{.*\})? (\S+)$', re.MULTILINE)


def counters(port):
    """Sums of the metrics page by name; empty when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            found = COUNTER.findall(page.read().decode())
    except OSError:
        return {}
    sums = {}
    for name, value in found:
        sums[name] = sums.get(name, 0) + float(value)
    return sums


def unacknowledged(port):
    now = counters(port)
    return now.get("published", 0) - now.get("acknowledged", 0)


class KeptSessions(Case):
    devices = 50

    def next_run_after_a_killed_one(self, server, port, qos):
        """One run dies with messages in flight both ways; the next one's account."""
        words = ["--target", f"mqtt://127.0.0.1:{port}", "--profile", "mqtt", "--qos", qos,
                 "--devices", self.devices, "--interval", "100ms", "--downlink-interval", "200ms"]
        metrics = free_port()
        command = [FLEET, "run", *words, "--duration", "1h", "--metrics", f"127.0.0.1:{metrics}"]
        with Process(command) as dying:
            wait_until(lambda: counters(metrics).get("acknowledged", 0) > 20 * self.devices,
                       "reports that are acknowledged")
            server.signal(signal.SIGSTOP)
            try:
                wait_until(lambda: unacknowledged(metrics) > 5 * self.devices,
                           "reports without acknowledgement")
                dying.kill()
            finally:
                server.signal(signal.SIGCONT)
        # Packet ids begin at 1 again, and pass those that the server still holds.
        facts = self.fleet_run(*words, "--duration", "8s")
        self.assert_account_is_clean(facts)
        self.assertGreater(facts["ledger"]["uplink"]["acknowledged"], 60 * self.devices)
        self.assertEqual(facts["ledger"]["uplink"]["unfinished"], 0)

    def test_of_our_broker_at_qos_2_cost_the_next_run_nothing(self):
        twin = self.twin("--profile", "mqtt")
        self.next_run_after_a_killed_one(twin, twin.port(), 2)

    def test_of_our_broker_at_qos_1_cost_the_next_run_nothing(self):
        twin = self.twin("--profile", "mqtt")
        self.next_run_after_a_killed_one(twin, twin.port(), 1)

    def test_of_mosquitto_at_qos_2_cost_the_next_run_nothing(self):
        broker = self.mosquitto()
        self.next_run_after_a_killed_one(broker.process, broker.port, 2)


if __name__ == "__main__":
    main()
