# MQTT.js from npm on the twin, in both of its characters.
from foreign_suite import OpenBrokerSuite, PlatformSuite
from harness import Case, main, mqtt_js


class OnTheOpenBroker(OpenBrokerSuite, Case):
    def make(self):
        return mqtt_js()


class OnThePlatform(PlatformSuite, Case):
    def make(self):
        return mqtt_js()


if __name__ == "__main__":
    main()
