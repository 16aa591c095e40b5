# mosquitto_pub and mosquitto_sub, as a person would call them.
from harness import need
from process import Process, run

SEPARATOR = "\x1f"


def common(port, client_id=None, ca=None, version=None, username=None, password=None):
    words = ["-p", str(port), "-h", "localhost" if ca else "127.0.0.1"]
    if ca:
        words += ["--cafile", str(ca)]
    if client_id:
        words += ["-i", client_id]
    if version:
        words += ["-V", version]
    if username:
        words += ["-u", username, "-P", password]
    return words


def publish(port, topic, payload=None, qos=1, retain=False, file=None, expect=0, clean=True,
            more=(), **how):
    """Returns when mosquitto_pub has ended, which at QoS 1 and 2 is after the acknowledgement."""
    words = [need("mosquitto_pub"), *common(port, **how), "-t", topic, "-q", str(qos)]
    if file:
        words += ["-f", str(file)]
    elif payload is None:
        words.append("-n")
    else:
        words += ["-m", payload]
    if retain:
        words.append("-r")
    if not clean:
        words.append("-c")
    done = run([*words, *more])
    if expect is not None and done.code != expect:
        raise AssertionError(f"{' '.join(done.command)}: {done.code}\n{done.output}\n"
                             f"{done.error_output}")
    return done


class Subscriber(Process):
    """mosquitto_sub, subscribed when the constructor returns."""

    def __init__(self, port, *filters, qos=1, persistent=False, will=None, more=(), wait=True,
                 **how):
        words = ["stdbuf", "-oL", need("mosquitto_sub"), *common(port, **how), "-d", "-q", str(qos)]
        for text in filters:
            words += ["-t", text]
        if persistent:
            words.append("-c")
        if will:
            words += ["--will-topic", will[0], "--will-payload", will[1], "--will-qos", "1"]
        words += ["-F", SEPARATOR.join(["MESSAGE", "%t", "%q", "%r", "%p"]), *more]
        super().__init__(words)
        self.granted = []
        if wait:
            line = self.wait_for_line(lambda text: text.startswith("Subscribed"), "SUBACK")
            self.granted = [int(code) for code in line.rsplit("): ", 1)[1].split(",")]

    def message(self, timeout_s=30):
        """The next message as (topic, payload, qos, retain)."""
        line = self.wait_for_line(lambda text: text.startswith("MESSAGE" + SEPARATOR), "a message",
                                  timeout_s)
        _, topic, qos, retain, payload = line.split(SEPARATOR)
        return topic, payload, int(qos), retain == "1"

    def messages_until(self, payload):
        """All messages up to the one with this payload, which is left out."""
        found = []
        while True:
            message = self.message()
            if message[1] == payload:
                return found
            found.append(message)
