# Captured datagrams as tshark reads them: what kinds of messages there were, and whatever it finds wrong
# with any of them.
from collections import Counter
from dataclasses import dataclass, field

from harness import need
from process import run

# What tshark cannot know: the vendor's numbers (aliyun-iot.md §17.3). For 61 it also sets its
# malformed mark, and reads on.
VENDORS_OPTIONS = {"Invalid Option Number 61", "Unknown Option Number 2088", "Unknown Option Number 2089",
                   "Unknown Option Number 2090"}
REPEATED = "Retransmitted"  # which is a note, and no fault
COAP_TYPES = ("CON", "NON", "ACK", "RST")
RECORD_HEADER, UDP_HEADER = 13, 8  # octets; RFC 6347 §4.1
APPLICATION_DATA = "23"

FIELDS = ("frame.number", "udp.srcport", "udp.length", "dtls.record.content_type", "dtls.record.length",
          "dtls.handshake.type", "coap.version", "coap.type", "coap.code", "coap.opt.uri_path_recon",
          "_ws.malformed", "_ws.expert.message")


@dataclass
class Verdict:
    datagrams: int = 0
    messages: Counter = field(default_factory=Counter)    # of CoAP, as "CON 0.02"
    paths: Counter = field(default_factory=Counter)       # of their requests
    records: Counter = field(default_factory=Counter)     # of DTLS, by content type
    handshakes: Counter = field(default_factory=Counter)  # by type; only those in the clear, or with the key
    repeats: int = 0                                      # of messages of CoAP
    faults: list = field(default_factory=list)            # sentences


def judge(file, port, dtls=False, key=None):
    """Reads a capture of what passed to and from one port. With `key`, the octets of a DTLS-PSK key, the
    CoAP in the records is read too, and a record that does not decrypt is a fault; without it, records
    alone."""
    words = ["-d", f"udp.port=={port},{'dtls' if dtls else 'coap'}", "-E", "aggregator=|", "-T", "fields"]
    if key is not None:
        words += ["-d", f"dtls.port=={port},coap", "-o", f"dtls.psk:{key.hex()}"]
    for name in FIELDS:
        words += ["-e", name]
    done = run([need("tshark"), "-r", file, *words], 300)
    if done.code != 0:
        raise RuntimeError(done.error_output)
    out = Verdict()
    for line in done.lines:
        seen = dict(zip(FIELDS, line.split("\t"), strict=True))
        out.datagrams += 1
        for fault in look_at(seen, dtls, key, out):
            out.faults.append(f"datagram {seen['frame.number']}: {fault}")
    return out


def parts(text):
    return text.split("|") if text else []


def look_at(seen, dtls, key, out):
    """Counts what one datagram holds; yields what is wrong with it."""
    messages = parts(seen["_ws.expert.message"])
    out.repeats += REPEATED in messages
    yield from (message for message in messages if message not in VENDORS_OPTIONS | {REPEATED})
    if seen["_ws.malformed"] and not VENDORS_OPTIONS & set(messages):
        yield "malformed"
    kinds = parts(seen["dtls.record.content_type"])
    if dtls:
        out.records.update(kinds)
        out.handshakes.update(parts(seen["dtls.handshake.type"]))
        octets = sum(RECORD_HEADER + int(length) for length in parts(seen["dtls.record.length"]))
        if octets + UDP_HEADER != int(seen["udp.length"]):
            yield "not made of whole records of DTLS"
    types, codes = parts(seen["coap.type"]), parts(seen["coap.code"])
    if dtls and key is not None and len(types) != kinds.count(APPLICATION_DATA):
        yield "a record with no CoAP, or of another key"
    if not dtls and seen["coap.version"] != "1":
        yield "no CoAP"
    out.messages.update(f"{COAP_TYPES[int(kind)]} {int(code) >> 5}.{int(code) & 31:02}"
                        for kind, code in zip(types, codes))
    if "2" in codes:
        out.paths.update(parts(seen["coap.opt.uri_path_recon"]))
