# Runs against the embedded twin: all devices online, the ledger clean, in every profile, QoS and tier.
import pathlib
import re
import resource
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402


class EmbeddedRuns(harness.Case):
    def clean_run(self, *words, devices=60):
        facts = self.fleet_run("--devices", devices, "--duration", "6s", "--interval", "1s",
                               "--downlink-interval", "2s", "--ramp", "200/s", *words)
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_max"], devices)
        self.assertEqual(facts["devices"]["online_end"], devices)
        self.assertEqual(facts["devices"]["by_phase_at_exit"]["stopped"], 0,
                         "the actors of stopped devices are gone")
        up, down = facts["ledger"]["uplink"], facts["ledger"]["downlink"]
        self.assertGreaterEqual(up["attempted"], devices * 3)
        self.assertGreaterEqual(down["attempted"], devices)
        return facts

    def test_the_defaults(self):
        facts = self.clean_run()
        up = facts["ledger"]["uplink"]
        self.assertEqual(up["attempted"], up["acknowledged"])
        self.assertEqual(up["acknowledged"], up["accepted"])
        self.assertEqual(facts["messages"]["replies"], up["attempted"])
        self.assertEqual(facts["latency"]["publish_ack"]["count"], up["acknowledged"])
        self.assertEqual(facts["latency"]["downlink"]["count"],
                         facts["ledger"]["downlink"]["acknowledged"])
        self.assertEqual(facts["run"]["seed"], 7)
        self.assertEqual(facts["run"]["world"], "real")

    def test_tls(self):
        self.clean_run("--security", "tls")

    def test_tls_1_2(self):
        self.clean_run("--security", "tls", "--tls-version", "1.2", devices=20)

    def test_link_platform(self):
        facts = self.clean_run("--profile", "linkplatform")
        self.assertGreater(facts["messages"]["received"]["qos1"], 0)

    def test_plain_mqtt_at_every_qos(self):
        for qos in (0, 1, 2):
            with self.subTest(qos=qos):
                facts = self.clean_run("--profile", "mqtt", "--qos", qos)
                up = facts["ledger"]["uplink"]
                self.assertEqual(up["accepted"], up["attempted"])
                self.assertEqual(up["duplicated"], 0)

    def test_every_signature(self):
        for method in ("hmacmd5", "hmacsha1", "hmacsha256"):
            with self.subTest(method=method):
                self.clean_run("--sign", method, devices=10)

    def test_the_sdk_behaviour(self):
        self.clean_run("--behaviour", "sdk")

    def test_padded_payloads(self):
        facts = self.clean_run("--payload-bytes", "2000")
        self.assertGreater(facts["bytes"]["sent"], facts["ledger"]["uplink"]["attempted"] * 2000)

    def test_reports_without_a_tag_are_counted_and_not_judged(self):
        facts = self.fleet_run("--devices", 20, "--duration", "4s", "--interval", "500ms",
                               "--downlink-interval", "1s", "--profile", "mqtt", "--payload",
                               "temperature={random 1..9}")
        self.assertIn("note: the payload has no {ledger}", self.last_run.error_output)
        self.assertIn("not judged", self.last_run.output)
        self.assertEqual(facts["verdict"], "passed", facts["failures"])
        up, down = facts["ledger"]["uplink"], facts["ledger"]["downlink"]
        self.assertGreater(up["acknowledged"], 20)
        self.assertEqual(up["attempted"], facts["messages"]["published"]["qos1"])
        for name in ("accepted", "lost", "duplicated", "unexpected", "unfinished"):
            self.assertIsNone(up[name], name)
        self.assertIsNone(facts["ledger"]["lost"])
        self.assertGreater(down["accepted"], 20)
        self.assertEqual(down["lost"], 0)

    def test_commands_that_outgrow_the_receive_buffer_are_named_and_not_lost(self):
        words = ["--profile", "mqtt", "--devices", 10, "--duration", "5s", "--interval", "1s",
                 "--downlink-interval", "250ms", "--receive-limit"]
        self.fleet_run(*words, "128B", expect=2)
        smallest = re.search(r"which take (\d+B)", self.last_run.error_output).group(1)
        # Their numbers grow with each, by a digit now and then.
        facts = self.fleet_run(*words, smallest)
        self.assert_account_is_clean(facts)
        down = facts["ledger"]["downlink"]
        self.assertGreater(down["accepted"], 0)
        self.assertGreater(down["oversized"], 40)
        self.assertEqual(down["oversized"] + down["accepted"] + down["unfinished"],
                         down["attempted"])
        self.assertEqual(facts["messages"]["oversized"], down["oversized"])
        self.assertIn(f"too large for the board's receive buffer: {down['oversized']}",
                      self.last_run.output)

    def test_messages_too_large_for_the_receive_buffer_hide_no_other(self):
        path = self.folder / "s.yaml"
        path.write_text("devices: 10\nduration: 4s\nproducts: [{profile: mqtt}]\n"
                        "cloud_traffic:\n  - {kind: custom, rate: 20/s}\n"
                        f"  - {{kind: custom, rate: 20/s, payload: '{'x' * 2000}'}}\n")
        facts = self.fleet_run("--scenario", path)
        self.assert_account_is_clean(facts)
        self.assertGreater(facts["messages"]["oversized"], 40)
        self.assertIn("too large for the board's receive buffer: "
                      f"{facts['messages']['oversized']}", self.last_run.output)
        self.assertGreater(facts["ledger"]["downlink"]["accepted"], 40)

    def test_several_homes(self):
        self.clean_run("--homes", "3")

    def test_five_thousand_devices_at_the_default_ramp(self):
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 10_100:
            self.skipTest("both ends of 5,000 connections need 10,064 descriptors")
        # The default ramp takes five seconds; the grace is for slow builds to catch up.
        facts = self.fleet_run("--devices", 5000, "--duration", "8s", "--grace", "2m",
                               timeout_s=400)
        self.assert_account_is_clean(facts)
        devices, up = facts["devices"], facts["ledger"]["uplink"]
        self.assertEqual(devices["started"], 5000)
        self.assertEqual(devices["online_end"], 5000)
        self.assertEqual(devices["disconnects_unplanned"], 0)
        self.assertEqual(facts["connects"]["accepted"], 5000)
        self.assertTrue(facts["ledger"]["known"])
        self.assertGreater(up["attempted"], 0)
        self.assertEqual(up["acknowledged"], up["attempted"])
        self.assertEqual(up["accepted"], up["attempted"])
        self.assertEqual(up["unfinished"], 0)

    def test_credentials_from_a_file_and_one_wrong_secret(self):
        rows = ["ProductKey,DeviceName,DeviceSecret"]
        rows += [f"a1B2c3D4e5F,sensor_{i},{'%032x' % (i + 1)}" for i in range(5)]
        good = self.folder / "good.csv"
        good.write_text("\n".join(rows) + "\n")
        self.clean_run("--credentials", good, devices=5)
        with harness.Twin("--credentials", good) as twin:
            rows[3] = "a1B2c3D4e5F,sensor_2,ffffffffffffffffffffffffffffffff"
            bad = self.folder / "bad.csv"
            bad.write_text("\n".join(rows) + "\n")
            facts = self.fleet_run("--credentials", bad, "--devices", 5, "--duration", "4s",
                                   "--interval", "1s", "--target",
                                   f"mqtt://{twin.addresses['mqtt']}", expect=1)
        self.assertEqual(facts["devices"]["online_max"], 4)
        self.assertEqual(facts["troubles"][0]["reason"], "refused_credentials")
        self.assertEqual(facts["troubles"][0]["example_device"], "sensor_2")
        self.assertIn("1 of 5 devices were not online", " ".join(facts["failures"]))

    def test_the_ledger_file_is_sorted_and_complete(self):
        path = self.folder / "ledger.txt"
        facts = self.clean_run("--ledger", path, devices=10)
        lines = path.read_text().splitlines()
        self.assertGreaterEqual(len(lines), 20)
        attempted = sum(int(line.split()[4]) for line in lines if line.startswith("uplink"))
        self.assertEqual(attempted, facts["ledger"]["uplink"]["attempted"])


if __name__ == "__main__":
    harness.main()
