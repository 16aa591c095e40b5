# SIGINT and SIGTERM end a run in order with a whole report; secrets appear in nothing that is written.
import base64
import json
import pathlib
import signal
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, free_port, wait_until  # noqa: E402


class Signals(harness.Case):
    def start(self, *words):
        self.port = free_port()
        self.report = self.folder / "run.json"
        process = Process([harness.FLEET, "run", "--devices", "100", "--duration", "1h",
                           "--interval", "1s", "--report-every", "1s", "--json", self.report,
                           "--metrics", f"127.0.0.1:{self.port}", *[str(w) for w in words]])
        return self.enterContext(process)

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as page:
            return page.read().decode()

    def until_online(self, process, count=100):
        def online():
            if not process.running():
                raise AssertionError(process.output + process.error_output)
            try:
                return (f'fleet_devices{{phase="online",product="product_1"}} {count}\n'
                        in self.metrics())
            except OSError:
                return False
        wait_until(online, "all devices online", 60)

    def test_a_signal_stops_in_order_and_reports(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                process = self.start()
                self.until_online(process)
                process.signal(number)
                self.assertEqual(process.wait(30), 130)
                facts = json.loads(self.report.read_text())
                self.assertTrue(facts["run"]["interrupted"])
                self.assertEqual(facts["ledger"]["lost"], 0)
                self.assertEqual(facts["ledger"]["uplink"]["unfinished"], 0)
                self.assertEqual(facts["verdict"], "passed", facts["failures"])
                self.assertIn("verdict", process.output)

    def test_a_second_signal_ends_at_once(self):
        with harness.Twin("--profile", "mqtt") as twin:
            process = self.start("--grace", "10m", "--profile", "mqtt", "--target",
                                 f"mqtt://{twin.addresses['mqtt']}")
            self.until_online(process)
            # Nothing in flight is acknowledged any more, so the grace would be used up.
            twin.signal(signal.SIGSTOP)
            try:
                process.signal(signal.SIGINT)
                wait_until(lambda: "second signal" in process.error_output, "the promise", 20)
                process.signal(signal.SIGINT)
                self.assertEqual(process.wait(60), 130)
                self.assertIn("ending at once without a report", process.error_output)
                self.assertFalse(self.report.exists())
            finally:
                twin.signal(signal.SIGCONT)

    def test_a_signal_during_the_ramp(self):
        process = self.start("--ramp", "5/s")
        wait_until(lambda: "ramp" in process.error_output, "the first line", 30)
        process.signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 130)
        self.assertTrue(json.loads(self.report.read_text())["run"]["interrupted"])

    def test_the_twin_alone_stops_in_order(self):
        twin = harness.Twin()
        twin.signal(signal.SIGINT)
        self.assertIn(twin.wait(20), (0, 130))


class Secrets(harness.Case):
    def test_no_secret_in_output_metrics_json_ledger_or_title(self):
        secrets = [f"s3cret{i:026d}" for i in range(20)]
        rows = ["ProductKey,DeviceName,DeviceSecret"]
        rows += [f"a1B2c3D4e5F,sensor_{i},{secret}" for i, secret in enumerate(secrets)]
        credentials = self.folder / "credentials.csv"
        credentials.write_text("\n".join(rows) + "\n")
        port = free_port()
        written = [self.folder / "run.json", self.folder / "ledger.txt"]
        process = self.enterContext(Process(
            [harness.FLEET, "run", "--devices", "20", "--credentials", credentials, "--duration",
             "1h", "--interval", "1s", "--json", written[0], "--ledger", written[1], "--metrics",
             f"127.0.0.1:{port}", "--report-every", "1s"]))

        def page():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return answer.read().decode()

        def online():
            try:
                return 'phase="online",product="product_1"} 20\n' in page()
            except OSError:
                return False
        wait_until(online, "all devices online", 60)
        seen = page() + pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
        process.signal(signal.SIGINT)
        process.wait(30)
        seen += process.output + process.error_output
        seen += "".join(path.read_text() for path in written)
        self.assertIn("fleet_devices", seen)
        for secret in secrets:
            for form in (secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode()):
                self.assertNotIn(form, seen)

    def test_a_password_flag_is_hidden_everywhere(self):
        twin = self.twin("--profile", "mqtt")
        process = self.enterContext(Process(
            [harness.FLEET, "run", "--profile", "mqtt", "--devices", "2", "--duration", "2s",
             "--target", f"mqtt://{twin.addresses['mqtt']}", "--username", "u", "--password",
             "hunter2hunter2", "--metrics", "off", "--json", self.folder / "p.json"]))
        process.wait_for_line(lambda line: "repeat with" in line, "its command")
        title = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
        process.wait(60)
        text = process.output + process.error_output + title + (self.folder / "p.json").read_text()
        self.assertNotIn("hunter2hunter2", text)


if __name__ == "__main__":
    harness.main()
