# Every datagram of devices that post over CoAP and of the twin's doors for them, as tshark reads it: plain, in
# AES mode, over DTLS by certificate and by key. A proxy between the two keeps them all.
import hashlib
import hmac
import json
import re
import socket

from capture_file import CaptureFile
from datagram_judge import judge
from harness import DEVICES, FLEET, PRODUCT, Case, main, need, run_fleet, write_credentials
from lossy_proxy import LossyProxy
from process import run

DEVICE = "dev_accept_01"
DOORS = ("coap", "coaps", "http", "admin")
QUIET = dict(loss=0, twice=0, late=0)
BAD = dict(loss=0.1, twice=0.1, late=0.1)
# Handshake messages by number (RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 5077 §3.3).
BY_CERTIFICATE = ("1", "2", "3", "4", "11", "12", "14", "16")
CON, NON, ACK, RST = range(4)
POST = 2
URI_PATH, CONTENT_FORMAT, ACCEPT, BLOCK1, PROXY_URI, TOKEN = 11, 12, 17, 27, 35, 61
NO_REQUESTS = (b"", b"\x40", b"\x80\1\0\1", b"\x4f\2\0\1" + 16 * b"x", b"\x40\2\0\1\xb9a", b"\x40\2\0\2\xff",
               b"\x60\x45\0\3", b"\x70\0\0\4", b"\x40\xe1\0\6", b"\x44\0\0\7abcd", b"\x50\0\0\x08",
               b"\x40\x45\0\x09", b"\x40\2\0\x0a" + 1400 * b"x", 100 * b"\xff")


def message(kind, code, number, token=b"", options=(), payload=b""):
    """A message of CoAP (RFC 7252 §3); options by their number, all under 2^16."""
    out = bytes([0x40 | kind << 4 | len(token), code]) + number.to_bytes(2, "big") + token
    before = 0
    for option, value in sorted(options, key=lambda pair: pair[0]):
        nibbles, tails = zip(*(extended(each) for each in (option - before, len(value))))
        out += bytes([nibbles[0] << 4 | nibbles[1]]) + b"".join(tails) + value
        before = option
    return out + (b"\xff" + payload if payload else b"")


def extended(value):
    if value < 13:
        return value, b""
    return (13, bytes([value - 13])) if value < 269 else (14, (value - 269).to_bytes(2, "big"))


class Datagrams(Case):
    def setUp(self):
        super().setUp()
        need("tshark")
        self.count = 0
        self.credentials = write_credentials(self.folder / "devices.csv")
        self.data = self.folder / "data"

    def doors(self, *words):
        listeners = [word for door in DOORS for word in (f"--{door}", "127.0.0.1:0")]
        twin = self.twin(*listeners, "--credentials", self.credentials, "--data", self.data, *words)
        while not {*DOORS, "ca"} <= set(twin.addresses):
            name, address = twin.wait_for_line(lambda text: len(text.split()) == 2, "its addresses").split()
            twin.addresses[name] = address
        return twin

    def between(self, twin, door, weather, tap=None):
        """A way to the twin's door on which each datagram is kept."""
        self.count += 1
        kept = self.started(CaptureFile(self.folder / f"passed{self.count}.pcap"))
        way = self.started(LossyProxy(twin.port(door), **weather, tap=tap(kept) if tap else kept.write))
        way.kept = kept
        way.door = twin.port(door)
        return way

    def sound(self, way, **words):
        """What tshark saw on the way, all of which must be sound."""
        seen = judge(way.kept.path, way.door, **words)
        self.assertEqual(seen.faults, [])
        self.assertEqual(seen.datagrams, way.kept.written)
        return seen

    def assert_seen(self, counts, *wanted):
        for each in wanted:
            self.assertGreater(counts[each], 0, f"no {each}: {dict(counts)}")

    def post(self, way, scheme, *words, devices=2, duration="2s", passes=True):
        """Devices post through the way; in bad weather all may not get online in so short a time."""
        words = ["--target", f"{scheme}://127.0.0.1:{way.port}", "--credentials", self.credentials, "--devices",
                 devices, "--interval", "400ms", "--duration", duration, *words]
        if not passes:
            run_fleet(self.folder, *words)
            return
        self.assertEqual(self.fleet_run(*words)["devices"]["online_max"], devices)

    def trust(self):
        return ["--cafile", self.data / "ca.pem", "--server-name", "localhost"]

    def key_of_the_only_device(self, way):
        """The key of §17.1, computed here from the identity that passed in the clear."""
        found = set(re.findall(rb"devicename\|hmacsha256\|[\w&]+\|(\d+)", way.kept.path.read_bytes()))
        self.assertEqual(len(found), 1, found)
        text = f"id{PRODUCT}&{DEVICE}timestamp{found.pop().decode()}"
        return hmac.new(DEVICES[DEVICE].encode(), text.encode(), hashlib.sha256).hexdigest().encode()


class Devices(Datagrams):
    def test_in_the_clear_are_sound(self):
        twin = self.doors()
        for scheme, words, sent, answered in (
                ("coap", [], "CON 0.02", "ACK 2.05"), ("coap", ["--qos", "0"], "NON 0.02", "NON 2.05"),
                ("coap", ["--behaviour", "sdk"], "CON 0.02", "ACK 2.05"),
                ("coap-psk", [], "CON 0.02", "ACK 2.05"),
                ("coap-psk", ["--qos", "0"], "NON 0.02", "NON 2.05")):
            with self.subTest(scheme=scheme, words=words):
                way = self.between(twin, "coap", QUIET)
                self.post(way, scheme, *words)
                seen = self.sound(way)
                # What asks first whether anybody is there is a ping.
                self.assert_seen(seen.messages, sent, answered, "CON 0.00", "RST 0.00")
                self.assert_seen(seen.paths, "/auth",
                                 f"/topic/sys/{PRODUCT}/{DEVICE}/thing/event/property/post")

    def test_by_hand_is_sound(self):
        twin = self.doors()
        way = self.between(twin, "coap", QUIET)
        done = run([FLEET, "device", "coap", "start", "--target", f"coap://127.0.0.1:{way.port}",
                    "--credentials", self.credentials, "--run",
                    "report; ping; post update hex:00ff; post update ''; auth; stop"])
        self.assertEqual(done.code, 0, done.output + done.error_output)
        seen = self.sound(way)
        self.assert_seen(seen.messages, "CON 0.02", "ACK 2.05", "CON 0.00", "RST 0.00")
        self.assert_seen(seen.paths, f"/topic/{PRODUCT}/{DEVICE}/update")

    def test_whose_token_ends_log_on_again_and_are_sound(self):
        way = self.between(self.doors("--coap-token-life", "1s"), "coap", QUIET)
        self.post(way, "coap", duration="3s")
        seen = self.sound(way)
        self.assert_seen(seen.messages, "ACK 4.01")
        self.assertGreaterEqual(seen.paths["/auth"], 4)

    def test_that_repeat_themselves_are_sound(self):
        way = self.between(self.doors(), "coap", BAD)
        self.post(way, "coap", duration="8s", passes=False)
        self.assertGreater(way.lost + way.repeated + way.held, 5)
        seen = self.sound(way)
        self.assertGreater(seen.repeats, 0)
        self.assert_seen(seen.messages, "CON 0.02", "ACK 2.05")

    def test_over_dtls_by_certificate_send_whole_records(self):
        twin = self.doors()
        for weather in (QUIET, BAD):
            with self.subTest(weather=weather):
                way = self.between(twin, "coaps", weather)
                fine = weather is QUIET
                self.post(way, "coaps", *self.trust(), duration="3s" if fine else "8s", passes=fine)
                seen = self.sound(way, dtls=True)
                self.assert_seen(seen.handshakes, *BY_CERTIFICATE)
                self.assert_seen(seen.records, "20", "22", "23", *(["21"] if fine else []))

    def test_over_dtls_by_key_are_sound_inside_too(self):
        way = self.between(self.doors(), "coaps", QUIET)
        self.post(way, "coaps", "--security", "psk", devices=1)
        key = self.key_of_the_only_device(way)
        seen = self.sound(way, dtls=True, key=key)
        self.assert_seen(seen.handshakes, "1", "2", "3", "14", "16", "20")
        self.assert_seen(seen.records, "20", "21", "22", "23")
        self.assertEqual(sum(seen.messages.values()), seen.records["23"])
        self.assert_seen(seen.messages, "CON 0.02", "ACK 2.05")
        self.assert_seen(seen.paths, "/auth", f"/topic/sys/{PRODUCT}/{DEVICE}/thing/event/property/post")
        # One octet of a record that the key does not explain any more is found.
        octets = bytearray(way.kept.path.read_bytes())
        octets[octets.rindex(b"\x17\xfe\xfd") + 30] ^= 1
        way.kept.path.write_bytes(octets)
        self.assertEqual(len(judge(way.kept.path, way.door, dtls=True, key=key).faults), 1)

    def test_that_take_firmware_are_sound(self):
        twin = self.doors()
        admin = ["--admin", twin.addresses["admin"]]
        for words in (["firmware", "add", "--generate", "64KiB", "--product", PRODUCT, "--version", "2.0.0"],
                      ["campaign", "start", "--firmware", "1"]):
            done = run([FLEET, "cloud", *words, *admin])
            self.assertEqual(done.code, 0, done.error_output)
        scenario = self.folder / "updates.yaml"
        scenario.write_text(f"""
duration: 8s
products:
  - name: meter
    product_key: {PRODUCT}
    count: 2
    protocol: coap
    security: aes
    radio_sleep: on
    report: [{{every: 1s}}]
    firmware: {{version: 1.0.0, size: 64KiB, boot_time: 1s, ask: on, http: on}}
""")
        way = self.between(twin, "coap", QUIET)
        facts = self.fleet_run("--scenario", scenario, "--target", f"coap-psk://127.0.0.1:{way.port}",
                               "--credentials", self.credentials)
        self.assertEqual(facts["firmware"]["results"]["succeeded"], 2)
        self.assert_seen(self.sound(way).paths, *(f"/topic/ota/device/{what}/{PRODUCT}/{DEVICE}"
                                                  for what in ("inform", "request", "progress")))


class Doors(Datagrams):
    """Only what the twin says counts here: what it is told is wrong on purpose."""

    def setUp(self):
        super().setUp()
        twin = self.doors()
        self.way = self.between(twin, "coap", QUIET, lambda kept: lambda sender, receiver, datagram: (
            kept.write(sender, receiver, datagram) if sender == twin.port("coap") else None))
        self.peer = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.peer.connect(("127.0.0.1", self.way.port))
        self.peer.settimeout(30)
        self.last = 0

    def say(self, octets):
        """Tells the twin something, and waits until it has answered a ping behind that; all that came but the
        answer to the ping."""
        self.last += 2
        self.peer.send(octets)
        self.peer.send(message(CON, 0, self.last + 1))
        came = []
        while True:
            came.append(self.peer.recv(2048))
            if came[-1] == message(RST, 0, self.last + 1):
                return came[:-1]

    def ask(self, path, payload=b"{}", *options, code=POST):
        """One request; the code of what comes first."""
        ways = [(URI_PATH, level.encode()) for level in path.strip("/").split("/")]
        return self.say(message(CON, code, self.last, b"\1", [*ways, *options], payload))[0][1]

    def auth(self, **more):
        """What comes when a device logs on."""
        content = f"clientId{PRODUCT}.{DEVICE}deviceName{DEVICE}productKey{PRODUCT}"
        sign = hmac.new(DEVICES[DEVICE].encode(), content.encode(), "md5").hexdigest()
        body = {"productKey": PRODUCT, "deviceName": DEVICE, "clientId": f"{PRODUCT}.{DEVICE}",
                "sign": sign, **more}
        return self.say(message(CON, POST, self.last, b"\1", [(URI_PATH, b"auth"), (CONTENT_FORMAT, b"\x32")],
                                json.dumps(body).encode()))

    def test_answer_whatever_is_asked_in_sound_messages(self):
        mine = f"/topic/{PRODUCT}/{DEVICE}/update"
        answer = self.auth()[0]
        token = (TOKEN, json.loads(answer[answer.index(b"{"):])["token"].encode())
        for code, ask in (
                (0x45, (mine, b"{}", token)), (0x80, ("/auth", b"x")), (0x81, (mine, b"{}", (TOKEN, b"x"))),
                (0x82, (mine, b"{}", (65001, b"critical"))), (0x83, (mine.replace(DEVICE, "other"), b"{}", token)),
                (0x84, ("/elsewhere",)), (0x86, ("/auth", b"{}", (ACCEPT, b"\x29"))),
                (0x8E, ("/topic" + 9 * ("/" + 99 * "x"),)), (0x8F, ("/auth", b"{}", (CONTENT_FORMAT, b"\x2a"))),
                (0x5F, (mine, 64 * b"x", (BLOCK1, b"\x0a"))), (0xA5, ("/auth", b"", (PROXY_URI, b"coap://x/")))):
            self.assertEqual(self.ask(*ask), code, ask)
        self.assertEqual(self.ask("/auth", code=1), 0x85)
        acknowledged, separate = self.auth(ackMode=1)
        self.assertEqual((acknowledged[:2], separate[:2]), (b"\x60\0", b"\x41\x45"))
        self.say(message(ACK, 0, int.from_bytes(separate[2:4], "big")))
        seen = self.sound(self.way)
        self.assert_seen(seen.messages, "CON 2.05", "ACK 0.00", "RST 0.00", *(f"ACK {code}" for code in (
            "2.05", "2.31", "4.00", "4.01", "4.02", "4.03", "4.04", "4.05", "4.06", "4.14", "4.15", "5.05")))

    def test_answer_what_is_no_request_in_sound_messages(self):
        for said in NO_REQUESTS:
            self.say(said)
        seen = self.sound(self.way)
        self.assertGreater(seen.messages["RST 0.00"], len(NO_REQUESTS))
        self.assertEqual(list(seen.messages), ["RST 0.00"])


class Judge(Datagrams):
    def judged(self, *octets, **words):
        with CaptureFile(self.folder / "made.pcap") as made:
            for each in octets:
                made.write(40000, 5683, each)
            return judge(made.path, 5683, **words)

    def test_finds_what_is_wrong_with_coap(self):
        good = message(CON, POST, 7, b"\1\2", [(URI_PATH, b"auth"), (TOKEN, b"token")], b"{}")
        self.assertEqual(self.judged(good).faults, [])
        for wrong in (bytes([0x4F]) + good[1:],             # a reserved length of token
                      bytes([0x82]) + good[1:],             # version 2
                      good[:6] + b"\xb9" + good[7:],        # another length of the path
                      good[:6] + b"\xbf" + good[7:],        # a reserved one
                      good[:3],
                      message(CON, POST, 7, b"", [(27, b"\1\2\3\4\5")])):
            with self.subTest(wrong.hex()):
                seen = self.judged(good, wrong, good)
                self.assertEqual({each.split(":")[0] for each in seen.faults}, {"datagram 2"}, seen)

    def test_finds_what_is_wrong_with_records(self):
        record = b"\x17\xfe\xfd\0\1\0\0\0\0\0\1\0\x20" + 32 * b"x"
        self.assertEqual(self.judged(record, record + record, dtls=True).faults, [])
        for wrong in (record + b"x", record[:-1], b"\x63" + record[1:], record[:9], b"CoAP in the clear"):
            with self.subTest(wrong.hex()):
                self.assertNotEqual(self.judged(wrong, dtls=True).faults, [])


if __name__ == "__main__":
    main()
