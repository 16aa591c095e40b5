# `fleet run` against a real mosquitto: every message accounted for at each QoS, TLS verified, users
# and passwords, and what happens when the broker cannot be used.
import re

from harness import Authority, Case, main, paho, write_credentials
from process import free_port

DEVICES = 200
RATE = ["--devices", DEVICES, "--ramp", "1000/s", "--duration", "5s",
        "--interval", "500ms", "--downlink-interval", "2s", "--connects-pending", "60"]
LOAD = ["--profile", "mqtt", *RATE]


class MosquittoAsTarget(Case):
    def assert_all_online(self, facts):
        self.assertEqual(facts["devices"]["online_max"], DEVICES)
        self.assertEqual(facts["devices"]["online_end"], DEVICES)
        self.assertEqual(facts["devices"]["disconnects_unplanned"], 0)
        # Ten reports a device are due; a tenth of that would already be a broken run.
        self.assertGreater(facts["ledger"]["uplink"]["accepted"], DEVICES)
        self.assertGreater(facts["ledger"]["downlink"]["accepted"], 0)
        self.assertTrue(facts["ledger"]["known"])

    def test_nothing_is_lost_at_any_qos(self):
        broker = self.mosquitto()
        for qos in (0, 1, 2):
            with self.subTest(qos=qos):
                facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{broker.port}", *LOAD,
                                       "--qos", qos)
                self.assert_account_is_clean(facts)
                self.assert_all_online(facts)
                uplink = facts["ledger"]["uplink"]
                if qos > 0:
                    self.assertEqual(uplink["acknowledged"], uplink["accepted"])
                    self.assertEqual(uplink["unfinished"], 0)
        self.assertNotIn("malformed", broker.process.error_output.lower())
        self.assertNotIn("protocol error", broker.process.error_output.lower())

    def test_the_probe_leaves_no_session_at_the_broker(self):
        broker = self.mosquitto()
        self.fleet_run("--target", f"mqtt://127.0.0.1:{broker.port}", "--profile", "mqtt",
                       "--devices", 3, "--duration", "2s", "--interval", "200ms")
        probes = set(re.findall(r" as (fleet-probe-\S+) ", broker.process.error_output))
        self.assertEqual(len(probes), 1, broker.process.error_output)
        heir = self.started(paho())
        self.assertFalse(heir.connect(broker.port, probes.pop(), clean=False), "a session is there")

    def test_the_vendors_dialect_is_accounted_for_on_any_broker(self):
        broker = self.mosquitto()
        for profile in ("linkdevelop", "linkplatform"):
            with self.subTest(profile=profile):
                facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{broker.port}", *RATE,
                                       "--profile", profile)
                self.assert_account_is_clean(facts)
                self.assert_all_online(facts)

    def test_a_platform_that_lets_no_probe_in_is_used_all_the_same(self):
        credentials = write_credentials(self.folder / "devices.csv")
        platform = self.twin("--credentials", credentials)
        facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{platform.port()}", "--credentials",
                               credentials, "--devices", 2, "--duration", "2s", "--interval",
                               "500ms")
        self.assertIn("lets no probe in", self.last_run.error_output)
        self.assertFalse(facts["ledger"]["known"])
        self.assertEqual(facts["devices"]["online_end"], 2)
        self.assertEqual(facts["devices"]["disconnects_unplanned"], 0)

    def test_reports_without_a_tag_are_counted_and_not_judged(self):
        broker = self.mosquitto()
        facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{broker.port}", *LOAD, "--payload",
                               "{seq}")
        self.assertIn("note: the payload has no {ledger}", self.last_run.error_output)
        self.assertEqual(facts["verdict"], "passed", facts["failures"])
        self.assertGreater(facts["ledger"]["uplink"]["acknowledged"], DEVICES)
        self.assertIsNone(facts["ledger"]["uplink"]["lost"])

    def test_nothing_is_lost_over_tls(self):
        authority = Authority(self.folder.path)
        broker = self.mosquitto(authority=authority)
        facts = self.fleet_run("--target", f"mqtts://localhost:{broker.tls_port}", "--cafile",
                               authority.ca, *LOAD)
        self.assert_account_is_clean(facts)
        self.assert_all_online(facts)

    def test_a_foreign_certificate_ends_the_run_with_a_reason(self):
        broker = self.mosquitto(authority=Authority(self.folder.path))
        stranger = Authority(self.folder.path, "another-ca")
        self.fleet_run("--target", f"mqtts://localhost:{broker.tls_port}", "--cafile", stranger.ca,
                       *LOAD, expect=3)
        self.assertIn("certificate", self.last_run.error_output)
        self.assertEqual(len(self.last_run.errors), 1, self.last_run.errors)

    def test_a_certificate_for_another_name_ends_the_run_with_a_reason(self):
        authority = Authority(self.folder.path)
        broker = self.mosquitto(authority=authority)
        self.fleet_run("--target", f"mqtts://127.0.0.1:{broker.tls_port}", "--server-name",
                       "cloud.example", "--cafile", authority.ca, *LOAD, expect=3)
        self.assertIn("cloud.example", self.last_run.error_output)

    def test_nobody_listening_ends_the_run_with_the_target_named(self):
        port = free_port()
        self.fleet_run("--target", f"mqtt://127.0.0.1:{port}", *LOAD, expect=3)
        self.assertIn(f"127.0.0.1:{port}", self.last_run.error_output)

    def test_users_and_passwords_are_given_and_not_shown(self):
        broker = self.mosquitto(users={"fleet": "correct-horse-battery"})
        password = self.folder / "password"
        password.write_text("correct-horse-battery\n")
        login = ["--username", "fleet", "--password-file", password]
        facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{broker.port}", *LOAD, *login)
        self.assert_account_is_clean(facts)
        self.assertNotIn("correct-horse", self.last_run.output + self.last_run.error_output)
        self.assertNotIn("correct-horse", str(facts))
        facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{broker.port}", *LOAD, "--username",
                               "fleet", "--password", "wrong-horse-battery", expect=3)
        self.assertNotIn("wrong-horse", self.last_run.output + self.last_run.error_output)


if __name__ == "__main__":
    main()
