# Faults as users order them: on the line and in scenarios, with what each comes to told before the
# start; and on a run that goes on, through its control socket.
import json
import os
import pathlib
import signal
import socket
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import harness  # noqa: E402
from process import wait_until  # noqa: E402

QUIET = ["--metrics", "off", "--interval", "1s"]


class Faults(harness.Case):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "control.sock"

    def running(self, *words, duration="10m", grace="0s"):
        """A run that goes on, and answers at its control socket."""
        run = self.started(harness.Process(
            [harness.FLEET, "run", "--seed", "7", "--duration", duration, "--grace", grace,
             "--control", str(self.path), *QUIET, *map(str, words)]))
        run.wait_for_line(lambda line: line == f"control at {self.path}", "its control socket")
        return run

    def fault(self, *words, expect=0, run=None):
        done = harness.run([harness.FLEET, "fault", *words, "--run", str(run or self.path)], 60)
        self.assertEqual(done.code, expect, done.output + done.error_output)
        return done

    def listed(self):
        return {row["name"]: row
                for row in json.loads(self.fault("list", "--json").output)["faults"]}

    def test_a_line_for_each_fault_comes_before_the_start(self):
        self.fleet_run("--devices", 20, "--duration", "2s", "--virtual", "--fault",
                       "latency by=300ms for=500ms at=1s index=0-4", "--fault",
                       "flaky_wifi for=100ms product=product_1 at=500ms")
        said = self.last_run.output
        self.assertIn("fault at 1s: latency 300ms for 500ms on 5 of 20 devices", said)
        self.assertIn("fault at 500ms: flaky_wifi.latency (latency) 20ms for 100ms on 20 of 20",
                      said)
        self.assertIn("note: fault flaky_wifi goes without loss", self.last_run.error_output)

    def test_faults_that_cannot_be_are_refused_before_anything_starts(self):
        path = self.folder / "bad.yaml"
        path.write_text("duration: 1m\nfaults:\n  - {effect: loss, at: 1s, for: 2s}\n")
        for words in (["check", path], ["run", "--virtual", "--scenario", path]):
            done = harness.run([harness.FLEET, *map(str, words)], 60)
            self.assertEqual(done.code, 2)
            self.assertIn(f"{path}:3:14: nobody here can have loss", done.error_output)
            self.assertIn("the nearest that would apply is stall", done.error_output)
        done = harness.run([harness.FLEET, "run", "--fault", "latency byy=3s"], 60)
        self.assertEqual(done.code, 2)
        self.assertIn("column 9: unknown key byy; the nearest is by", done.error_output)
        done = harness.run([harness.FLEET, "run", "--virtual", "--fault",
                            "stall devices=nobody"], 60)
        self.assertEqual(done.code, 2)
        self.assertIn("no device is called nobody", done.error_output)

    def test_faults_that_have_nothing_to_act_on_are_refused_where_they_stand(self):
        for fault, product, why in (
                ("full_flash", "{name: led}", "keeps nothing in flash or store"),
                ("kv_corruption", f"{{name: led, model: {ROOT}/configs/models/rgb_led.json}}",
                 "a thing model that counts do; the nearest that would apply is reboot_loop"),
                ("deliver_twice", "{name: led, protocol: http}", "each answer belongs to its request"),
                ("drop_acks", "{name: led, qos: 0}", "sends at QoS 0, which is not acknowledged")):
            path = self.folder / "idle.yaml"
            path.write_text(f"duration: 1m\nproducts: [{product}]\nfaults:\n"
                            f"  - {{effect: {fault}, at: 1s}}\n")
            for words in (["check", path], ["run", "--virtual", "--scenario", path]):
                done = harness.run([harness.FLEET, *map(str, words)], 60)
                self.assertEqual(done.code, 2, done.output)
                self.assertIn(f"{path}:4:14: nobody here can have {fault}", done.error_output)
                self.assertIn(why, done.error_output)

    def test_all_parts_of_a_preset_hit_the_same_devices(self):
        facts = self.fleet_run("--virtual", "--devices", 1000, "--interval", "10s", "--duration",
                               "2m", "--fault", "reconnect_storm at=1m for=30s percent=30%")
        hit = {fault["name"]: fault["hit"] for fault in facts["faults"]}
        self.assertEqual(hit["reconnect_storm.reset"], hit["reconnect_storm.refuse"])
        self.assertGreater(hit["reconnect_storm.reset"], 200)
        # Nobody whose connection was torn gets in again before the fault is over.
        series = facts["series"]
        online = {n for at, n in zip(series["at_s"], series["online"]) if 62 <= at <= 89}
        self.assertEqual(online, {1000 - hit["reconnect_storm.reset"]})

    def test_a_run_that_goes_on_takes_faults_and_lets_them_go(self):
        self.running("--devices", 20)
        self.assertEqual(self.listed(), {})
        told = self.fault("add", "latency", "by=20ms", "for=end", "index=0-4").output
        self.assertIn("latency 20ms to the end on 5 of 20 devices", told)
        self.fault("add", "latency", "at=1h")
        rows = self.listed()
        self.assertEqual(list(rows), ["latency", "latency_2"])
        self.assertEqual(rows["latency"]["selected"], 5)
        self.assertEqual(rows["latency_2"]["state"], "waiting")
        self.assertTrue(rows["latency"]["live"])
        self.assertIn("latency_2", self.fault("list").output)
        self.fault("remove", "latency", "latency_2")
        self.assertEqual(self.listed(), {})

    def test_a_run_that_is_interrupted_says_of_what_was_to_come_that_it_will_not(self):
        # What is not acknowledged is waited for, so that the run is still there to be asked.
        run = self.running("--devices", 5, "--fault", "reset at=5m name=never", "--fault",
                           "drop_acks share=100% for=end", grace="20s")
        wait_until(lambda: self.listed()["drop_acks"]["hit"] == 5, "the other", 60)
        run.signal(signal.SIGINT)
        wait_until(lambda: self.listed()["never"]["state"] == "dropped", "its end", 60)
        self.assertRegex(self.fault("list").output, r"never +dropped +5m ")

    def test_a_live_fault_that_cannot_be_is_refused_by_the_run(self):
        self.running("--devices", 5)
        done = self.fault("add", "loss", expect=2)
        self.assertIn("nobody here can have loss", done.error_output)
        done = self.fault("remove", "nothing", expect=2)
        self.assertIn("there is no fault nothing", done.error_output)
        self.assertIn("latensy is unknown", self.fault("add", "latensy", expect=2).error_output)

    def test_a_virtual_run_is_reached_too(self):
        self.running("--devices", 5, "--virtual", duration="365d")
        self.assertIn("on 5 of 5 devices", self.fault("add", "partition", "for=1h").output)

    def test_the_socket_is_the_users_alone_and_goes_with_the_run(self):
        run = self.running("--devices", 2)
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(self.path))
            raw.sendall(b"\x00\xff nonsense\n")
            self.assertIn(b'"ok":false', raw.recv(4096))
        run.stop()
        self.assertFalse(os.path.exists(self.path))
        self.fault("list", expect=3)

    def test_the_vocabulary_is_listed_without_a_run(self):
        for words, part in ((["effects"], "nat_rebinding"), (["presets"], "reconnect_storm")):
            done = harness.run([harness.FLEET, "fault", *words], 60)
            self.assertEqual(done.code, 0)
            self.assertIn(part, done.output)


if __name__ == "__main__":
    harness.main()
