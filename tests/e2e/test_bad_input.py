# Mistakes: one clear sentence each, the right exit code, nothing half-started.
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import free_port, run  # noqa: E402
from process_peers import Authority  # noqa: E402


class BadInput(harness.Case):
    def fails(self, *words, code, says, subcommand="run"):
        done = run([harness.FLEET, *subcommand.split(), *[str(w) for w in words]], timeout_s=60)
        self.assertEqual(done.code, code, done.error_output + done.output)
        complaint = done.error_output.strip()
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, complaint)
        self.assertLessEqual(len(complaint.splitlines()), 2, complaint)
        self.assertNotIn("online", done.output)
        return complaint

    def test_an_unknown_flag_names_the_nearest(self):
        self.fails("--devcies", "5", code=2, says=["--devcies", "--devices"])

    def test_an_unknown_subcommand_names_the_nearest(self):
        self.fails(code=2, says=["rnu", "run"], subcommand="rnu")

    def test_nonsense_numbers_and_durations(self):
        self.fails("--devices", "many", code=2, says=["--devices", "many"])
        self.fails("--devices", "-3", code=2, says="--devices")
        self.fails("--duration", "10", code=2, says=["--duration", "10"])
        self.fails("--qos", "3", code=2, says="--qos")
        self.fails("--ramp", "fast", code=2, says="--ramp")

    def credentials(self, text):
        path = self.folder / "credentials.csv"
        path.write_text(text)
        return path

    def test_credential_rows_with_mistakes_name_line_and_column(self):
        for text, where, what in (
                ("ProductKey,DeviceName\nk,d\n", ":1:", "DeviceSecret"),
                ("ProductKey,DeviceName,DeviceSecret\nkey1,dev1,s1\nkey1,dev1,s2\n", ":3:", "dev1"),
                ("ProductKey,DeviceName,DeviceSecret\nkey1,dev1,\n", ":2:", "empty")):
            with self.subTest(text=text):
                path = self.credentials(text)
                self.fails("--credentials", path, "--devices", 1, code=2, says=[f"{path}{where}", what])
                done = run([harness.FLEET, "check", path])
                self.assertEqual(done.code, 2)
                self.assertIn(f"{path}{where}", done.output + done.error_output)

    def test_a_missing_file(self):
        self.fails("--credentials", self.folder / "none.csv", code=2, says="none.csv")

    def test_a_target_that_refuses_is_named(self):
        port = free_port()
        self.fails("--devices", 3, "--target", f"mqtt://127.0.0.1:{port}", "--profile", "mqtt",
                   code=3, says=[f"127.0.0.1:{port}", "refused"])

    def test_a_name_without_address(self):
        self.fails("--target", "mqtt://nowhere.invalid", code=3, says="nowhere.invalid")

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            at = f"127.0.0.1:{holder.getsockname()[1]}"
            self.fails("--mqtt", at, code=3, says=at, subcommand="cloud serve")
            self.fails("--devices", 3, "--metrics", at, code=3, says=at)

    def test_a_certificate_that_does_not_verify_says_why(self):
        data = self.folder / "twin"
        with harness.Twin("--data", data, plain=False, tls=True) as twin:
            target = f"mqtts://{twin.addresses['mqtts']}"
            self.fails("--devices", 3, "--target", target, code=3, says=["TLS", "issuer"])
            self.fails("--devices", 3, "--target", target, "--cafile", data / "ca.pem",
                       "--server-name", "other.example", code=3, says="other.example")
            done = run([harness.FLEET, "run", "--devices", "3", "--duration", "2s", "--target",
                        target, "--cafile", str(data / "ca.pem"), "--metrics", "off"], timeout_s=60)
            self.assertEqual(done.code, 0, done.output + done.error_output)

    def test_what_cannot_be_sent_is_refused_at_the_start(self):
        mqtt = ["--profile", "mqtt"]
        for words, says in (
                (["--payload-bytes", "100KiB"], ["--payload-bytes 100KiB", "--ram 64KiB"]),
                (["--receive-limit", "64KiB"], ["--receive-limit 64KiB", "--ram 64KiB"]),
                ([*mqtt, "--topic", "a/+"], ["--topic", "wildcard"]),
                ([*mqtt, "--topic", "$SYS/x"], ["--topic $SYS/x", "--target"]),
                ([*mqtt, "--down-topic", "a/#"], ["--down-topic a/#", "--downlink-interval off"]),
                (["--receive-limit", "128B"], ["--receive-limit 128B", "--downlink-interval off"])):
            with self.subTest(words=words):
                self.fails("--devices", 3, *words, code=2, says=says)

    def test_what_a_scenario_cannot_send_is_refused_at_its_place(self):
        path = self.folder / "s.yaml"
        head = "products:\n  - profile: mqtt\n    report:\n      - "
        for report, place, says in (
                ('{topic: "a/#"}', "4:17", "wildcard"),
                ('{topic: "a\\0b"}', "4:17", "U+0000"),
                (f"{{payload: '{'x' * 70_000}'}}", "4:9", "--ram 64KiB")):
            with self.subTest(says=says):
                path.write_text(head + report + "\n")
                self.fails("--scenario", path, code=2, says=[f"{path}:{place}: ", says])

    def test_files_that_cannot_be_written_are_told_before_the_run(self):
        for flag in ("--json", "--ledger"):
            self.fails("--devices", 3, flag, self.folder / "none" / "out", code=2,
                       says=[flag, "No such file or directory"])
            self.fails("--devices", 3, flag, self.folder.path, code=2, says=[flag, "directory"])

    def test_addresses_that_nothing_can_come_from_are_named(self):
        self.fails("--devices", 3, "--bind", "::1", code=2, says=["--bind [::1]", "IPv4"])
        self.fails("--devices", 3, "--bind", "127.0.0.2", "--target", "mqtt://192.0.2.7", code=2,
                   says=["--bind 127.0.0.2", "192.0.2.7:1883"])
        self.fails("--devices", 3, "--bind", "192.0.2.1", "--target", "mqtt://192.0.2.7", code=3,
                   says=["--bind 192.0.2.1", "Cannot assign requested address"])

    def test_too_few_descriptors_names_all_three_figures(self):
        done = run(["prlimit", "--nofile=200:300", harness.FLEET, "run", "--devices", "300"],
                   timeout_s=60)
        self.assertEqual(done.code, 3, done.error_output + done.output)
        for text in ("664", "soft limit 200", "hard limit 300"):
            self.assertIn(text, done.error_output)

    def test_the_soft_limit_is_raised_by_itself(self):
        done = run(["prlimit", "--nofile=100:1000", harness.FLEET, "run", "--devices", "200",
                    "--duration", "2s", "--metrics", "off"], timeout_s=60)
        self.assertEqual(done.code, 0, done.error_output + done.output)


if __name__ == "__main__":
    harness.main()
