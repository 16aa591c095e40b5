# A lost worker's devices go on in pieces: spares share them, nobody gets more than its descriptors
# can hold, and the report stays exact when one of those who took over is lost too.
import json
import os
import pathlib
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

ENVIRONMENT = {**os.environ, "FLEET_WORKER_TOKEN": "a word for tests alone"}


class WorkerPieces(harness.Case):
    def setUp(self):
        super().setUp()
        self.twin_here = self.twin("--admin", "127.0.0.1:0", "--metrics", "127.0.0.1:0",
                                   "--downlink-interval", "300ms")
        while not {"admin", "metrics"} <= self.twin_here.addresses.keys():
            name, address = self.twin_here.next_line().split()
            self.twin_here.addresses[name] = address
        self.report = self.folder / "pieces.json"

    def start_run(self, *words):
        addresses = self.twin_here.addresses
        self.going = self.started(Process(
            [harness.FLEET, "run", "--json", self.report, "--seed", "7", "--metrics", "off",
             "--plain", "--report-every", "200ms", "--interval", "300ms", "--target",
             f"mqtt://{addresses['mqtt']}", "--target-admin", f"http://{addresses['admin']}",
             *words], env=ENVIRONMENT))
        self.at = self.going.wait_for_line(lambda line: line.startswith("workers at "),
                                           "its address").split()[-1]

    def worker(self, descriptors=None):
        words = [harness.FLEET, "worker", "--join", self.at]
        if descriptors is not None:
            words = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *words]
        return self.started(Process(words, env=ENVIRONMENT))

    def await_online(self, devices):
        asked = [harness.FLEET, "cloud", "devices", "--limit", "1000", "--json", "--admin",
                 self.twin_here.addresses["admin"]]
        wait_until(lambda: run(asked).output.count('"online"') >= devices, "all to be online")

    def told(self, text, count=1):
        try:
            wait_until(lambda: sum(text in line for line in list(self.going.errors)) >= count, text)
        except TimeoutError:
            self.fail(f"{text} ({count}): {self.going.error_output}")

    def twin_tells(self, name, label):
        """The sum of what the twin's page has of this metric, with this label."""
        at = self.twin_here.addresses["metrics"]
        page = urllib.request.urlopen(f"http://{at}/metrics").read().decode()
        all_of_them = [float(line.split()[-1]) for line in page.splitlines()
                       if line.startswith(name + "{") and label in line]
        self.assertTrue(all_of_them, name)
        return sum(all_of_them)

    def commands_go(self, more):
        """Until so many more have gone, so that those who have devices have told of some."""
        def sent():
            return self.twin_tells("fleet_twin_downlinks_total", 'result="sent"')
        enough = sent() + more
        wait_until(lambda: sent() >= enough, "commands to be sent")

    def whole(self, devices):
        self.assertEqual(self.going.wait(150), 0, self.going.output + self.going.error_output)
        self.assertEqual(self.twin_tells("fleet_twin_connection_ends_total", 'reason="taken_over"'),
                         0, "a device was in two places")
        facts = json.loads(self.report.read_text())
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], devices)
        self.assertEqual(facts["devices"]["started"], devices)
        up = facts["ledger"]["uplink"]
        self.assertEqual(up["attempted"], sum(part["uplink"]["attempted"]
                                              for part in facts["workers"] if part["reported"]))
        self.assertGreaterEqual(up["attempted"], sum(part["published"]
                                                     for part in facts["workers"]))
        # At the end each device is one worker's.
        at_end = sorted((part["first"], part["devices"]) for part in facts["workers"]
                        if part["reported"])
        self.assertEqual([first for first, _ in at_end],
                         [sum(count for _, count in at_end[:i]) for i in range(len(at_end))])
        self.assertEqual(sum(count for _, count in at_end), devices)
        return {part["process"]: part for part in facts["workers"]}

    def test_spares_share_the_devices_and_one_of_them_may_die_too(self):
        self.start_run("--expect-workers", "2", "--devices", "60", "--duration", "75s", "--fault",
                       "latency at=1s by=20ms")
        first = [self.worker() for _ in range(2)]
        self.await_online(60)
        spares = [self.worker() for _ in range(2)]
        self.told("is a spare", 2)
        first[0].kill()
        self.told("has taken over", 2)
        self.await_online(60)
        self.commands_go(1000)
        spares[0].kill()
        self.told("has taken over", 3)
        parts = self.whole(60)
        lost = parts[first[0].pid]
        for spare in spares:
            self.assertEqual(parts[spare.pid]["takes_over"], lost["worker"])
            self.assertEqual(parts[spare.pid]["devices"], 15)
        heirs = [part for part in parts.values()
                 if part["takes_over"] == parts[spares[0].pid]["worker"]]
        self.assertEqual([(part["first"], part["devices"]) for part in heirs],
                         [(parts[spares[0].pid]["first"], 15)])
        fault = json.loads(self.report.read_text())["faults"][0]
        self.assertEqual((fault["selected"], fault["hit"]), (60, 60))

    def test_nobody_gets_more_than_its_descriptors_can_hold(self):
        self.start_run("--expect-workers", "1", "--devices", "50", "--duration", "60s")
        first = self.worker()
        self.await_online(50)
        spares = [self.worker(64 + 20), self.worker(64 + 10)]
        self.told("is a spare", 2)
        first.kill()
        # For what neither can have processes are started beside them, with limits as theirs.
        self.told("has taken over", 3)
        self.await_online(50)
        parts = self.whole(50)
        self.assertEqual([parts[each.pid]["devices"] for each in spares], [20, 10])
        others = [part["devices"] for process, part in parts.items()
                  if process not in {first.pid, *(each.pid for each in spares)}]
        self.assertEqual(sum(others), 20)
        self.assertLessEqual(max(others), 20)
        self.assertEqual({part["takes_over"] for part in parts.values()}, {None, 1})

    def test_what_a_late_one_has_no_room_for_goes_to_others(self):
        self.start_run("--expect-workers", "2", "--begin-with", "1", "--devices", "40",
                       "--duration", "40s", "--fault", "latency at=1s by=20ms")
        self.worker()
        self.await_online(20)
        late = self.worker(64 + 12)
        self.told("may open 76 descriptors, too few for devices 32 to 39: others are looked for")
        self.await_online(40)
        parts = self.whole(40)
        self.assertEqual((parts[late.pid]["first"], parts[late.pid]["devices"]), (20, 12))
        self.assertEqual({part["takes_over"] for part in parts.values()}, {None})
        fault = json.loads(self.report.read_text())["faults"][0]
        self.assertEqual((fault["selected"], fault["hit"]), (40, 40))


if __name__ == "__main__":
    harness.main()
