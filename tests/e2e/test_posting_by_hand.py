# `fleet device coap start` and `fleet device http start` as a person or a script drives them (aliyun-iot.md §17,
# §18): against the embedded twin and one in another process, each message told, refusals in words, signals.
import pathlib
import re
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run  # noqa: E402

OWN = "/a1FleetDemo/dev_000000"
REPORTS = f"/topic/sys{OWN}/thing/event/property/post"
MESSAGE = re.compile(r" *\d+\.\d{3} ([→←]) (.*)$")


def messages(lines):
    """What passed, in its order, as (arrow, text without a JSON payload)."""
    found = [MESSAGE.match(line) for line in lines]
    return [(m[1], m[2].split(" {")[0]) for m in found if m]


class PostingByHand(harness.Case):
    def device(self, spoken, *words, code=0, stdin=None):
        done = run([harness.FLEET, "device", spoken, "start", *[str(w) for w in words]],
                   stdin=stdin, timeout_s=90)
        self.assertEqual(done.code, code, done.output + "\n" + done.error_output)
        return done

    def twin_of_all_doors(self, *words):
        twin = self.twin("--coap", "127.0.0.1:0", "--coaps", "127.0.0.1:0", "--http",
                         "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", *words)
        while not {"coap", "coaps", "http", "https", "admin"} <= set(twin.addresses):
            name, address = twin.wait_for_line(lambda text: len(text.split()) == 2,
                                               "its addresses").split()
            twin.addresses[name] = address
        return twin

    def test_each_way_reports_to_the_embedded_twin(self):
        for spoken, tier in (("coap", "plain"), ("coap", "dtls"), ("coap", "psk"), ("coap", "aes"),
                             ("http", "plain"), ("http", "tls")):
            with self.subTest(spoken=spoken, tier=tier):
                done = self.device(spoken, "--security", tier, "--admin", "127.0.0.1:0", "--run",
                                   "report; post update 'hello world'; stop")
                self.assertIn("the twin's admin", done.output)
                self.assertIn("logged on, with a token", done.output)
                self.assertRegex(done.output, "report 1 is (taken|answered: code 200, success)")
                self.assertIn(f"the post to {OWN}/update is taken", done.output)
                self.assertEqual("DTLS is up" in done.output, tier in ("dtls", "psk"))
                self.assertEqual("hello world" in "".join(m[1] for m in messages(done.lines)),
                                 tier != "aes")

    def test_every_message_is_told_and_no_secret(self):
        done = self.device("coap", "--admin", "127.0.0.1:0", stdin="report\nping\nstop\n")
        self.assertEqual(messages(done.lines), [
            ("→", "CON POST /auth"), ("←", "ACK 2.05 content"), ("→", f"CON POST {REPORTS}"),
            ("←", "ACK 2.05 content"), ("→", "CON empty: a ping"), ("←", "RST empty")])
        self.assertIn('"sign":"***"', done.output)
        self.assertIn('"token":"***"', done.output)
        done = self.device("http", "--admin", "127.0.0.1:0", "--verbose", "--run", "report; auth")
        self.assertIn("→ POST /auth HTTP/1.1", done.output)
        self.assertIn("password: ***", done.output)
        self.assertIn("logged on again, with another token", done.output)

    def test_a_twin_in_another_process(self):
        data = self.folder / "data"
        table = harness.write_credentials(self.folder / "devices.csv")
        at = self.twin_of_all_doors("--data", data, "--credentials", table).addresses
        trust = ["--cafile", data / "ca.pem", "--server-name", "localhost"]
        for spoken, target, words in (
                ("coap", f"coap://{at['coap']}", []), ("coap", f"coap-psk://{at['coap']}", []),
                ("coap", f"coaps://{at['coaps']}", trust),
                ("coap", f"coaps://{at['coaps']}", ["--security", "psk"]),
                ("http", f"http://{at['http']}", []), ("http", f"https://{at['https']}", trust)):
            with self.subTest(target=target, words=words):
                done = self.device(spoken, "--target", target, "--credentials", table, *words,
                                   "--run", "report; stop")
                self.assertRegex(done.output, "report 1 is (taken|answered)")
        shown = run([harness.FLEET, "cloud", "devices", "--admin", at["admin"]])
        self.assertRegex(shown.output, r"dev_accept_01\s+online \(http\)")
        done = self.device("coap", "--target", f"coaps://{at['coaps']}", "--credentials", table,
                           code=3)
        self.assertIn("certificate refused", done.error_output)

    def test_a_wrong_secret_is_exit_3_and_told_in_words(self):
        table = harness.write_credentials(self.folder / "devices.csv")
        at = self.twin_of_all_doors("--credentials", table).addresses
        secret = self.folder / "secret"
        secret.write_text("notTheSecret\n")
        for spoken in ("coap", "http"):
            with self.subTest(spoken=spoken):
                done = self.device(spoken, "--target", f"{spoken}://{at[spoken]}", "--product-key",
                                   harness.PRODUCT, "--device-name", "dev_accept_01",
                                   "--device-secret-file", secret, "--run", "report", code=3)
                self.assertIn(f"fleet device {spoken} start: the cloud refused the log-on: /auth "
                              "was answered ", done.error_output)
                self.assertIn("a wrong secret, or a device it does not know", done.error_output)
                self.assertNotIn("notTheSecret", done.output)

    def test_nobody_there_is_exit_3(self):
        for spoken, kind in (("coap", socket.SOCK_DGRAM), ("http", socket.SOCK_STREAM)):
            with self.subTest(spoken=spoken), socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", 0))
                port = taken.getsockname()[1]
                taken.close()
                done = self.device(spoken, "--target", f"{spoken}://127.0.0.1:{port}", "--run",
                                   "report", code=3)
                self.assertIn("nobody listens there", done.error_output)

    def test_a_topic_that_is_forbidden_is_told_in_words(self):
        for spoken, words in (("coap", "4.03, forbidden: a topic the device may not post to"),
                              ("http", "code 30001, publish message error: a topic the device")):
            with self.subTest(spoken=spoken):
                done = self.device(spoken, "--admin", "127.0.0.1:0", "--run",
                                   "post /a1FleetDemo/dev_000001/update x; report", code=1)
                self.assertIn("the cloud refuses the post to /a1FleetDemo/dev_000001/update: "
                              + words, done.output)
                self.assertIn("report 1 is ", done.output)

    def test_signals_and_the_end_of_input_end_it_in_order(self):
        for spoken in ("coap", "http"):
            with self.subTest(spoken=spoken):
                words = [harness.FLEET, "device", spoken, "start", "--admin", "127.0.0.1:0"]
                self.assertIn("closed", run(words, stdin="").output)
                process = self.started(Process([*words, "--run", "report; wait 1h"]))
                process.wait_for_line(lambda text: "report 1 is" in text, "the report")
                process.signal(signal.SIGTERM)
                self.assertEqual(process.wait(30), 130)
                self.assertIn("closed", process.output)


if __name__ == "__main__":
    harness.main()
