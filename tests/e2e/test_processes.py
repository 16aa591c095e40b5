# A fleet in several processes: one report, every device once and every message accounted for; and
# what becomes of it when one of them dies, or the user stops it.
import json
import os
import pathlib
import signal
import socket
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

TOKEN = "a word for tests alone"
QUIET = ("--metrics", "off", "--plain")


def workers_of(pid):
    """Processes that `pid` started, as long as they are more than an entry."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(entry.name))
    return sorted(found)


class Processes(harness.Case):
    def started_run(self, *words):
        """A run that goes on, with the file of its JSON."""
        self.report = self.folder / "going.json"
        return self.started(Process(
            [harness.FLEET, "run", "--json", self.report, "--seed", "7", *QUIET, *words]))

    def facts(self):
        return json.loads(self.report.read_text())

    def twin_with_admin(self, *words):
        twin = self.twin("--admin", "127.0.0.1:0", "--metrics", "127.0.0.1:0", *words)
        while not {"admin", "metrics"} <= set(twin.addresses):
            name, address = twin.next_line().split()
            twin.addresses[name] = address
        return twin

    def target(self, twin):
        return ("--target", f"mqtt://{twin.addresses['mqtt']}", "--target-admin",
                f"http://{twin.addresses['admin']}")

    def assert_whole(self, facts, devices, workers):
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["started"], devices)
        self.assertEqual(facts["devices"]["online_end"], devices)
        up = facts["ledger"]["uplink"]
        self.assertEqual(up["acknowledged"], up["accepted"])
        self.assertGreaterEqual(up["attempted"], devices)
        self.assertEqual(facts["messages"]["published"]["qos1"], up["attempted"])
        parts = facts["workers"]
        self.assertEqual(len(parts), workers)
        self.assertTrue(all(part["reported"] for part in parts))
        self.assertEqual([part["first"] for part in parts],
                         [sum(p["devices"] for p in parts[:i]) for i in range(workers)])
        self.assertEqual(sum(part["devices"] for part in parts), devices)
        for name in ("attempted", "acknowledged", "accepted", "lost"):
            self.assertEqual(sum(part["uplink"][name] for part in parts), up[name], name)

    def test_each_process_has_a_twin_and_the_report_is_one(self):
        facts = self.fleet_run("--processes", 3, "--devices", 300, "--duration", "6s", "--interval",
                               "1s", "--downlink-interval", "2s")
        self.assert_whole(facts, 300, 3)
        self.assertGreater(facts["ledger"]["downlink"]["attempted"], 0)
        self.assertGreater(facts["latency"]["publish_ack"]["count"], 300)
        self.assertEqual(facts["latency"]["publish_ack"]["count"],
                         facts["ledger"]["uplink"]["acknowledged"])

    def test_all_share_a_target_and_every_device_is_there_once(self):
        twin = self.twin_with_admin()
        facts = self.fleet_run("--processes", 3, "--devices", 300, "--duration", "6s", "--interval",
                               "1s", "--ledger", self.folder / "ledger", *self.target(twin))
        self.assert_whole(facts, 300, 3)
        lines = (self.folder / "ledger").read_text().splitlines()
        devices = {int(line.split()[1]) for line in lines if line.startswith("uplink")}
        self.assertEqual(devices, set(range(300)))
        # The twin itself, which has seen nobody else.
        asked = run([harness.FLEET, "cloud", "devices", "--limit", "1000", "--json", "--admin",
                     twin.addresses["admin"]])
        self.assertEqual(asked.code, 0, asked.error_output)
        self.assertEqual(asked.output.count('"deviceName"'), 300)

    def test_a_fault_hits_the_devices_that_it_hits_in_one_process(self):
        words = ("--devices", 60, "--duration", "4s", "--interval", "1s", "--fault",
                 "reset at=2s percent=35%")
        alone = self.fleet_run(*words)
        split = self.fleet_run("--processes", 2, *words)
        one, other = alone["faults"][0], split["faults"][0]
        self.assertEqual(other["selected"], one["selected"])
        self.assertEqual(other["hit"], one["hit"])
        self.assertEqual(split["devices"]["reconnects"], alone["devices"]["reconnects"])

    def test_a_worker_that_dies_is_told_and_the_others_go_on(self):
        twin = self.twin_with_admin()
        words = ("--processes", "3", "--devices", "90", "--duration", "12s", "--interval", "500ms",
                 "--on-worker-loss", "leave", *self.target(twin))
        going = self.started_run(*words)
        workers = wait_until(lambda: (lambda w: w if len(w) == 3 else None)(workers_of(going.pid)),
                             "three workers")
        self.await_online(twin, 90)
        os.kill(workers[1], signal.SIGKILL)
        self.assertEqual(going.wait(120), 1, going.output + going.error_output)
        self.assertIn("was lost at", going.error_output)
        facts = self.facts()
        lost = [part for part in facts["workers"] if not part["reported"]]
        self.assertEqual([part["process"] for part in lost], [workers[1]])
        self.assertEqual(facts["verdict"], "failed")
        self.assertTrue(any("was lost at" in why for why in facts["failures"]), facts["failures"])
        self.assertEqual(facts["devices"]["online_end"], 60)
        # What the others had is accounted for to the message, and of the lost one what it had.
        for part in facts["workers"]:
            if part["reported"]:
                self.assertEqual(part["uplink"]["lost"], 0)
                self.assertEqual(part["uplink"]["acknowledged"], part["uplink"]["accepted"])
        self.assertEqual(facts["ledger"]["uplink"]["acknowledged"],
                         sum(part["uplink"]["acknowledged"] for part in facts["workers"]
                             if part["reported"]) + lost[0]["acknowledged"])
        self.assertIsNone(facts["ledger"]["uplink"]["lost"])
        self.assertFalse([pid for pid in workers if pathlib.Path(f"/proc/{pid}").exists()])

    def await_online(self, twin, devices):
        """Waits until the twin says that all of its devices are."""
        asked = [harness.FLEET, "cloud", "devices", "--limit", "1000", "--json", "--admin",
                 twin.addresses["admin"]]
        wait_until(lambda: run(asked).output.count('"online"') >= devices, "all to be online")

    def taken_over(self, twin):
        """How often a device connected that was there already."""
        page = urllib.request.urlopen(f"http://{twin.addresses['metrics']}/metrics").read()
        return sum(float(line.split()[-1]) for line in page.decode().splitlines()
                   if line.startswith("fleet_twin_") and 'reason="taken_over"' in line)

    @staticmethod
    def await_heirs(going, count):
        wait_until(lambda: sum("has taken over" in line for line in list(going.errors)) == count,
                   "somebody to take over")

    def test_another_worker_takes_over_and_no_message_is_missing(self):
        twin = self.twin_with_admin("--downlink-interval", "700ms")
        going = self.started_run("--processes", "3", "--devices", "90", "--duration", "40s",
                                 "--interval", "300ms", "--report-every", "200ms",
                                 *self.target(twin))
        workers = wait_until(lambda: (lambda w: w if len(w) == 3 else None)(workers_of(going.pid)),
                             "three workers")
        self.await_online(twin, 90)
        os.kill(workers[1], signal.SIGKILL)
        self.await_heirs(going, 1)
        self.assertEqual(going.wait(120), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], 90)
        lost = next(part for part in facts["workers"] if part["process"] == workers[1])
        heir = facts["workers"][3]
        self.assertEqual([part["takes_over"] for part in facts["workers"]],
                         [None, None, None, lost["worker"]])
        self.assertFalse(lost["reported"])
        self.assertIn("its process ended", lost["why"])
        self.assertEqual((heir["first"], heir["devices"]), (lost["first"], lost["devices"]))
        # What it had sent is accounted for by its heir: to the last message, which nobody had told.
        up, down = facts["ledger"]["uplink"], facts["ledger"]["downlink"]
        self.assertGreaterEqual(heir["uplink"]["attempted"],
                                lost["published"] + heir["published"])
        self.assertGreaterEqual(heir["uplink"]["acknowledged"], lost["acknowledged"])
        self.assertEqual(up["attempted"], sum(part["uplink"]["attempted"]
                                              for part in facts["workers"] if part["reported"]))
        self.assertGreater(down["accepted"], 0)
        self.assertEqual(self.taken_over(twin), 0)

    def test_devices_go_from_one_worker_to_the_next_and_the_next(self):
        twin = self.twin_with_admin("--downlink-interval", "700ms")
        going = self.started_run("--processes", "2", "--devices", "40", "--duration", "70s",
                                 "--interval", "300ms", "--report-every", "200ms", "--fault",
                                 "latency at=1s by=20ms", "--fault", "reset at=2s",
                                 *self.target(twin))
        first = wait_until(lambda: (lambda w: w if len(w) == 2 else None)(workers_of(going.pid)),
                           "two workers")
        self.await_online(twin, 40)
        wait_until(lambda: any("reconnects 40" in line for line in list(going.errors)),
                   "the reset")
        self.await_online(twin, 40)
        os.kill(first[0], signal.SIGTERM)  # it says good-bye
        self.await_heirs(going, 1)
        heir = next(pid for pid in workers_of(going.pid) if pid not in first)
        self.await_online(twin, 40)
        os.kill(heir, signal.SIGKILL)
        self.await_heirs(going, 2)
        self.assertEqual(going.wait(150), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], 40)
        chain = {part["process"]: part for part in facts["workers"]}
        self.assertEqual([part["takes_over"] for part in facts["workers"]],
                         [None, None, chain[first[0]]["worker"], chain[heir]["worker"]])
        self.assertEqual(sum(part["reported"] for part in facts["workers"]), 2)
        self.assertEqual(self.taken_over(twin), 0)
        # What is in force is so for whoever comes late, and what is past is not done again.
        slow, torn = facts["faults"]
        self.assertEqual((slow["selected"], slow["hit"]), (40, 40))
        self.assertEqual((torn["hit"], torn["strikes"]), (40, 40))
        self.assertEqual(facts["devices"]["reconnects"], 40)

    def test_a_twin_that_dies_with_its_worker_is_told_of(self):
        going = self.started_run("--processes", "2", "--devices", "40", "--duration", "40s",
                                 "--interval", "500ms", "--report-every", "200ms")
        workers = wait_until(lambda: (lambda w: w if len(w) == 2 else None)(workers_of(going.pid)),
                             "two workers")
        online(going, 40)
        os.kill(workers[0], signal.SIGKILL)
        self.assertEqual(going.wait(120), 1, going.output + going.error_output)
        facts = self.facts()
        self.assertEqual(facts["devices"]["online_end"], 40)
        self.assertTrue(any("their far side of until then is gone" in why
                            for why in facts["failures"]), facts["failures"])
        lost = next(part for part in facts["workers"] if part["process"] == workers[0])
        heir = facts["workers"][2]
        self.assertEqual((heir["takes_over"], heir["uplink"]["lost"]), (lost["worker"], 0))
        self.assertEqual(heir["uplink"]["acknowledged"], heir["uplink"]["accepted"])

    def test_a_run_stops_with_a_worker_where_that_is_wished(self):
        going = self.started_run("--processes", "2", "--devices", "20", "--duration", "10m",
                                 "--interval", "500ms", "--on-worker-loss", "stop",
                                 "--report-every", "200ms")
        workers = wait_until(lambda: (lambda w: w if len(w) == 2 else None)(workers_of(going.pid)),
                             "two workers")
        online(going, 20)
        os.kill(workers[0], signal.SIGKILL)
        self.assertEqual(going.wait(60), 1, going.output + going.error_output)
        self.assertLess(self.facts()["run"]["duration_s"], 300)

    def test_ctrl_c_gives_a_report_and_leaves_nobody_behind(self):
        going = self.started_run("--processes", "3", "--devices", "90", "--duration", "10m",
                                 "--interval", "500ms", "--report-every", "200ms")
        workers = wait_until(lambda: (lambda w: w if len(w) == 3 else None)(workers_of(going.pid)),
                             "three workers")
        online(going, 90)
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(60), 130, going.output + going.error_output)
        facts = self.facts()
        self.assertTrue(facts["run"]["interrupted"])
        self.assertTrue(all(part["reported"] for part in facts["workers"]))
        self.assertEqual(facts["ledger"]["uplink"]["lost"], 0)
        self.assertGreater(facts["ledger"]["uplink"]["acknowledged"], 0)
        self.assertFalse([pid for pid in workers if pathlib.Path(f"/proc/{pid}").exists()])

    def test_workers_end_with_a_coordinator_that_is_killed(self):
        going = self.started_run("--processes", "2", "--devices", "20", "--duration", "10m",
                                 "--report-every", "200ms")
        workers = wait_until(lambda: (lambda w: w if len(w) == 2 else None)(workers_of(going.pid)),
                             "two workers")
        online(going, 20)
        going.kill()
        for pid in workers:
            wait_until(lambda pid=pid: not alive(pid), f"the end of worker {pid}")

    def test_a_worker_that_is_silent_is_lost_after_its_lease(self):
        going = self.started_run("--processes", "2", "--devices", "20", "--duration", "10m",
                                 "--on-worker-loss", "stop", "--worker-lease", "5s",
                                 "--report-every", "200ms")
        workers = wait_until(lambda: (lambda w: w if len(w) == 2 else None)(workers_of(going.pid)),
                             "two workers")
        online(going, 20)
        os.kill(workers[0], signal.SIGSTOP)
        self.assertEqual(going.wait(90), 1, going.output + going.error_output)
        self.assertIn("nothing was heard of it for", going.error_output)
        self.assertFalse([pid for pid in workers if alive(pid)])

    def test_live_faults_reach_the_devices_of_all(self):
        control = self.folder / "control.sock"
        going = self.started_run("--processes", "2", "--devices", "40", "--duration", "10m",
                                 "--interval", "500ms", "--report-every", "200ms", "--control",
                                 str(control))
        online(going, 40)
        fault = [harness.FLEET, "fault"]
        done = run([*fault, "add", "reset", "name=all", "--run", str(control)])
        self.assertEqual(done.code, 0, done.output + done.error_output)

        def hit():
            listed = run([*fault, "list", "--json", "--run", str(control)])
            return [row["hit"] for row in json.loads(listed.output)["faults"]] == [40]
        wait_until(hit, "all devices to be hit")
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(60), 130, going.output + going.error_output)
        facts = self.facts()
        self.assertEqual(facts["devices"]["reconnects"], 40)
        self.assertEqual(facts["ledger"]["uplink"]["lost"], 0)

    def worker(self, *words, token=TOKEN):
        return self.started(Process([harness.FLEET, "worker", *words],
                                    env={**os.environ, "FLEET_WORKER_TOKEN": token}))

    def listening_worker(self):
        worker = self.worker("--listen", "127.0.0.1:0")
        worker.address = worker.wait_for_line(lambda line: line.startswith("worker at "),
                                              "its address").split()[-1]
        return worker

    def run_over(self, addresses, *words):
        """A run over workers that wait."""
        self.report = self.folder / "going.json"
        return self.started(Process(
            [harness.FLEET, "run", "--json", self.report, "--seed", "7", *QUIET, "--workers",
             addresses, *words], env={**os.environ, "FLEET_WORKER_TOKEN": TOKEN}))

    def run_with_token(self, *words):
        report = self.folder / "going.json"
        done = run([harness.FLEET, "run", "--json", report, "--seed", "7", *QUIET, *words], 120,
                   env={**os.environ, "FLEET_WORKER_TOKEN": TOKEN})
        self.assertEqual(done.code, 0, done.output + done.error_output)
        return json.loads(report.read_text())

    def test_workers_wait_for_a_coordinator(self):
        workers = [self.worker("--listen", "127.0.0.1:0") for _ in range(2)]
        addresses = [worker.wait_for_line(lambda line: line.startswith("worker at "),
                                          "its address").split()[-1] for worker in workers]
        facts = self.run_with_token("--workers", ",".join(addresses), "--devices", "50",
                                    "--duration", "4s", "--interval", "1s")
        self.assert_whole(facts, 50, 2)
        self.assertEqual({part["process"] for part in facts["workers"]},
                         {worker.pid for worker in workers})
        for first, worker in zip((0, 25), sorted(workers, key=lambda worker: next(
                part["worker"] for part in facts["workers"] if part["process"] == worker.pid))):
            self.assertEqual(worker.wait(30), 0, worker.error_output)
            part = facts["workers"][first // 25]
            self.assertEqual(worker.lines[1:], [
                f"worker: serves devices {first} to {first + 24} of 50, seed 7",
                "worker: the devices start",
                f"worker: its devices have stopped: {part['published']} published, "
                f"{part['acknowledged']} acknowledged; the coordinator has its report"])

    def test_workers_with_certificates_need_one(self):
        certificates = self.folder / "certificates"
        made = run([harness.FLEET, "worker", "--init-certs", certificates])
        self.assertEqual(made.code, 0, made.error_output)
        self.assertEqual(sorted(path.name for path in certificates.iterdir()),
                         ["ca.key", "ca.pem", "caller.key", "caller.pem", "listener.key",
                          "listener.pem"])
        for path in certificates.glob("*.key"):
            self.assertEqual(path.stat().st_mode & 0o77, 0)
        worker = self.worker("--listen", "127.0.0.1:0", "--worker-certs", certificates)
        at = worker.wait_for_line(lambda line: line.startswith("worker at "),
                                  "its address").split()[-1]
        stranger = run([harness.FLEET, "run", *QUIET, "--workers", at, "--devices", "5"],
                       env={**os.environ, "FLEET_WORKER_TOKEN": TOKEN})
        self.assertEqual(stranger.code, 3, stranger.output)
        facts = self.run_with_token("--workers", at, "--worker-certs", certificates, "--devices",
                                    "20", "--duration", "3s", "--interval", "1s")
        self.assert_whole(facts, 20, 1)

    def test_a_coordinator_waits_for_workers_and_takes_no_stranger(self):
        going = self.started(Process(
            [harness.FLEET, "run", "--json", self.folder / "going.json", "--seed", "7", *QUIET,
             "--expect-workers", "2", "--devices", "50", "--duration", "4s", "--interval", "1s"],
            env={**os.environ, "FLEET_WORKER_TOKEN": TOKEN}))
        at = going.wait_for_line(lambda line: line.startswith("workers at "),
                                 "its address").split()[-1]
        stranger = self.worker("--join", at, token="some other word here")
        workers = [self.worker("--join", at) for _ in range(2)]
        self.assertEqual(going.wait(120), 0, going.output + going.error_output)
        facts = json.loads((self.folder / "going.json").read_text())
        self.assertEqual({part["process"] for part in facts["workers"]},
                         {worker.pid for worker in workers})
        self.assertEqual(stranger.wait(60), 3, stranger.error_output)

    def coordinator(self, *words):
        """One that workers come to, and where."""
        self.report = self.folder / "going.json"
        going = self.started(Process(
            [harness.FLEET, "run", "--json", self.report, "--seed", "7", *QUIET,
             "--report-every", "200ms", *words],
            env={**os.environ, "FLEET_WORKER_TOKEN": TOKEN}))
        at = going.wait_for_line(lambda line: line.startswith("workers at "),
                                 "its address").split()[-1]
        return going, at

    def test_a_worker_may_join_late_and_a_spare_takes_over(self):
        twin = self.twin_with_admin()
        going, at = self.coordinator("--expect-workers", "3", "--begin-with", "2", "--devices",
                                     "60", "--duration", "60s", "--interval", "500ms",
                                     *self.target(twin))
        workers = [self.worker("--join", at) for _ in range(2)]
        self.await_online(twin, 40)
        late = self.worker("--join", at)
        self.await_online(twin, 60)
        spare = self.worker("--join", at)
        workers[0].kill()
        self.await_heirs(going, 1)
        self.assertEqual(going.wait(150), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], 60)
        by_process = {part["process"]: part for part in facts["workers"]}
        self.assertEqual(by_process[spare.pid]["takes_over"],
                         by_process[workers[0].pid]["worker"])
        self.assertEqual(by_process[late.pid]["worker"], 3)
        self.assertIsNone(by_process[late.pid]["takes_over"])
        self.assertEqual(self.taken_over(twin), 0)

    def test_a_survivor_starts_one_more(self):
        twin = self.twin_with_admin()
        workers = [self.listening_worker() for _ in range(2)]
        going = self.run_over(",".join(worker.address for worker in workers), "--devices", "40",
                              "--duration", "40s", "--interval", "500ms", *self.target(twin))
        self.await_online(twin, 40)
        workers[1].kill()
        self.assertEqual(going.wait(120), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], 40)
        self.assertEqual(facts["workers"][2]["takes_over"], 2)
        self.assertIn("nobody is at", facts["workers"][1]["why"])
        self.assertEqual(workers[0].wait(60), 0, workers[0].error_output)

    def assert_cut_is_survived(self, going, relay, twin):
        """Of two workers with 40 devices, one beyond the relay: cuts it off for a while."""
        self.await_online(twin, 40)
        relay.stall()
        wait_until(lambda: any("is not heard any more" in line for line in list(going.errors)),
                   "the cut to be seen")
        relay.flow()
        wait_until(lambda: any("is heard again" in line for line in list(going.errors)),
                   "its end to be seen")
        self.assertEqual(going.wait(120), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_whole(facts, 40, 2)
        self.assertEqual(facts["latency"]["publish_ack"]["count"],
                         facts["ledger"]["uplink"]["acknowledged"])
        self.assertEqual(self.taken_over(twin), 0)

    def test_a_cut_neither_loses_the_run_nor_doubles_a_device(self):
        twin = self.twin_with_admin()
        going, at = self.coordinator("--expect-workers", "2", "--devices", "40", "--duration",
                                     "40s", "--interval", "500ms", *self.target(twin))
        relay = self.started(Relay(at))
        self.worker("--join", at)
        self.worker("--join", relay.address)
        self.assert_cut_is_survived(going, relay, twin)

    def test_the_coordinator_goes_to_a_worker_that_was_cut_off_again(self):
        twin = self.twin_with_admin()
        near, far = self.listening_worker(), self.listening_worker()
        relay = self.started(Relay(far.address))
        going = self.run_over(f"{near.address},{relay.address}", "--devices", "40", "--duration",
                              "40s", "--interval", "500ms", *self.target(twin))
        self.assert_cut_is_survived(going, relay, twin)

    def test_who_is_cut_off_for_longer_than_its_lease_stops_its_devices(self):
        twin = self.twin_with_admin()
        going, at = self.coordinator("--expect-workers", "2", "--devices", "40", "--duration",
                                     "60s", "--interval", "500ms", "--worker-lease", "5s",
                                     *self.target(twin))
        relay = self.started(Relay(at))
        self.worker("--join", at)
        away = self.worker("--join", relay.address)
        self.await_online(twin, 40)
        relay.stall()
        self.assertEqual(away.wait(60), 130, away.error_output)
        self.assertIn("the devices stop", away.error_output)
        self.assertIn("worker: the coordinator is not heard; without it all stops in", away.output)
        self.assertIn("no coordinator took its report", away.output)
        self.assertEqual(going.wait(150), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], 40)
        lost = next(part for part in facts["workers"] if part["process"] == away.pid)
        self.assertFalse(lost["reported"])
        self.assertEqual([part["takes_over"] for part in facts["workers"]],
                         [None, None, lost["worker"]])
        self.assertEqual(self.taken_over(twin), 0)

    def test_who_stood_still_for_longer_than_its_lease_stops_when_it_goes_on(self):
        twin = self.twin_with_admin()
        going, at = self.coordinator("--expect-workers", "2", "--devices", "40", "--duration",
                                     "60s", "--interval", "500ms", "--worker-lease", "5s",
                                     *self.target(twin))
        self.worker("--join", at)
        still = self.worker("--join", at)
        self.await_online(twin, 40)
        still.signal(signal.SIGSTOP)
        self.await_heirs(going, 1)
        still.signal(signal.SIGCONT)
        self.assertEqual(still.wait(60), 130, still.error_output)
        self.assertIn("no coordinator took its report", still.output)
        self.assertEqual(going.wait(150), 0, going.output + going.error_output)
        facts = self.facts()
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_end"], 40)

    def test_who_stood_still_for_less_goes_on_and_is_heard_again(self):
        twin = self.twin_with_admin()
        workers = [self.listening_worker() for _ in range(2)]
        going = self.run_over(",".join(worker.address for worker in workers), "--devices", "40",
                              "--duration", "30s", "--interval", "500ms", *self.target(twin))
        self.await_online(twin, 40)
        workers[1].signal(signal.SIGSTOP)
        wait_until(lambda: any("is not heard any more" in line for line in list(going.errors)),
                   "the silence to be seen")
        workers[1].signal(signal.SIGCONT)
        wait_until(lambda: any("is heard again" in line for line in list(going.errors)),
                   "its end to be seen")
        self.assertEqual(going.wait(120), 0, going.output + going.error_output)
        self.assert_whole(self.facts(), 40, 2)
        self.assertEqual(self.taken_over(twin), 0)

    def test_what_cannot_be_split_is_refused(self):
        for words, why in ((("--processes", "2", "--virtual"), "one clock and one order of events"),
                           (("--processes", "3", "--devices", "2"), "each takes one at least")):
            with self.subTest(words=words):
                done = run([harness.FLEET, "run", *QUIET, *words])
                self.assertEqual(done.code, 2, done.output)
                self.assertIn(why, done.error_output)


class Relay:
    """Hands octets on between those who connect to it and an address, or, stalled, lets none pass
    and drops none: as a network that is cut."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self._to = (host, int(port))
        self._flows = threading.Event()
        self._flows.set()
        self._sockets = []
        self.taken = 0   # connections
        self.passed = 0  # octets, both ways
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def stall(self):
        self._flows.clear()

    def flow(self):
        self._flows.set()

    def tear(self):
        """Ends the connections that there are, and takes new ones."""
        for each in self._sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _serve(self):
        while True:
            try:
                one, _ = self._door.accept()
                self._sockets.append(one)
                self.taken += 1
                self._flows.wait()
                other = socket.create_connection(self._to)
            except OSError:
                return
            self._sockets.append(other)
            for source, sink in ((one, other), (other, one)):
                threading.Thread(target=self._hand_on, args=(source, sink), daemon=True).start()

    def _hand_on(self, source, sink):
        try:
            while data := source.recv(65536):
                self._flows.wait()
                sink.sendall(data)
                self.passed += len(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._flows.set()
        for each in [self._door, *self._sockets]:
            each.close()


def online(going, devices):
    """Waits until its line of progress says that all are."""
    wait_until(lambda: any(f"online {devices}/{devices}" in line for line in list(going.errors)),
               f"{devices} devices to be online")


def alive(pid):
    """Whether a process is there, and is more than an entry."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


if __name__ == "__main__":
    harness.main()
