# The front doors of devices that only post, as foreign programs meet them (aliyun-iot.md §17, §18): curl
# over HTTPS, and libcoap's client over CoAP, plain and with DTLS by certificate and by key.
import hashlib
import hmac
import json
import re

from harness import DEVICES, FLEET, PRODUCT, Case, Twin, main, need, write_credentials
from process import run

DEVICE = "dev_accept_01"
OTHER = "dev_accept_02"
REPORT = f"/sys/{PRODUCT}/{DEVICE}/thing/event/property/post"


def signed(method="hmacsha1", device=DEVICE, secret=None):
    """The body of /auth."""
    client = f"{PRODUCT}.{device}"
    content = f"clientId{client}deviceName{device}productKey{PRODUCT}"
    digest = hmac.new((secret or DEVICES[device]).encode(), content.encode(),
                      method.removeprefix("hmac"))
    return json.dumps({"productKey": PRODUCT, "deviceName": device, "clientId": client,
                       "signmethod": method, "sign": digest.hexdigest()})


class PostingTwin(Twin):
    """A twin with the doors that devices post at; `data` holds its certificate authority."""

    def __init__(self, folder, *words):
        self.data = folder / "data"
        self.begin([FLEET, "cloud", "serve", "--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0",
                    "--coap", "127.0.0.1:0", "--coaps", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                    "--data", self.data, "--credentials",
                    write_credentials(folder / "devices.csv"), *words])

    def begin(self, command):
        super(Twin, self).__init__(command)
        self.addresses = {}
        while not {"mqtt", "https", "coap", "coaps", "admin", "ca"} <= set(self.addresses):
            line = self.wait_for_line(lambda text: len(text.split()) == 2, "its addresses")
            name, address = line.split()
            self.addresses[name] = address

    @property
    def ca(self):
        return self.data / "ca.pem"


class PostingCase(Case):
    def posting_twin(self, *words):
        return self.started(PostingTwin(self.folder, *words))


class HttpChannel(PostingCase):
    def setUp(self):
        super().setUp()
        need("curl")

    def curl(self, twin, path, body, *words):
        """What came back, read as JSON; its HTTP status must be 200."""
        done = run(["curl", "--silent", "--show-error", "--cacert", twin.ca, "--data-binary", body,
                    "--write-out", "\n%{http_code}", *words,
                    f"https://localhost:{twin.port('https')}{path}"])
        self.assertEqual(done.code, 0, done.error_output)
        answer, status = done.output.rstrip("\n").rsplit("\n", 1)
        self.assertEqual(status, "200", answer)
        return json.loads(answer)

    def token(self, twin):
        got = self.curl(twin, "/auth", signed(), "-H", "Content-Type: application/json")
        self.assertEqual((got["code"], got["message"]), (0, "success"))
        return got["info"]["token"]

    def post(self, twin, token, topic=REPORT, body='{"id":"5","params":{"Level":1}}'):
        return self.curl(twin, "/topic" + topic, body, "-H", f"password:{token}",
                         "-H", "Content-Type: application/octet-stream")

    def test_a_device_logs_on_and_its_post_is_answered(self):
        twin = self.posting_twin()
        token = self.token(twin)
        got = self.post(twin, token)
        self.assertEqual(got["code"], 0)
        self.assertGreater(got["info"]["messageId"], 0)
        self.assertEqual(json.loads(got["info"]["data"])["code"], 200)
        self.assertEqual(json.loads(got["info"]["data"])["id"], "5")
        shown = run([FLEET, "cloud", "devices", "--admin", twin.addresses["admin"]])
        self.assertRegex(shown.output, rf"{PRODUCT}/{DEVICE}\s+online \(http\)")
        self.assertRegex(shown.output, rf"{PRODUCT}/{OTHER}\s+unactivated")

    def test_each_refusal_has_its_code(self):
        twin = self.posting_twin()
        token = self.token(twin)
        self.assertEqual(self.curl(twin, "/auth", signed(secret="x"))["code"], 20000)
        self.assertEqual(self.curl(twin, "/auth", "{")["code"], 10001)
        self.assertEqual(self.post(twin, "nonsense")["code"], 20003)
        self.assertEqual(self.curl(twin, "/topic" + REPORT, "{}")["code"], 20002)
        self.assertEqual(self.post(twin, token, REPORT.replace(DEVICE, OTHER))["code"], 30001)
        self.assertEqual(self.post(twin, token)["code"], 0)

    def test_a_token_expires_and_is_forgotten_by_a_restart(self):
        twin = self.posting_twin("--http-token-life", "1s")
        token = self.token(twin)
        code = 0
        while code == 0:
            code = self.post(twin, token)["code"]
        self.assertEqual(code, 20001)
        self.assertEqual(twin.stop(), 0)
        again = self.posting_twin()
        self.assertEqual(self.post(again, token)["code"], 20003)
        self.assertEqual(self.post(again, self.token(again))["code"], 0)


class CoapDoor(PostingCase):
    """The device is libcoap's client."""

    def setUp(self):
        super().setUp()
        self.client = need("coap-client-openssl")

    def ask(self, twin, path, body, *words, door="coap"):
        """Code and payload of the answer."""
        options = [word for level in path.strip("/").split("/") for word in ("-O", f"11,{level}")]
        done = run([self.client, "-m", "post", "-t", "50", "-B", "10", "-v", "6", "-w", "-e",
                    body.replace("%", "%25"), *options, *words,
                    f"{door}://127.0.0.1:{twin.port(door)}"], 30)
        text = done.output + done.error_output
        codes = re.findall(r"\bc:([245]\.\d\d)", text)
        self.assertTrue(codes, text)
        found = re.search(r"^\{.*\}$", done.output, re.MULTILINE)
        return codes[-1], found.group(0) if found else ""

    def coap_token(self, twin, *words, door="coap"):
        code, answer = self.ask(twin, "/auth", signed("hmacmd5"), "-A", "50", *words, door=door)
        self.assertEqual(code, "2.05")
        return json.loads(answer)["token"]

    def assert_posts(self, twin, *words, door="coap"):
        token = self.coap_token(twin, *words, door=door)
        for number in (2088, 61):
            code, answer = self.ask(twin, "/topic" + REPORT, '{"id":"5","params":{"Level":1}}',
                                    "-O", f"{number},{token}", *words, door=door)
            self.assertEqual(code, "2.05")
            self.assertEqual(json.loads(answer)["code"], 200)
        return token

    def test_a_device_posts_in_the_clear(self):
        twin = self.posting_twin()
        self.assert_posts(twin)
        shown = run([FLEET, "cloud", "devices", "--admin", twin.addresses["admin"]])
        self.assertRegex(shown.output, rf"{PRODUCT}/{DEVICE}\s+online \(coap\)")

    def test_a_device_posts_over_dtls_by_certificate(self):
        twin = self.posting_twin()
        self.assert_posts(twin, "-R", twin.ca, door="coaps")

    def test_a_device_posts_over_dtls_by_its_own_key(self):
        twin = self.posting_twin()
        stamp = "1581417203000"
        key = hmac.new(DEVICES[DEVICE].encode(),
                       f"id{PRODUCT}&{DEVICE}timestamp{stamp}".encode(), hashlib.sha256).hexdigest()
        by_key = ("-u", f"devicename|hmacsha256|{PRODUCT}&{DEVICE}|{stamp}", "-k", key)
        self.assert_posts(twin, *by_key, door="coaps")
        code, _ = self.ask(twin, "/auth", signed("hmacmd5", OTHER), *by_key, door="coaps")
        self.assertEqual(code, "4.01", "by the key of another device")

    def test_coap_s_refusals_have_their_codes(self):
        twin = self.posting_twin()
        token = self.coap_token(twin)
        mine = ("-O", f"2088,{token}")
        self.assertEqual(self.ask(twin, "/auth", signed("hmacmd5", secret="x"))[0], "4.01")
        self.assertEqual(self.ask(twin, "/auth", "x")[0], "4.00")
        self.assertEqual(self.ask(twin, "/topic" + REPORT, "{}", "-O", "2088,nonsense")[0], "4.01")
        other = "/topic" + REPORT.replace(DEVICE, OTHER)
        self.assertEqual(self.ask(twin, other, "{}", *mine)[0], "4.03")
        self.assertEqual(self.ask(twin, "/elsewhere", "{}", *mine)[0], "4.04")
        self.assertEqual(self.ask(twin, "/topic" + REPORT, "{}", *mine, "-A", "41")[0], "4.06")


if __name__ == "__main__":
    main()
