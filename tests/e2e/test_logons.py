# Ways to log on other than by a digest in CONNECT: pre-auth and bootstrap at the log-on door, and
# the ID2 model, embedded, against `fleet cloud serve`, and over a simulated network with losses.
import pathlib
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402

TIERS = ("plain", "tls", "id2", "id2-tls", "itls")
LOGONS = ("direct", "pre-auth", "bootstrap")


class Tap:
    """A TCP proxy that keeps what clients and server said."""

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.up = []
        self.down = []
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            self._open += [near, far]
            for come, go, into in ((near, far, self.up), (far, near, self.down)):
                kept = bytearray()
                into.append(kept)
                threading.Thread(target=self._pass, args=(come, go, kept), daemon=True).start()

    @staticmethod
    def _pass(come, go, kept):
        try:
            while data := come.recv(65536):
                kept += data
                go.sendall(data)
            go.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            end.close()


class Logons(harness.Case):
    def twin(self, *words, last="admin", **options):
        """A twin, and all addresses it printed up to that of `last`."""
        twin = super().twin("--admin", "127.0.0.1:0", *words, **options)
        while last not in twin.addresses:
            name, address = twin.wait_for_line(lambda text: len(text.split()) == 2,
                                               f"{last}'s address").split()
            twin.addresses[name] = address
        return twin

    def clean(self, facts, devices):
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_max"], devices)
        self.assertGreater(facts["ledger"]["attempted"], devices)

    def combinations(self):
        for tier in TIERS:
            for logon in LOGONS:
                if (tier, logon) != ("itls", "pre-auth"):
                    yield tier, logon

    def test_every_way_and_tier_is_clean_with_the_embedded_twin(self):
        for tier, logon in self.combinations():
            with self.subTest(tier=tier, logon=logon):
                self.clean(self.fleet_run("--devices", 20, "--duration", "4s", "--interval",
                                          "500ms", "--security", tier, "--logon", logon), 20)

    def test_every_way_and_tier_repeats_itself_over_a_lossy_network(self):
        for tier, logon in self.combinations():
            with self.subTest(tier=tier, logon=logon):
                words = ["--virtual", "--link", "nbiot", "--devices", 200, "--duration", "10m",
                         "--security", tier, "--logon", logon]
                first = self.fleet_run(*words)
                self.clean(first, 200)
                self.assertEqual(first["digest"], self.fleet_run(*words)["digest"])

    def test_a_fleet_asks_the_door_of_a_twin_of_its_own(self):
        twin = self.twin("--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--id2-model", "--data",
                         self.folder / "twin", last="ca", tls=True)
        ca = twin.addresses["ca"]
        for tier, logon in self.combinations():
            secure = tier not in ("plain", "id2")
            scheme, door = ("mqtts", "https") if secure else ("mqtt", "http")
            words = ["--target", f"{scheme}://127.0.0.1:{twin.port(scheme)}", "--target-admin",
                     f"http://{twin.addresses['admin']}", "--security", tier, "--logon", logon]
            if logon != "direct":
                words += ["--auth-host", f"{door}://127.0.0.1:{twin.port(door)}"]
            if secure:
                words += ["--cafile", ca]
            with self.subTest(tier=tier, logon=logon):
                self.clean(self.fleet_run("--devices", 20, "--duration", "4s", "--interval",
                                          "500ms", *words), 20)

    def test_a_fleet_registers_at_the_auth_host_in_both_worlds(self):
        for world in ([], ["--virtual", "--link", "4g"]):
            for tier in ("plain", "tls"):
                with self.subTest(world=world, tier=tier):
                    facts = self.fleet_run("--logon", "register-https", "--security", tier,
                                           "--devices", 200, "--duration", "10s", "--interval",
                                           "2s", *world)
                    self.clean(facts, 200)
                    self.assertEqual(facts["connects"]["accepted"], 200)

    def test_a_fleet_registers_at_the_https_door_of_a_twin_of_its_own_once(self):
        credentials = harness.write_credentials(self.folder / "c.csv")
        secrets = self.folder / "secrets.csv"
        secrets.write_text(f"ProductKey,ProductSecret\n{harness.PRODUCT},aProductSecret16\n")
        twin = self.twin("--credentials", credentials, "--product-secrets", secrets, "--https",
                         "127.0.0.1:0", "--data", self.folder / "twin", last="ca")
        count = len(harness.DEVICES)
        words = ["--logon", "register-https", "--product-secrets", secrets, "--credentials",
                 credentials, "--target", f"mqtt://127.0.0.1:{twin.port()}", "--target-admin",
                 f"http://{twin.addresses['admin']}", "--auth-host",
                 f"https://127.0.0.1:{twin.port('https')}", "--cafile", twin.addresses["ca"],
                 "--devices", count, "--duration", "4s", "--interval", "500ms"]
        self.clean(self.fleet_run(*words), count)
        # They are active now, and a fleet that was made anew has forgotten its secrets.
        facts = self.fleet_run(*words, expect=1)
        self.assertEqual(facts["devices"]["online_max"], 0)
        self.assertIn("code 6289: it may be registered already", self.last_run.output)
        for secret in ("aProductSecret16", *harness.DEVICES.values()):
            self.assertNotIn(secret, self.last_run.output + twin.output + twin.error_output)

    def test_a_plain_fleet_that_asks_an_https_door_is_sent_to_the_plain_port(self):
        twin = self.twin("--https", "127.0.0.1:0", "--data", self.folder / "twin", last="ca",
                         tls=True)
        for logon in ("pre-auth", "bootstrap"):
            with self.subTest(logon=logon):
                self.clean(self.fleet_run(
                    "--logon", logon, "--target", f"mqtt://127.0.0.1:{twin.port()}",
                    "--target-admin", f"http://{twin.addresses['admin']}", "--auth-host",
                    f"https://127.0.0.1:{twin.port('https')}", "--cafile", twin.addresses["ca"],
                    "--devices", 20, "--duration", "5s", "--interval", "500ms"), 20)

    def test_no_mqtt_is_seen_on_a_stream_of_the_model(self):
        twin = self.twin("--id2-model")
        seen = {}
        for tier in ("plain", "id2"):
            tap = self.started(Tap(twin.port()))
            facts = self.fleet_run("--devices", 5, "--duration", "2s", "--interval", "200ms",
                                   "--security", tier, "--target", f"mqtt://127.0.0.1:{tap.port}")
            self.assertEqual(facts["devices"]["online_max"], 5)
            seen[tier] = [bytes(one) for one in tap.up + tap.down if one]
        words = (b"MQTT", b"securemode", b"property", b"params", b"hmacsha1", b"/sys/")
        for word in words:
            self.assertTrue(any(word in one for one in seen["plain"]), word)
            spoilt = [one for one in seen["id2"] if word in one and not one.startswith(b"\x10")]
            self.assertEqual(spoilt, [], word)
        named = [one for one in seen["id2"] if one.startswith(b"ID2M")]
        self.assertGreaterEqual(len(named), 10, "the devices' and the twin's ends")

    def test_the_embedded_door_serves_all_devices_of_a_run_at_once(self):
        # More than it would take from one source, and have open, where strangers may come.
        facts = self.fleet_run("--virtual", "--devices", 2600, "--ramp", "10k/s", "--link", "4g",
                               "--logon", "pre-auth", "--duration", "4s", "--interval", "1h",
                               "--downlink-interval", "off")
        self.assertEqual(facts["connects"]["accepted"], 2600)
        self.assertEqual(facts["connects"]["auth_host_failed"], 0)

    def test_the_platform_refuses_what_it_does_not_emulate(self):
        twin = self.twin("--http", "127.0.0.1:0")
        target = ["--target", f"mqtt://127.0.0.1:{twin.port()}", "--security", "id2", "--devices",
                  2, "--duration", "2s"]
        facts = self.fleet_run(*target, expect=1)
        self.assertEqual(facts["connects"]["accepted"], 0)
        self.assertGreater(facts["connects"]["refused_authorization"], 1)
        facts = self.fleet_run(*target, "--logon", "pre-auth", "--auth-host",
                               f"http://127.0.0.1:{twin.port('http')}", expect=1)
        self.assertGreater(facts["connects"]["auth_host_failed"], 1)
        self.assertIn("code 5001", self.last_run.output)

    def test_a_device_with_a_wrong_secret_backs_off_and_is_told_of(self):
        good = harness.write_credentials(self.folder / "good.csv")
        bad = self.folder / "bad.csv"
        bad.write_text(good.read_text(encoding="utf-8").replace("fedcba98", "00000000"),
                       encoding="utf-8")
        twin = self.twin("--http", "127.0.0.1:0", "--id2-model", "--credentials", good)
        for tier, logon, reason in (("plain", "pre-auth", "auth_host_failed"),
                                    ("id2", "pre-auth", "auth_host_failed"),
                                    ("id2", "direct", "refused_credentials")):
            with self.subTest(tier=tier, logon=logon):
                words = ["--auth-host", f"http://127.0.0.1:{twin.port('http')}"] \
                    if logon != "direct" else []
                facts = self.fleet_run(
                    "--devices", 2, "--credentials", bad, "--duration", "5s", "--target",
                    f"mqtt://127.0.0.1:{twin.port()}", "--security", tier, "--logon", logon, *words,
                    expect=1)
                self.assertEqual(facts["devices"]["online_max"], 1)
                outcomes = facts["connects"]
                self.assertGreaterEqual(outcomes[reason], 2)
                self.assertLessEqual(outcomes[reason], 5, "it backs off")
                self.assertIn(reason, self.last_run.output)
                self.assertIn("dev_accept_02", self.last_run.output)
                self.assertNotIn("fedcba98", self.last_run.output + self.last_run.error_output)


if __name__ == "__main__":
    harness.main()
