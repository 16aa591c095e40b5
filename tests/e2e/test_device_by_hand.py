# `fleet device mqtt start` as a person or a script drives it: the packets of the manual's samples on
# both platforms, the prompt on a terminal, foreign brokers, TLS, refusals, lost links, signals.
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, free_port, run  # noqa: E402
from process_peers import Authority  # noqa: E402

START = [harness.FLEET, "device", "mqtt", "start"]
SYS = "/sys/a1FleetDemo/dev_000000/thing"
PACKET = re.compile(r" *\d+\.\d{3} ([→←]) ([A-Z]+)(.*?)(?: \[\d+ octets\])?$")


def packets(lines):
    """The packets of a log in their order, as (arrow, type, what stands before a payload)."""
    found = [PACKET.match(line) for line in lines]
    return [(m[1], m[2], re.split(r" \{", m[3])[0].strip()) for m in found if m]


class Terminal:
    """The program on a terminal of its own, typed to like a person does."""

    def __init__(self, *words):
        self.screen = ""
        master, slave = pty.openpty()
        self._process = subprocess.Popen([str(w) for w in [*START, *words]], stdin=slave,
                                         stdout=slave, stderr=slave,
                                         preexec_fn=lambda: os.login_tty(os.dup(slave)))
        os.close(slave)
        self._master = master

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def until(self, text, timeout_s=30):
        """Reads until the screen has shown `text`; answers what came since the last call."""
        end = time.monotonic() + timeout_s
        before = len(self.screen)
        while text not in self.screen[before:]:
            ready, _, _ = select.select([self._master], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"{text!r} was not shown:\n{self.screen}")
            try:
                octets = os.read(self._master, 4096)
            except OSError:  # the other side is gone
                octets = b""
            if not octets:
                raise RuntimeError(f"ended before {text!r} was shown:\n{self.screen}")
            self.screen += octets.decode(errors="replace")
        return self.screen[before:]

    def type(self, line):
        os.write(self._master, line.encode())

    def wait(self, timeout_s=30):
        """What is left on the screen is read, then the exit code is answered."""
        try:
            self.until("\0", timeout_s)
        except RuntimeError:
            pass
        return self._process.wait(timeout_s)


class DeviceByHand(harness.Case):
    def device(self, *words, code=0, stdin=None, timeout_s=60):
        done = run([*START, *[str(w) for w in words]], stdin=stdin, timeout_s=timeout_s)
        self.assertEqual(done.code, code, done.output + "\n" + done.error_output)
        return done

    def test_a_piped_script_is_the_sample_of_linkdevelop(self):
        done = self.device("--verbose", stdin="pub open\npub close\nstop\n")
        connect, *rest = packets(done.lines)
        self.assertEqual(connect[:2], ("→", "CONNECT"))
        self.assertIn("keep-alive 60 s, persistent session", connect[2])
        # The order of the device's own packets, and of what answers each, is fixed; what crosses on
        # the way is not.
        self.assertEqual([p for p in rest if p[0] == "→" and p[1] != "PUBACK"], [
            ("→", "SUBSCRIBE", f"id 1 {SYS}/service/property/set qos 1"),
            ("→", "SUBSCRIBE", f"id 2 {SYS}/event/property/post_reply qos 1"),
            ("→", "PUBLISH", f"id 3 qos 1 {SYS}/event/property/post"),
            ("→", "PUBLISH", f"id 4 qos 1 {SYS}/event/property/post"),
            ("→", "UNSUBSCRIBE", f"id 5 {SYS}/event/property/post_reply"),
            ("→", "UNSUBSCRIBE", f"id 6 {SYS}/service/property/set"),
            ("→", "DISCONNECT", "")])
        down = [p[1:] for p in rest if p[0] == "←"]
        self.assertEqual(down[:3], [("CONNACK", "code 0: accepted, a new session"),
                                    ("SUBACK", "id 1 granted qos 1"),
                                    ("SUBACK", "id 2 granted qos 1")])
        self.assertEqual(sorted(down[3:7]), sorted([
            ("PUBACK", "id 3"), ("PUBACK", "id 4"),
            ("PUBLISH", f"id 1 qos 1 {SYS}/event/property/post_reply"),
            ("PUBLISH", f"id 2 qos 1 {SYS}/event/property/post_reply")]))
        self.assertEqual(down[7:], [("UNSUBACK", "id 5"), ("UNSUBACK", "id 6")])
        self.assertRegex(done.output, r'\{"id" : "1","version":"1\.0","params" : \{"RGBColor" : '
                         r'\{"Red":\d+,"Green":\d+,"Blue":\d+\},"LightSwitch" : 1\},'
                         r'"method":"thing\.event\.property\.post"\}')
        self.assertIn("report 2 is answered: code 200, success", done.output)
        self.assertEqual(done.error_output, "")

    def test_every_tier_and_way_to_log_on_reports_to_the_embedded_twin(self):
        for tier in ("plain", "tls", "id2", "id2-tls", "itls"):
            for logon in ("direct", "pre-auth", "bootstrap"):
                if (tier, logon) == ("itls", "pre-auth"):
                    continue
                with self.subTest(tier=tier, logon=logon):
                    done = self.device("--security", tier, "--logon", logon, "--admin",
                                       "127.0.0.1:0", "--run", "pub open; pub close; stop")
                    self.assertIn("report 1 is answered: code 200, success", done.output)
                    self.assertEqual("encrypted by the ID2 model" in done.output,
                                     tier in ("id2", "id2-tls"))
                    self.assertEqual("asking the auth host" in done.output, logon != "direct")

    def test_an_auth_host_that_refuses_or_is_not_there_is_told_of(self):
        secret = self.folder / "secret"
        secret.write_text("notTheSecret\n")
        twin = self.twin("--admin", "127.0.0.1:0", "--http", "127.0.0.1:0", "--credentials",
                         harness.write_credentials(self.folder / "c.csv"))
        while "http" not in twin.addresses:
            name, address = twin.wait_for_line(lambda l: len(l.split()) == 2, "http").split()
            twin.addresses[name] = address
        words = ("--logon", "pre-auth", "--target", f"mqtt://127.0.0.1:{twin.port()}",
                 "--product-key", harness.PRODUCT, "--device-name", "dev_accept_01",
                 "--device-secret-file", secret, "--run", "pub open; stop")
        done = self.device(*words, "--auth-host", f"http://127.0.0.1:{twin.port('http')}", code=3)
        self.assertIn("the auth host refuses the device: code 401", done.output)
        done = self.device(*words, "--auth-host", f"http://127.0.0.1:{free_port()}", code=3)
        self.assertIn("the auth host: ", done.output)

    def test_the_id2_model_hides_the_stream_from_a_twin_of_its_own(self):
        for words, code in ((("--id2-model",), 0), ((), 3)):
            with self.subTest(words=words):
                twin = self.twin("--admin", "127.0.0.1:0", *words)
                done = self.device("--security", "id2", "--target",
                                   f"mqtt://127.0.0.1:{twin.port()}", "--run", "pub open; stop",
                                   code=code)
                self.assertEqual("is answered: code 200" in done.output, code == 0)

    def test_a_piped_script_is_the_sample_of_linkplatform(self):
        done = self.device("--profile", "linkplatform", "--verbose", stdin="pub open\nstop\n")
        own = "/a1FleetDemo/dev_000000"
        self.assertEqual([p for p in packets(done.lines)[1:] if p[1] not in ("PUBACK", "SUBACK")], [
            ("←", "CONNACK", "code 0: accepted, a new session"),
            ("→", "SUBSCRIBE", f"id 1 {own}/data qos 1"),
            ("→", "PUBLISH", f"id 2 qos 1 {own}/update"),
            ("→", "PUBLISH", f"id 3 qos 1 {own}/data"),
            ("←", "PUBLISH", f"id 1 qos 1 {own}/data"),
            ("→", "UNSUBSCRIBE", f"id 4 {own}/data"),
            ("←", "UNSUBACK", "id 4"),
            ("→", "DISCONNECT", "")])
        self.assertIn("report 1 came back", done.output)

    def test_the_end_of_the_input_is_a_stop_in_order(self):
        done = self.device(stdin="pub open")
        self.assertEqual(packets(done.lines)[-1][1], "DISCONNECT")
        self.assertIn("report 1 is answered", done.output)
        # And with no input at all it connects and leaves.
        self.assertEqual(packets(self.device().lines)[-1][1], "DISCONNECT")

    def test_more_lines_than_may_wait_are_all_carried_out(self):
        done = self.device(stdin="pub /a1FleetDemo/dev_000000/user/x y 0\n" * 2000)
        self.assertEqual(sum(p[1] == "PUBLISH" for p in packets(done.lines)), 2000)

    def test_commands_on_the_command_line_need_no_input(self):
        done = self.device("--run", "pub open every 200ms; wait 1s; pub close; stop")
        published = sum(p[:2] == ("→", "PUBLISH") for p in packets(done.lines))
        self.assertGreaterEqual(published, 3)
        self.assertIn("> pub close", done.output)

    def test_a_line_that_is_none_is_exit_2_after_the_rest(self):
        done = self.device(stdin="pub opne\npub open\nstop\n", code=2)
        self.assertIn("! pub opne is unknown; the nearest is pub open", done.output)
        self.assertIn("report 1 is answered", done.output)

    def test_what_the_cloud_refuses_is_exit_1(self):
        done = self.device("--run", "sub /a1FleetDemo/dev_000001/data", code=1)
        self.assertIn("the cloud refuses the subscription", done.output)

    def test_events_and_the_shadow(self):
        done = self.device("--run", 'event Error {"ErrorCode":1}; shadow update {"c":"red"}; '
                           "shadow get; status")
        self.assertIn("event Error is answered: code 200, success", done.output)
        self.assertIn('the shadow has version 1: reported {"c":"red"}', done.output)

    def test_a_prompt_on_a_terminal(self):
        with Terminal("--admin", "off") as screen:
            if "> " not in screen.until("ready; `help` shows the commands"):
                screen.until("> ")  # the prompt comes once nothing more is to be said
            screen.type("pub open\n")
            screen.until("report 1 is answered")
            screen.type("pbu\n")
            screen.until("unknown command pbu; the nearest is pub")
            screen.type("help\n")
            screen.until("pub open [every D]")
            screen.type("stop\n")
            screen.until("DISCONNECT")
            self.assertEqual(screen.wait(), 0)
            left = screen.screen.replace("> \r\x1b[K", "")  # a prompt that is wiped again
            self.assertTrue(left.rstrip().endswith("disconnected"), screen.screen)

    def test_ctrl_c_and_the_end_of_input_on_a_terminal(self):
        with Terminal("--admin", "off") as screen:
            screen.until("ready")
            screen.type("\x03")
            screen.until("DISCONNECT")
            self.assertEqual(screen.wait(), 130)
        with Terminal("--admin", "off") as screen:
            screen.until("ready")
            screen.type("\x04")
            screen.until("DISCONNECT")
            self.assertEqual(screen.wait(), 0)

    def test_signals_end_it_in_order(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                process = self.started(Process([*START, "--run", "pub open; wait 1h"]))
                process.wait_for_line(lambda text: "is answered" in text, "the first report")
                process.signal(number)
                self.assertEqual(process.wait(30), 130)
                self.assertEqual(packets(process.lines)[-1][1], "DISCONNECT")

    def test_a_second_signal_ends_at_once(self):
        twin = self.twin()
        process = self.started(Process([*START, "--target", f"mqtt://{twin.addresses['mqtt']}",
                                        "--run", "pub open; wait 3s; pub close; wait 1h"]))
        process.wait_for_line(lambda text: "is answered" in text, "the first report")
        twin.signal(signal.SIGSTOP)
        try:
            # What nobody answers keeps an orderly end waiting.
            process.wait_for_line(lambda text: "→ PUBLISH" in text, "the second report")
            process.signal(signal.SIGINT)
            process.wait_for_line(lambda text: "interrupted" in text, "the first signal")
            process.signal(signal.SIGINT)
            self.assertEqual(process.wait(30), 130)
            self.assertNotIn("DISCONNECT", process.output)
        finally:
            twin.signal(signal.SIGCONT)

    def test_the_embedded_twins_console_plays_the_cloud(self):
        process = self.started(Process([*START, "--admin", "127.0.0.1:0"], stdin="",
                                       keep_stdin=True))
        admin = process.wait_for_line(lambda text: "the twin's admin" in text, "the admin API")
        process.wait_for_line(lambda text: "ready" in text, "the connection")
        done = run([harness.FLEET, "cloud", "set", "dev_000000", "LightSwitch=1", "--admin",
                    admin.split()[-1]])
        self.assertEqual(done.code, 0, done.output + done.error_output)
        process.wait_for_line(lambda text: "property/set_reply" in text, "the reply")
        process.wait_for_line(lambda text: "report 1 is answered" in text, "the report")

    def test_a_wrong_secret_is_exit_3_with_the_meaning(self):
        twin = self.twin("--credentials", harness.write_credentials(self.folder / "devices.csv"))
        secret = self.folder / "secret"
        name, right = next(iter(harness.DEVICES.items()))
        words = ["--target", f"mqtt://{twin.addresses['mqtt']}", "--product-key", harness.PRODUCT,
                 "--device-name", name, "--device-secret-file", secret]
        secret.write_text(right[::-1])
        done = self.device(*words, code=3)
        self.assertEqual(done.error_output, "fleet device mqtt start: the cloud refused the log-on: "
                         "CONNACK 4, bad user name or password: a wrong secret, an unknown device, "
                         "or a malformed user name")
        self.assertNotIn(right[::-1], done.output)
        secret.write_text(right + "\n")
        done = self.device(*words, "--verbose", "--run", f"pub /{harness.PRODUCT}/{name}/user/x "
                           f"{right}; status")
        self.assertNotIn(right, done.output)
        self.assertIn("password ***", done.output)
        self.device("--target", f"mqtt://{twin.addresses['mqtt']}", "--credentials",
                    self.folder / "devices.csv", "--device", "dev_accept_02")

    def test_tls_tells_its_verdict(self):
        data = self.folder / "twin"
        twin = self.twin("--data", data, plain=False, tls=True)
        target = f"mqtts://localhost:{twin.port('mqtts')}"
        done = self.device("--target", target, "--cafile", data / "ca.pem")
        self.assertIn("TCP is up; TLS handshake with localhost", done.output)
        self.assertIn("TLS is up: the certificate is valid for localhost", done.output)
        self.assertIn("securemode=2", done.output)
        done = self.device("--target", target, code=3)
        self.assertIn("TLS with 127.0.0.1", done.error_output)
        self.assertIn("issuer", done.error_output)
        self.assertNotIn("CONNECT ", done.output)
        done = self.device("--target", target, "--insecure")
        self.assertIn("the certificate was not looked at", done.output)
        self.assertIn("TLS is up", self.device("--security", "tls").output)

    def test_a_target_that_refuses_is_exit_3_and_named(self):
        done = self.device("--target", f"mqtt://127.0.0.1:{free_port()}", code=3)
        self.assertIn("refused the connection: nobody listens there", done.error_output)
        done = self.device("--target", "mqtt://nowhere.invalid", code=3)
        self.assertIn("nowhere.invalid", done.error_output)

    def test_a_link_that_is_lost_comes_back(self):
        port = free_port()
        serve = [harness.FLEET, "cloud", "serve", "--profile", "mqtt", "--admin", "off", "--mqtt",
                 f"127.0.0.1:{port}"]
        twin = self.started(Process(serve))
        twin.wait_for_line(lambda text: text.startswith("mqtt "), "the twin")
        process = self.started(Process([*START, "--profile", "mqtt", "--target",
                                        f"mqtt://127.0.0.1:{port}"], stdin="", keep_stdin=True))
        process.wait_for_line(lambda text: "ready" in text, "the connection")
        twin.kill()
        line = process.wait_for_line(lambda text: "link lost" in text, "the loss")
        self.assertRegex(line, r"link lost: .*; next attempt in \d+\.\d s$")
        process.wait_for_line(lambda text: "refused the connection" in text, "a vain attempt")
        again = self.started(Process(serve))
        again.wait_for_line(lambda text: text.startswith("mqtt "), "the twin")
        process.wait_for_line(lambda text: "SUBACK" in text, "the way back", 90)

    def test_mosquitto_is_spoken_to(self):
        authority = Authority(self.folder.path)
        broker = self.mosquitto(authority=authority, users={"lamp": "correct-horse-battery"})
        password = self.folder / "password"
        password.write_text("correct-horse-battery\n")
        words = ["--profile", "mqtt", "--username", "lamp", "--password-file", password]
        done = self.device("--target", f"mqtt://127.0.0.1:{broker.port}", *words, "--keep-alive",
                           "1s", "--run", "sub fleet/#; pub fleet/a 'hello there' 2; pub fleet/b "
                           "hex:00ff 0; pub open; wait 2500ms; stop")
        self.assertIn("fleet/a hello there", done.output)
        received = [p for p in packets(done.lines) if p[:2] == ("←", "PUBLISH")]
        self.assertEqual(len(received), 3, done.output)
        self.assertIn("fleet/b 0x00ff", done.output)
        self.assertIn("PINGREQ", done.output)
        self.assertIn("PINGRESP", done.output)
        self.assertNotIn("correct-horse", done.output)
        self.device("--target", f"mqtts://localhost:{broker.tls_port}", "--cafile", authority.ca,
                    *words, "--run", "pub open; stop")
        password.write_text("wrong\n")
        done = self.device("--target", f"mqtt://127.0.0.1:{broker.port}", *words, code=3)
        self.assertIn("CONNACK 5, not authorised", done.error_output)

    def test_a_reader_that_goes_away_ends_it(self):
        process = subprocess.Popen([*START, "--run", "pub open every 100ms; wait 1h"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.readline()
        process.stdout.close()
        self.addCleanup(process.stderr.close)
        self.assertEqual(process.wait(30), 3)
        self.assertIn("standard output takes no more", process.stderr.read())


if __name__ == "__main__":
    harness.main()
