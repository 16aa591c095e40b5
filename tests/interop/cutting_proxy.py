# A TCP proxy on a free loopback port that can cut every connection: weather for a client that must
# resume its session. Bytes pass unchanged and unread, until a cut lets no more answers through.
import selectors
import socket
import struct
import threading


class CuttingProxy:
    def __init__(self, target_port):
        self._target = ("127.0.0.1", target_port)
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._peers = {}
        self._near = set()
        self._dry = set()
        self._cut = False
        self._end = False
        self.cuts = 0
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end = True
        self._waker.send(b".")
        self._thread.join(10)

    def cut(self):
        """From now on no connection brings answers, and each is reset, in both directions, once its
        client has sent something more: what that was stays unanswered."""
        self._cut = True
        self._waker.send(b".")

    def _work(self):
        while not self._end:
            for key, _ in self._selector.select():
                if key.fileobj is self._wake:
                    self._wake.recv(64)
                elif key.fileobj is self._listener:
                    self._accept()
                else:
                    self._pass_on(key.fileobj)
            if self._cut:
                self._cut = False
                for end in [end for end in self._dry if end in self._peers]:
                    self._reset(end)  # nothing came since the last cut
                self._dry = {end for end in self._near if end in self._peers}
                self._near = set(self._dry)
        for end in list(self._peers):
            self._close(end)
        for each in (self._listener, self._wake, self._waker):
            each.close()

    def _accept(self):
        near, _ = self._listener.accept()
        far = socket.create_connection(self._target)
        self._peers[near], self._peers[far] = far, near
        self._near.add(near)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end):
        if end not in self._peers:
            return
        try:
            data = end.recv(65536)
            if data:
                if self._peers[end] in self._dry:
                    return
                self._peers[end].sendall(data)
                if end in self._dry:
                    self._reset(end)
                return
        except OSError:
            pass
        self._close(self._peers[end])
        self._close(end)

    def _reset(self, near):
        self.cuts += 1
        self._close(self._peers[near])
        self._close(near)

    def _close(self, end):
        if self._peers.pop(end, None) is not None:
            self._selector.unregister(end)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
