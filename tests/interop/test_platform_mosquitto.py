# The twin as the vendor's platform, spoken to with mosquitto_pub and mosquitto_sub.
import json

from harness import PRODUCT, Authority, Case, login, main, write_credentials
from mosquitto_clients import Subscriber, publish

BASE = f"/sys/{PRODUCT}/dev_accept_01/thing/event/property"
POST = '{"id":"17","version":"1.0","params":{"LightSwitch":1},' \
       '"method":"thing.event.property.post"}'


class Platform(Case):
    def setUp(self):
        super().setUp()
        credentials = write_credentials(self.folder / "devices.csv")
        self.twin_process = self.twin("--credentials", credentials)
        self.port = self.twin_process.port()

    def device(self, *filters, name="dev_accept_01", **how):
        return self.started(Subscriber(self.port, *filters, persistent=True, **login(name), **how))

    def test_a_device_logs_on_and_subscribes_to_its_own_topics(self):
        device = self.device(f"{BASE}/post_reply", f"/{PRODUCT}/dev_accept_01/get")
        self.assertEqual(device.granted, [1, 1])

    def test_a_foreign_topic_is_refused_in_suback(self):
        device = self.device(f"{BASE}/post_reply",
                             f"/sys/{PRODUCT}/dev_accept_02/thing/event/property/post_reply", "#")
        self.assertEqual(device.granted, [1, 128, 128])

    def test_a_wrong_signature_is_told_as_bad_credentials(self):
        done = publish(self.port, f"{BASE}/post", POST, expect=None,
                       **login(secret="not the secret of this"))
        self.assertNotEqual(done.code, 0)
        self.assertIn("bad user name or password", (done.output + done.error_output).lower())

    def test_a_reply_waits_in_the_session_of_a_device_that_left(self):
        self.device(f"{BASE}/post_reply").stop()
        publish(self.port, f"{BASE}/post", POST, qos=1, clean=False, **login())
        back = self.device(f"{BASE}/post_reply", wait=False)
        topic, payload, _, _ = back.message()
        self.assertEqual((topic, json.loads(payload)["id"], json.loads(payload)["code"]),
                         (f"{BASE}/post_reply", "17", 200))

    def test_a_second_log_on_takes_over(self):
        first = self.device(f"{BASE}/post_reply")
        # mosquitto_sub comes back by itself, and would take over in turn: one that ends will do.
        publish(self.port, f"{BASE}/post", POST, clean=False, **login())
        first.wait_for_line(lambda text: "sending CONNECT" in text, "its own second log-on")

    def test_a_publish_to_another_device_reaches_nobody(self):
        theirs = f"/sys/{PRODUCT}/dev_accept_02/thing/service/property/set"
        reply = f"/sys/{PRODUCT}/dev_accept_02/thing/event/property/post_reply"
        victim = self.device(theirs, reply, name="dev_accept_02")
        publish(self.port, theirs, '{"id":"1","params":{"LightSwitch":1}}', expect=None, **login())
        own = BASE.replace("dev_accept_01", "dev_accept_02")
        publish(self.port, theirs, "psst", qos=0, expect=None, **login())
        victim.stop()
        self.assertNotIn("MESSAGE", victim.output)
        # Nothing waits for it either: what its own post brings comes first.
        publish(self.port, f"{own}/post", POST, clean=False, **login("dev_accept_02"))
        back = self.device(theirs, reply, name="dev_accept_02", wait=False)
        self.assertEqual(back.message()[0], reply)

    def test_the_sdks_static_rsa_suites_are_served(self):
        # aliyun-iot.md §7: the vendor's SDK offers nothing else.
        authority = Authority(self.folder.path)
        certificate, key = authority.server()
        credentials = self.folder / "devices.csv"
        port = self.twin("--credentials", credentials, "--cert", certificate, "--key", key,
                         plain=False, tls=True).port("mqtts")
        for suite in ("AES256-SHA256", "AES128-SHA256", "AES256-SHA", "AES128-SHA"):
            how = {"ca": authority.ca, "more": ("--tls-version", "tlsv1.2", "--ciphers", suite)}
            device = self.started(Subscriber(port, f"{BASE}/post_reply", persistent=True,
                                             **login(secure_mode=2), **how))
            self.assertEqual(device.granted, [1], suite)
            device.stop()
            publish(port, f"{BASE}/post", POST, clean=False, **login(secure_mode=2), **how)
            back = self.started(Subscriber(port, f"{BASE}/post_reply", persistent=True, wait=False,
                                           **login(secure_mode=2), **how))
            self.assertEqual(json.loads(back.message()[1])["code"], 200, suite)
            back.stop()
            wrong = login(secure_mode=2, secret="not the secret of this")
            refused = publish(port, f"{BASE}/post", POST, expect=None, **wrong, **how)
            self.assertIn("bad user name or password",
                          (refused.output + refused.error_output).lower())

    def test_secrets_stay_inside(self):
        self.device(f"{BASE}/post_reply").stop()
        self.twin_process.stop()
        told = self.twin_process.output + self.twin_process.error_output
        self.assertNotIn("0123456789abcdef0123456789abcdef", told)
        self.assertNotIn(login()["password"], told)


if __name__ == "__main__":
    main()
