# The twin with --profile mqtt as a complete, open broker, tried with mosquitto_pub and _sub.
from harness import Authority, Case, main
from mosquitto_clients import Subscriber, publish


class OpenBroker(Case):
    def setUp(self):
        super().setUp()
        self.port = self.twin("--profile", "mqtt").port()

    def subscriber(self, *filters, **how):
        return self.started(Subscriber(self.port, *filters, **how))

    def test_messages_arrive_at_the_qos_of_publisher_and_subscriber(self):
        for asked in (0, 1, 2):
            listener = self.subscriber("fleet/qos", qos=asked)
            self.assertEqual(listener.granted, [asked])
            for sent in (0, 1, 2):
                publish(self.port, "fleet/qos", f"at {sent}", qos=sent)
                self.assertEqual(listener.message(),
                                 ("fleet/qos", f"at {sent}", min(asked, sent), False))
            listener.stop()

    def test_a_retained_message_greets_later_subscribers_until_it_is_removed(self):
        publish(self.port, "fleet/state", "first", retain=True)
        publish(self.port, "fleet/state", "second", retain=True)
        early = self.subscriber("fleet/state")
        self.assertEqual(early.message(), ("fleet/state", "second", 1, True))
        publish(self.port, "fleet/state", "third", retain=True)
        self.assertEqual(early.message(), ("fleet/state", "third", 1, False))
        publish(self.port, "fleet/state", None, retain=True)
        late = self.subscriber("fleet/#")
        publish(self.port, "fleet/other", "barrier")
        self.assertEqual(late.messages_until("barrier"), [])

    def test_the_will_of_a_killed_client_is_published(self):
        witness = self.subscriber("fleet/will/#")
        dying = self.subscriber("fleet/nothing", will=("fleet/will/killed", "gone"))
        dying.kill()
        self.assertEqual(witness.message()[:2], ("fleet/will/killed", "gone"))

    def test_the_will_of_a_client_that_disconnects_is_dropped(self):
        witness = self.subscriber("fleet/will/#")
        leaving = self.subscriber("fleet/nothing", will=("fleet/will/left", "gone"))
        leaving.stop()
        publish(self.port, "fleet/will/barrier", "barrier")
        self.assertEqual(witness.messages_until("barrier"), [])

    def test_a_persistent_session_keeps_messages_for_an_absent_client(self):
        how = {"qos": 2, "persistent": True, "client_id": "sleeper"}
        self.subscriber("fleet/queue", **how).stop()
        for number in range(5):
            publish(self.port, "fleet/queue", f"message {number}", qos=number % 3)
        back = self.subscriber("fleet/queue", **how, wait=False)
        # QoS 0 needs not be kept for an absent client; the order holds within one QoS.
        publish(self.port, "fleet/queue", "barrier", qos=2)
        arrived = [(m[1], m[2]) for m in back.messages_until("barrier") if m[2] > 0]
        self.assertEqual([m for m in arrived if m[1] == 1], [("message 1", 1), ("message 4", 1)])
        self.assertEqual([m for m in arrived if m[1] == 2], [("message 2", 2)])

    def test_a_clean_session_forgets(self):
        self.subscriber("fleet/queue", qos=1, persistent=True, client_id="fickle").stop()
        self.subscriber("fleet/elsewhere", client_id="fickle").stop()
        publish(self.port, "fleet/queue", "nobody waits for this")
        back = self.subscriber("fleet/third", qos=1, persistent=True, client_id="fickle")
        publish(self.port, "fleet/third", "barrier")
        self.assertEqual(back.messages_until("barrier"), [])

    def test_wildcards_select_by_level(self):
        one = self.subscriber("fleet/+/up")
        all_below = self.subscriber("fleet/a/#")
        for topic in ("fleet/a/up", "fleet/b/up", "fleet/a/up/more", "fleet/a", "other/a/up"):
            publish(self.port, topic, topic)
        publish(self.port, "fleet/a/up", "barrier")
        self.assertEqual([m[0] for m in one.messages_until("barrier")],
                         ["fleet/a/up", "fleet/b/up"])
        self.assertEqual([m[0] for m in all_below.messages_until("barrier")],
                         ["fleet/a/up", "fleet/a/up/more", "fleet/a"])

    def test_a_leading_wildcard_does_not_select_dollar_topics(self):
        # Whether clients may exchange messages there at all is the broker's choice (4.7.2).
        everything = self.subscriber("#")
        one_level = self.subscriber("+/inside")
        publish(self.port, "$fleet/inside", "hidden")
        publish(self.port, "$SYS/inside", "hidden")
        publish(self.port, "plain/inside", "barrier")
        self.assertEqual(everything.messages_until("barrier"), [])
        self.assertEqual(one_level.messages_until("barrier"), [])

    def test_a_message_of_200_kib_arrives_whole(self):
        payload = "".join(chr(ord("a") + i % 26) for i in range(200 * 1024))
        (self.folder / "large").write_text(payload)
        listener = self.subscriber("fleet/large", qos=2)
        publish(self.port, "fleet/large", file=self.folder / "large", qos=2)
        self.assertEqual(listener.message()[1], payload)

    def test_clients_of_mqtt_3_1_are_served(self):
        listener = self.subscriber("fleet/old", version="mqttv31", client_id="old-sub")
        publish(self.port, "fleet/old", "news", version="mqttv31", client_id="old-pub")
        self.assertEqual(listener.message()[1], "news")

    def test_a_client_of_mqtt_5_is_told_that_its_version_is_not_served(self):
        done = publish(self.port, "fleet/new", "hello", version="mqttv5", expect=None)
        self.assertNotEqual(done.code, 0)
        self.assertIn("protocol version", (done.output + done.error_output).lower())


class OpenBrokerOverTls(Case):
    def test_clients_verify_the_twins_certificate(self):
        authority = Authority(self.folder.path)
        certificate, key = authority.server()
        port = self.twin("--profile", "mqtt", "--cert", certificate, "--key", key,
                         plain=False, tls=True).port("mqtts")
        listener = self.started(Subscriber(port, "fleet/tls", qos=2, ca=authority.ca))
        for qos in (0, 1, 2):
            publish(port, "fleet/tls", f"secret {qos}", qos=qos, ca=authority.ca)
            self.assertEqual(listener.message()[1:3], (f"secret {qos}", qos))
        stranger = Authority(self.folder.path, "another-ca")
        refused = publish(port, "fleet/tls", "never", ca=stranger.ca, expect=None)
        self.assertNotEqual(refused.code, 0)

    def test_the_twins_own_authority_lives_in_its_data_folder(self):
        data = self.folder / "data"
        words = ["--profile", "mqtt", "--data", data]
        for start in ("first", "second"):
            twin = self.twin(*words, plain=False, tls=True)
            authority = (data / "ca.pem").read_text()
            if start == "first":
                made = authority
            self.assertEqual(authority, made, "the authority changed between two starts")
            self.assertEqual((data / "ca.key").stat().st_mode & 0o777, 0o600)
            listener = self.started(Subscriber(twin.port("mqtts"), "fleet/tls", ca=data / "ca.pem"))
            publish(twin.port("mqtts"), "fleet/tls", start, ca=data / "ca.pem")
            self.assertEqual(listener.message()[1], start)
            listener.stop()
            twin.stop()


if __name__ == "__main__":
    main()
