# What devices put on the wire, as tshark reads it: no malformed frame, and every repeated publish
# carries DUP. The connections are cut again and again, so that there are repeats.
import collections
import time
import unittest
import xml.etree.ElementTree as ElementTree

from cutting_proxy import CuttingProxy
from harness import FLEET, Case, main, need, run_fleet
from process import Process, run, wait_until

PUBLISH = 3


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


def mqtt_messages(tshark, file, port):
    """Each MQTT message of the capture as (stream, destination port, {field: value}); raises on a
    malformed one."""
    done = run([tshark, "-r", file, "-d", f"tcp.port=={port},mqtt", "-Y", "mqtt", "-T", "pdml"],
               120)
    if done.code != 0:
        raise RuntimeError(done.error_output)
    for packet in ElementTree.fromstring(done.output).iter("packet"):
        tcp = {f.get("name"): f.get("show") for f in packet.iterfind("proto[@name='tcp']/field")}
        for proto in packet.iterfind("proto"):
            if proto.get("name") in ("_ws.malformed", "_ws.expert"):
                text = ElementTree.tostring(packet, "unicode")
                raise AssertionError("malformed: " + text[-3000:])
            if proto.get("name") == "mqtt":
                fields = {f.get("name"): f.get("value") if f.get("name") == "mqtt.msg"
                          else f.get("show") for f in proto.iter("field")}
                yield int(tcp["tcp.stream"]), int(tcp["tcp.dstport"]), fields


class OnTheWire(Case):
    def test_repeats_carry_dup_and_no_frame_is_malformed(self):
        tshark = need("tshark")
        for qos in (1, 2):
            with self.subTest(qos=qos):
                self.one_run(tshark, qos)

    def one_run(self, tshark, qos):
        broker = self.mosquitto()
        proxy = self.started(CuttingProxy(broker.port))
        file = self.folder / f"qos{qos}.pcap"
        capture = self.started(Capture(proxy.port, file))
        report = self.folder / "run.json"
        words = ["--target", f"mqtt://127.0.0.1:{proxy.port}", "--profile", "mqtt", "--devices",
                 "100", "--duration", "8s", "--interval", "20ms", "--qos", qos,
                 "--downlink-interval", "off", "--connects-pending", "60"]
        with Process([FLEET, "run", "--seed", "7", "--json", report, "--metrics", "off",
                      *words]) as fleet:
            end = time.monotonic() + 5
            while fleet.running() and time.monotonic() < end:
                try:
                    fleet.next_line(0.4)  # paces the cuts
                except TimeoutError:
                    pass
                proxy.cut()
            fleet.wait(60)
            self.assertEqual(fleet.code, 0, fleet.output + fleet.error_output)
        capture.stop()
        self.assertGreater(proxy.cuts, 0, "no connection was cut: nothing was tried")
        self.check_repeats(mqtt_messages(tshark, file, proxy.port), proxy.port)

    def check_repeats(self, messages, port):
        seen = collections.Counter()
        repeats = 0
        for stream, to, fields in messages:
            if to != port or int(fields["mqtt.msgtype"]) != PUBLISH or "mqtt.msg" not in fields:
                continue
            what = (fields["mqtt.topic"], fields["mqtt.msg"])
            dup = fields["mqtt.dupflag"] in ("1", "True")
            if seen[what]:
                repeats += 1
                self.assertTrue(dup, f"stream {stream}: a repeat without DUP: {fields}")
            seen[what] += 1
        self.assertGreater(len(seen), 100)
        self.assertGreater(repeats, 0, "no publish was repeated: nothing was tried")


class Account(Case):
    def test_cut_connections_lose_nothing(self):
        broker = self.mosquitto()
        proxy = self.started(CuttingProxy(broker.port))
        done, facts = run_fleet(self.folder, "--target", f"mqtt://127.0.0.1:{proxy.port}",
                                "--profile", "mqtt", "--devices", "50", "--duration", "3s",
                                "--interval", "100ms", "--connects-pending", "60")
        self.assertEqual(done.code, 0, done.output + done.error_output)
        self.assert_account_is_clean(facts)


if __name__ == "__main__":
    main()
