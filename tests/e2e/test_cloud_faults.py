# Faults of a twin in another process, by `fleet cloud fault …`, while a fleet runs on it: what
# devices and the ledger make of them, and what is refused.
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from metrics_page import metric  # noqa: E402
from process import Process, free_port, run, wait_until  # noqa: E402

DEVICES = 20
PATIENCE_S = 90


class CloudFaults(harness.Case):
    def setUp(self):
        super().setUp()
        self.port, self.page, self.run_page = free_port(), free_port(), free_port()

    def serve(self, *words, admin_port=0):
        twin = self.started(Process(
            [harness.FLEET, "cloud", "serve", "--mqtt", f"127.0.0.1:{self.port}", "--admin",
             f"127.0.0.1:{admin_port}", "--metrics", f"127.0.0.1:{self.page}", *words]))
        line = twin.wait_for_line(lambda line: line.startswith("admin "), "the admin API")
        self.admin = line.split()[1]
        return twin

    def fault(self, *words, code=0):
        done = run([harness.FLEET, "cloud", "fault", *words, "--admin", self.admin])
        self.assertEqual(done.code, code, done.output + done.error_output)
        return done.output + done.error_output

    def listed(self):
        return {f["name"]: f for f in json.loads(self.fault("list", "--json"))["faults"]}

    def start_run(self, *words):
        self.report = self.folder / "run.json"
        self.fleet = self.started(Process(
            [harness.FLEET, "run", "--target", f"mqtt://127.0.0.1:{self.port}", "--target-admin",
             f"http://{self.admin}", "--devices", str(DEVICES), "--interval", "500ms", "--metrics",
             f"127.0.0.1:{self.run_page}", "--json", str(self.report), "--plain", *words]))
        wait_until(lambda: metric(self.run_page, "fleet_devices", 'phase="online"') == DEVICES,
                   "all devices online", PATIENCE_S)

    def done(self, effect):
        return metric(self.page, "fleet_twin_faults_total", f'effect="{effect}"')

    def test_a_fleet_goes_through_faults_and_loses_nothing(self):
        for profile in ("linkdevelop", "mqtt"):
            with self.subTest(profile=profile):
                self.port, self.page, self.run_page = free_port(), free_port(), free_port()
                self.serve("--profile", profile)
                self.start_run("--profile", profile, "--duration", "40s", "--grace", "20s",
                               "--qos", "1")
                for words, effect in ((["deliver_twice", "share=100%", "for=5s"], "deliver_twice"),
                                      (["cloud_slow", "by=200ms", "for=3s"], "cloud_slow"),
                                      (["kick", "index=0-9"], "kick")):
                    self.assertIn("is there", self.fault("add", *words))
                    if effect != "deliver_twice" or profile == "linkdevelop":
                        wait_until(lambda e=effect: self.done(e) > 0, effect, PATIENCE_S)
                self.assertIn("kick", self.fault("list"))
                self.assertEqual(self.listed()["kick"]["hit"], 10)
                self.assertEqual(self.fleet.wait(PATIENCE_S), 0, self.fleet.error_output)
                facts = json.loads(self.report.read_text())
                for direction in ("uplink", "downlink"):
                    account = facts["ledger"][direction]
                    self.assertEqual((account["lost"], account["unexplained"]), (0, 0), account)
                self.assertEqual(facts["devices"]["online_end"], DEVICES)

    def test_a_run_tells_what_its_own_faults_did_at_the_twin_while_they_last(self):
        self.serve()
        self.start_run("--duration", "20s", "--fault", "deliver_twice share=100% at=5s index=0-6",
                       "--fault", "kick at=10s index=0-4")
        wait_until(lambda: metric(self.run_page, "fleet_fault_devices", 'fault="kick"') == 5,
                   "what the kick did", PATIENCE_S)
        wait_until(lambda: metric(self.run_page, "fleet_fault_devices",
                                  'fault="deliver_twice"') == 7, "the other's", PATIENCE_S)
        self.assertEqual(self.fleet.wait(PATIENCE_S), 0, self.fleet.error_output)
        hit = {f["name"]: f["hit"] for f in json.loads(self.report.read_text())["faults"]}
        self.assertEqual(hit, {"deliver_twice": 7, "kick": 5})

    def test_a_twin_that_is_killed_and_started_again_has_the_rest_of_a_runs_faults(self):
        door, data = free_port(), ["--data", self.folder / "data"]
        twin = self.serve(*data, admin_port=door)
        self.start_run("--duration", "1h", "--fault", "deliver_twice share=100% at=1s for=50m",
                       "--fault", "kick at=40m")
        wait_until(lambda: self.listed().get("deliver_twice", {}).get("state") == "in_force",
                   "the fault", PATIENCE_S)
        twin.kill()
        self.serve(*data, admin_port=door)
        wait_until(lambda: len(self.listed()) == 2, "the faults", PATIENCE_S)
        wait_until(lambda: self.listed()["deliver_twice"]["state"] == "in_force", "its begin",
                   PATIENCE_S)
        again = self.listed()
        self.assertLess(again["deliver_twice"]["forMs"], 50 * 60 * 1000)
        self.assertEqual(again["kick"]["state"], "waiting")
        self.fleet.signal(signal.SIGINT)
        self.assertEqual(self.fleet.wait(PATIENCE_S), 130, self.fleet.error_output)
        self.assertEqual(self.listed(), {}, "a run that ends takes its own along")

    def test_a_run_ends_where_the_twin_has_lost_its_fault_to_another(self):
        def order(*words):
            return run([harness.FLEET, "cloud", "fault", *words, "--admin", self.admin]).code == 0

        for split in ([], ["--processes", "2"]):
            with self.subTest(split=split):
                self.port, self.page, self.run_page = free_port(), free_port(), free_port()
                self.serve()
                self.start_run("--duration", "1h", "--fault", "deliver_twice share=100% at=50m",
                               *split)
                # The run may be the first to order it again; then once more.
                wait_until(lambda: order("remove", "deliver_twice")
                           and order("add", "kick", "at=1h", "name=deliver_twice"), "the name",
                           PATIENCE_S)
                self.assertEqual(self.fleet.wait(PATIENCE_S), 3, self.fleet.error_output)
                self.assertIn("has lost fault deliver_twice: ", self.fleet.error_output)
                self.assertIn("already, ordered by hand", self.fleet.error_output)
                failures = json.loads(self.report.read_text())["failures"]
                self.assertTrue(any("has lost fault" in why for why in failures), failures)

    def test_what_a_killed_run_left_is_taken_off_by_the_next_and_told(self):
        self.serve()
        order = ["--duration", "10s", "--fault", "drop_acks share=50% at=0s for=end"]
        self.start_run(*order)
        wait_until(lambda: self.listed().get("drop_acks", {}).get("state") == "in_force", "the fault",
                   PATIENCE_S)
        self.fleet.kill()
        self.assertEqual(self.listed()["drop_acks"]["state"], "in_force", "nobody knows yet")
        self.run_page = free_port()
        self.start_run(*order)
        self.assertEqual(self.fleet.wait(PATIENCE_S), 0, self.fleet.error_output)
        self.assertIn("a run that is gone had left the twin", self.fleet.error_output)
        self.assertEqual([f["name"] for f in json.loads(self.report.read_text())["faults"]],
                         ["drop_acks"])
        self.assertEqual(self.listed(), {}, "a run that ends takes its own along")

    def test_a_run_tells_of_faults_that_are_not_its_own_and_makes_way_for_none(self):
        self.serve()
        self.fault("add", "deliver_twice", "share=1%", "for=1h")
        self.fault("add", "kick", "index=0-0")
        wait_until(lambda: self.listed()["kick"]["state"] == "over", "the kick", PATIENCE_S)
        self.start_run("--duration", "3s", "--fault", "kick at=1s index=0-4")
        self.assertEqual(self.fleet.wait(PATIENCE_S), 0, self.fleet.error_output)
        self.assertIn("1 fault that is not this run's: deliver_twice, in force for",
                      self.fleet.error_output)
        done = run([harness.FLEET, "run", "--target", f"mqtt://127.0.0.1:{self.port}",
                    "--target-admin", f"http://{self.admin}", "--devices", "5", "--duration", "1m",
                    "--metrics", "off", "--fault", "deliver_twice at=1s"])
        self.assertEqual(done.code, 3, done.error_output)
        self.assertIn("and it is not this run's; end it by fleet cloud fault remove deliver_twice",
                      done.error_output)
        self.assertEqual(list(self.listed()), ["deliver_twice"])

    def test_what_cannot_be_is_refused_with_a_sentence(self):
        self.serve()
        self.assertIn("kill the process", self.fault("add", "cloud_restart", "for=5s", code=1))
        self.assertIn("on devices", self.fault("add", "latency", "by=1s", "for=5s", code=1))
        self.assertIn("drop_acks", self.fault("add", "drop_ack", code=2))
        self.assertIn("share", self.fault("add", "drop_acks", "share=700%", code=2))
        self.assertIn("no percent", self.fault("add", "cloud_restart", "percent=7%", code=2))
        self.fault("add", "drop_acks", "share=10%", "for=1h", "name=mine")
        self.assertIn("already", self.fault("add", "drop_acks", "name=mine", code=1))
        self.assertEqual(self.listed()["mine"]["state"], "in_force")
        self.fault("remove", "mine")
        self.assertIn("no fault", self.fault("remove", "mine", code=1))
        self.assertEqual(self.listed(), {})


if __name__ == "__main__":
    harness.main()
