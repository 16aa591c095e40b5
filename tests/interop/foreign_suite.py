# What every foreign client library is put through, on the open broker and on the platform. A test
# file derives from these and says which client.
import json

from harness import DEVICES, PRODUCT, Authority, Case, Refused, login, write_credentials


class OpenBrokerSuite:
    """Mix-in for a Case; `make()` answers a fresh client."""

    def setUp(self):
        super().setUp()
        self.port = self.twin("--profile", "mqtt").port()

    def client(self):
        return self.started(self.make())

    def connected(self, client_id, **how):
        client = self.client()
        client.connect(self.port, client_id, **how)
        return client

    def test_messages_travel_at_every_qos(self):
        listener = self.connected("listener")
        sender = self.connected("sender")
        for asked in (0, 1, 2):
            self.assertEqual(listener.subscribe(f"fleet/{asked}", asked), asked)
            for sent in (0, 1, 2):
                sender.publish(f"fleet/{asked}", f"payload {sent}", sent)
                self.assertEqual(listener.message(),
                                 (f"fleet/{asked}", f"payload {sent}", min(asked, sent), False))

    def test_overlapping_subscriptions_deliver_at_the_highest_qos(self):
        client = self.connected("overlap")
        client.subscribe("fleet/#", 0)
        client.subscribe("fleet/+/x", 2)
        client.publish("fleet/a/x", "both", 2)
        self.assertEqual(client.message(), ("fleet/a/x", "both", 2, False))

    def test_a_session_is_resumed_with_its_queued_messages(self):
        sleeper = self.client()
        self.assertFalse(sleeper.connect(self.port, "sleeper", clean=False))
        sleeper.subscribe("fleet/queue", 2)
        sleeper.disconnect()
        sender = self.connected("sender")
        for number in range(20):
            sender.publish("fleet/queue", f"message {number}", 1 + number % 2)
        self.assertTrue(sleeper.connect(self.port, "sleeper", clean=False))
        arrived = [sleeper.message() for _ in range(20)]
        # A library shows a QoS 2 message at its PUBREL: the order holds within one QoS.
        for qos in (1, 2):
            self.assertEqual([m for m in arrived if m[2] == qos],
                             [("fleet/queue", f"message {number}", qos, False)
                              for number in range(20) if 1 + number % 2 == qos])

    def test_unsubscribing_ends_the_messages(self):
        client = self.connected("fickle")
        client.subscribe("fleet/one", 1)
        client.subscribe("fleet/two", 1)
        client.unsubscribe("fleet/one")
        client.publish("fleet/one", "unwanted")
        client.publish("fleet/two", "wanted")
        self.assertEqual(client.message()[1], "wanted")

    def test_the_will_of_a_killed_client_is_published_and_kept(self):
        witness = self.connected("witness")
        witness.subscribe("fleet/will", 1)
        dying = self.connected("dying", will=("fleet/will", 1, True, "gone without a word"))
        dying.kill()
        self.assertEqual(witness.message(), ("fleet/will", "gone without a word", 1, False))
        late = self.connected("late")
        late.subscribe("fleet/will", 1)
        self.assertEqual(late.message(), ("fleet/will", "gone without a word", 1, True))

    def test_a_second_client_of_the_same_name_takes_over(self):
        first = self.connected("twice", clean=False)
        second = self.client()
        second.connect(self.port, "twice", clean=False)
        self.assertTrue(first.is_lost())
        second.subscribe("fleet/twice", 1)
        second.publish("fleet/twice", "mine")
        self.assertEqual(second.message()[1], "mine")

    def test_mqtt_3_1_is_served_beside_3_1_1(self):
        old = self.connected("old-client", version=3)
        new = self.connected("new-client", version=4)
        self.assertEqual(old.subscribe("fleet/mixed", 2), 2)
        new.publish("fleet/mixed", "across the versions", 2)
        self.assertEqual(old.message(), ("fleet/mixed", "across the versions", 2, False))
        old.publish("fleet/mixed", "and back", 2)
        self.assertEqual(old.message()[1], "and back")

    def test_tls_is_verified(self):
        authority = Authority(self.folder.path)
        certificate, key = authority.server()
        port = self.twin("--profile", "mqtt", "--cert", certificate, "--key", key,
                         plain=False, tls=True).port("mqtts")
        client = self.client()
        client.connect(port, "private", ca=authority.ca)
        client.subscribe("fleet/tls", 2)
        client.publish("fleet/tls", "whispered", 2)
        self.assertEqual(client.message()[1], "whispered")
        with self.assertRaises(RuntimeError):
            self.client().connect(port, "stranger",
                                  ca=Authority(self.folder.path, "another-ca").ca)


class PlatformSuite:
    """The twin as the vendor's platform, with the devices of the worked signing vectors."""

    def setUp(self):
        super().setUp()
        self.credentials = write_credentials(self.folder / "devices.csv")

    def platform(self, *words, profile="linkdevelop"):
        twin = self.twin("--profile", profile, "--credentials", self.credentials, *words)
        self.port = twin.port()

    def device(self, name="dev_accept_01", clean=False, **how):
        client = self.started(self.make())
        client.connect(self.port, **login(name, **how), clean=clean)
        return client

    def refusal(self, fields):
        with self.assertRaises(Refused) as caught:
            self.started(self.make()).connect(self.port, **fields, clean=False)
        return caught.exception.code

    def test_every_signing_method_logs_on(self):
        self.platform()
        for method in ("hmacmd5", "hmacsha1", "hmacsha256"):
            self.device(method=method).disconnect()
        upper = login(method="hmacsha256")
        upper["password"] = upper["password"].upper()
        self.started(self.make()).connect(self.port, **upper, clean=False)

    def test_wrong_credentials_are_refused_with_code_4(self):
        self.platform()
        self.assertEqual(self.refusal(login(secret="not the secret of it")), 4)
        unknown = login()
        unknown["username"] = f"dev_unknown&{PRODUCT}"
        self.assertEqual(self.refusal(unknown), 4)
        halved = login()
        halved["password"] = halved["password"][:20]
        self.assertEqual(self.refusal(halved), 4)
        malformed = login()
        malformed["username"] = "no-ampersand"
        self.assertEqual(self.refusal(malformed), 4)

    def test_a_property_post_gets_its_reply(self):
        self.platform()
        device = self.device()
        base = f"/sys/{PRODUCT}/dev_accept_01/thing/event/property"
        self.assertIn(device.subscribe(f"{base}/post_reply", 1), (0, 1))
        device.publish(f"{base}/post",
                       '{"id" : "17","version":"1.0","params" : {"LightSwitch" : 1},'
                       '"method":"thing.event.property.post"}')
        topic, payload, _, _ = device.message()
        self.assertEqual(topic, f"{base}/post_reply")
        reply = json.loads(payload)
        self.assertEqual((reply["id"], reply["code"]), ("17", 200))
        self.assertIn("data", reply)

    def test_foreign_and_forbidden_topics_are_refused(self):
        self.platform()
        device = self.device()
        other = f"/sys/{PRODUCT}/dev_accept_02/thing/event/property/post_reply"
        for topic in (other, "#", "+/+", "/sys/#", f"/sys/{PRODUCT}/+/thing/service/property/set",
                      "$SYS/#"):
            self.assertEqual(device.subscribe(topic, 1), 0x80, topic)

    def test_nothing_reaches_another_device(self):
        self.platform()
        victim = self.device("dev_accept_02")
        mine = f"/sys/{PRODUCT}/dev_accept_02/thing/service/property/set"
        victim.subscribe(mine, 1)
        victim.subscribe(f"/{PRODUCT}/dev_accept_02/get", 1)
        intruder = self.device("dev_accept_01")
        try:
            intruder.publish(mine, '{"id":"1","params":{"LightSwitch":1}}', 0)
            intruder.publish(f"/{PRODUCT}/dev_accept_02/get", "psst", 0)
        except RuntimeError:
            pass  # the platform may close the connection instead
        self.assertIsNone(victim.message(1))

    def test_a_clone_takes_over_and_the_old_link_ends(self):
        self.platform()
        original = self.device()
        clone = self.device()
        self.assertTrue(original.is_lost())
        self.assertFalse(clone.is_lost(0.5))

    def test_qos_2_is_granted_as_1(self):
        self.platform()
        device = self.device()
        reply = f"/sys/{PRODUCT}/dev_accept_01/thing/event/property/post_reply"
        self.assertEqual(device.subscribe(reply, 2), 1)

    def test_a_session_survives_a_reconnect_without_subscribing_again(self):
        self.platform()
        base = f"/sys/{PRODUCT}/dev_accept_01/thing/event/property"
        device = self.device()
        device.subscribe(f"{base}/post_reply", 1)
        device.disconnect()
        again = self.started(self.make())
        self.assertTrue(again.connect(self.port, **login(), clean=False))
        again.publish(f"{base}/post", '{"id":"2","version":"1.0","params":{},'
                                      '"method":"thing.event.property.post"}')
        self.assertEqual(json.loads(again.message()[1])["id"], "2")

    def test_the_cloud_sets_a_property(self):
        self.platform("--downlink-interval", "200ms")
        device = self.device()
        base = f"/sys/{PRODUCT}/dev_accept_01/thing/service/property"
        device.subscribe(f"{base}/set", 1)
        topic, payload, _, _ = device.message()
        request = json.loads(payload)
        self.assertEqual((topic, request["method"]),
                         (f"{base}/set", "thing.service.property.set"))
        self.assertIsInstance(request["params"], dict)
        device.publish(f"{base}/set_reply",
                       json.dumps({"id": request["id"], "code": 200, "data": {}}))

    def test_linkplatform_echoes_the_data_topic(self):
        self.platform(profile="linkplatform")
        device = self.device()
        data = f"/{PRODUCT}/dev_accept_01/data"
        self.assertIn(device.subscribe(data, 1), (0, 1))
        device.publish(data, "data: hello! start!")
        self.assertEqual(device.message()[:2], (data, "data: hello! start!"))

    def test_the_worked_vector_is_what_we_send(self):
        self.assertEqual(login()["password"], "5b19c1b61c05d2dc947695a966d8aa48c41926c0")
        self.assertEqual(len(DEVICES), 2)


__all__ = ["Case", "OpenBrokerSuite", "PlatformSuite"]
