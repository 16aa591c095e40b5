# Targets of `fleet run` that are no broker, turn silent, or keep no account that could be read: the
# right word for each, and nothing said that nobody knows.
import json
import pathlib
import signal
import socket
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, free_port, run, wait_until  # noqa: E402


class Listener:
    """Accepts whoever comes and does one thing with it; silent without."""

    def __init__(self, act=None):
        self.accepted = 0
        self._act = act
        self._open = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.target = f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                stream, _ = self._server.accept()
            except OSError:
                return
            self._open.append(stream)
            self.accepted += 1
            if self._act:
                threading.Thread(target=self._serve_one, args=(stream,), daemon=True).start()

    def _serve_one(self, stream):
        try:
            # The first look says nothing; the probe's CONNECT is answered.
            if stream.recv(1024):
                self._act(stream)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for stream in self._open:
            stream.close()


class Targets(harness.Case):
    def refused(self, listener, *words):
        """What is said of a target that cannot be used: one sentence, exit 3, nothing started."""
        facts = self.fleet_run("--devices", 3, "--duration", "1h", "--target", listener.target,
                               *words, expect=3)
        self.assertIsNone(facts)
        self.assertEqual(len(self.last_run.errors), 1, self.last_run.errors)
        self.assertIn(listener.target, self.last_run.errors[0])
        return self.last_run.errors[0]

    def test_a_target_that_speaks_something_else_is_quoted(self):
        web = self.started(Listener(lambda s: s.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
        for profile in ("mqtt", "linkdevelop"):
            with self.subTest(profile=profile):
                self.assertIn("not MQTT: 'HTTP/1.1 400 Bad Request'",
                              self.refused(web, "--profile", profile))

    def test_a_target_that_closes_is_told_from_one_that_refuses(self):
        closing = self.started(Listener(lambda s: s.shutdown(socket.SHUT_RDWR)))
        for profile in ("mqtt", "linkplatform"):
            with self.subTest(profile=profile):
                self.assertIn("closed the connection before CONNACK",
                              self.refused(closing, "--profile", profile))

    def test_a_silent_target_is_not_taken_for_a_platform_that_lets_nobody_in(self):
        silent = self.started(Listener())
        self.assertIn("did not answer CONNECT within", self.refused(silent))

    def test_a_signal_while_the_target_is_tried_says_that_nothing_was_started(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                silent = self.started(Listener())
                report = self.folder / "early.json"
                run = self.enterContext(Process(
                    [harness.FLEET, "run", "--devices", "3", "--target", silent.target,
                     "--metrics", "off", "--json", report]))
                wait_until(lambda: silent.accepted, "the first look")
                run.signal(number)
                self.assertEqual(run.wait(30), 130)
                self.assertEqual(len(run.errors), 1, run.errors)
                self.assertIn("nothing was started", run.errors[0])
                facts = json.loads(report.read_text())
                self.assertTrue(facts["run"]["interrupted"])
                self.assertEqual(facts["verdict"], "failed")
                self.assertEqual(facts["devices"]["started"], 0)
                self.assertIsNone(facts["ledger"]["lost"])

    def test_a_platform_without_a_readable_account_leaves_its_half_unjudged(self):
        credentials = harness.write_credentials(self.folder / "devices.csv")
        platform = self.twin("--credentials", credentials)
        facts = self.fleet_run("--target", f"mqtt://127.0.0.1:{platform.port()}", "--credentials",
                               credentials, "--devices", 2, "--duration", "2s", "--interval",
                               "200ms")
        ledger = facts["ledger"]
        self.assertFalse(ledger["known"])
        self.assertEqual(ledger["judged"], "devices_side")
        self.assertGreater(ledger["uplink"]["acknowledged"], 0)
        self.assertIsNone(ledger["lost"])
        self.assertIsNone(ledger["uplink"]["lost"])
        self.assertIsNone(ledger["uplink"]["accepted"])
        self.assertEqual(ledger["downlink"]["duplicated"], 0)
        self.assertIsNone(ledger["downlink"]["attempted"])
        self.assertIsNone(facts["products"][0]["lost"])
        self.assertIn("not judged", self.last_run.output)
        self.assertIn("judged by the devices' side alone", self.last_run.output)

    def books(self, twin, *words, **options):
        """A run against a twin whose admin API shows its side of the ledger."""
        return self.fleet_run("--target", f"mqtt://{twin.addresses['mqtt']}", "--target-admin",
                              f"http://{twin.addresses['admin']}", "--duration", "3s", "--interval",
                              "200ms", *words, **options)

    def test_the_account_of_a_twin_elsewhere_is_fetched_run_after_run(self):
        for profile in ("linkdevelop", "linkplatform", "mqtt"):
            with self.subTest(profile=profile):
                # An open broker sends no commands of its own.
                commands = [] if profile == "mqtt" else ["--downlink-interval", "500ms"]
                twin = self.twin("--profile", profile, *commands)
                while "admin" not in twin.addresses:
                    name, at = twin.wait_for_line(lambda l: len(l.split()) == 2, "admin").split()
                    twin.addresses[name] = at
                for _ in range(2):
                    facts = self.books(twin, "--profile", profile, "--devices", 30)
                    self.assert_account_is_clean(facts)
                    ledger = facts["ledger"]
                    self.assertTrue(ledger["known"])
                    self.assertEqual(ledger["judged"], "both_sides")
                    up = ledger["uplink"]
                    self.assertGreater(up["acknowledged"], 30)
                    self.assertEqual(up["accepted"], up["attempted"])
                    self.assertEqual(up["duplicated"], 0)
                    self.assertEqual(ledger["downlink"]["accepted"] > 0, bool(commands))
                    self.assertNotIn("judged by", self.last_run.output)

    def test_a_twin_that_counts_devices_otherwise_ends_the_start_and_keeps_its_books(self):
        twin = self.twin("--product-key", "anotherKey")
        line = twin.wait_for_line(lambda l: l.startswith("admin "), "admin")
        twin.addresses["admin"] = line.split()[1]
        self.assert_account_is_clean(
            self.books(twin, "--devices", 3, "--product-key", "anotherKey"))

        def accounts():
            at = f"http://{twin.addresses['admin']}/v1/ledger"
            with urllib.request.urlopen(at, timeout=10) as answer:
                return json.load(answer)["accounts"]
        before = accounts()
        self.assertEqual(len(before), 3)
        self.assertIsNone(self.books(twin, "--devices", 3, "--product-key", "anotherKex", expect=2))
        self.assertIn("counts devices otherwise: its 0 to 2 are anotherKey/dev_000000 to "
                      "anotherKey/dev_000002, the run's are anotherKex/dev_000000 to",
                      self.last_run.error_output)
        self.assertEqual(len(self.last_run.errors), 1, self.last_run.errors)
        self.assertEqual(accounts(), before)

    def test_a_ledger_that_cannot_be_asked_for_ends_the_start(self):
        twin = self.twin("--admin", "off")
        web = self.started(Listener(lambda s: s.sendall(b"nonsense\r\n\r\n")))
        for admin, code, text in ((web.target.replace("mqtt", "http"), 3, "does not answer like"),
                                  ("http://127.0.0.1:1", 3, "--target-admin"),
                                  ("ftp://x", 2, "--target-admin is neither")):
            with self.subTest(admin=admin):
                self.fleet_run("--devices", 3, "--target", f"mqtt://{twin.addresses['mqtt']}",
                               "--target-admin", admin, expect=code)
                self.assertIn(text, self.last_run.error_output)

    def test_a_frozen_target_does_not_keep_a_stop_from_reporting(self):
        twin = self.twin("--profile", "mqtt")
        report = self.folder / "frozen.json"
        run = self.enterContext(Process(
            [harness.FLEET, "run", "--profile", "mqtt", "--devices", "20", "--duration", "1h",
             "--interval", "100ms", "--report-every", "100ms", "--metrics", "off", "--json",
             report, "--target", f"mqtt://{twin.addresses['mqtt']}"]))
        wait_until(lambda: "online 20/20" in run.error_output, "all devices online")
        twin.signal(signal.SIGSTOP)
        try:
            run.signal(signal.SIGINT)
            self.assertEqual(run.wait(60), 130)
        finally:
            twin.signal(signal.SIGCONT)
        facts = json.loads(report.read_text())
        self.assertTrue(facts["run"]["interrupted"])
        self.assertEqual(facts["ledger"]["lost"], 0)


class Waiting(harness.Case):
    """A run that was started before its target."""

    def waiting(self, port, *words):
        """A run that has said that it waits."""
        going = self.started(Process([
            harness.FLEET, "run", "--devices", "6", "--duration", "2s", "--interval", "1s", "--plain", "--metrics",
            "off", "--json", self.folder / "run.json", "--target", f"mqtt://127.0.0.1:{port}", *words]))
        wait_until(lambda: "waiting for it" in going.error_output or not going.running(), "that it waits")
        self.assertIn(f"note: mqtt://127.0.0.1:{port} refused the connection: nobody listens there; waiting for it, ",
                      going.error_output)
        return going

    def late_twin(self, port, admin):
        return self.started(Process([harness.FLEET, "cloud", "serve", "--mqtt", f"127.0.0.1:{port}", "--admin",
                                     f"127.0.0.1:{admin}"]))

    def test_begins_when_the_target_is_there(self):
        for crew in ((), ("--processes", "2")):
            port, admin = free_port(), free_port()
            going = self.waiting(port, "--target-admin", f"http://127.0.0.1:{admin}", "--wait-for-target", "5m", *crew)
            twin = self.late_twin(port, admin)
            self.assertEqual(going.wait(120), 0, going.error_output)
            self.assertEqual(going.error_output.count("waiting for it"), 1, "it says so once")
            facts = json.loads((self.folder / "run.json").read_text())
            self.assert_account_is_clean(facts)
            self.assertEqual(facts["devices"]["online_end"], 6)
            twin.stop()

    def test_each_of_several_names_is_waited_for(self):
        with Listener() as there:
            done = run([harness.FLEET, "run", "--devices", "3", "--metrics", "off", "--target",
                        f"{there.target},mqtt://no-such-host.invalid", "--wait-for-target", "1s"])
        self.assertEqual(done.code, 3)
        self.assertRegex(done.error_output, r"no-such-host\.invalid: .*; it was waited for 1s\s*$")

    def test_ends_when_nobody_comes(self):
        words = ["run", "--devices", "3", "--metrics", "off", "--target", f"mqtt://127.0.0.1:{free_port()}"]
        done = run([harness.FLEET, *words, "--wait-for-target", "1s"])
        self.assertEqual(done.code, 3)
        self.assertRegex(done.error_output, r"nobody listens there; it was waited for 1s\s*$")
        done = run([harness.FLEET, *words])
        self.assertEqual(done.code, 3)
        self.assertNotIn("wait", done.error_output)

    def test_waits_for_nobody_to_become_somebody_else(self):
        with Listener(act=lambda stream: stream.close()) as there:
            done = run([harness.FLEET, "run", "--devices", "3", "--metrics", "off", "--target",
                        there.target.replace("mqtt:", "mqtts:"), "--wait-for-target", "1h"])
        self.assertEqual(done.code, 3)
        self.assertNotIn("waiting", done.error_output)

    def test_is_stopped_while_it_waits(self):
        going = self.waiting(free_port(), "--wait-for-target", "1h")
        going.signal(signal.SIGINT)
        self.assertEqual(going.wait(30), 130)
        self.assertIn("interrupted while the target was waited for: nothing was started", going.error_output)
        self.assertTrue(json.loads((self.folder / "run.json").read_text())["run"]["interrupted"])


if __name__ == "__main__":
    harness.main()
