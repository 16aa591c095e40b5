# A scenario's rollouts at a target that is a twin: ordered once by its admin API, by the
# coordinator where the run is split, and followed to their end.
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

DEVICES = 30

SCENARIO = """
name: small rollout
devices: 30
duration: 20s
products:
  - name: led
    firmware: {{version: 1.0.0, size: 20KiB, boot_time: 200ms, progress: 20}}
    report: [{{every: 1s}}]
stages: [{{ramp: {{rate: 200/s}}}}]
rollouts:
  - {{version: 2.0.0, at: 1s, {rollout}}}
"""


class SplitRollouts(harness.Case):
    def scenario(self, rollout):
        path = self.folder / "rollout.yaml"
        path.write_text(SCENARIO.format(rollout=rollout))
        return path

    def target(self):
        twin = self.twin("--admin", "127.0.0.1:0", "--https", "127.0.0.1:0", "--data",
                         self.folder / "data")
        while not {"admin", "https", "ca"} <= set(twin.addresses):
            line = twin.wait_for_line(lambda text: len(text.split()) == 2, "its addresses")
            name, address = line.split()
            twin.addresses[name] = address
        return twin, ("--target", f"mqtt://{twin.addresses['mqtt']}", "--target-admin",
                      f"http://{twin.addresses['admin']}", "--cafile", twin.addresses["ca"])

    def campaigns(self, twin):
        asked = run([harness.FLEET, "cloud", "campaign", "list", "--json", "--admin",
                     twin.addresses["admin"]])
        self.assertEqual(asked.code, 0, asked.error_output)
        return asked.output.count('"haltedBy"')

    def assert_all_took_it(self, facts):
        self.assert_account_is_clean(facts)
        self.assertEqual(len(facts["rollouts"]), 1)
        rollout = facts["rollouts"][0]
        self.assertEqual((rollout["state"], rollout["waves"]), ("finished", 2))
        self.assertEqual((rollout["devices"], rollout["succeeded"]), (DEVICES, DEVICES))
        self.assertEqual(facts["firmware"]["results"]["succeeded"], DEVICES)
        self.assertEqual(facts["firmware"]["reboots"], DEVICES)
        self.assertEqual(facts["devices"]["online_end"], DEVICES)
        self.assertEqual(rollout["bytes_sent"], DEVICES * 100 * 1024)

    def test_the_coordinator_rolls_out_once_through_the_whole_fleet(self):
        twin, target = self.target()
        facts = self.fleet_run("--scenario", self.scenario("size: 100KiB, waves: [20%, 100%]"),
                               "--processes", 2, *target)
        self.assert_all_took_it(facts)
        self.assertEqual(len(facts["workers"]), 2)
        self.assertEqual(self.campaigns(twin), 1)

    def test_an_image_of_a_file_goes_to_the_twin_and_to_no_worker(self):
        twin, target = self.target()
        image = self.folder / "image.bin"
        with open(image, "wb") as file:
            file.write(os.urandom(70 << 20))  # more than a worker may be sent
        facts = self.fleet_run("--scenario", self.scenario(
            f"image: {image}, fault: not_found, may_fail: on"), "--processes", 2, *target)
        rollout = facts["rollouts"][0]
        self.assertNotEqual(rollout["state"], "not_begun", rollout)
        self.assertEqual(rollout["devices"], DEVICES)
        self.assertEqual(rollout["image_bytes"], 70 << 20)
        self.assertEqual(self.campaigns(twin), 1)

    def test_a_run_of_one_process_does_the_same(self):
        twin, target = self.target()
        facts = self.fleet_run("--scenario", self.scenario("size: 100KiB, waves: [20%, 100%]"),
                               *target)
        self.assert_all_took_it(facts)
        self.assertEqual(self.campaigns(twin), 1)

    def test_a_bad_image_halts_the_whole_in_its_first_wave(self):
        _, target = self.target()
        facts = self.fleet_run("--scenario", self.scenario(
            "size: 30KiB, waves: [20%, 100%], halt_at: 20%, fault: wrong_digest"),
            "--processes", 2, *target, expect=1)
        rollout = facts["rollouts"][0]
        self.assertEqual((rollout["state"], rollout["wave"]), ("halted", 1))
        self.assertEqual(rollout["steps"]["-3"], rollout["failed"])
        self.assertTrue(0 < rollout["failed"] < DEVICES / 2, rollout)
        self.assertTrue(any("halted in wave 1 of 2" in why for why in facts["failures"]),
                        facts["failures"])

    def test_a_twin_that_hangs_is_not_waited_for_beyond_the_grace(self):
        twin, target = self.target()
        path = self.folder / "many.yaml"
        path.write_text(SCENARIO.format(rollout="size: 30KiB").replace("at: 1s", "at: 3s")
                        + "".join(f"  - {{version: 3.0.{i}, at: 3s, size: 30KiB}}\n"
                                  for i in range(15)))
        going = self.started(Process(
            [harness.FLEET, "run", "--plain", "--metrics", "off", "--report-every", "500ms",
             "--grace", "1s", "--duration", "1h", "--scenario", str(path), *map(str, target)]))
        wait_until(lambda: f"online {DEVICES}/{DEVICES}" in going.error_output, "the fleet", 60)
        twin.signal(signal.SIGSTOP)
        try:
            # Each rollout's question has 5 s, one after the other: beyond anybody's patience here.
            wait_until(lambda: " 0:05/" in going.error_output, "rollouts", 60)
            going.signal(signal.SIGINT)
            self.assertEqual(going.wait(60), 130)
            self.assertIn("was not waited for any longer", going.output)
        finally:
            twin.signal(signal.SIGCONT)

    def test_a_target_without_firmware_is_told_of(self):
        twin = self.twin("--admin", "127.0.0.1:0")
        while "admin" not in twin.addresses:
            name, address = twin.next_line().split()
            twin.addresses[name] = address
        facts = self.fleet_run("--scenario", self.scenario("size: 30KiB"), "--processes", 2,
                               "--duration", "4s", "--target", f"mqtt://{twin.addresses['mqtt']}",
                               "--target-admin", f"http://{twin.addresses['admin']}", expect=1)
        self.assertTrue(any("did not begin" in why for why in facts["failures"]),
                        facts["failures"])

    def test_twins_of_workers_would_each_have_a_rollout_of_their_own(self):
        done = run([harness.FLEET, "run", "--metrics", "off", "--plain", "--processes", "2",
                    "--scenario", self.scenario("size: 30KiB")])
        self.assertEqual(done.code, 2, done.output)
        self.assertIn("a rollout goes through the whole fleet in waves", done.error_output)
        self.assertIn("--target-admin", done.error_output)


if __name__ == "__main__":
    harness.main()
