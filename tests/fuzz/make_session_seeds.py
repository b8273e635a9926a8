#!/usr/bin/env python3
"""Seeds for fuzz_session out of real handshakes: make_session_seeds.py CAPTURE.pcap ... writes tests/fuzz/corpus/session/NAME.
Reads classic little-endian captures of untagged Ethernet; takes the first connection of each."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 12000


def segments(path):
    with open(path, "rb") as f:
        data = f.read()
    at, first = 24, None
    while at + 16 <= len(data):
        caplen = struct.unpack_from("<I", data, at + 8)[0]
        p = data[at + 16:at + 16 + caplen]
        at += 16 + caplen
        if len(p) < 54 or p[12:14] != b"\x08\x00" or p[23] != 6:
            continue
        tcp = 14 + (p[14] & 15) * 4
        end = 14 + struct.unpack_from(">H", p, 16)[0]
        flow = (p[26:30] + p[tcp:tcp + 2], p[30:34] + p[tcp + 2:tcp + 4])
        first = first or flow
        if flow == first or flow == first[::-1]:
            yield flow != first, p[tcp + 13], p[tcp + (p[tcp + 12] >> 4) * 4:end]


def main():
    folder = os.path.join(HERE, "corpus", "session")
    os.makedirs(folder, exist_ok=True)
    for path in sys.argv[1:]:
        out = bytearray(b"\x00")
        for side, flags, payload in segments(path):
            for start in range(0, len(payload), 8191):
                part = payload[start:start + 8191]
                out += bytes([side | (len(part) >> 8) << 3, len(part) & 255]) + part
            if flags & 5:
                out += bytes([side | 3 << 1 | (8 if flags & 4 else 0)])
        if 1 < len(out) <= LIMIT:
            with open(os.path.join(folder, os.path.basename(path).split(".")[0]), "wb") as f:
                f.write(out)


if __name__ == "__main__":
    main()
