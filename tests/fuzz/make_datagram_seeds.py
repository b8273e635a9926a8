#!/usr/bin/env python3
"""Seeds for fuzz_datagrams out of real handshakes: make_datagram_seeds.py CAPTURE.pcap ... writes
tests/fuzz/corpus/datagrams/NAME. Reads classic little-endian captures of untagged Ethernet; takes the first pair of UDP ports
of each."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 8000
MAX_LEN = 8191


def datagrams(path):
    with open(path, "rb") as f:
        data = f.read()
    at, first = 24, None
    while at + 16 <= len(data):
        caplen = struct.unpack_from("<I", data, at + 8)[0]
        p = data[at + 16:at + 16 + caplen]
        at += 16 + caplen
        if len(p) < 42 or p[12:14] != b"\x08\x00" or p[23] != 17 or struct.unpack_from(">H", p, 20)[0] & 0x3FFF:
            continue
        udp = 14 + (p[14] & 15) * 4
        flow = (p[26:30] + p[udp:udp + 2], p[30:34] + p[udp + 2:udp + 4])
        first = first or flow
        if flow in (first, first[::-1]):
            yield flow != first, p[udp + 8:udp + struct.unpack_from(">H", p, udp + 4)[0]]


def main():
    folder = os.path.join(HERE, "corpus", "datagrams")
    os.makedirs(folder, exist_ok=True)
    for path in sys.argv[1:]:
        out = bytearray()
        for side, payload in datagrams(path):
            payload = payload[:MAX_LEN]
            if len(out) + 2 + len(payload) > LIMIT:
                break
            out += bytes([side | (len(payload) >> 8) << 3, len(payload) & 255]) + payload
        if out:
            with open(os.path.join(folder, os.path.basename(path).split(".")[0]), "wb") as f:
                f.write(out)


main()
