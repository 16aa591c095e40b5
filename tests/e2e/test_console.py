# `fleet cloud …` against an admin API played by hand: what goes over the wire, what is printed, how
# it exits.
import http.server
import json
import pathlib
import socket
import ssl
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import free_port, run  # noqa: E402
from process_peers import Authority  # noqa: E402

TOKEN = "0123456789abcdef"
DEVICE = {"productKey": "a1", "deviceName": "d1", "state": "online", "firmwareVersion": "1.0",
          "gateway": None, "lastOnlineMs": 1700000000000, "tags": {}, "properties": {},
          "desired": {"Light": {"value": 1, "version": 2}}}


class FakeAdmin(http.server.ThreadingHTTPServer):
    """Answers what the table says for `METHOD path`, and keeps every request."""

    daemon_threads = True

    def __init__(self, token=None, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = token
        self.requests = []
        self.connections = 0
        self.close_each = False
        self.answers = {
            "GET /v1/products": (200, {"products": [
                {"productKey": "a1", "name": "Lamps", "devices": 1, "online": 1,
                 "hasModel": False},
                {"productKey": "a2", "name": "", "devices": 0, "online": 0, "hasModel": False}]}),
            "GET /v1/devices/a1/d1": (200, DEVICE),
        }
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https" if context else "http"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        pass  # a client that leaves a handshake is one of the cases

    def url(self, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.requests.append((self.command, self.path, body, dict(self.headers)))
        status, answer = self.server.answers.get(
            f"{self.command} {self.path}",
            (404, {"error": "unknown-device", "detail": "there is none"}))
        if self.server.token and self.headers.get("Authorization") != \
                f"Bearer {self.server.token}":
            status, answer = 401, {"error": "unauthorized", "detail": "a token is needed"}
        if callable(answer):
            answer = answer()
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        # Without a word in the head: the transport goes away when nobody expects it.
        self.close_connection = self.close_connection or self.server.close_each

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


class Console(harness.Case):
    def ask(self, admin, *words, code=0, env=None):
        url = admin if isinstance(admin, str) else admin.url()
        done = run([harness.FLEET, "cloud", *[str(w) for w in words], "--admin", url],
                   env=env, timeout_s=60)
        self.assertEqual(done.code, code, done.output + done.error_output)
        return done

    def fake(self, **options):
        return self.started(FakeAdmin(**options))

    def last(self, admin):
        method, path, body, _ = admin.requests[-1]
        return f"{method} {path}", json.loads(body) if body else None

    def test_each_subcommand_asks_by_its_route(self):
        admin = self.fake()
        content = self.folder / "settings.json"
        content.write_text("{}")
        rows = self.folder / "devices.csv"
        rows.write_text("ProductKey,DeviceName,DeviceSecret\na1,d9,s9\n")
        good = {"code": 200, "data": {}}
        for words, route, body, answer in (
                (["products"], "GET /v1/products", None, None),
                (["devices", "--product", "a1", "--state", "online"],
                 "GET /v1/devices?product=a1&state=online&from=0&limit=500", None,
                 {"devices": [DEVICE], "next": None}),
                (["device", "a1/d1"], "GET /v1/devices/a1/d1", None, None),
                (["set", "a1/d1", "Light=1", "Color.Red=20", "--timeout", "9s"],
                 "POST /v1/devices/a1/d1/properties?timeoutMs=9000", {"Light": 1, "Color": {"Red": 20}}, good),
                (["get", "a1/d1", "Light"], "POST /v1/devices/a1/d1/properties/get?timeoutMs=5000",
                 ["Light"],
                 {"code": 200, "data": {"Light": 1}}),
                (["desired", "a1/d1", "Light=0"], "POST /v1/devices/a1/d1/desired", {"Light": 0},
                 {}),
                (["call", "a1/d1", "Restart", "delay=3", "--timeout", "2s"],
                 "POST /v1/devices/a1/d1/services/Restart",
                 {"args": {"delay": 3}, "timeoutMs": 2000}, good),
                (["rrpc", "a1/d1", "hello", "--topic", "/x"], "POST /v1/devices/a1/d1/rrpc",
                 {"topic": "/x", "payload": "hello", "timeoutMs": 5000},
                 {"code": 200, "data": "ok", "dataBase64": "b2s="}),
                (["shadow", "a1/d1"], "GET /v1/devices/a1/d1/shadow", None, {"version": 1}),
                (["shadow", "a1/d1", "--set", "c=red"], "POST /v1/devices/a1/d1/shadow",
                 {"method": "update", "state": {"desired": {"c": "red"}}, "version": 0}, {}),
                (["publish", "/a1/d1/user/get", "hi", "--qos", "1"], "POST /v1/publish",
                 {"topic": "/a1/d1/user/get", "payload": "hi", "qos": 1}, {}),
                (["broadcast", "a1", "/broadcast/a1/x", "hi"], "POST /v1/products/a1/broadcast",
                 {"topic": "/broadcast/a1/x", "payload": "hi"}, {"devices": 2}),
                (["kick", "a1/d1"], "POST /v1/devices/a1/d1/kick", None, {}),
                (["disable", "a1/d1"], "POST /v1/devices/a1/d1/disable", None, {}),
                (["enable", "a1/d1"], "POST /v1/devices/a1/d1/enable", None, {}),
                (["delete", "a1/d1"], "DELETE /v1/devices/a1/d1", None, {}),
                (["product", "a3", "--name", "New"], "PUT /v1/products/a3", {"name": "New"}, {}),
                (["add", "a1/d2"], "POST /v1/devices",
                 {"productKey": "a1", "deviceName": "d2"}, {"deviceSecret": "abc"}),
                (["config", "a1", content, "--push"], "PUT /v1/products/a1/config",
                 {"content": "{}", "push": True}, {}),
                (["status"], "GET /v1/status", None, {"version": "0.1.0"})):
            with self.subTest(words=words):
                if answer is not None:
                    admin.answers[route] = (200, answer)
                done = self.ask(admin, *words)
                self.assertEqual(self.last(admin), (route, body))
                self.assertNotEqual(done.output, "")
                self.assertEqual(done.error_output, "")
        admin.answers["POST /v1/import"] = (200, {"added": 1, "existing": 0})
        self.ask(admin, "import", rows)
        method, path, body, fields = admin.requests[-1]
        self.assertEqual((method, path, fields["Content-Type"]),
                         ("POST", "/v1/import", "text/csv"))
        self.assertEqual(body, 'ProductKey,DeviceName,DeviceSecret\na1,d9,"s9"\n')

    def test_json_is_what_came(self):
        admin = self.fake()
        self.assertEqual(json.loads(self.ask(admin, "device", "a1/d1", "--json").output), DEVICE)
        done = self.ask(admin, "kick", "a1/none", "--json", code=1)
        self.assertEqual(json.loads(done.output)["error"], "unknown-device")

    def test_a_device_name_alone_finds_its_product_over_one_connection(self):
        admin = self.fake()
        admin.answers["POST /v1/devices/a1/d1/kick"] = (200, {})
        done = self.ask(admin, "kick", "d1")
        self.assertEqual([f"{m} {p}" for m, p, *_ in admin.requests],
                         ["GET /v1/products", "GET /v1/devices/a1/d1", "GET /v1/devices/a2/d1",
                          "POST /v1/devices/a1/d1/kick"])
        self.assertEqual(admin.connections, 1)
        self.assertIn("a1/d1", done.output)

    def test_a_connection_that_goes_away_between_questions_is_made_anew(self):
        admin = self.fake()
        admin.close_each = True
        self.ask(admin, "device", "d1")
        self.assertEqual(self.last(admin)[0], "GET /v1/devices/a1/d1")
        self.assertGreaterEqual(admin.connections, 2)

    def test_a_no_of_the_device_or_the_cloud_is_exit_1(self):
        admin = self.fake()
        route = "POST /v1/devices/a1/d1/properties?timeoutMs=5000"
        admin.answers[route] = (200, {"code": 460, "data": {}})
        self.assertIn("460 request parameter error",
                      self.ask(admin, "set", "a1/d1", "x=1", code=1).error_output)
        admin.answers[route] = (504, {"error": "timed-out", "detail": "no answer within 5 s"})
        self.assertEqual(self.ask(admin, "set", "a1/d1", "x=1", code=1).error_output,
                         "fleet cloud set: timed-out: no answer within 5 s")

    def test_nobody_there_is_exit_3(self):
        url = f"http://127.0.0.1:{free_port()}"
        self.assertEqual(self.ask(url, "status", code=3).error_output,
                         f"fleet cloud status: no twin answers at {url}; start one with `fleet "
                         "cloud serve`, or name it with --admin")
        self.assertIn("nowhere.invalid",
                      self.ask("http://nowhere.invalid:1", "status", code=3).error_output)

    def test_something_else_there_is_exit_3(self):
        admin = self.fake()
        admin.answers["GET /v1/status"] = (200, b"<html>hello</html>")
        self.assertIn("does not answer as a twin's admin API",
                      self.ask(admin, "status", code=3).error_output)
        with socket.create_server(("127.0.0.1", 0)) as other:
            def greet():
                stream, _ = other.accept()
                stream.recv(1000)
                stream.sendall(b"220 mail ready\r\n\r\n")
                stream.recv(1000)
                stream.close()
            threading.Thread(target=greet, daemon=True).start()
            url = f"http://127.0.0.1:{other.getsockname()[1]}"
            self.assertIn("does not answer like a twin",
                          self.ask(url, "status", code=3).error_output)

    def test_an_answer_that_never_comes_ends_in_time(self):
        admin = self.fake()
        over = threading.Event()
        self.addCleanup(over.set)
        admin.answers["GET /v1/status"] = (200, lambda: {"late": over.wait(30)})
        done = self.ask(admin, "status", "--timeout", "100ms", code=3)
        self.assertIn("did not answer within 2.1 s", done.error_output)

    def test_a_token_is_sent_and_never_shown(self):
        admin = self.fake(token=TOKEN)
        admin.answers["GET /v1/status"] = (200, {"version": "0.1.0"})
        self.assertIn("--token-file", self.ask(admin, "status", code=1).error_output)
        token = self.folder / "token"
        token.write_text(TOKEN + "\n")
        self.ask(admin, "status", "--token-file", token)
        done = self.ask(admin, "status", env={"FLEET_ADMIN_TOKEN": TOKEN})
        self.assertNotIn(TOKEN, done.output + done.error_output)
        token.write_text("wrong" + TOKEN)
        done = self.ask(admin, "status", "--token-file", token, code=1)
        self.assertNotIn(TOKEN, done.output + done.error_output)

    def test_the_environment_names_the_twin(self):
        admin = self.fake()
        done = run([harness.FLEET, "cloud", "products"],
                   env={"FLEET_ADMIN": f"127.0.0.1:{admin.server_address[1]}"})
        self.assertEqual(done.code, 0, done.error_output)
        self.assertIn("Lamps", done.output)

    def test_https_is_verified(self):
        authority = Authority(self.folder.path)
        cert, key = authority.server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        admin = self.fake(context=context)
        url = admin.url("localhost")
        self.assertIn("Lamps", self.ask(url, "products", "--cafile", authority.ca).output)
        self.assertIn("TLS failed", self.ask(url, "products", code=3).error_output)

    def test_wrong_usage_is_exit_2_and_asks_nobody(self):
        admin = self.fake()
        for words, says in ((["set", "a1/d1", "x"], "NAME=VALUE"),
                            (["config", "a1", self.folder / "none"], "none"),
                            (["status", "--token-file", self.folder / "none"], "none"),
                            (["devices", "--stat", "online"], "--state")):
            with self.subTest(words=words):
                self.assertIn(says, self.ask(admin, *words, code=2).error_output)
        self.assertEqual(admin.requests, [])


if __name__ == "__main__":
    harness.main()
