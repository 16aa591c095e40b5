# Paho's synchronous C client on the twin, in both of its characters.
from foreign_suite import OpenBrokerSuite, PlatformSuite
from harness import Case, main, paho


class OnTheOpenBroker(OpenBrokerSuite, Case):
    def make(self):
        return paho("paho_sync")


class OnThePlatform(PlatformSuite, Case):
    def make(self):
        return paho("paho_sync")


if __name__ == "__main__":
    main()
