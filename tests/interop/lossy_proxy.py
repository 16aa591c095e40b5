# A network between datagram clients and one server that loses, repeats and reorders, by chance from a seed. Its
# counts say what it did. For CoAP and DTLS alike: it looks at no octet.
import random
import selectors
import socket
import threading


class LossyProxy:
    """Both ways alike; a datagram that is held back goes behind the next one of its way. `tap(sender, receiver,
    datagram)` is told of each that comes, before its fate, with the ports of its ends."""

    def __init__(self, port, loss=0.2, twice=0.05, late=0.1, seed=7, tap=None):
        self.lost = self.repeated = self.held = self.passed = 0
        self._chances = (loss, twice, late)
        self._tap = tap
        self._random = random.Random(seed)
        self._to = ("127.0.0.1", port)
        self._front = self._socket()
        self.port = self._front.getsockname()[1]
        self._upstream = {}  # by client's address
        self._late = {}      # by way: what was held back
        self._stop, self._stopped = socket.socketpair()
        self._events = selectors.DefaultSelector()
        self._events.register(self._front, selectors.EVENT_READ, None)
        self._events.register(self._stopped, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @staticmethod
    def _socket():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        return made

    def _serve(self):
        while True:
            for key, _ in self._events.select():
                if key.fileobj is self._stopped:
                    return
                try:
                    self._pass_on(key.fileobj, key.data)
                except OSError:
                    pass  # an ICMP error of a peer that has gone

    def _pass_on(self, from_socket, client):
        while True:
            try:
                datagram, sender = from_socket.recvfrom(65536)
            except BlockingIOError:
                return
            if self._tap is not None:
                self._tap(*((sender[1], self._to[1]) if client is None else (self._to[1], client[1])), datagram)
            if from_socket is self._front:
                upstream = self._upstream.get(sender)
                if upstream is None:
                    upstream = self._upstream[sender] = self._socket()
                    self._events.register(upstream, selectors.EVENT_READ, sender)
                self._fate(("up", sender), datagram,
                           lambda d, s=upstream: s.sendto(d, self._to))
            else:
                self._fate(("down", client), datagram,
                           lambda d, c=client: self._front.sendto(d, c))

    def _fate(self, way, datagram, send):
        loss, twice, late = self._chances
        before = self._late.pop(way, None)
        chance = self._random.random()
        if chance < loss:
            self.lost += 1
        elif chance < loss + late and before is None:
            self.held += 1
            self._late[way] = datagram
            return
        else:
            self.passed += 1
            send(datagram)
            if self._random.random() < twice:
                self.repeated += 1
                send(datagram)
        if before is not None:
            send(before)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.send(b".")
        self._thread.join()
        for made in (self._front, self._stop, self._stopped, *self._upstream.values()):
            made.close()
