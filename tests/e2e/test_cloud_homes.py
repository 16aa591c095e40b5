# `fleet cloud serve --homes N`: a twin on several homes is one twin to its devices, to foreign
# clients, and to whoever asks its admin API.
import json
import pathlib
import signal
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
import mosquitto_clients as clients  # noqa: E402
from metrics_page import metric  # noqa: E402
from process import Process, free_port, wait_until  # noqa: E402


class Homes(harness.Case):
    def homes(self, *words, **options):
        twin = self.twin("--homes", "3", *words, **options)
        while "admin" not in twin.addresses:
            name, at = twin.wait_for_line(lambda l: len(l.split()) == 2, "admin").split()
            twin.addresses[name] = at
        return twin

    def ask(self, twin, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{twin.addresses['admin']}/v1/{path}", data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def against(self, twin, *words, scheme="mqtt", **options):
        return self.fleet_run("--target", f"{scheme}://{twin.addresses[scheme]}", "--target-admin",
                              f"http://{twin.addresses['admin']}", *words, **options)

    def test_a_fleet_with_downlinks_has_clean_books_run_after_run(self):
        twin = self.homes("--downlink-interval", "500ms")
        for _ in range(2):
            facts = self.against(twin, "--devices", 300, "--duration", "5s", "--interval", "500ms")
            self.assert_account_is_clean(facts)
            ledger = facts["ledger"]
            self.assertEqual(ledger["judged"], "both_sides")
            self.assertGreater(ledger["uplink"]["acknowledged"], 300)
            self.assertEqual(ledger["uplink"]["accepted"], ledger["uplink"]["attempted"])
            self.assertGreater(ledger["downlink"]["accepted"], 300)
        self.assertEqual(facts["devices"]["online_max"], 300)

    def test_faults_of_the_cloud_and_of_devices_leave_clean_books(self):
        twin = self.homes("--downlink-interval", "500ms")
        facts = self.against(
            twin, "--devices", 200, "--duration", "12s", "--interval", "500ms",
            "--fault", "kick at=3s percent=50%", "--fault", "power_loss at=6s for=1s percent=20%",
            "--fault", "reset at=8s percent=20%", timeout_s=300)
        self.assert_account_is_clean(facts)
        hit = {fault["name"]: fault["hit"] for fault in facts["faults"]}
        self.assertGreater(hit["kick"], 60)
        self.assertLess(hit["kick"], 140)
        self.assertEqual(facts["devices"]["online_end"], 200)

    def test_tls_streams_go_to_their_homes_too(self):
        authority = harness.Authority(self.folder.path)
        certificate, key = authority.server()
        twin = self.homes("--cert", certificate, "--key", key, plain=False, tls=True)
        facts = self.against(twin, "--devices", 100, "--duration", "4s", "--interval", "500ms",
                             "--cafile", authority.ca, scheme="mqtts")
        self.assert_account_is_clean(facts)
        self.assertGreater(facts["ledger"]["uplink"]["acknowledged"], 100)

    def test_an_open_broker_joins_clients_of_all_homes(self):
        twin = self.homes("--profile", "mqtt")
        port = twin.port()
        listeners = [self.started(clients.Subscriber(port, "up/+/x", qos=q)) for q in (0, 1, 2) * 3]
        for q in (0, 1, 2):
            clients.publish(port, f"up/{q}/x", f"m{q}", qos=q)
        for listener in listeners:
            got = sorted(listener.message()[1] for _ in range(3))
            self.assertEqual(got, ["m0", "m1", "m2"])

    def test_what_is_retained_waits_on_every_home(self):
        port = self.homes("--profile", "mqtt").port()
        for q in (0, 1, 2):
            clients.publish(port, f"kept/{q}", f"m{q}", qos=q, retain=True)
        clients.publish(port, "kept/1", None, retain=True)
        # At QoS 0 the sender does not wait until the twin has it; behind it somebody did.
        for _ in range(6):
            listener = self.started(clients.Subscriber(port, "kept/#", qos=2))
            got = sorted(listener.message() for _ in range(2))
            self.assertEqual(got, [("kept/0", "m0", 0, True), ("kept/2", "m2", 2, True)])

    def test_a_second_connection_with_the_same_client_id_ends_the_first(self):
        twin = self.homes("--profile", "mqtt")
        names = [f"same-{number}" for number in range(4)]
        for name in names * 2:
            self.started(clients.Subscriber(twin.port(), "x", client_id=name))
        for _ in range(20):  # those that were ended come back and end the others in turn
            self.assertLessEqual(self.ask(twin, "status")["devicesOnline"], len(names))
        self.assertGreaterEqual(self.ask(twin, "status")["counters"]["logonsAccepted"], 8)

    def test_an_open_broker_keeps_the_books_of_a_fleet(self):
        twin = self.homes("--profile", "mqtt")
        for _ in range(2):
            facts = self.against(twin, "--profile", "mqtt", "--devices", 200, "--duration", "4s",
                                 "--interval", "500ms")
            self.assert_account_is_clean(facts)
            self.assertEqual(facts["ledger"]["judged"], "both_sides")

    def test_a_probe_reads_what_devices_of_all_homes_say(self):
        twin = self.homes("--profile", "mqtt")
        facts = self.fleet_run("--target", f"mqtt://{twin.addresses['mqtt']}", "--profile", "mqtt",
                               "--devices", 150, "--duration", "4s", "--interval", "500ms",
                               "--downlink-interval", "1s")
        self.assert_account_is_clean(facts)
        self.assertGreater(facts["ledger"]["downlink"]["accepted"], 150)

    def test_killed_and_started_again_with_other_homes_it_keeps_its_promises(self):
        port, admin, page = free_port(), free_port(), free_port()

        def serve(homes):
            twin = self.started(Process(
                [harness.FLEET, "cloud", "serve", "--homes", homes, "--mqtt", f"127.0.0.1:{port}",
                 "--admin", f"127.0.0.1:{admin}", "--data", self.folder / "data",
                 "--downlink-interval", "500ms"]))
            twin.wait_for_line(lambda line: line.startswith("admin "), "the admin API")
            return twin

        def booked(name):
            return metric(page, f"fleet_messages_{name}_total")

        twin = serve("3")
        report = self.folder / "killed.json"
        run = self.started(Process(
            [harness.FLEET, "run", "--target", f"mqtt://127.0.0.1:{port}", "--target-admin",
             f"http://127.0.0.1:{admin}", "--devices", "300", "--interval", "500ms", "--qos", "1",
             "--duration", "1h", "--metrics", f"127.0.0.1:{page}", "--json", report, "--seed", "7",
             "--plain"]))
        for homes in ("2", "4"):
            wait_until(lambda: metric(page, "fleet_devices", 'phase="online"') == 300, "all online")
            goal = booked("acknowledged") + 2000
            wait_until(lambda g=goal: booked("acknowledged") >= g, "acknowledgements")
            twin.kill()
            self.assertEqual(twin.error_output, "")
            twin = serve(homes)
        wait_until(lambda: metric(page, "fleet_devices", 'phase="online"') == 300, "all back")
        run.signal(signal.SIGINT)
        self.assertEqual(run.wait(90), 130, run.error_output)
        ledger = json.loads(report.read_text())["ledger"]
        self.assertEqual(ledger["judged"], "both_sides")
        self.assertGreater(ledger["uplink"]["accepted"], 4000)
        self.assertGreater(ledger["downlink"]["accepted"], 600)
        for direction in ("uplink", "downlink"):
            for name in ("lost", "unexplained", "unexpected", "corrupted", "out_of_order"):
                self.assertEqual(ledger[direction][name], 0, f"{direction} {name}: {ledger}")

    def test_a_strict_one_takes_a_fleet_that_keeps_the_bounds(self):
        strict = self.homes("--strict")
        facts = self.against(strict, "--devices", 60, "--duration", "5s", "--interval", "1s")
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_max"], 60)

    def test_what_needs_one_home_is_refused_with_a_reason(self):
        done = harness.run([harness.FLEET, "cloud", "serve", "--homes", "2", "--http",
                            "127.0.0.1:0", "--firmware-rate", "1MiB"], 60)
        self.assertEqual(done.code, 2, done.output)
        self.assertIn("--firmware-rate needs --homes 1: firmware is served by one home",
                      done.error_output)
        done = harness.run([harness.FLEET, "cloud", "serve", "--homes", "2", "--profile", "mqtt",
                            "--data", str(self.folder / "data")], 60)
        self.assertEqual(done.code, 2, done.output)
        self.assertIn("--data needs --homes 1 with --profile mqtt", done.error_output)
        done = harness.run([harness.FLEET, "cloud", "serve", "--homes", "2", "--variant",
                            "may-publish-broadcast"], 60)
        self.assertEqual(done.code, 2, done.output)
        self.assertIn("--variant may-publish-broadcast needs --homes 1", done.error_output)


if __name__ == "__main__":
    harness.main()
