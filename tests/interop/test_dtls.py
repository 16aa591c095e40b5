# DTLS 1.2 against OpenSSL's own client and server, by key and by certificate, in both directions; and
# what we emit as tshark reads it.
import pathlib
import unittest

from harness import Case, main, need
from process import Process, run, wait_until
from process_peers import Authority
from talkers import Talker, free_udp_port, our_program

IDENTITY = "dev_accept_01|hmacsha256|a1B2c3D4e5F&dev_accept_01"
KEY = "9373e72d7fcb9c0cdc5379f3205a3b855ae87575d38e6754f1a94f353d9fc58c"
SUITES = ("PSK-AES128-CCM8", "PSK-AES128-GCM-SHA256", "PSK-CHACHA20-POLY1305",
          "PSK-AES128-CBC-SHA256", "PSK-AES128-CBC-SHA")


class Dtls(Case):
    def setUp(self):
        super().setUp()
        need("openssl")
        self.our_peer = our_program("dtls_peer")

    def s_server(self, *words):
        port = free_udp_port()
        server = self.started(Talker("openssl", "s_server", "-dtls1_2", "-accept",
                                     f"127.0.0.1:{port}", *words))
        server.hear("ACCEPT")
        return server, f"127.0.0.1:{port}"

    def our_server(self, *words):
        server = self.started(Talker(self.our_peer, "server", *words))
        return server, server.hear("listening").split()[1]

    def converse(self, ours, theirs):
        """Lines both ways, several of them; then our end closes where it is the client."""
        ours.hear("open")
        for i in range(3):
            ours.say(f"hello from us {i}")
            theirs.hear(f"hello from us {i}")
            theirs.say(f"and from them {i}")
            ours.hear(f"received and from them {i}")

    def test_our_client_speaks_to_s_server_with_each_kind_of_key_suite(self):
        for suite in SUITES:
            with self.subTest(suite):
                server, at = self.s_server("-nocert", "-psk_identity", IDENTITY, "-psk", KEY,
                                           "-cipher", f"{suite}:@SECLEVEL=0")
                client = self.started(Talker(self.our_peer, "client", at, "key", IDENTITY, KEY))
                self.converse(client, server)
                client.end_input()
                self.assertEqual(client.wait(20), 0)

    def test_our_client_takes_a_cookie_from_s_server(self):
        server, at = self.s_server("-nocert", "-psk_identity", IDENTITY, "-psk", KEY, "-listen",
                                   "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0")
        client = self.started(Talker(self.our_peer, "client", at, "key", IDENTITY, KEY))
        self.converse(client, server)

    def test_our_client_judges_the_certificate_of_s_server(self):
        authority = Authority(self.folder.path)
        certificate, key = authority.server(alternative="DNS:coap.example")
        for name, verdict in (("coap.example", "open"), ("other.example", "failed certificate "
                                                         "refused: wrong subject")):
            with self.subTest(name):
                server, at = self.s_server("-cert", certificate, "-key", key)
                client = self.started(Talker(self.our_peer, "client", at, "name", name, authority.ca))
                client.hear(verdict)
                if verdict == "open":
                    client.say("hello from us")
                    server.hear("hello from us")

    def test_s_client_speaks_to_our_server_with_each_kind_of_key_suite(self):
        server, at = self.our_server("key", IDENTITY, KEY)
        for suite in SUITES:
            with self.subTest(suite):
                client = self.started(Talker(
                    "openssl", "s_client", "-dtls1_2", "-connect", at, "-psk_identity", IDENTITY,
                    "-psk", KEY, "-cipher", f"{suite}:@SECLEVEL=0"))
                server.hear(f"open {IDENTITY}")
                for i in range(3):
                    client.say(f"hello from them {i}")
                    server.hear(f"received hello from them {i}")
                    server.say(f"and from us {i}")
                    client.hear(f"and from us {i}")
                client.say("Q")
                client.wait(20)
                server.hear("ended")
                self.assertIn(suite, client.output)

    def test_s_client_verifies_our_certificate(self):
        authority = Authority(self.folder.path)
        certificate, key = authority.server(alternative="DNS:coap.example")
        server, at = self.our_server("certificate", certificate, key)
        client = self.started(Talker(
            "openssl", "s_client", "-dtls1_2", "-connect", at, "-CAfile", authority.ca,
            "-verify_return_error", "-verify_hostname", "coap.example"))
        server.hear("open")
        client.say("hello from them")
        server.hear("received hello from them")
        client.say("Q")
        client.wait(20)
        self.assertIn("Verify return code: 0 (ok)", client.output)

    def test_an_identity_that_nobody_knows_opens_nothing(self):
        server, at = self.our_server("key", IDENTITY, KEY)
        client = self.started(Talker(
            "openssl", "s_client", "-dtls1_2", "-connect", at, "-psk_identity", "somebody else",
            "-psk", KEY, "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"))
        server.hear("refused")
        self.assertNotEqual(client.wait(20), 0)
        self.assertNotIn("open", server.output)

    def test_tshark_finds_nothing_malformed_in_what_we_emit(self):
        tshark, dumpcap = need("tshark"), need("dumpcap")
        server, at = self.our_server("key", IDENTITY, KEY)
        port = at.rsplit(":", 1)[1]
        file = pathlib.Path(self.folder.path) / "dtls.pcap"
        capture = self.started(Process([dumpcap, "-q", "-i", "lo", "-f", f"udp port {port}", "-w",
                                        file]))
        wait_until(lambda: (file.exists() and file.stat().st_size > 0) or not capture.running(),
                   "dumpcap", 20)
        if not capture.running():
            raise unittest.SkipTest("capturing on loopback is not permitted here: "
                                    + capture.error_output.splitlines()[-1])
        client = self.started(Talker(self.our_peer, "client", at, "key", IDENTITY, KEY))
        client.hear("open")
        for i in range(3):
            client.say(f"up {i}")
            server.hear(f"received up {i}")
            server.say(f"down {i}")
            client.hear(f"received down {i}")
        client.end_input()
        client.wait(20)
        server.hear("ended")

        def frames():
            words = [tshark, "-r", file, "-d", f"udp.port=={port},dtls", "-T", "fields", "-e",
                     "frame.number", "-e", "dtls.record.content_type", "-e", "_ws.malformed",
                     "-e", "_ws.expert.message"]
            return [line.split("\t") for line in run(words, 120).lines]

        def enough():
            found = frames()
            return found if len(found) >= 14 else None

        seen = wait_until(enough, "the capture", 30)  # dumpcap writes a little later
        for number, kinds, malformed, *_ in seen:
            self.assertEqual(malformed, "", f"frame {number}")
            self.assertTrue(kinds, f"frame {number} is no DTLS")
        self.assertGreaterEqual(sum("23" in kinds.split(",") for _, kinds, *_ in seen), 6)


if __name__ == "__main__":
    main()
