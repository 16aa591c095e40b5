# What devices put on the wire, as tshark reads it: no malformed frame, and every repeated publish
# carries DUP. The connections are cut again and again, so that there are repeats.
import json
import re
import time
import unittest

from cutting_proxy import CuttingProxy
from harness import FLEET, Case, main, need
from process import Process, run, wait_until


class Capture(Process):
    """dumpcap on the loopback device, for one TCP port."""

    def __init__(self, port, file):
        super().__init__([need("dumpcap"), "-q", "-B", "64", "-i", "lo", "-f", f"tcp port {port}",
                          "-w", file])
        try:
            # A file header appears once the device is open.
            wait_until(lambda: (file.exists() and file.stat().st_size > 0) or not self.running(),
                       "dumpcap", 20)
        except TimeoutError:
            self.kill()
            raise
        if not self.running():
            raise unittest.SkipTest("capturing on loopback is not permitted here: "
                                    + self.error_output.splitlines()[-1])


    def dropped(self):
        """Packets that the kernel had no room for, once it has stopped: the file lacks them."""
        return int(re.search(r"received/dropped on interface .*: \d+/(\d+)",
                             self.error_output)[1])


def read_capture(tshark, file, port, display_filter, *fields):
    """The fields of each frame; those of several MQTT messages in it are joined by commas."""
    words = [tshark, "-r", file, "-d", f"tcp.port=={port},mqtt", "-Y", display_filter, "-T",
             "fields"]
    for field in fields:
        words += ["-e", field]
    done = run(words, 300)
    if done.code != 0:
        raise RuntimeError(done.error_output)
    return [line.split("\t") for line in done.lines]


class UnderCuts(Case):
    def run_under_cuts(self, qos, watch=None):
        """A fleet on a mosquitto behind a proxy that cuts all connections several times; its account
        must be clean all the same. `watch(port)` is entered around the run."""
        broker = self.mosquitto()
        proxy = self.started(CuttingProxy(broker.port))
        watcher = self.started(watch(proxy.port)) if watch else None
        report = self.folder / "run.json"
        report.unlink(missing_ok=True)
        words = ["--target", f"mqtt://127.0.0.1:{proxy.port}", "--profile", "mqtt", "--devices",
                 "100", "--duration", "6s", "--interval", "100ms", "--qos", qos,
                 "--connects-pending", "60", "--grace", "60s"]
        with Process([FLEET, "run", "--seed", "7", "--json", report, "--metrics", "off",
                      *words]) as fleet:
            end = time.monotonic() + 4
            while fleet.running() and time.monotonic() < end:
                try:
                    fleet.next_line(0.4)  # paces the cuts
                except TimeoutError:
                    pass
                proxy.cut()
            fleet.wait(180)
        if watcher:
            watcher.stop()
            self.dropped = watcher.dropped()
        self.assertEqual(fleet.code, 0, fleet.output + fleet.error_output)
        self.assertGreater(proxy.cuts, 100, "too few connections were cut: nothing was tried")
        facts = json.loads(report.read_text())
        self.assert_account_is_clean(facts)
        self.assertGreater(facts["devices"]["reconnects"], 100)
        return proxy.port

    def test_nothing_is_lost(self):
        for qos in (1, 2):
            with self.subTest(qos=qos):
                self.run_under_cuts(qos)

    def whole_capture(self, qos):
        """The file and port of a run of which nothing was dropped; a busy machine gets three tries."""
        for take in range(3):
            file = self.folder / f"qos{qos}-{take}.pcap"
            port = self.run_under_cuts(qos, lambda port, to=file: Capture(port, to))
            if self.dropped == 0:
                return file, port
        self.fail(f"three captures lack packets, the last {self.dropped}")

    def test_repeats_carry_dup_and_no_frame_is_malformed(self):
        tshark = need("tshark")
        for qos in (1, 2):
            with self.subTest(qos=qos):
                file, port = self.whole_capture(qos)
                self.assertEqual(read_capture(tshark, file, port, "_ws.malformed", "frame.number"),
                                 [])
                self.check_repeats(read_capture(tshark, file, port,
                                                f"mqtt.msg && tcp.dstport == {port}",
                                                "frame.number", "mqtt.dupflag", "mqtt.msg"))

    def check_repeats(self, frames):
        # A payload carries its place in the ledger, so that equal ones are one message.
        seen = set()
        repeats = 0
        for number, dups, payloads in frames:
            for dup, payload in zip(dups.split(","), payloads.split(","), strict=True):
                if payload in seen:
                    repeats += 1
                    self.assertEqual(dup, "1", f"frame {number}: a repeat without DUP: {payload}")
                seen.add(payload)
        self.assertGreater(len(seen), 100)
        self.assertGreater(repeats, 0, "no publish was repeated: nothing was tried")


if __name__ == "__main__":
    main()
