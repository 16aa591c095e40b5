# CoAP against libcoap's own programs, in both directions, in the clear and over DTLS with a key or
# certificates; and every datagram we send in it as tshark reads it. Ours is coap_peer.
import functools
import os
import pathlib
import sys
import unittest

from harness import ROOT, Case, main, need
from process import Process, run, wait_until
from process_peers import Authority, find_tool
from talkers import Talker, free_udp_port, our_program, udp_port_taken

UNIT_COAP = os.environ.get("FLEET_UNIT_COAP", str(ROOT / "build/dev/bin/unit_coap"))
ALL = ("notls", "openssl", "gnutls")
SECURE = ("openssl", "gnutls")
IDENTITY = "dev_accept_01|hmacsha256|a1B2c3D4e5F&dev_accept_01"
KEY = "9373e72d7fcb9c0cdc5379f3205a3b85"
BODY = bytes((i * 7 + i // 251) % 256 for i in range(65536))
SEVERE = 0x800000  # tshark's "error"


def look_at(file):
    """Of a capture, how many frames tshark reads as CoAP, and what it finds wrong with any."""
    done = run([need("tshark"), "-r", file, "-T", "fields", "-e", "coap.version", "-e",
                "_ws.malformed", "-e", "_ws.expert.severity", "-e", "_ws.col.Info"], 300)
    if done.code != 0:
        raise RuntimeError(done.error_output)
    read, wrong = 0, []
    for line in done.lines:
        version, malformed, severities, what = line.split("\t")
        read += version == "1"
        if malformed or any(int(each) >= SEVERE for each in severities.split(",") if each):
            wrong.append(what)
    return read, wrong


def each(flavours):
    """Runs a test once with each that is installed, as a subtest; skips where none is."""
    def of_one(test):
        @functools.wraps(test)
        def of_all(self):
            here = [flavour for flavour in flavours if find_tool(f"coap-client-{flavour}")
                    and find_tool(f"coap-server-{flavour}")]
            if not here:
                raise unittest.SkipTest("libcoap3-bin is not installed")
            for flavour in here:
                with self.subTest(flavour):
                    test(self, flavour)
        return of_all
    return of_one


class Coap(Case):
    def setUp(self):
        super().setUp()
        self.captures = 0
        self.body = self.folder / "body"
        self.body.write_bytes(BODY)

    def peer(self, *words):
        """Our program; what it sends is kept for judge()."""
        self.captures += 1
        file = self.folder / f"sent{self.captures}.pcap"
        peer = self.started(Talker(our_program("coap_peer"), *words, "--capture", file))
        peer.capture = file
        return peer

    def server(self, *words):
        peer = self.peer("server", *words)
        peer.at = peer.hear("listening").split()[1]
        return peer

    def client(self, port, *words):
        peer = self.peer("client", f"127.0.0.1:{port}", *words)
        peer.hear("open")
        return peer

    def judge(self, *peers):
        """Ends our programs; tshark must find each datagram they sent to be sound CoAP."""
        for peer in peers:
            peer.end_input()
            sent = int(peer.hear("captured").split()[1])
            self.assertEqual(peer.wait(30), 0, peer.error_output)
            self.assertGreater(sent, 0)
            if find_tool("tshark") is None:
                print(f"*** SKIPPED, NOT TRIED: {self.id()}: tshark is not installed: "
                      f"{sent} datagrams of ours were not looked at", file=sys.stderr)
                continue
            self.assertEqual(look_at(peer.capture), (sent, []))

    @staticmethod
    def set(server, what):
        server.say(f"set {what}")
        server.hear("done")

    def foreign_client(self, flavour, server, path, *words, secure=False):
        """Runs coap-client to its end; what it printed."""
        scheme = "coaps" if secure else "coap"
        done = run([need(f"coap-client-{flavour}"), "-B", "60", *words,
                    f"{scheme}://{server.at}{path}"], 90)
        self.assertEqual(done.code, 0, done.error_output)
        return done.output + done.error_output

    def foreign_server(self, flavour, *words):
        """coap-server; its port, that for DTLS is the next."""
        port = free_udp_port(neighbour=True)
        server = self.started(Process([need(f"coap-server-{flavour}"), "-A", "127.0.0.1", "-p",
                                       port, "-d", "10", *words]))
        wait_until(lambda: udp_port_taken(port) or not server.running(), "coap-server")
        self.assertTrue(server.running(), server.error_output)
        return port

    def watch(self, flavour, server, *words):
        """coap-client observing /t, after its first answer."""
        client = self.started(Process([need(f"coap-client-{flavour}"), "-w", "-B", "60", *words,
                                       f"coap://{server.at}/t"]))
        server.hear("begin")
        return client


class ForeignClients(Coap):
    @each(ALL)
    def test_read_write_post_and_delete(self, flavour):
        server = self.server()

        def ask(path, *words):
            return self.foreign_client(flavour, server, path, *words)

        ask("/a", "-m", "put", "-e", "hello")
        server.hear("0.03")
        self.assertEqual(ask("/a"), "hello")
        self.assertEqual(ask("/a", "-N"), "hello")
        server.hear("0.01 non")
        self.assertEqual(ask("/b", "-m", "post", "-e", "an answer"), "an answer")
        server.hear("0.02")
        self.assertEqual(ask("/a?later"), "late")  # separate, after an empty ACK
        self.assertEqual(ask("/a?later", "-N"), "late")
        ask("/a", "-m", "delete")
        self.assertIn("4.04", ask("/a"))
        self.assertIn("4.05", ask("/a", "-m", "fetch", "-e", "x"))
        self.judge(server)

    @each(ALL)
    def test_move_64_kib_block_by_block(self, flavour):
        for theirs, ours in (("1024", "6"), ("64", "6"), ("1024", "3")):
            server = self.server("block", ours)
            back = self.folder / "back"
            self.foreign_client(flavour, server, "/b", "-b", theirs, "-m", "put", "-f",
                                self.body)
            self.assertIn("=<65536>", server.hear("0.03"))
            self.foreign_client(flavour, server, "/b", "-b", theirs, "-o", back)
            self.assertEqual(back.read_bytes(), BODY)
            back.unlink()
            self.foreign_client(flavour, server, "/b", "-b", theirs, "-m", "post", "-f",
                                self.body, "-o", back)
            self.assertEqual(back.read_bytes(), BODY)
            self.judge(server)

    @each(ALL)
    def test_observe_until_the_resource_goes(self, flavour):
        server = self.server()
        self.set(server, "/t zero")
        client = self.watch(flavour, server, "-s", "600")
        client.wait_for_line(lambda line: "zero" in line, "the first answer")
        for how, what in (("confirm", "one"), ("set", "two"), ("confirm", "three"),
                          ("set", "four")):
            server.say(f"{how} /t {what}")
            client.wait_for_line(lambda line, w=what: w in line, what)
        server.say("remove /t")
        wait_until(lambda: "4.04" in client.output + client.error_output, "the end", 30)
        client.kill()  # it would wait for an answer to its farewell
        self.judge(server)

    @each(ALL)
    def test_observe_64_kib_and_end_it_themselves(self, flavour):
        server = self.server()
        self.foreign_client(flavour, server, "/t", "-m", "put", "-f", self.body)
        client = self.watch(flavour, server, "-s", "3", "-o", self.folder / "seen")
        self.assertEqual(client.wait(60), 0)
        server.hear("end of")
        self.assertEqual((self.folder / "seen").read_bytes()[:65536], BODY)
        self.judge(server)

    @each(ALL)
    def test_ping(self, flavour):
        server = self.server()
        self.set(server, "/t zero")
        client = self.watch(flavour, server, "-s", "600", "-K", "1", "-v", "7")
        wait_until(lambda: "t:RST" in client.output + client.error_output, "a pong", 30)
        client.kill()  # it would wait for an answer to its farewell
        self.judge(server)

    @each(SECURE)
    def test_come_over_dtls_with_a_key(self, flavour):
        server = self.server("key", IDENTITY, KEY.encode().hex())
        who = ("-u", IDENTITY, "-k", KEY)
        back = self.folder / "back"
        self.foreign_client(flavour, server, "/b", *who, "-m", "put", "-f", self.body,
                            secure=True)
        server.hear(f"open {IDENTITY}")
        self.assertIn("=<65536>", server.hear("0.03"))
        server.hear("gone")
        self.foreign_client(flavour, server, "/b", *who, "-o", back, secure=True)
        self.assertEqual(back.read_bytes(), BODY)
        run([need(f"coap-client-{flavour}"), "-B", "3", "-u", "somebody", "-k", KEY,
             f"coaps://{server.at}/b"])
        server.hear("refused")
        self.judge(server)

    @each(SECURE)
    def test_with_another_key_come_to_nothing(self, flavour):
        server = self.server("hasty", "key", IDENTITY, KEY.encode().hex())
        self.set(server, "/b secret")
        done = run([need(f"coap-client-{flavour}"), "-B", "3", "-u", IDENTITY, "-k", KEY[::-1],
                    f"coaps://{server.at}/b"])
        self.assertNotIn("secret", done.output)
        server.hear("refused")
        self.assertNotIn("open", server.output)

    @each(SECURE)
    def test_come_over_dtls_with_certificates(self, flavour):
        authority = Authority(self.folder.path)
        certificate, key = authority.server()
        server = self.server("certificate", certificate, key)
        back = self.folder / "back"
        trust = ("-R", authority.ca)
        self.foreign_client(flavour, server, "/b", *trust, "-m", "put", "-f", self.body,
                            secure=True)
        self.foreign_client(flavour, server, "/b", *trust, "-o", back, secure=True)
        self.assertEqual(back.read_bytes(), BODY)
        other = Authority(self.folder.path, "other-ca")
        run([need(f"coap-client-{flavour}"), "-B", "3", "-R", other.ca,
             f"coaps://{server.at}/b"])
        server.hear("refused")
        self.judge(server)


class ForeignServers(Coap):
    def ask(self, client, line, answer):
        client.say(line)
        return client.hear(answer)

    @each(ALL)
    def test_are_read_written_and_posted_to(self, flavour):
        client = self.client(self.foreign_server(flavour))
        for confirmable in ("", "-non"):
            self.ask(client, f"put{confirmable} /a hello", "2.01")
            self.assertIn("2.05 =hello", self.ask(client, f"get{confirmable} /a", "response"))
            self.ask(client, f"post{confirmable} /a other", "2.04")
            self.ask(client, f"put{confirmable} /a third", "2.04")
            self.assertIn("2.05 =third", self.ask(client, f"get{confirmable} /a", "response"))
            self.ask(client, f"delete{confirmable} /a", "2.02")
            self.ask(client, f"get{confirmable} /a", "4.04")
            self.ask(client, f"post{confirmable} /a x", "2.01")
            self.ask(client, f"delete{confirmable} /a", "2.02")
            self.ask(client, f"get{confirmable} /async?1", "2.05 =done")  # separate
        self.judge(client)

    @each(ALL)
    def test_take_and_give_64_kib_block_by_block(self, flavour):
        for szx in ("6", "3"):
            client = self.client(self.foreign_server(flavour), "block", szx)
            back = self.folder / "back"
            self.ask(client, f"put /b @{self.body}", "2.01")
            self.ask(client, f"get /b - {back}", "=<65536>")
            self.assertEqual(back.read_bytes(), BODY)
            self.ask(client, f"post /b @{self.body}", "2.04")
            self.judge(client)

    @each(ALL)
    def test_are_observed(self, flavour):
        for words in ((), ("-N",)):  # with and without acknowledgements
            client = self.client(self.foreign_server(flavour, *words))
            self.ask(client, "observe /time", "2.05 observing")
            for _ in range(3):
                client.hear("notification 1 2.05")
            self.ask(client, "stop", "response 1 2.05")
            self.ask(client, "put /t one", "2.01")
            observed = self.ask(client, "observe /t", "2.05 observing =one").split()[1]
            self.ask(client, "put /t two", f"notification {observed} 2.05")
            client.say("delete /t")
            self.assertIn("last", client.hear(f"notification {observed} 4.04"))
            self.judge(client)

    @each(ALL)
    def test_answer_a_ping(self, flavour):
        client = self.client(self.foreign_server(flavour))
        self.ask(client, "ping", "ping 1 answered")
        self.judge(client)

    def converse(self, port, *words):
        """Bodies there and back, an observation and a ping over DTLS."""
        client = self.client(port, *words)
        back = self.folder / "back"
        self.ask(client, f"put /b @{self.body}", "2.01")
        self.ask(client, f"get /b - {back}", "=<65536>")
        self.assertEqual(back.read_bytes(), BODY)
        self.ask(client, "observe /time", "2.05 observing")
        client.hear("notification")
        client.hear("notification")
        self.ask(client, "stop", "2.05")
        self.ask(client, "ping", "answered")
        self.judge(client)

    @each(SECURE)
    def test_are_reached_over_dtls_with_a_key(self, flavour):
        port = self.foreign_server(flavour, "-k", KEY, "-h", "hint") + 1
        self.converse(port, "key", IDENTITY, KEY.encode().hex())
        wrong = self.peer("client", f"127.0.0.1:{port}", "hasty", "key", IDENTITY, "00" * 16)
        wrong.hear("closed")
        self.assertNotIn("open", wrong.output)

    @each(SECURE)
    def test_are_reached_over_dtls_with_certificates(self, flavour):
        authority = Authority(self.folder.path)
        certificate, key = authority.server()
        port = self.foreign_server(flavour, "-c", certificate, "-j", key, "-n") + 1
        self.converse(port, "name", "localhost", authority.ca)
        wrong = self.peer("client", f"127.0.0.1:{port}", "name", "another", authority.ca)
        self.assertIn("certificate refused", wrong.hear("closed"))


class OurMachines(Case):
    def test_say_nothing_to_each_other_in_a_varied_life_that_tshark_finds_malformed(self):
        need("tshark")
        file = pathlib.Path(self.folder.path) / "varied.pcap"
        done = run([UNIT_COAP, "--gtest_filter=coap_foreign.*"], 300,
                   env=dict(os.environ, FLEET_COAP_CAPTURE=str(file)))
        self.assertEqual(done.code, 0, done.output)
        written = int(next(line for line in done.lines if line.startswith("captured")).split()[1])
        self.assertGreater(written, 500)
        self.assertEqual(look_at(file), (written, []))


if __name__ == "__main__":
    main()
