# Datagrams into a capture file that tshark reads (the classic pcap format, LINKTYPE_RAW), each behind IPv4 and UDP
# headers made for it, so that nobody need be root. Knows no protocol.
import struct
import threading
import time


class CaptureFile:
    """Give its write() to a proxy as its tap; the file is complete at any time."""

    RAW_IP = 101

    def __init__(self, path):
        self.path = path
        self.written = 0
        self._lock = threading.Lock()
        self._file = open(path, "wb", buffering=0)
        self._file.write(struct.pack("!IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0xFFFF, self.RAW_IP))

    def write(self, sender, receiver, datagram):
        """One datagram between two ports of 127.0.0.1."""
        size = 28 + len(datagram)
        home = b"\x7f\0\0\1"
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, 0, 0x4000, 64, 17, 0, home, home)
        udp = struct.pack("!HHHH", sender, receiver, size - 20, 0)  # no checksum
        us = time.time_ns() // 1000
        with self._lock:
            self._file.write(struct.pack("!IIII", us // 10**6, us % 10**6, size, size) + ip + udp + datagram)
            self.written += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
