# Paho's asynchronous C client on the twin, in both of its characters.
from foreign_suite import OpenBrokerSuite, PlatformSuite
from harness import Case, main, paho


class OnTheOpenBroker(OpenBrokerSuite, Case):
    def make(self):
        return paho("paho_async")


class OnThePlatform(PlatformSuite, Case):
    def make(self):
        return paho("paho_async")


if __name__ == "__main__":
    main()
