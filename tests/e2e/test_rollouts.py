# Rollouts of scenarios as users start them: images over HTTPS in both worlds, waves, a bad image
# that halts in its first wave, and every fault of image and server with the step it must end in.
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import harness  # noqa: E402

DEVICES = 40

RUN = """
name: small rollout
devices: {devices}
duration: {duration}
products:
  - name: led
    firmware: {{version: 1.0.0, size: 20KiB, boot_time: 200ms, progress: 20{firmware}}}
    report: [{{every: 1s}}]{product}
stages:
  - ramp: {{rate: 200/s}}
rollouts:
  - {{version: 2.0.0, at: 1s, {rollout}}}
"""

# What is wrong, what else the rollout has, and the step that devices must end in.
FAULTS = {"wrong_digest": -3, "wrong_size": -3, "short_body": -2, "long_body": -3,
          "not_found": -2, "forbidden": -2, "server_error": -2, "stall": -2,
          "redirect": -2}  # from https to http


class Rollouts(harness.Case):
    def scenario(self, rollout, duration="20s", firmware="", devices=DEVICES,
                 product=""):
        path = self.folder / "rollout.yaml"
        path.write_text(RUN.format(devices=devices, duration=duration, rollout=rollout,
                                   firmware=firmware, product=product))
        return path

    def assert_all_took_it(self, facts, devices=DEVICES):
        self.assert_account_is_clean(facts)
        rollout = facts["rollouts"][0]
        self.assertEqual(rollout["state"], "finished")
        self.assertEqual((rollout["devices"], rollout["succeeded"]), (devices, devices))
        self.assertEqual(facts["firmware"]["results"]["succeeded"], devices)
        self.assertEqual(facts["firmware"]["reboots"], devices)
        self.assertEqual(facts["devices"]["online_end"], devices)

    def test_all_devices_take_an_image_over_https(self):
        facts = self.fleet_run("--scenario", self.scenario("size: 300KiB, under_way: 20"))
        self.assert_all_took_it(facts)
        rollout = facts["rollouts"][0]
        self.assertEqual(rollout["bytes_sent"], DEVICES * 300 * 1024)
        self.assertEqual(facts["firmware"]["bytes"], rollout["bytes_sent"])
        self.assertGreater(facts["messages"]["acknowledged"], DEVICES * 5)

    def test_a_file_of_the_users_is_rolled_out_in_waves_with_the_other_digest(self):
        (self.folder / "fw.bin").write_bytes(random.Random(1).randbytes(1_500_000))
        facts = self.fleet_run("--scenario", self.scenario(
            "image: fw.bin, sign: sha256, waves: [10%, 50%, 100%], pause: 500ms"))
        self.assert_all_took_it(facts)
        self.assertEqual(facts["rollouts"][0]["waves"], 3)
        self.assertEqual(facts["rollouts"][0]["image_bytes"], 1_500_000)

    def test_a_virtual_rollout_repeats_itself(self):
        words = ["--scenario", self.scenario("size: 100KiB, waves: [20%, 100%]", "10m"),
                 "--virtual", "--seed", 3]
        first, second = self.fleet_run(*words), self.fleet_run(*words)
        self.assert_all_took_it(first)
        self.assertEqual(first["digest"], second["digest"])
        other = self.fleet_run(*words[:-1], 4)
        self.assertNotEqual(first["digest"], other["digest"])

    def test_an_image_of_many_slices_is_rolled_out_as_soon_as_it_has_its_digests(self):
        facts = self.fleet_run("--scenario", self.scenario("size: 9MiB", "10m", devices=3),
                               "--virtual", "--seed", 3)
        self.assert_all_took_it(facts, 3)
        self.assertEqual(facts["rollouts"][0]["image_bytes"], 9 * 1024 * 1024)

    def served(self, server, rollout, **more):
        path = self.scenario(rollout, "30m", **more)
        with path.open("a") as file:
            file.write(f"firmware_server: {server}\n")
        return self.fleet_run("--scenario", path, "--virtual", "--seed", 3)

    def test_the_firmware_server_is_as_slow_as_the_scenario_wants(self):
        seconds = {}
        for server in ("{}", "{rate: 50KiB}", "{rate_each: 5KiB}"):
            facts = self.served(server, "size: 64KiB, under_way: 20")
            self.assert_all_took_it(facts)
            seconds[server] = facts["rollouts"][0]["took_s"]
        self.assertLess(seconds["{}"], 20, seconds)
        # The first 64 KiB may go at once.
        self.assertGreater(seconds["{rate: 50KiB}"], (DEVICES - 1) * 64 / 50, seconds)
        self.assertLess(seconds["{rate: 50KiB}"], 2 * DEVICES * 64 / 50, seconds)

    def test_addresses_that_expire_during_the_download_are_asked_for_again(self):
        # One device gets its octets in two seconds; others hear nothing until they try again.
        facts = self.served("{rate: 1KiB, token_life: 10s}", "size: 4KiB", firmware=", block: 512",
                            devices=20)
        self.assert_all_took_it(facts, 20)
        self.assertEqual(facts["rollouts"][0]["attempts_failed"], 0)
        refused = facts["firmware"]["downloads"] - facts["rollouts"][0]["downloads"]
        self.assertGreaterEqual(refused, 5, facts["firmware"])

    def test_a_rollout_takes_devices_over_or_says_who_has_them(self):
        rollout = "name: a, size: 30KiB, under_way: 1, rate: 1/s"
        second = "  - {version: 3.0.0, name: b, at: 2s, size: 30KiB, take_over: %s}\n"
        path = self.scenario(rollout, "10m")
        slow = path.read_text()
        path.write_text(slow + second % "on")
        facts = self.fleet_run("--scenario", path, "--virtual", "--seed", 3)
        self.assert_account_is_clean(facts)
        a, b = facts["rollouts"]
        self.assertEqual((a["state"], b["state"]), ("finished", "finished"))
        self.assertGreaterEqual(b["succeeded"], DEVICES - 2)
        self.assertEqual((a["cancelled"], b["devices"]), (b["succeeded"], b["succeeded"]))
        path.write_text(slow + second % "off")
        facts = self.fleet_run("--scenario", path, "--virtual", "--seed", 3, expect=1)
        self.assertIn("rollout b did not begin: no device would take part: "
                      f"{DEVICES} devices are in campaign a", facts["failures"])
        self.assertEqual(facts["rollouts"][0]["succeeded"], DEVICES)

    def test_a_part_of_the_fleet_is_left_alone(self):
        facts = self.fleet_run("--scenario", self.scenario("size: 30KiB, percent: 50%", "5m"),
                               "--virtual", "--seed", 3)
        rollout = facts["rollouts"][0]
        self.assertEqual(rollout["state"], "finished")
        self.assertTrue(0 < rollout["devices"] < DEVICES, rollout)
        self.assertEqual(facts["firmware"]["reboots"], rollout["devices"])

    def test_an_image_that_does_not_boot_halts_before_the_second_wave(self):
        facts = self.fleet_run("--scenario", self.scenario(
            "size: 30KiB, waves: [25%, 100%], halt_at: 20%, fault: unbootable, attempt: 2m", "10m"),
            "--virtual", "--seed", 3, expect=1)
        rollout = facts["rollouts"][0]
        self.assertEqual((rollout["state"], rollout["wave"]), ("halted", 1))
        self.assertEqual(rollout["succeeded"], 0)
        self.assertGreater(rollout["causes"]["old_version"], 0)
        self.assertEqual(facts["firmware"]["results"]["fell_back"], rollout["failed"])
        self.assertLess(rollout["failed"], DEVICES / 2)
        self.assertTrue(any("halted in wave 1 of 2" in why for why in facts["failures"]),
                        facts["failures"])
        self.assertEqual(facts["devices"]["online_end"], DEVICES, "the old image runs")

    def test_each_fault_of_image_and_server_ends_in_its_step(self):
        for fault, step in FAULTS.items():
            with self.subTest(fault=fault):
                facts = self.fleet_run("--scenario", self.scenario(
                    f"size: 30KiB, fault: {fault}, may_fail: on, attempt: 1h", "2h", devices=5),
                    "--virtual", "--seed", 3)
                rollout = facts["rollouts"][0]
                self.assertEqual(rollout["state"], "finished", rollout)
                self.assertEqual(rollout["failed"], 5, rollout)
                self.assertEqual(rollout["steps"][str(step)], 5, rollout)
                self.assertEqual(facts["devices"]["online_end"], 5)
                self.assertEqual(facts["firmware"]["reboots"], 0)

    def test_a_rollout_that_does_not_end_in_time_fails_the_run(self):
        facts = self.fleet_run("--scenario", self.scenario("size: 30KiB, rate: 1/s", "10s"),
                               "--virtual", "--seed", 3, expect=1)
        self.assertTrue(any("had not ended when the run did" in why for why in facts["failures"]),
                        facts["failures"])


if __name__ == "__main__":
    harness.main()
