# Who may be a coordinator or a worker: the token is proven and never said, and what comes from
# strangers is not read; with certificates nobody without a good one gets a word.
import json
import os
import pathlib
import socket
import ssl
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run  # noqa: E402
from process_peers import Authority, openssl  # noqa: E402

TOKEN = "a word for tests alone"
PASSWORD = "swordfish-of-the-devices"
ENVIRONMENT = {**os.environ, "FLEET_WORKER_TOKEN": TOKEN}
QUIET = ("--metrics", "off", "--plain")
MARK = b"FLTCRW1"
HEAD, NONCE, MAC = 8, 32, 64
PATIENCE_S = 30


def receive(connection, size):
    """So many octets, or fewer where it ends before."""
    got = b""
    try:
        while len(got) < size and (more := connection.recv(size - len(got))):
            got += more
    except (ConnectionError, ssl.SSLError):
        pass
    return got


class FakeListener:
    """Serves one connection at a time by a function, and keeps all that it heard there."""

    def __init__(self, serve, context=None):
        self._serve = serve
        self._context = context
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._door.getsockname()[1]}"
        self.heard = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE_S)
            try:
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                self.heard.append(self._serve(connection))
            except OSError:
                pass
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._door.close()


def claim_to_be(role):
    """Speaks as whoever listens does, but does not know the token."""
    def serve(connection):
        heard = receive(connection, HEAD)
        connection.sendall(MARK + role + bytes(NONCE))
        heard += receive(connection, NONCE + MAC)
        connection.sendall(MARK + role + b"a" * MAC)
        return heard + receive(connection, 1 << 20)
    return serve


class Crew(harness.Case):
    def worker(self, *words):
        return self.started(Process([harness.FLEET, "worker", *words], env=ENVIRONMENT))

    def listening(self, *words):
        worker = self.worker("--listen", "127.0.0.1:0", *words)
        worker.address = worker.wait_for_line(lambda line: line.startswith("worker at "),
                                              "its address").split()[-1]
        return worker

    def run_over(self, at, *words):
        return run([harness.FLEET, "run", *QUIET, "--json", self.folder / "run.json", "--workers",
                    at, "--devices", "10", "--duration", "2s", "--interval", "500ms", *words],
                   env=ENVIRONMENT)


class WorkerProof(Crew):
    def assert_learned_nothing(self, fake):
        self.assertTrue(fake.heard)
        for heard in fake.heard:
            # Head, nonce and a MAC, and then nothing more.
            self.assertEqual(len(heard), HEAD + NONCE + MAC, heard)
            for secret in (TOKEN, PASSWORD):
                self.assertNotIn(secret.encode(), heard)

    def test_a_false_worker_hears_neither_token_nor_password(self):
        fake = self.started(FakeListener(claim_to_be(b"w")))
        done = self.run_over(fake.address, "--target", "mqtt://127.0.0.1:1", "--profile",
                             "mqtt", "--username", "me", "--password", PASSWORD)
        self.assertEqual(done.code, 3, done.output)
        self.assertIn("does not know the worker token", done.error_output)
        self.assert_learned_nothing(fake)

    def test_a_false_coordinator_is_found_out(self):
        fake = self.started(FakeListener(claim_to_be(b"c")))
        worker = self.worker("--join", fake.address)
        self.assertEqual(worker.wait(PATIENCE_S), 3, worker.error_output)
        self.assertIn("does not know the worker token", worker.error_output)
        self.assert_learned_nothing(fake)

    def test_who_speaks_something_else_is_no_fleet(self):
        fake = self.started(FakeListener(
            lambda c: c.sendall(b"HTTP/1.0 400 Bad Request\r\nServer: none of ours\r\n\r\n")))
        worker = self.worker("--join", fake.address)
        self.assertEqual(worker.wait(PATIENCE_S), 3, worker.error_output)
        self.assertIn("is no fleet", worker.error_output)

    def test_a_stranger_that_calls_is_turned_away_and_the_right_one_is_served(self):
        worker = self.listening()
        host, port = worker.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), PATIENCE_S) as guess:
            guess.sendall(MARK + b"c" + bytes(NONCE) + b"a" * MAC)
            said = receive(guess, 1 << 20)
        self.assertEqual(said[:HEAD], MARK + b"w")
        self.assertEqual(said[HEAD + NONCE:], MARK + b"w" + b"-" * MAC)
        with socket.create_connection((host, int(port)), PATIENCE_S) as flood:
            try:  # of all this it reads as much as a proof has, and ends the connection
                flood.sendall(b"\x00\x00\x00\x06" + bytes(1 << 24))
            except ConnectionError:
                pass
            self.assertLessEqual(len(receive(flood, 1 << 20)), HEAD + NONCE)
        done = self.run_over(worker.address)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assertEqual(worker.wait(PATIENCE_S), 0, worker.error_output)
        self.assertEqual(worker.error_output.count("another worker token"), 1)


class WorkerCertificates(Crew):
    """Each of the callers and listeners trusts whom it meets: only the other side can refuse."""

    def setUp(self):
        super().setUp()
        harness.need("openssl")
        self.ours = Authority(self.folder.path, "ours")
        other = Authority(self.folder.path, "other")
        self.papers = {"good": self.ours.server("good"), "of another authority":
                       other.server("foreign"), "expired": self.expired(), "none": None}

    def expired(self):
        certificate, key = self.ours.server("old")
        request = certificate.with_suffix(".csr")
        openssl("x509", "-req", "-in", request, "-CA", self.ours.ca, "-CAkey",
                self.ours.ca.with_suffix(".key"), "-CAcreateserial", "-days", "-1", "-out",
                certificate)
        return certificate, key

    def certificates(self):
        """The folder of a fleet, with good ones."""
        folder = self.folder / "certificates"
        folder.mkdir()
        certificate, key = self.papers["good"]
        (folder / "ca.pem").write_bytes(self.ours.ca.read_bytes())
        for name in ("listener", "caller"):
            (folder / f"{name}.pem").write_bytes(certificate.read_bytes())
            (folder / f"{name}.key").write_bytes(key.read_bytes())
        return folder

    def opening_heard(self, at, papers):
        """What somebody with that certificate hears of whoever listens."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if papers:
            context.load_cert_chain(*papers)
        host, port = at.rsplit(":", 1)
        try:
            with socket.create_connection((host, int(port)), PATIENCE_S) as plain, \
                    context.wrap_socket(plain) as connection:
                return receive(connection, HEAD + NONCE)
        except (ConnectionError, ssl.SSLError):
            return b""

    def assert_hears_the_good_one_alone(self, at, role):
        for name, papers in self.papers.items():
            with self.subTest(certificate=name):
                heard = self.opening_heard(at, papers)
                self.assertEqual(heard[:HEAD], MARK + role if name == "good" else b"")

    def test_a_worker_that_listens_takes_no_bad_certificate(self):
        worker = self.listening("--worker-certs", self.certificates())
        self.assert_hears_the_good_one_alone(worker.address, b"w")

    def test_a_coordinator_that_listens_takes_no_bad_certificate(self):
        going = self.started(Process(
            [harness.FLEET, "run", *QUIET, "--expect-workers", "1", "--worker-certs",
             self.certificates(), "--devices", "5"], env=ENVIRONMENT))
        at = going.wait_for_line(lambda line: line.startswith("workers at "),
                                 "its address").split()[-1]
        self.assert_hears_the_good_one_alone(at, b"c")

    def listener_with(self, papers):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if papers:
            context.load_cert_chain(*papers)
        else:  # as CAF had it: keys of nobody
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return self.started(FakeListener(lambda c: receive(c, HEAD), context))

    def test_a_worker_that_calls_takes_no_bad_certificate(self):
        folder = self.certificates()
        for name, papers in self.papers.items():
            with self.subTest(certificate=name):
                fake = self.listener_with(papers)
                worker = self.worker("--join", fake.address, "--worker-certs", folder)
                self.assertEqual(worker.wait(PATIENCE_S), 3, worker.error_output)
                self.assertEqual([each for each in fake.heard if each],
                                 [MARK + b"w"] if name == "good" else [])

    def test_a_coordinator_that_calls_takes_no_bad_certificate(self):
        folder = self.certificates()
        for name, papers in self.papers.items():
            with self.subTest(certificate=name):
                fake = self.listener_with(papers)
                done = self.run_over(fake.address, "--worker-certs", folder)
                self.assertEqual(done.code, 3, done.output + done.error_output)
                self.assertEqual([each for each in fake.heard if each],
                                 [MARK + b"c"] if name == "good" else [])

    def test_the_good_ones_do(self):
        folder = self.certificates()
        worker = self.listening("--worker-certs", folder)
        done = self.run_over(worker.address, "--worker-certs", folder)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        facts = json.loads((self.folder / "run.json").read_text())
        self.assertEqual(facts["devices"]["online_end"], 10)

    def test_tls_and_none_do_not_meet_and_do_not_wait(self):
        folder = self.certificates()
        for of_worker, of_run in ((("--worker-certs", folder), ()), ((), ("--worker-certs",
                                                                          folder))):
            with self.subTest(of_worker=of_worker):
                done = self.run_over(self.listening(*of_worker).address, *of_run)
                self.assertEqual(done.code, 3, done.output + done.error_output)
                self.assertIn("ended the connection", done.error_output)


if __name__ == "__main__":
    harness.main()
