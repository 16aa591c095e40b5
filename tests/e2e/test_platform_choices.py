# `fleet cloud serve`: what can be chosen about the platform, and what devices fetch from it, as a
# device and curl see it.
import hashlib
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run  # noqa: E402

DEVICE, SECRET = next(iter(harness.DEVICES.items()))


def text(value):
    return struct.pack(">H", len(value.encode())) + value.encode()


def packet(head, body):
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (128 if size else 0)])
        if not size:
            return bytes([head]) + length + body


class Device:
    """A device in the fewest octets; packets are read whole."""

    def __init__(self, port, secret=SECRET):
        who = harness.login(DEVICE, secret=secret)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.sendall(packet(0x10, text("MQTT") + b"\x04\xc2\x00\x3c" + text(who["client_id"])
                                   + text(who["username"]) + text(who["password"])))
        self.code = self.read()[1][1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def octets(self, count):
        got = b""
        while len(got) < count:
            piece = self.socket.recv(count - len(got))
            if not piece:
                raise EOFError
            got += piece
        return got

    def read(self):
        head, size, shift = self.octets(1)[0], 0, 0
        while True:
            digit = self.octets(1)[0]
            size |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return head, self.octets(size)

    def subscribe(self, topic):
        """The granted QoS, or 0x80."""
        self.socket.sendall(packet(0x82, b"\x00\x01" + text(topic) + b"\x00"))
        return self.read()[1][2]

    def ask(self, topic, payload):
        """Publishes, and answers the payload of what comes at QoS 0."""
        self.socket.sendall(packet(0x30, text(topic) + payload.encode()))
        head, body = self.read()
        assert head & 0xf0 == 0x30, head
        return body[2 + struct.unpack(">H", body[:2])[0]:].decode()


def own(tail, head=""):
    return f"{head}/{harness.PRODUCT}/{DEVICE}/{tail}"


class Choices(harness.Case):
    def start(self, *words, names=("mqtt", "admin")):
        credentials = harness.write_credentials(self.folder / "c.csv")
        twin = self.twin("--credentials", credentials, *words)
        while not set(names) <= set(twin.addresses):
            name, address = twin.wait_for_line(lambda l: len(l.split()) == 2, str(names)).split()
            twin.addresses[name] = address
        return twin

    def console(self, twin, *words, code=0):
        done = run([harness.FLEET, "cloud", *[str(w) for w in words], "--admin",
                    twin.addresses["admin"]])
        self.assertEqual(done.code, code, done.output + done.error_output)
        return done.output + done.error_output

    def told(self, twin):
        """What thing/config/get is answered with."""
        with Device(twin.port()) as device:
            get = own("thing/config/get", "/sys")
            self.assertEqual(device.subscribe(get + "_reply"), 0)
            return json.loads(device.ask(get, json.dumps(
                {"id": "1", "version": "1.0", "method": "thing.config.get", "params":
                 {"configScope": "product", "getType": "file", "attributeKeys": ""}})))["data"]

    def fetched(self, url, *words):
        return subprocess.run([str(harness.need("curl")), "-s", "-f", "--max-time", "20", *words,
                               url], capture_output=True, check=True, timeout=30).stdout

    def test_a_device_fetches_the_configuration_that_it_is_told_of(self):
        twin = self.start("--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--data",
                          self.folder / "twin",
                          names=("mqtt", "admin", "http", "https", "ca"))
        file = self.folder / "settings.json"
        for content in (b'{"every":"10s","name":"\xe7\x81\xaf"}\n', b'{"every":"20s"}'):
            file.write_bytes(content)
            said = self.console(twin, "config", harness.PRODUCT, file)
            told = self.told(twin)
            place, _, token = told["url"].partition("?token=")
            self.assertIn(place + "?token=", said)
            self.assertNotIn(token, said, "each device has a token of its own")
            self.assertTrue(told["url"].startswith(f"https://{twin.addresses['https']}/"), told)
            body = self.fetched(told["url"], "--cacert", twin.addresses["ca"])
            self.assertEqual(body, content)
            self.assertEqual(told["configSize"], len(body))
            self.assertEqual(told["signMethod"].lower(), "sha256")
            self.assertEqual(told["sign"], hashlib.sha256(body).hexdigest())
            # The plain listener has it too.
            self.assertEqual(self.fetched(f"http://{twin.addresses['http']}/"
                                          + told["url"].split("/", 3)[3]), content)

    def test_the_place_of_configurations_is_one_that_devices_reach(self):
        file = self.folder / "settings.json"
        file.write_text("{}")
        for words, host in ((("--http", "0.0.0.0:0"), "localhost"),
                            (("--http", "127.0.0.1:0", "--advertise", "localhost"), "localhost"),
                            (("--http", "127.0.0.1:0"), "127.0.0.1")):
            with self.subTest(words=words):
                twin = self.start(*words, names=("mqtt", "admin", "http"))
                self.console(twin, "config", harness.PRODUCT, file)
                url = self.told(twin)["url"]
                port = twin.addresses["http"].rsplit(":", 1)[1]
                self.assertTrue(url.startswith(f"http://{host}:{port}/"), url)
                self.assertEqual(self.fetched(url), b"{}")

    def test_topic_classes_of_the_console_are_kept(self):
        data = self.folder / "twin"
        twin = self.start("--data", data)
        with Device(twin.port()) as device:
            self.assertEqual(device.subscribe(own("c1")), 0x80)
            self.console(twin, "topic", harness.PRODUCT, "c1", "--allow", "both")
            self.assertEqual(device.subscribe(own("c1")), 0)
            self.assertEqual(device.ask(own("c1"), "echo"), "echo")
        self.assertRegex(self.console(twin, "topic", harness.PRODUCT),
                         r"(?m)^c1 +publish, subscribe +for this product$")
        twin.stop()
        again = self.start("--data", data)
        with Device(again.port()) as device:
            self.assertEqual(device.subscribe(own("c1")), 0)
        self.console(again, "topic", harness.PRODUCT, "c1", "--delete")
        with Device(again.port()) as device:
            self.assertEqual(device.subscribe(own("c1")), 0x80)
        self.assertIn("no such class", self.console(again, "topic", harness.PRODUCT, "c1",
                                                    "--delete", code=1))

    def test_a_gateway_answers_an_invitation_and_a_permit(self):
        credentials = self.folder / "gates.csv"
        credentials.write_text("ProductKey,DeviceName,DeviceSecret\na1Gate,gate,secretOfGate\n"
                               "a1Sub,one,secretOfOne\na1Sub,two,secretOfTwo\n")
        twin = self.twin("--admin", "127.0.0.1:0", "--credentials", credentials)
        while "admin" not in twin.addresses:
            name, address = twin.wait_for_line(lambda l: len(l.split()) == 2, "admin").split()
            twin.addresses[name] = address
        scenario = self.folder / "gates.yaml"
        scenario.write_text("products:\n  - {name: g, product_key: a1Gate, gateways: {count: 1, "
                            "children: {product: m, each: 2}}}\n"
                            "  - {name: m, product_key: a1Sub}\n")
        fleet = self.started(Process([harness.FLEET, "run", "--scenario", str(scenario),
                                      "--credentials", str(credentials), "--target",
                                      f"mqtt://127.0.0.1:{twin.port()}", "--duration", "60s",
                                      "--metrics", "off", "--plain"]))
        end = time.monotonic() + 40
        while "a1Sub" not in self.console(twin, "devices", "--product", "a1Sub", "--state",
                                           "online"):
            self.assertLess(time.monotonic(), end, fleet.output)
        self.assertIn("200 success", self.console(twin, "invite", "a1Gate/gate", "a1Sub/two"))
        self.assertIn("200 success", self.console(twin, "permit", "a1Gate/gate", "--product",
                                                  "a1Sub", "--for", "5s"))
        self.assertIn("unknown-device", self.console(twin, "invite", "a1Gate/gate", "a1Sub/nobody",
                                                     code=1))

    def test_variants_are_chosen_by_name(self):
        for words, code in (((), 4), (("--variant", "plain-version,wrong-sign-is-5"), 5)):
            with Device(self.start(*words).port(), secret="not the secret") as device:
                self.assertEqual(device.code, code)

    def test_a_console_waits_for_a_silent_device_as_long_as_it_was_told(self):
        twin = self.start()
        topic = own("thing/service/property/set", "/sys")
        with Device(twin.port()) as device:
            self.assertEqual(device.subscribe(topic), 0)
            said = self.console(twin, "set", f"{harness.PRODUCT}/{DEVICE}", "a=1", "--timeout",
                                "300ms", code=1)
        self.assertIn("timed-out: the device did not answer in time", said)

    def test_the_port_of_the_metrics_page_is_told(self):
        twin = self.start("--metrics", "127.0.0.1:0", names=("mqtt", "admin", "metrics"))
        with urllib.request.urlopen(f"http://{twin.addresses['metrics']}/metrics",
                                    timeout=10) as page:
            self.assertIn(b"fleet_", page.read())
        done = run([harness.FLEET, "run", "--devices", "1", "--duration", "1s", "--metrics",
                    "127.0.0.1:0"], timeout_s=60)
        port = re.search(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", done.output)
        self.assertTrue(port and int(port[1]) > 0, done.output)


if __name__ == "__main__":
    harness.main()
