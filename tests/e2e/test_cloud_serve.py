# `fleet cloud serve`: the admin API as curl sees it, who it answers, and where it listens.
import base64
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import free_port, run  # noqa: E402

TOKEN = "0123456789abcdef-token"


def curl(*words):
    """Status, fields in lower case, and body of one request."""
    done = subprocess.run(["curl", "-s", "-i", "--max-time", "20", *[str(w) for w in words]],
                          capture_output=True, check=True, timeout=30)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), fields, body.decode()


class Admin(harness.Case):
    def start(self, *words):
        twin = self.twin(*words)
        while "admin" not in twin.addresses:
            name, address = twin.wait_for_line(lambda l: len(l.split()) == 2, "admin").split()
            twin.addresses[name] = address
        return twin

    def ask(self, twin, method, path, body=None, *words):
        data = [] if body is None else ["--data-binary", body]
        status, fields, text = curl("-X", method, *data, *words,
                                    f"http://{twin.addresses['admin']}{path}")
        self.assertEqual(fields["content-type"], "application/json")
        return status, json.loads(text)

    def test_status_and_routes_are_told(self):
        twin = self.start()
        status, facts = self.ask(twin, "GET", "/v1/status")
        self.assertEqual((status, facts["profile"], facts["devicesOnline"]),
                         (200, "linkdevelop", 0))
        status, listed = self.ask(twin, "GET", "/v1/")
        self.assertEqual(status, 200)
        for route in listed["routes"]:
            method, pattern = route.split()
            # Another method than its own is refused by each, so all of them are there.
            path = pattern.replace("{productKey}", "pk1").replace("{deviceName}", "d1") \
                          .replace("{service}", "s")
            self.assertEqual(self.ask(twin, "PATCH", path)[0], 405, route)
            self.assertIn(method, ("GET", "PUT", "POST", "DELETE"))

    def test_every_route_refuses_what_it_cannot_mean(self):
        twin = self.start("--profile", "mqtt")
        self.assertEqual(self.ask(twin, "GET", "/v1/products")[0], 501)
        self.assertEqual(self.ask(twin, "GET", "/v1/status")[1]["profile"], "mqtt")
        self.assertEqual(self.ask(twin, "GET", "/v2")[0], 404)

    def test_pages_and_names_from_elsewhere_are_refused(self):
        twin = self.start()
        for words, status in ((["-H", "Host: evil.example"], 403),
                              (["-H", "Origin: http://evil.example"], 403),
                              (["-H", "Sec-Fetch-Site: cross-site"], 403),
                              (["-H", f"Origin: http://{twin.addresses['admin']}"], 200)):
            with self.subTest(words=words):
                self.assertEqual(self.ask(twin, "GET", "/v1/status", None, *words)[0], status)

    def test_a_token_is_asked_for_where_one_is_given_or_needed(self):
        file = self.folder / "token"
        file.write_text(TOKEN + "\n")
        twin = self.start("--admin-token-file", file)
        self.assertEqual(self.ask(twin, "GET", "/v1/status")[0], 401)
        bearer = ["-H", f"Authorization: Bearer {TOKEN}"]
        self.assertEqual(self.ask(twin, "GET", "/v1/status", None, *bearer)[0], 200)
        self.assertEqual(self.ask(twin, "GET", "/v1/status", None, "-H",
                                  f"Authorization: Bearer {TOKEN[:-1]}x")[0], 401)
        self.assertNotIn(TOKEN, twin.output + twin.error_output)

        everywhere = self.start("--admin", "0.0.0.0:0")
        line = everywhere.wait_for_line(lambda l: l.startswith("admin-token "), "its token")
        everywhere.addresses["admin"] = everywhere.addresses["admin"].replace("0.0.0.0",
                                                                              "127.0.0.1")
        self.assertEqual(self.ask(everywhere, "GET", "/v1/status")[0], 401)
        bearer = ["-H", f"Authorization: Bearer {line.split()[1]}"]
        self.assertEqual(self.ask(everywhere, "GET", "/v1/status", None, *bearer)[0], 200)

    def test_two_twins_find_a_port_each(self):
        first, second = self.start(), self.start()
        self.assertNotEqual(first.addresses["admin"], second.addresses["admin"])
        self.assertEqual(self.ask(second, "GET", "/v1/status")[0], 200)

    def test_mistakes_end_the_start(self):
        port = free_port()
        taken = self.start("--admin", f"127.0.0.1:{port}")
        again = run([harness.FLEET, "cloud", "serve", "--mqtt", "127.0.0.1:0", "--admin",
                     taken.addresses["admin"]])
        self.assertEqual(again.code, 3)
        self.assertIn("the address is in use", again.error_output)
        short = self.folder / "short"
        short.write_text("short\n")
        refused = run([harness.FLEET, "cloud", "serve", "--mqtt", "127.0.0.1:0",
                       "--admin-token-file", short])
        self.assertEqual(refused.code, 2)
        self.assertNotIn("short\n", refused.error_output)

    def test_off_is_off(self):
        twin = self.twin("--admin", "off")
        twin.stop()
        self.assertNotIn("admin", twin.output)

    def test_a_body_beyond_a_mebibyte_is_refused(self):
        twin = self.start()
        file = self.folder / "large"
        file.write_bytes(base64.b64encode(bytes(1024 * 1024)))
        status, _, _ = curl("-X", "POST", "-H", "Expect:", "--data-binary", f"@{file}",
                            f"http://{twin.addresses['admin']}/v1/import")
        self.assertEqual(status, 413)


if __name__ == "__main__":
    harness.main()
