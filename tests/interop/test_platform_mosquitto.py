# The twin as the vendor's platform, spoken to with mosquitto_pub and mosquitto_sub.
import json

from harness import PRODUCT, Case, login, main, write_credentials
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

    def test_secrets_stay_inside(self):
        self.device(f"{BASE}/post_reply").stop()
        self.twin_process.stop()
        told = self.twin_process.output + self.twin_process.error_output
        self.assertNotIn("0123456789abcdef0123456789abcdef", told)
        self.assertNotIn(login()["password"], told)


if __name__ == "__main__":
    main()
