# The twin's firmware server under foreign clients: curl and openssl s_client fetch what a campaign
# offered to a foreign MQTT client, whole, in parts, resumed, with bad and expired tokens; an upload
# by curl outlives kill -9.
import hashlib
import json
import os
import re
import subprocess
import urllib.request

from harness import PRODUCT, Case, Twin, login, main, need, paho, write_credentials
from process import run

SIZE = 300_000


class FirmwareServer(Case):
    def serve(self, *words, dies=False):
        words = ("--credentials", write_credentials(self.folder / "devices.csv"), "--http",
                 "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data",
                 self.folder / "data", *words)
        twin = Twin(*words) if dies else self.twin(*words)
        if dies:
            self.addCleanup(twin.kill)
        while "admin" not in twin.addresses:
            name, address = twin.wait_for_line(lambda text: len(text.split()) == 2,
                                               "its doors").split()
            twin.addresses[name] = address
        return twin

    def admin(self, twin, method, path, body=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        asked = urllib.request.Request(f"http://{twin.addresses['admin']}{path}", data=data,
                                       method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())

    def add(self, twin, **more):
        order = {"productKey": PRODUCT, "version": "2.0.0", "size": SIZE, "generate": 7, **more}
        return self.admin(twin, "POST", "/v1/firmware", order)

    def device(self, twin, name):
        client = self.started(paho())
        client.connect(twin.port(), **login(name))
        client.subscribe(f"/ota/device/upgrade/{PRODUCT}/{name}")
        client.publish(f"/ota/device/inform/{PRODUCT}/{name}",
                       '{"id":1,"params":{"version":"1.0.0"}}')
        return client

    def offer(self, twin, firmware, device="dev_accept_01"):
        """What a device is told of a firmware, by a campaign for it alone."""
        client = self.device(twin, device)
        self.admin(twin, "POST", "/v1/campaigns",
                   {"firmware": firmware["id"], "name": f"c{firmware['id']}",
                    "select": {"devices": [device]}, "takeOver": True})
        while True:  # an offer of before may come first: the device was there again
            topic, payload, qos, _ = client.message()
            self.assertEqual((topic, qos), (f"/ota/device/upgrade/{PRODUCT}/{device}", 1))
            told = json.loads(payload)["data"]
            if told["version"] == firmware["version"]:
                client.disconnect()
                return told

    def curl(self, *words, code=0):
        done = run([need("curl"), "-sS", "--cacert", self.folder / "data/ca.pem", *words],
                   timeout_s=60)
        self.assertEqual(done.code, code, done.error_output)
        return done.output

    def status(self, url, *words):
        return self.curl("-o", "/dev/null", "-w", "%{http_code}", *words, url)

    def test_curl_fetches_what_was_offered_over_both_doors(self):
        twin = self.serve()
        firmware = self.add(twin)
        told = self.offer(twin, firmware)
        self.assertTrue(told["url"].startswith(f"https://{twin.addresses['https']}/firmware/1?"))
        plain = re.sub(r"^https://[^/]*", f"http://{twin.addresses['http']}", told["url"])
        for number, url in enumerate((told["url"], plain)):
            image = self.folder / f"image{number}"
            self.curl("-f", "-o", image, url)
            octets = image.read_bytes()
            self.assertEqual(len(octets), told["size"])
            self.assertEqual(hashlib.md5(octets).hexdigest(), told["md5"])
            self.assertEqual(hashlib.sha256(octets).hexdigest(), firmware["sha256"])
        seen = self.admin(twin, "GET", "/v1/firmware/1")
        self.assertEqual((seen["downloads"], seen["octetsSent"]), (2, 2 * SIZE))

    def test_curl_resumes_and_asks_for_ranges(self):
        twin = self.serve()
        url = self.offer(twin, self.add(twin))["url"]
        whole, part = self.folder / "whole", self.folder / "part"
        self.curl("-f", "-o", whole, url)
        self.curl("-f", "-r", "0-123456", "-o", part, url)
        self.assertEqual(part.stat().st_size, 123_457)
        self.curl("-f", "-C", "-", "-o", part, url)
        self.assertEqual(part.read_bytes(), whole.read_bytes())
        self.curl("-f", "-r", "-77", "-o", part, url)
        self.assertEqual(part.read_bytes(), whole.read_bytes()[-77:])
        self.assertEqual(self.status(url, "-r", "0-0"), "206")
        self.assertEqual(self.status(url, "-r", f"{SIZE}-"), "416")
        self.assertEqual(self.status(url, "-r", "0-1,5-6"), "200")
        heads = self.curl("-I", url).lower()
        self.assertIn(f"content-length: {SIZE}", heads)
        self.assertIn("accept-ranges: bytes", heads)

    def test_bad_and_expired_tokens_are_refused(self):
        twin = self.serve("--firmware-token-life", "1s")
        url = self.offer(twin, self.add(twin))["url"]
        swapped = url[:-1] + ("0" if url[-1] != "0" else "1")
        for bad in (url.split("?")[0], url + "0", url[:-1], swapped,
                    url.replace("/firmware/1?", "/firmware/2?")):
            self.assertEqual(self.status(bad), "403", bad)
        # It expires by itself: asked again until it has.
        answers = [self.status(url) for _ in range(3)]
        while answers[-1] == "200":
            answers.append(self.status(url))
        self.assertEqual(answers[-1], "403")
        self.assertEqual(self.status(url, "-X", "POST"), "405")

    def test_openssl_speaks_to_it_by_hand(self):
        twin = self.serve()
        told = self.offer(twin, self.add(twin, size=5_000))
        target = told["url"].split(twin.addresses["https"], 1)[1]
        ask = f"GET {target} HTTP/1.1\r\nHost: x\r\nRange: bytes=10-\r\nConnection: close\r\n\r\n"
        for version in ("-tls1_2", "-tls1_3"):
            done = subprocess.run([need("openssl"), "s_client", "-quiet", version,
                                   "-verify_return_error", "-CAfile", self.folder / "data/ca.pem",
                                   "-connect", twin.addresses["https"]], timeout=60,
                                  input=ask.encode(), capture_output=True, check=False)
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"HTTP/1.1 206 "), head)
            self.assertIn(b"Content-Range: bytes 10-4999/5000", head)
            self.assertEqual(len(body), 4_990)

    def test_it_misbehaves_when_it_is_ordered_to(self):
        twin = self.serve()
        for number, (fault, more, check) in enumerate((
                ("status", {"status": 404}, lambda url: self.status(url) == "404"),
                ("redirect", {}, lambda url: self.status(url) == "302"),
                ("short_body", {}, lambda url: self.curl("-o", "/dev/null", "-w",
                                                         "%{size_download}", url, code=18)
                 == str(SIZE // 2)),
                ("long_body", {}, lambda url: self.status(url, "-r", f"{SIZE}-") == "206"),
                ("stall", {}, lambda url: self.curl("-m", "2", "-o", "/dev/null", "-w",
                                                    "%{size_download}", url, code=28)
                 == str(SIZE // 2)))):
            firmware = self.add(twin, fault=fault, version=f"2.0.{number}", **more)
            self.assertEqual(firmware["fault"], fault)
            self.assertTrue(check(self.offer(twin, firmware)["url"]), fault)

    def test_an_upload_by_curl_outlives_kill_9(self):
        octets = os.urandom(2_500_000)
        twin = self.serve(dies=True)
        added = self.admin(twin, "POST", "/v1/firmware",
                           {"productKey": PRODUCT, "version": "3", "size": len(octets)})
        piece = self.folder / "piece"
        received = added["received"]
        for turn in range(10):
            if received == len(octets):
                break
            piece.write_bytes(octets[received:received + 700_001])
            answer = json.loads(self.curl(
                "-f", "-X", "PUT", "--data-binary", f"@{piece}",
                f"http://{twin.addresses['admin']}/v1/firmware/1/content?offset={received}"))
            received = answer["received"]
            if turn == 1:
                twin.kill()
                twin = self.serve()
                self.assertEqual(self.admin(twin, "GET", "/v1/firmware/1")["received"], received)
        seen = self.admin(twin, "GET", "/v1/firmware/1")
        self.assertEqual(seen["state"], "ready")
        self.assertEqual(seen["sha256"], hashlib.sha256(octets).hexdigest())
        image = self.folder / "image"
        self.curl("-f", "-o", image, self.offer(twin, seen)["url"])
        self.assertEqual(image.read_bytes(), octets)


if __name__ == "__main__":
    main()
