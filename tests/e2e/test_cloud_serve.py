# `fleet cloud serve`: the admin API as curl sees it, who it answers, and where it listens.
import base64
import hashlib
import hmac
import json
import pathlib
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, free_port, run  # noqa: E402

TOKEN = "0123456789abcdef-token"


def curl(*words):
    """Status, fields in lower case, and body of one request."""
    done = subprocess.run([str(harness.need("curl")), "-s", "-i", "--max-time", "20",
                           *[str(w) for w in words]], capture_output=True, check=True, timeout=30)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), fields, body.decode()


def until_printed(twin, *names):
    """Reads on until the twin has printed where all of them are."""
    while not set(names) <= set(twin.addresses):
        name, address = twin.wait_for_line(lambda l: len(l.split()) == 2, str(names)).split()
        twin.addresses[name] = address
    return twin


def connack(port, client_id, username, password):
    """The code that MQTT's CONNECT with these is answered with."""
    def text(value):
        return struct.pack(">H", len(value)) + value.encode()
    body = text("MQTT") + b"\x04\xc2\x00\x3c" + text(client_id) + text(username) + text(password)
    length = bytes([len(body) % 128 | 128, len(body) // 128]) if len(body) > 127 \
        else bytes([len(body)])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        s.sendall(b"\x10" + length + body)
        answer = b""
        while len(answer) < 4:
            piece = s.recv(4 - len(answer))
            if not piece:
                break
            answer += piece
    return answer[3]


class Admin(harness.Case):
    def start(self, *words):
        return until_printed(self.twin(*words), "admin")

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

    def test_the_console_is_served(self):
        twin = self.start("--credentials", harness.write_credentials(self.folder / "c.csv"))
        product = harness.PRODUCT
        status, answer = self.ask(twin, "POST", "/v1/devices", json.dumps(
            {"productKey": product, "deviceName": "made_here"}))
        self.assertEqual(status, 200, answer)
        self.assertTrue(answer["deviceSecret"])
        status, page = self.ask(twin, "GET", f"/v1/devices?product={product}&limit=1000")
        self.assertEqual(status, 200)
        names = [device["deviceName"] for device in page["devices"]]
        self.assertIn("made_here", names)
        self.assertNotIn(answer["deviceSecret"], json.dumps(page))
        one = f"/v1/devices/{product}/made_here"
        self.assertEqual(self.ask(twin, "GET", one)[1]["state"], "unactivated")
        self.assertEqual(self.ask(twin, "POST", one + "/properties", '{"P":1}')[0], 409)
        self.assertEqual(self.ask(twin, "POST", one + "/desired", '{"P":1}')[0], 200)
        self.assertEqual(self.ask(twin, "GET", one + "/shadow")[0], 200)
        self.assertEqual(self.ask(twin, "POST", one + "/disable")[0], 200)
        self.assertEqual(self.ask(twin, "GET", one)[1]["state"], "disabled")
        self.assertEqual(self.ask(twin, "POST", one + "/enable")[0], 200)
        self.assertEqual(self.ask(twin, "DELETE", one)[0], 200)
        self.assertEqual(self.ask(twin, "GET", one), (404, self.ask(twin, "GET", one)[1]))
        status, answer = self.ask(twin, "POST", "/v1/import",
                                  "ProductKey,DeviceName,DeviceSecret\nnewPk,d1,s1\n")
        self.assertEqual((status, answer), (200, {"added": 1, "existing": 0}))
        self.assertIn("newPk", [p["productKey"]
                                for p in self.ask(twin, "GET", "/v1/products")[1]["products"]])

    def test_a_body_beyond_a_mebibyte_is_refused(self):
        twin = self.start()
        file = self.folder / "large"
        file.write_bytes(base64.b64encode(bytes(1024 * 1024)))
        status, _, _ = curl("-X", "POST", "-H", "Expect:", "--data-binary", f"@{file}",
                            f"http://{twin.addresses['admin']}/v1/import")
        self.assertEqual(status, 413)


class ListedSecrets(harness.Case):
    def test_a_new_secret_in_the_file_counts_after_a_restart_and_is_not_shown(self):
        file = harness.write_credentials(self.folder / "devices.csv")
        device, old = next(iter(harness.DEVICES.items()))
        new = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
        words = ["--credentials", file, "--data", self.folder / "data", "--admin", "off"]

        def answers(twin):
            return [connack(twin.port(), *harness.login(device, secret=secret).values())
                    for secret in (old, new)]
        first = self.twin(*words)
        self.assertEqual(answers(first), [0, 4])
        self.assertEqual(first.stop(), 0)
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        second = self.twin(*words)
        self.assertEqual(answers(second), [4, 0])
        self.assertEqual(second.stop(), 0)
        told = second.output + second.error_output
        self.assertIn(f"note: 1 devices, {harness.PRODUCT}/{device} among them, have another "
                      "secret than --data", told)
        self.assertNotIn(old, told)
        self.assertNotIn(new, told)
        third = self.twin(*words)
        self.assertEqual(answers(third), [4, 0])
        self.assertEqual(third.stop(), 0)
        self.assertNotIn("another secret", third.error_output, "once is enough")


class FrontDoor(harness.Case):
    SECRET = "aProductSecret16"

    def start(self, *words):
        secrets = self.folder / "secrets.csv"
        secrets.write_text(f"ProductKey,ProductSecret\n{harness.PRODUCT},{self.SECRET}\n")
        credentials = harness.write_credentials(self.folder / "c.csv")
        return self.twin("--credentials", credentials, "--product-secrets", secrets, *words)

    def register(self, url, device, secret=SECRET, *words):
        random = "abcdefghijklmno"
        content = f"deviceName{device}productKey{harness.PRODUCT}random{random}"
        sign = hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest()
        status, _, text = curl(*words, "--data",
                               f"productKey={harness.PRODUCT}&deviceName={device}&random={random}"
                               f"&sign={sign}&signMethod=hmacsha256", url + "/auth/register/device")
        self.assertEqual(status, 200 if url.startswith("https:") else 403)
        return json.loads(text)

    def test_a_device_fetches_its_secret_over_https_alone_until_it_is_active(self):
        twin = until_printed(self.start("--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--data",
                                        self.folder / "data"), "http", "https", "admin", "ca")
        device, secret = next(iter(harness.DEVICES.items()))
        plain = "http://" + twin.addresses["http"]
        tls = "https://" + twin.addresses["https"]
        good = {"code": 200, "message": "success",
                "data": {"productKey": harness.PRODUCT, "deviceName": device,
                         "deviceSecret": secret}}
        ca = ("--cacert", twin.addresses["ca"])
        self.assertEqual(self.register(plain, device)["code"], 403)
        self.assertEqual(self.register(tls, device, self.SECRET, *ca), good)
        self.assertEqual(self.register(tls, device, "wrong", *ca)["code"], 6600)
        self.assertEqual(self.register(tls, "no_such_device", self.SECRET, *ca)["code"], 6100)
        self.assertEqual(connack(twin.port(), **harness.login(device, secret=secret)), 0)
        self.assertEqual(self.register(tls, device, self.SECRET, *ca)["code"], 6289)
        self.assertNotIn(secret, twin.output + twin.error_output)

    def test_a_fleet_registers_at_the_mqtt_door_over_tls(self):
        twin = until_printed(self.start("--mqtts", "127.0.0.1:0", "--data", self.folder / "data"),
                             "mqtts", "ca")
        credentials = self.folder / "c.csv"
        words = ("--register", "--product-secrets", self.folder / "secrets.csv", "--credentials",
                 credentials, "--target", "mqtts://" + twin.addresses["mqtts"], "--cafile",
                 twin.addresses["ca"], "--server-name", "localhost", "--devices",
                 len(harness.DEVICES), "--duration", "2s", "--interval", "500ms")
        done, facts = harness.run_fleet(self.folder, *words)
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assertEqual(facts["devices"]["online_end"], len(harness.DEVICES))
        for secret in (self.SECRET, *harness.DEVICES.values()):
            self.assertNotIn(secret, done.output + done.error_output + twin.output)
        # They are active now, and a fleet that was made anew has forgotten its secrets.
        done, facts = harness.run_fleet(self.folder, *words)
        self.assertEqual(facts["devices"]["online_max"], 0)

    def test_a_strict_platform_drops_what_is_too_much(self):
        twin = until_printed(self.start("--strict"), "mqtt", "admin")
        words = ("--credentials", self.folder / "c.csv", "--target",
                 f"mqtt://127.0.0.1:{twin.port()}", "--target-admin",
                 "http://" + twin.addresses["admin"], "--devices", 1, "--duration", "3s",
                 "--interval", "50ms")
        done, facts = harness.run_fleet(self.folder, *words)
        # Ten a second are taken, and all of them acknowledged.
        up = facts["ledger"]["uplink"]
        self.assertGreater(up["lost"], 0, done.output + done.error_output)
        self.assertEqual(up["accepted"] + up["lost"], up["acknowledged"])
        # All that is lost was too much, and the report says so.
        self.assertGreaterEqual(facts["ledger"]["over_bound"], up["lost"])
        self.assertIn(f"(the twin dropped {facts['ledger']['over_bound']} publishes as beyond its "
                      "bounds)", facts["failures"][0])

    def test_a_device_logs_on_with_what_pre_auth_gave(self):
        twin = until_printed(self.start("--http", "127.0.0.1:0"), "http")
        device, secret = next(iter(harness.DEVICES.items()))
        base = f"{harness.PRODUCT}.{device}"
        content = f"clientId{base}deviceName{device}productKey{harness.PRODUCT}" \
                  "timestamp2524608000000"
        sign = hmac.new(secret.encode(), content.encode(), hashlib.sha1).hexdigest()
        _, _, text = curl("--data", f"productKey={harness.PRODUCT}&deviceName={device}&signmethod="
                          f"hmacsha1&sign={sign}&version=default&clientId={base}"
                          "&timestamp=2524608000000&resources=mqtt",
                          f"http://{twin.addresses['http']}/auth/devicename")
        data = json.loads(text)["data"]
        self.assertEqual(data["resources"]["mqtt"], {"host": "127.0.0.1", "port": twin.port()})
        client_id = f"{base}|securemode=0,timestamp=2524608000000,signmethod=hmacsha1,gw=0|"
        self.assertEqual(connack(twin.port(), client_id, data["iotId"], data["iotToken"]), 0)
        self.assertEqual(connack(twin.port(), client_id, data["iotId"],
                                 data["iotToken"][:-1] + "g"), 4)

    def test_nothing_but_its_questions_is_answered(self):
        twin = until_printed(self.start("--http", "127.0.0.1:0"), "http")
        url = f"http://{twin.addresses['http']}"
        self.assertEqual(curl(url + "/v1/status")[0], 404)
        self.assertEqual(curl(url + "/auth/register/device")[0], 405)

    def test_a_wrong_file_of_product_secrets_ends_the_start_and_shows_no_secret(self):
        file = self.folder / "wrong.csv"
        file.write_text(f"ProductKey,ProductSecret\npk/1,{self.SECRET}\n")
        refused = run([harness.FLEET, "cloud", "serve", "--mqtt", "127.0.0.1:0",
                       "--product-secrets", file])
        self.assertEqual(refused.code, 2)
        self.assertIn("wrong.csv:2: ", refused.error_output)
        self.assertNotIn(self.SECRET, refused.error_output)


class Certificate(harness.Case):
    def test_fits_the_names_that_others_know_it_by(self):
        twin = self.started(Process([harness.FLEET, "cloud", "serve", "--mqtts", "0.0.0.0:0", "--advertise",
                                     "twin.lan", "--admin", "off", "--data", self.folder / "twin"]))
        at = twin.wait_for_line(lambda line: line.startswith("mqtts "), "its address").rsplit(":", 1)[1]
        for name, code in (("twin.lan", 0), (socket.gethostname(), 0), ("127.0.0.1", 0), ("elsewhere.lan", 3)):
            done = run([harness.FLEET, "run", "--devices", "2", "--duration", "1s", "--metrics", "off", "--target",
                        f"mqtts://127.0.0.1:{at}", "--server-name", name, "--cafile", self.folder / "twin/ca.pem"])
            self.assertEqual(done.code, code, f"{name}: {done.output}{done.error_output}")
        self.assertIn("TLS failed", done.error_output)


if __name__ == "__main__":
    harness.main()
