# A TCP proxy on a free loopback port that can cut every connection at once: weather for a client
# that must resume its session. Bytes pass unchanged and unread.
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
        """Resets every connection, in both directions."""
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
                self.cuts += len(self._peers) // 2
                for end in list(self._peers):
                    self._close(end)
        for end in list(self._peers):
            self._close(end)
        for each in (self._listener, self._wake, self._waker):
            each.close()

    def _accept(self):
        near, _ = self._listener.accept()
        far = socket.create_connection(self._target)
        self._peers[near], self._peers[far] = far, near
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end):
        if end not in self._peers:
            return
        try:
            data = end.recv(65536)
            if data:
                self._peers[end].sendall(data)
                return
        except OSError:
            pass
        self._close(self._peers[end])
        self._close(end)

    def _close(self, end):
        if self._peers.pop(end, None) is not None:
            self._selector.unregister(end)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
