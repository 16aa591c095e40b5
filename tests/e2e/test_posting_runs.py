# Whole runs of devices that only post, over CoAP and HTTP (aliyun-iot.md §17, §18): the embedded twin in both
# worlds, a twin in another process, a mixed fleet, and targets that cannot be used.
import os
import pathlib
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from lossy_proxy import LossyProxy  # noqa: E402
from process import run  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
# How many thousands are, where 5,000 are too many for the machine; and how long they take to come.
DEVICES = int(os.environ.get("FLEET_POSTING_DEVICES", "5000"))
RAMP_S = max(5, DEVICES // 200)
WAYS = [("coap", "plain"), ("coap", "dtls"), ("coap", "psk"), ("coap", "aes"), ("http", "plain"),
        ("http", "tls")]


class PostingRuns(harness.Case):
    def assert_all_posted(self, facts, devices):
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_max"], devices)
        uplink = facts["ledger"]["uplink"]
        self.assertGreaterEqual(uplink["accepted"], devices)
        self.assertEqual(uplink["attempted"], uplink["accepted"])

    def test_each_way_in_each_world(self):
        for protocol, tier in WAYS:
            for world in ([], ["--virtual"]):
                with self.subTest(protocol=protocol, tier=tier, world=world):
                    facts = self.fleet_run("--protocol", protocol, "--security", tier, "--devices",
                                           40, "--interval", "1s", "--duration", "3s", *world)
                    self.assert_all_posted(facts, 40)

    def test_a_mixed_fleet_repeats_itself_from_its_seed(self):
        scenario = ROOT / "configs" / "mixed_fleet.yaml"
        words = ["--scenario", scenario, "--devices", 200, "--virtual"]
        first = self.fleet_run(*words)
        self.assert_account_is_clean(first)
        self.assertEqual({p["name"]: (p["protocol"], p["devices"], p["online_max"])
                          for p in first["products"]},
                         {"appliance": ("mqtt, tls", 120, 120), "meter": ("coap, dtls", 60, 60),
                          "tracker": ("http, tls", 20, 20)})
        self.assertEqual(self.fleet_run(*words)["digest"], first["digest"])
        self.assertNotEqual(self.fleet_run(*words, "--seed", 8)["digest"], first["digest"])

    def test_a_mixed_fleet_of_thousands_over_sockets(self):
        facts = self.fleet_run("--scenario", ROOT / "configs" / "mixed_fleet.yaml", "--devices",
                               DEVICES, "--ramp", max(1, DEVICES // RAMP_S), "--duration",
                               f"{RAMP_S + 35}s", timeout_s=600)
        self.assert_all_posted(facts, DEVICES)
        self.assertEqual(facts["devices"]["online_end"], DEVICES)
        self.assertEqual(facts["ledger"]["uplink"]["duplicated"], 0)
        self.assertEqual({p["name"]: (p["protocol"], p["devices"], p["online_end"])
                          for p in facts["products"]},
                         {name: (protocol, DEVICES * share // 10, DEVICES * share // 10)
                          for name, protocol, share in (("appliance", "mqtt, tls", 6),
                                                        ("meter", "coap, dtls", 3),
                                                        ("tracker", "http, tls", 1))})

    def posting_twin(self, data, *words):
        """A twin with all doors, and where they are."""
        twin = self.started(harness.Twin("--coap", "127.0.0.1:0", "--coaps", "127.0.0.1:0",
                                         "--http", "127.0.0.1:0", "--https", "127.0.0.1:0",
                                         "--admin", "127.0.0.1:0", "--data", data, *words))
        while not {"coap", "coaps", "http", "https", "admin", "ca"} <= set(twin.addresses):
            name, address = twin.wait_for_line(lambda text: len(text.split()) == 2,
                                               "its addresses").split()
            twin.addresses[name] = address
        return twin.addresses

    def test_a_network_that_loses_a_fifth_costs_no_acknowledged_message(self):
        """Loss, repeats and disorder both ways; what is still under way at the end is unfinished. All get online and
        are so at the end. Over DTLS a handshake is begun anew when one flight was lost five times, which is 31 s
        (RFC 6347 §4.2.4.1): one in thirty needs that, so there is time for three."""
        ways, runs = {}, {}
        with ThreadPoolExecutor() as both:  # they mostly wait
            for scheme, lasts in (("coap", "40s"), ("coaps", "95s")):
                folder = self.folder / scheme
                folder.mkdir()
                at = self.posting_twin(folder / "data")
                ways[scheme] = self.started(LossyProxy(int(at[scheme].rsplit(":", 1)[1])))
                trust = ["--cafile", folder / "data" / "ca.pem", "--server-name", "localhost"]
                runs[scheme] = both.submit(
                    harness.run_fleet, folder, "--target",
                    f"{scheme}://127.0.0.1:{ways[scheme].port}", "--target-admin",
                    f"http://{at['admin']}", "--devices", 40, "--interval", "2s", "--duration",
                    lasts, *(trust if scheme == "coaps" else []), timeout_s=240)
        for scheme, ran in runs.items():
            with self.subTest(scheme=scheme):
                way = ways[scheme]
                done, facts = ran.result()
                self.assertEqual(done.code, 0, f"{done.output}\n{done.error_output}")
                self.assertEqual(facts["verdict"], "passed", facts["failures"])
                for name in ("online_max", "online_end"):
                    self.assertEqual(facts["devices"][name], 40)
                uplink = facts["ledger"]["uplink"]
                for name in ("lost", "unexplained", "unexpected", "corrupted"):
                    self.assertEqual(uplink[name], 0, uplink)
                self.assertGreater(uplink["acknowledged"], 200)
                self.assertGreater(facts["messages"]["resent"], 20)
                for done in (way.lost, way.repeated, way.held):
                    self.assertGreater(done, 20)

    def test_thousands_of_devices_over_dtls(self):
        facts = self.fleet_run("--protocol", "coap", "--security", "dtls", "--devices", DEVICES,
                               "--ramp", max(1, DEVICES // RAMP_S), "--interval", "10s",
                               "--duration", f"{RAMP_S + 15}s", timeout_s=600)
        self.assert_all_posted(facts, DEVICES)
        self.assertEqual(facts["devices"]["online_end"], DEVICES)
        self.assertEqual(facts["ledger"]["uplink"]["duplicated"], 0)

    def test_thousands_of_devices_over_dtls_where_a_fifth_is_lost(self):
        """All log on in the bad weather and are there at the end, and all that was asked is booked. A report goes again
        in a new session only where five transmissions in a row had no answer, which is 1 in 160 of those in the bad
        weather: what the platform has twice stays below that."""
        scenario = self.folder / "lossy.yaml"
        fifth = "share: 20%, at: 0s, for: 140s"
        scenario.write_text(f"""
devices: {DEVICES}
duration: 5m
products: [{{protocol: coap, security: dtls, report: [{{every: 30s}}]}}]
faults:
  - {{effect: loss, {fifth}}}
  - {{effect: duplication, {fifth}}}
  - {{effect: reordering, by: 200ms, {fifth}}}
""")
        facts = self.fleet_run("--scenario", scenario, "--virtual", timeout_s=600)
        self.assert_all_posted(facts, DEVICES)
        self.assertEqual(facts["devices"]["online_end"], DEVICES)
        uplink = facts["ledger"]["uplink"]
        self.assertEqual(uplink["acknowledged"], uplink["attempted"])
        self.assertGreater(facts["messages"]["resent"], DEVICES)
        self.assertLess(uplink["duplicated"], uplink["attempted"] // 160)

    def test_a_mixed_fleet_whose_datagrams_are_lost_and_repeated_and_out_of_order(self):
        """From the first log-on to a minute before the end; what goes over streams does not notice."""
        scenario = self.folder / "mixed.yaml"
        fifth = "share: 20%, at: 0s, for: 3m, select: {product: meter}"
        scenario.write_text(f"""
devices: 200
duration: 5m
products:
  - {{name: appliance, share: 60%, security: tls}}
  - {{name: meter, share: 30%, protocol: coap, security: dtls, radio_sleep: on, report: [{{every: 15s}}]}}
  - {{name: tracker, share: 10%, protocol: http, security: tls, report: [{{every: 20s}}]}}
faults:
  - {{effect: loss, {fifth}}}
  - {{effect: duplication, {fifth}}}
  - {{effect: reordering, by: 200ms, {fifth}}}
""")
        facts = self.fleet_run("--scenario", scenario, "--virtual")
        self.assert_all_posted(facts, 200)
        self.assertEqual({p["name"]: p["online_end"] for p in facts["products"]},
                         {"appliance": 120, "meter": 60, "tracker": 20})
        self.assertGreater(facts["messages"]["resent"], 60)

    def test_troubles_of_handshakes_are_those_that_may_be_expected(self):
        """A handshake that is begun anew ends neither attempt nor connection, and is trouble all the same."""
        scenario = self.folder / "deaf.yaml"
        scenario.write_text("""
devices: 10
duration: 90s
products: [{protocol: coap, security: dtls, report: [{every: 5s}]}]
faults:
  - {effect: partition, at: 0s, for: 40s}
expect:
  - troubles(timed_out) >= 10
""")
        facts = self.fleet_run("--scenario", scenario, "--virtual")
        told = {t["reason"]: t["count"] for t in facts["troubles"]}
        self.assertEqual(facts["expectations"][0]["actual"], told["timed_out"])
        self.assertEqual(facts["connects"]["timed_out"], 0)

    def test_reports_without_answers_notice_that_their_session_is_gone(self):
        for tier in ("plain", "dtls", "psk"):
            for fault in ("cloud_restart, for: 5s", "nat_rebinding"):
                with self.subTest(tier=tier, fault=fault):
                    scenario = self.folder / "gone.yaml"
                    scenario.write_text(f"""
devices: 20
duration: 10m
products: [{{protocol: coap, security: {tier}, qos: 0, report: [{{every: 4s}}]}}]
faults:
  - {{effect: {fault}, at: 1m}}
""")
                    facts = self.fleet_run("--scenario", scenario, "--virtual")
                    uplink = facts["ledger"]["uplink"]
                    # Two reports, and a ping with its two repeats: some 30 s of 600.
                    self.assertGreater(uplink["accepted"], uplink["attempted"] * 9 // 10, uplink)
                    self.assertEqual(facts["devices"]["online_end"], 20)

    def test_power_saving_saves_and_is_told(self):
        scenario = self.folder / "sleepers.yaml"
        on = {}
        for sleep in ("on", "off"):
            scenario.write_text(f"""
devices: 20
duration: 30m
products:
  - {{name: meter, protocol: coap, security: dtls, radio_sleep: {sleep}, report: [{{every: 1m}}]}}
""")
            facts = self.fleet_run("--scenario", scenario, "--virtual")
            self.assert_all_posted(facts, 20)
            radio = facts["radio"]
            self.assertEqual(facts["products"][0]["radio"], radio)
            whole = radio["on_s"] + radio["asleep_s"]
            self.assertGreater(whole, 0.95 * 20 * 1800)
            self.assertLess(whole, 1.05 * 20 * 1800)
            on[sleep] = radio["on_s"] / whole
            self.assertEqual("radios on for" in self.last_run.output, sleep == "on")
        self.assertEqual(on["off"], 1)
        self.assertLess(on["on"], 0.1)  # 2 s of each minute, and the answers' time

    def test_a_twin_in_another_process(self):
        self.serves_each_way()

    def test_a_twin_on_several_homes(self):
        self.serves_each_way("--homes", "3")

    def test_faults_on_several_homes_strike_who_posts_and_leave_clean_books(self):
        at = self.posting_twin(self.folder / "data", "--homes", "3")
        for scheme in ("coap", "http"):
            with self.subTest(scheme=scheme):
                facts = self.fleet_run(
                    "--target", f"{scheme}://{at[scheme]}", "--target-admin",
                    f"http://{at['admin']}", "--devices", 100, "--interval", "500ms", "--duration",
                    "14s", "--fault", "kick at=3s index=0-39", "--fault",
                    "cloud_slow by=300ms at=5s for=2s", "--fault",
                    "drop_acks share=30% at=8s for=2s percent=50%", timeout_s=300)
                self.assert_account_is_clean(facts)
                self.assertEqual(facts["devices"]["online_end"], 100)
                hit = {fault["name"]: fault["hit"] for fault in facts["faults"]}
                self.assertEqual(hit["kick"], 40)
                self.assertGreater(hit["drop_acks"], 20)
                self.assertLess(hit["drop_acks"], 80)

    def serves_each_way(self, *homes):
        data = self.folder / "data"
        at = self.posting_twin(data, *homes)
        trust = ["--cafile", data / "ca.pem", "--server-name", "localhost"]
        for target, words in ((f"coap://{at['coap']}", []), (f"coap-psk://{at['coap']}", []),
                              (f"coaps://{at['coaps']}", trust),
                              (f"coaps://{at['coaps']}", ["--security", "psk"]),
                              (f"http://{at['http']}", []), (f"https://{at['https']}", trust)):
            with self.subTest(target=target, words=words):
                facts = self.fleet_run("--target", target, "--target-admin",
                                       f"http://{at['admin']}", "--devices", 20, "--interval",
                                       "1s", "--duration", "3s", *words)
                self.assert_all_posted(facts, 20)
        shown = run([harness.FLEET, "cloud", "devices", "--admin", at["admin"]])
        self.assertRegex(shown.output, r"dev_000019\s+online \(http\)")

    def test_a_target_alone_is_enough_for_each_scheme(self):
        """Whoever is there is asked nothing but what devices ask: no MQTT probe, no admin."""
        data = self.folder / "data"
        at = self.posting_twin(data)
        trust = ["--cafile", data / "ca.pem", "--server-name", "localhost"]
        for target, words in ((f"coap://{at['coap']}", []), (f"coap-psk://{at['coap']}", []),
                              (f"coaps://{at['coaps']}", trust),
                              (f"coaps://{at['coaps']}", ["--security", "psk"]),
                              (f"http://{at['http']}", []), (f"https://{at['https']}", trust)):
            with self.subTest(target=target, words=words):
                facts = self.fleet_run("--target", target, "--devices", 20, "--interval", "1s",
                                       "--duration", "3s", *words)
                self.assertEqual(facts["verdict"], "passed", facts["failures"])
                self.assertEqual(facts["devices"]["online_max"], 20)
                self.assertGreaterEqual(facts["messages"]["acknowledged"], 40)

    def test_targets_that_cannot_be_used_are_told_before_the_first_device(self):
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taken.bind(("127.0.0.1", 0))
        nobody = taken.getsockname()[1]
        taken.close()
        data = self.folder / "data"
        coaps = self.posting_twin(data)["coaps"]
        for target, said in ((f"coap://127.0.0.1:{nobody}", "nobody listens there"),
                             (f"coaps://{coaps}", "certificate refused: unknown issuer"),
                             (f"http://127.0.0.1:{nobody}", "nobody listens there")):
            with self.subTest(target=target):
                self.assertIsNone(self.fleet_run("--target", target, "--devices", 3, "--duration",
                                                 "1h", expect=3))
                self.assertIn(said, self.last_run.error_output)
                self.assertEqual(len(self.last_run.errors), 1, self.last_run.errors)


if __name__ == "__main__":
    harness.main()
