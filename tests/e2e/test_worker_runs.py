# A run of several processes counts, obeys and ends as one of a single process does.
import json
import os
import pathlib
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402
from test_processes import Relay  # noqa: E402

TOKEN = "a word for tests alone"
ENVIRONMENT = {**os.environ, "FLEET_WORKER_TOKEN": TOKEN}
QUIET = ("--metrics", "off", "--plain", "--report-every", "200ms")


def children_of(pid):
    return [int(word) for word in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def calling(port):
    """How many connections to a port of 127.0.0.1 nobody has answered."""
    lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[2] == f"0100007F:{port:04X}" and line[3] == "02" for line in lines)


class WorkerRuns(harness.Case):
    def started_run(self, *words):
        self.report = self.folder / "run.json"
        return self.started(Process([harness.FLEET, "run", "--json", self.report, "--seed", "7",
                                     *QUIET, *words], env=ENVIRONMENT))

    def facts(self):
        return json.loads(self.report.read_text())

    @staticmethod
    def await_told(going, text):
        wait_until(lambda: any(text in line for line in list(going.errors)), text)

    def worker(self, *words, cwd=None):
        return self.started(Process([harness.FLEET, "worker", *words], env=ENVIRONMENT, cwd=cwd))

    def coordinator(self, *words):
        going = self.started_run(*words)
        at = going.wait_for_line(lambda line: line.startswith("workers at "),
                                 "its address").split()[-1]
        return going, at


class SharedBroker(WorkerRuns):
    def corrupted(self, *words):
        """What a run counts of three broken messages of a stranger: on a topic of the first
        device, of the last, and of nobody."""
        broker = self.mosquitto()
        harness.need("mosquitto_sub")
        near = ("-h", "127.0.0.1", "-p", str(broker.port))
        going = self.started_run("--devices", "20", "--duration", "10m", "--interval", "300ms",
                                 "--profile", "mqtt", "--target",
                                 f"mqtt://127.0.0.1:{broker.port}", *words)
        self.await_told(going, "online 20/20")
        heard = run(["mosquitto_sub", *near, "-t", "fleet/+/up", "-C", "100", "-F", "%t"])
        topics = sorted(set(heard.output.split()))
        self.assertEqual(len(topics), 20)
        for topic in (topics[0], topics[-1], "fleet/stranger/up"):
            told = run(["mosquitto_pub", *near, "-q", "1", "-t", topic, "-m", "~L1 and no more"])
            self.assertEqual(told.code, 0, told.error_output)
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(60), 130, going.output + going.error_output)
        up = self.facts()["ledger"]["uplink"]
        self.assertEqual((up["lost"], up["acknowledged"]), (0, up["accepted"]))
        return up["corrupted"]

    def test_one_process_counts_each_broken_message_of_a_stranger(self):
        self.assertEqual(self.corrupted(), 3)

    def test_several_count_each_once(self):
        self.assertEqual(self.corrupted("--processes", "3"), 3)


class LiveOrders(WorkerRuns):
    def test_an_order_says_which_worker_does_not_answer_and_reaches_it_later(self):
        control = self.folder / "control.sock"
        going = self.started_run("--processes", "2", "--devices", "40", "--duration", "10m",
                                 "--interval", "500ms", "--control", str(control))
        self.await_told(going, "online 40/40")
        fault = [harness.FLEET, "fault"]
        told = run([*fault, "add", "latency", "by=1ms", "name=slow", "--run", str(control)])
        self.assertEqual(told.code, 0, told.output + told.error_output)

        still = children_of(going.pid)[0]
        os.kill(still, signal.SIGSTOP)
        told = run([*fault, "add", "reset", "name=all", "--run", str(control)])
        os.kill(still, signal.SIGCONT)
        self.assertNotEqual(told.code, 0, told.output)
        self.assertRegex(told.output + told.error_output, r"worker [12] does not answer")

        def hit():
            listed = run([*fault, "list", "--json", "--run", str(control)])
            return {row["name"]: row["hit"] for row in
                    json.loads(listed.output)["faults"]} == {"slow": 40, "all": 40}
        wait_until(hit, "all devices to be hit")
        told = run([*fault, "remove", "slow", "all", "--run", str(control)])
        self.assertEqual(told.code, 0, told.output + told.error_output)
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(60), 130, going.output + going.error_output)
        self.assertEqual(self.facts()["devices"]["reconnects"], 40)


class Spares(WorkerRuns):
    def test_a_spare_that_was_cut_off_comes_back_and_takes_over(self):
        going, at = self.coordinator("--expect-workers", "1", "--devices", "20", "--duration",
                                     "10m", "--interval", "500ms")
        worker = self.worker("--join", at)
        self.await_told(going, "online 20/20")
        relay = self.started(Relay(at))
        spare = self.worker("--join", relay.address)
        # Proofs, greeting and its clock are fewer; then it says each second that it is there.
        wait_until(lambda: relay.passed > 700, "the spare to be known")
        taken = relay.taken
        relay.tear()
        wait_until(lambda: relay.taken > taken, "the spare to come again")
        worker.kill()
        self.await_told(going, "has taken over devices 0 to 19 of worker 1")
        self.assertTrue(spare.running())
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(60), 130, going.output + going.error_output)
        heir = self.facts()["workers"][1]
        self.assertEqual((heir["process"], heir["takes_over"]), (spare.pid, 1))

    def test_a_spare_ends_with_its_coordinator(self):
        going, at = self.coordinator("--expect-workers", "1", "--devices", "20", "--duration",
                                     "10m", "--interval", "500ms")
        self.worker("--join", at)
        self.await_told(going, "online 20/20")
        relay = self.started(Relay(at))
        spare = self.worker("--join", relay.address)
        wait_until(lambda: relay.passed > 700, "the spare to be known")
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(60), 130, going.output + going.error_output)
        self.assertEqual(spare.wait(60), 0, spare.error_output)
        self.assertIn("the run is over, and did not need it", spare.error_output)


class Busy(WorkerRuns):
    def test_a_worker_with_a_run_says_so_to_another_coordinator(self):
        worker = self.worker("--listen", "127.0.0.1:0")
        at = worker.wait_for_line(lambda line: line.startswith("worker at "), "its address").split()[-1]
        words = ("--workers", at, "--devices", "10", "--duration", "10m", "--interval", "500ms")
        going = self.started_run(*words)
        self.await_told(going, "online 10/10")
        other = run([harness.FLEET, "run", *QUIET, *words], env=ENVIRONMENT)
        self.assertEqual(other.code, 3, other.output)
        self.assertIn("worker 1: has another run, and would serve this one after it", other.error_output)
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(60), 130, going.output + going.error_output)
        self.assertEqual(self.facts()["devices"]["reconnects"], 0)

    def test_ctrl_c_is_heard_while_a_worker_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0), backlog=1) as full:
            port = full.getsockname()[1]
            filling = [socket.socket() for _ in range(4)]
            for one in filling:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            before = calling(port)
            for words in (("run", *QUIET, "--workers", f"127.0.0.1:{port}", "--devices", "10"),
                          ("worker", "--join", f"127.0.0.1:{port}")):
                going = self.started(Process([harness.FLEET, *words], env=ENVIRONMENT))
                wait_until(lambda: calling(port) > before or not going.running(), "it to call")
                going.signal(signal.SIGINT)
                self.assertEqual(going.wait(14), 130, going.output + going.error_output)
            for one in filling:
                one.close()


class Deployed(WorkerRuns):
    """As deploy/kubernetes has it: certificates, a name to join, and a look at the door before."""

    def test_workers_come_by_a_name_after_a_look_at_the_door(self):
        certs = self.folder / "certs"
        self.assertEqual(run([harness.FLEET, "worker", "--init-certs", certs]).code, 0)
        going, at = self.coordinator("--expect-workers", "2", "--listen", "127.0.0.1:0", "--worker-certs", certs,
                                     "--devices", "20", "--duration", "2s", "--interval", "500ms")
        port = at.rsplit(":", 1)[1]
        for _ in range(2):
            looked = run(["bash", "-c", f"until (exec 3<>/dev/tcp/localhost/{port}) 2>/dev/null; do sleep 1; done"])
            self.assertEqual(looked.code, 0)
            self.worker("--join", f"localhost:{port}", "--worker-certs", certs)
        self.assertEqual(going.wait(90), 0, going.output + going.error_output)
        self.assert_account_is_clean(self.facts())
        self.assertEqual([part["devices"] for part in self.facts()["workers"]], [10, 10])
        self.assertNotIn("token", going.error_output)

    def test_a_name_without_an_address_is_told(self):
        nowhere = self.worker("--join", "nobody.invalid:7400")
        self.assertEqual(nowhere.wait(60), 3)
        self.assertIn("fleet worker: --join nobody.invalid: ", nowhere.error_output)


if __name__ == "__main__":
    harness.main()
