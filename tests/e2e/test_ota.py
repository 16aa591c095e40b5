# Firmware to devices as a person does it: images and campaigns by `fleet cloud`, the device by
# `fleet device ota start`, both against a real twin; progress on a terminal, cuts, interruptions.
import hashlib
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402

PRODUCT = "a1FleetDemo"
DEVICE = "dev_000000"


class Ota(harness.Case):
    def start(self, *words, door="http", last=None):
        """A twin with a firmware server; answers it once it has printed where all of it is."""
        twin = self.twin(f"--{door}", "127.0.0.1:0", "--admin", "127.0.0.1:0", *words)
        while not {door, "admin", *([last] if last else [])} <= set(twin.addresses):
            name, at = twin.wait_for_line(lambda line: len(line.split()) == 2, "ports").split()
            twin.addresses[name] = at
        return twin

    def ask(self, twin, *words, code=0):
        admin = twin if isinstance(twin, str) else twin.addresses["admin"]
        done = run([harness.FLEET, "cloud", *[str(w) for w in words], "--admin", admin],
                   timeout_s=120)
        self.assertEqual(done.code, code, done.output + done.error_output)
        return done

    def facts(self, twin, *words):
        return json.loads(self.ask(twin, *words, "--json").output)

    def image(self, size, name="image.bin"):
        path = self.folder / name
        path.write_bytes(os.urandom(size))
        return path

    def add(self, twin, path, version="2.0.0", *more):
        return self.facts(twin, "firmware", "add", path, "--product", PRODUCT, "--version",
                          version, *more)

    def device_words(self, twin, *words):
        return [harness.FLEET, "device", "ota", "start", "--target",
                "mqtt://" + twin.addresses["mqtt"], *[str(w) for w in words]]

    def device(self, twin, *words):
        return self.started(Process(self.device_words(twin, *words)))

    def waits(self, device):
        device.wait_for_line(lambda line: "wait ota upgrade command...." in line, "it waits")
        return device

    def known(self, twin):
        """The device has been there once, and has left: a campaign may wait for it."""
        device = self.waits(self.device(twin))
        device.signal(signal.SIGINT)
        self.assertEqual(device.wait(30), 130)

    def campaign(self, twin, firmware, *words):
        return self.facts(twin, "campaign", "start", "--firmware", firmware, "--devices", DEVICE,
                          *words)

    def raw(self, twin, method, path, body):
        """A request to the admin API that is not the program's own."""
        request = urllib.request.Request(f"http://{twin.addresses['admin']}{path}", method=method,
                                         data=body)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def test_an_upgrade_by_hand_succeeds_when_the_new_version_is_reported(self):
        twin = self.start()
        path = self.image(300_000)
        firmware = self.add(twin, path)
        self.assertEqual(firmware["state"], "ready")
        self.assertEqual(firmware["md5"], hashlib.md5(path.read_bytes()).hexdigest())
        self.assertIn("300000B", self.ask(twin, "firmware", "list").output)
        saved, kept = self.folder / "saved.bin", self.folder / "version"
        device = self.waits(self.device(twin, "--save", saved, "--version-file", kept))
        campaign = self.campaign(twin, firmware["id"])
        self.assertEqual(device.wait(60), 0, device.output + device.error_output)
        self.assertEqual(saved.read_bytes(), path.read_bytes())
        self.assertEqual(kept.read_text(), "2.0.0\n")
        log = device.output
        order = ["/ota/device/inform", "wait ota upgrade command....", "Enter in downloading state",
                 "Here write OTA data to file....",
                 f"origin={firmware['md5']}, now={firmware['md5']}", '"step":"100"',
                 "The firmware is valid! Download firmware successfully.", "OTA FW version: 2.0.0",
                 "DISCONNECT", "out of sample!"]
        places = [log.find(text) for text in order]
        self.assertNotIn(-1, places, log)
        self.assertEqual(places, sorted(places), log)
        steps = re.findall(r'"step":"(\d+)"(,"desc":"hello")?', log)
        self.assertEqual(steps[1::2], [(step, "") for step, _ in steps[2::2]], log)  # in pairs
        self.assertNotIn("token=", log)
        # Downloaded is not yet upgraded: that takes the report of the next start.
        self.assertEqual(self.facts(twin, "campaign", "status", campaign["id"])["upgrading"], 1)
        watched = Process([harness.FLEET, "cloud", "campaign", "status", campaign["id"], "--watch",
                           "--admin", twin.addresses["admin"]])
        self.started(watched)
        again = self.waits(self.device(twin, "--version-file", kept))
        self.assertEqual(watched.wait(60), 0, watched.error_output)
        self.assertIn("1 of 1 succeeded", watched.error_output)
        self.assertRegex(watched.output, r"state +finished")
        table = self.ask(twin, "campaign", "status", campaign["id"], "--devices").output
        self.assertRegex(table, rf"{PRODUCT}/{DEVICE} +succeeded .* 2\.0\.0")
        again.signal(signal.SIGINT)
        self.assertEqual(again.wait(30), 130)

    def test_the_download_is_over_tls_and_the_certificate_is_looked_at(self):
        twin = self.start("--data", self.folder / "data", door="https", last="ca")
        firmware = self.add(twin, self.image(70_000))
        device = self.waits(self.device(twin))
        campaign = self.campaign(twin, firmware["id"])
        self.assertEqual(device.wait(60), 1, device.output)  # nobody vouches for the twin
        self.assertIn("the download failed: ", device.output)
        self.assertIn("tls", device.output.lower())
        self.assertEqual(self.facts(twin, "campaign", "status", campaign["id"])["steps"]["-2"], 1)
        device = self.waits(self.device(twin, "--cafile", twin.addresses["ca"]))
        self.ask(twin, "campaign", "retry", campaign["id"])
        self.assertEqual(device.wait(60), 0, device.output)
        self.assertIn("GET https://", device.output)

    def test_a_bad_firmware_fails_at_its_step_and_the_watch_says_so(self):
        twin = self.start()
        firmware = self.add(twin, self.image(20_000), "2.0.0", "--fault", "wrong_digest")
        device = self.waits(self.device(twin))
        done = self.ask(twin, "campaign", "start", "--firmware", firmware["id"], "--devices",
                        DEVICE, "--watch", code=1)
        self.assertEqual(device.wait(60), 1, device.output)
        self.assertIn("The firmware is invalid", device.output)
        self.assertIn('"step":"-3"', device.output)
        self.assertRegex(done.output, r"step -3, the verification failed +1")
        listed = self.ask(twin, "campaign", "status", 1, "--devices", "--state", "failed").output
        self.assertRegex(listed, rf"{PRODUCT}/{DEVICE} +failed +the device said so +-3 ")

    def test_stop_is_a_disconnect(self):
        twin = self.start()
        device = self.started(Process(self.device_words(twin), stdin="", keep_stdin=True))
        self.waits(device)
        device._process.stdin.write("stop\n")
        device._process.stdin.flush()
        self.assertEqual(device.wait(30), 0, device.output)
        self.assertIn("→ DISCONNECT", device.output)
        self.assertNotIn("UNSUBSCRIBE", device.output)
        self.assertIn("out of sample!", device.lines[-1])

    def test_one_process_is_device_and_twin(self):
        device = self.started(Process([harness.FLEET, "device", "ota", "start", "--admin",
                                       "127.0.0.1:0"]))
        admin = device.wait_for_line(lambda line: line.startswith("the twin's admin "),
                                     "its admin address").split()[-1]
        self.waits(device)
        self.ask(admin, "firmware", "add", "--generate", "100KiB", "--seed", 7, "--product",
                 PRODUCT, "--version", "2.0.0")
        self.ask(admin, "campaign", "start", "--firmware", 1)
        self.assertEqual(device.wait(60), 0, device.output + device.error_output)
        self.assertIn("The firmware is valid!", device.output)
        self.assertIn("GET https://", device.output)

    def test_an_upload_that_was_cut_goes_on(self):
        twin = self.start()
        path = self.image(2_500_000)
        begun = self.raw(twin, "POST", "/v1/firmware", json.dumps(
            {"productKey": PRODUCT, "version": "2.0.0", "size": 2_500_000}).encode())
        self.raw(twin, "PUT", f"/v1/firmware/{begun['id']}/content?offset=0",
                 path.read_bytes()[:700_000])
        done = self.ask(twin, "firmware", "add", path, "--product", PRODUCT, "--version", "2.0.0")
        self.assertIn("going on with firmware 1, of which 700000B are there", done.error_output)
        self.assertIn(hashlib.sha256(path.read_bytes()).hexdigest(), done.output)
        # What was begun with another file is found out, and does not stay.
        self.ask(twin, "firmware", "delete", 1)
        begun = self.raw(twin, "POST", "/v1/firmware", json.dumps(
            {"productKey": PRODUCT, "version": "2.0.0", "size": 2_500_000}).encode())
        self.raw(twin, "PUT", f"/v1/firmware/{begun['id']}/content?offset=0", bytes(700_000))
        done = self.ask(twin, "firmware", "add", path, "--product", PRODUCT, "--version", "2.0.0",
                        code=1)
        self.assertIn("it is deleted there", done.error_output)
        self.assertEqual(self.facts(twin, "firmware", "list")["firmware"], [])

    def test_ctrl_c_ends_the_watching_and_not_the_campaign(self):
        twin = self.start()
        self.known(twin)
        self.ask(twin, "firmware", "add", "--generate", "4KiB", "--product", PRODUCT, "--version",
                 "2.0.0")
        watched = self.started(Process([harness.FLEET, "cloud", "campaign", "start", "--firmware",
                                        "1", "--devices", DEVICE, "--watch", "--admin",
                                        twin.addresses["admin"]]))
        wait_until(lambda: "1 waiting" in watched.error_output, "a line about the campaign")
        watched.signal(signal.SIGINT)
        self.assertEqual(watched.wait(30), 130, watched.error_output)
        self.assertIn("campaign 1 goes on", watched.error_output)
        self.assertEqual(self.facts(twin, "campaign", "status", 1)["state"], "running")
        self.ask(twin, "campaign", "halt", 1)
        done = self.ask(twin, "campaign", "status", 1, "--watch", code=1)
        self.assertRegex(done.output, r"state +halted")
        self.ask(twin, "campaign", "cancel", 1)
        self.assertIn("cancelled", self.ask(twin, "campaign", "list").output)
        self.ask(twin, "campaign", "delete", 1)
        self.ask(twin, "firmware", "delete", 1)
        for words in (["campaign", "status", 1], ["campaign", "start", "--firmware", 1],
                      ["firmware", "delete", 1]):
            self.assertIn("unknown-", self.ask(twin, *words, code=1).error_output)

    def test_a_terminal_sees_one_line_that_changes(self):
        twin = self.start()
        self.known(twin)
        self.ask(twin, "firmware", "add", "--generate", "4KiB", "--product", PRODUCT, "--version",
                 "2.0.0")
        master, slave = pty.openpty()
        process = subprocess.Popen([str(w) for w in [
            harness.FLEET, "cloud", "campaign", "start", "--firmware", "1", "--devices", DEVICE,
            "--watch", "--admin", twin.addresses["admin"]]], stdin=slave, stdout=slave,
            stderr=slave)
        os.close(slave)
        screen = ""
        end = time.monotonic() + 60
        try:
            while screen.count("\r\x1b[K") < 3:
                ready, _, _ = select.select([master], [], [], max(0, end - time.monotonic()))
                self.assertTrue(ready, screen)
                screen += os.read(master, 4096).decode(errors="replace")
            self.assertRegex(screen, r"\[\.+\] 0% \| 0 of 1 succeeded, 1 wait")
            self.assertNotIn("\n", screen)
        finally:
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(30), 130)
            os.close(master)

    def test_wrong_usage_is_exit_2_and_nobody_there_exit_3(self):
        for words, code, says in (
                (["firmware", "add", "none.bin", "--product", "a1", "--version", "2"], 2,
                 "none.bin: cannot be opened"),
                (["campaign", "start", "--firmware", 1, "--devices", "none.txt"], 2, "none.txt"),
                (["campaign", "start", "--firmwar", 1], 2, "the nearest is --firmware"),
                (["firmware", "list"], 3, "no twin answers"),
                (["campaign", "status", 1, "--watch"], 3, "no twin answers")):
            with self.subTest(words=words):
                done = self.ask("127.0.0.1:1", *words, code=code)
                self.assertIn(says, done.error_output)
        done = run([harness.FLEET, "device", "ota", "stop"])
        self.assertEqual(done.code, 2)
        self.assertIn("stop is typed at the prompt of fleet device ota start", done.error_output)


if __name__ == "__main__":
    harness.main()
