# The device's HTTP channel through a foreign reverse proxy: nginx takes TLS off, keeps connections of its own to
# the twin, and is what devices see (aliyun-iot.md §18).
from harness import Case, Twin, main, need
from process_peers import Authority, Nginx


class ThroughNginx(Case):
    def setUp(self):
        super().setUp()
        need("nginx")
        self.twin = self.started(Twin("--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"))
        while not {"http", "admin"} <= set(self.twin.addresses):
            name, address = self.twin.wait_for_line(lambda text: len(text.split()) == 2,
                                                    "its addresses").split()
            self.twin.addresses[name] = address
        self.authority = Authority(self.folder.path)

    def proxy(self, *lines):
        return self.started(Nginx(self.folder.path, self.authority, [
            "location / {", f"proxy_pass http://{self.twin.addresses['http']};",
            "proxy_http_version 1.1;", 'proxy_set_header Connection "";', "}", *lines]))

    def posts(self, target, *words):
        facts = self.fleet_run("--target", target, "--target-admin",
                               f"http://{self.twin.addresses['admin']}", "--devices", 50,
                               "--interval", "1s", "--duration", "6s", *words)
        self.assert_account_is_clean(facts)
        self.assertEqual(facts["devices"]["online_max"], 50)
        uplink = facts["ledger"]["uplink"]
        self.assertGreater(uplink["accepted"], 100)
        self.assertEqual(uplink["attempted"], uplink["accepted"])
        return facts

    def test_over_https_and_http(self):
        nginx = self.proxy()
        trust = ["--cafile", self.authority.ca, "--server-name", "localhost"]
        self.posts(f"https://127.0.0.1:{nginx.tls_port}", *trust)
        self.posts(f"http://127.0.0.1:{nginx.port}")

    def test_a_proxy_that_ends_connections_costs_no_message(self):
        """Each connection is closed by nginx after two requests: /auth and one post."""
        nginx = self.proxy("keepalive_requests 2;")
        self.posts(f"http://127.0.0.1:{nginx.port}")


if __name__ == "__main__":
    main()
