# Updates whose cloud is foreign altogether: mosquitto carries the messages, nginx serves the image,
# over HTTPS and HTTP. What devices say is read by mosquitto_sub.
import hashlib
import json
import pathlib
import random
import signal

from harness import FLEET, Authority, Case, Nginx, main, need
from process import Process, run, wait_until

PRODUCT = "a1Foreign"
DEVICES = 3
IMAGE = random.Random(7).randbytes(300_000)

SCENARIO = """
name: foreign firmware
duration: {duration}
devices: {devices}
products:
  - name: led
    product_key: {product}
    firmware: {{version: 1.0.0, size: 10KiB, slot: 512KiB, boot_time: 100ms, http: on, progress: 25}}
    report: []
"""


def offer(url, image=IMAGE, version="2.0.0", **changes):
    data = {"size": len(image), "version": version, "url": url, "signMethod": "Md5",
            "md5": hashlib.md5(image).hexdigest(), "sign": hashlib.md5(image).hexdigest()}
    return {"code": "1000", "data": data | changes, "id": 1, "message": "success"}


class Listener:
    """mosquitto_sub on everything that devices say of their firmware."""

    def __init__(self, port):
        self._process = Process([need("mosquitto_sub"), "-p", port, "-q", "1", "-v", "-t",
                                 f"/ota/device/inform/{PRODUCT}/+", "-t",
                                 f"/ota/device/progress/{PRODUCT}/+"])

    def said(self):
        """By device: its versions, and its steps."""
        out = {}
        for line in self._process.output.splitlines():
            topic, _, payload = line.partition(" ")
            kind, _, device = topic.split("/")[3:6]
            versions, steps = out.setdefault(device, ([], []))
            params = json.loads(payload)["params"]
            if kind == "inform":
                versions.append(params["version"])
            else:
                steps.append(int(params["step"]))
        return out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stop()


class ForeignFirmware(Case):
    def setUp(self):
        super().setUp()
        need("nginx")
        self.authority = Authority(self.folder.path)
        self.broker = self.mosquitto()
        self.files = self.started(Nginx(self.folder.path, self.authority,
                                        ["location = /moved.bin { return 302 /fw.bin; }"]))
        (self.files.root / "fw.bin").write_bytes(IMAGE)

    def fleet(self, duration="60s"):
        """Devices that wait for offers, once each has reported what it runs."""
        listener = self.started(Listener(self.broker.port))
        scenario = self.folder / "foreign.yaml"
        pathlib.Path(scenario).write_text(SCENARIO.format(duration=duration, devices=DEVICES,
                                                          product=PRODUCT))
        self.report = self.folder / "run.json"
        fleet = self.started(Process([
            FLEET, "run", "--scenario", scenario, "--target",
            f"mqtt://127.0.0.1:{self.broker.port}", "--cafile", self.authority.ca, "--no-probe",
            "--metrics", "off", "--json", self.report]))
        wait_until(lambda: len(listener.said()) == DEVICES or not fleet.running(),
                   "the versions of all devices")
        self.assertTrue(fleet.running(), fleet.error_output)
        return fleet, listener

    def push(self, message, devices):
        for device in devices:
            done = run([need("mosquitto_pub"), "-p", self.broker.port, "-q", "1", "-t",
                        f"/ota/device/upgrade/{PRODUCT}/{device}", "-m", json.dumps(message)])
            self.assertEqual(done.code, 0, done.error_output)

    def facts(self, fleet):
        fleet.signal(signal.SIGINT)
        fleet.wait(30)
        return json.loads(pathlib.Path(self.report).read_text())

    def check_update(self, url):
        fleet, listener = self.fleet()
        devices = sorted(listener.said())
        self.push(offer(url), devices)
        wait_until(lambda: all(v[-1] == "2.0.0" for v, _ in listener.said().values())
                   or not fleet.running(), "the new version of all devices", 60)
        for device, (versions, steps) in listener.said().items():
            self.assertEqual(versions, ["1.0.0", "2.0.0"], device)
            self.assertEqual(steps[-1], 100, device)
            self.assertEqual(steps, sorted(steps), device)
        facts = self.facts(fleet)
        self.assertEqual(facts["firmware"]["results"]["succeeded"], DEVICES)
        self.assertEqual(facts["firmware"]["bytes"], DEVICES * len(IMAGE))

    def test_an_image_comes_over_https(self):
        self.check_update(f"https://localhost:{self.files.tls_port}/fw.bin")

    def test_an_image_comes_over_http(self):
        self.check_update(f"http://127.0.0.1:{self.files.port}/fw.bin")

    def test_a_redirect_is_followed(self):
        self.check_update(f"https://localhost:{self.files.tls_port}/moved.bin")

    def check_failure(self, message, step):
        fleet, listener = self.fleet()
        device = sorted(listener.said())[0]
        self.push(message, [device])
        wait_until(lambda: listener.said()[device][1][-1:] == [step] or not fleet.running(),
                   f"step {step}", 90)
        self.assertEqual(listener.said()[device][1][-1], step)
        self.assertEqual(listener.said()[device][0], ["1.0.0"])
        self.facts(fleet)

    def test_what_is_not_there_ends_in_step_2(self):
        self.check_failure(offer(f"https://localhost:{self.files.tls_port}/no.bin"), -2)

    def test_another_digest_ends_in_step_3(self):
        other = hashlib.md5(b"other").hexdigest()
        self.check_failure(offer(f"https://localhost:{self.files.tls_port}/fw.bin", md5=other,
                                 sign=other), -3)

    def test_a_certificate_of_nobody_ends_in_step_2(self):
        stranger = Authority(self.folder.path, "another-ca")
        other = self.started(Nginx(self.folder / "other", stranger))
        (other.root / "fw.bin").write_bytes(IMAGE)
        self.check_failure(offer(f"https://localhost:{other.tls_port}/fw.bin"), -2)


if __name__ == "__main__":
    main()
