#!/usr/bin/env python3
"""Delivery law, end to end: a capture whose TCP segments are split, swapped, doubled and sent again with overlap gives the same
facts, outcome and verdict as the capture itself. Runs the program ($TLSWHY) over captures in pcaps/ and seeded variants of each."""
import glob
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TLSWHY")
SOURCE = os.environ.get("TLSWHY_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
VARIANTS = 6
ETHERNET = 1
FIN, SYN, RST = 1, 2, 4
# What depends on packets rather than on bytes.
PLACES = {"frame", "second_frame", "capture", "evidence", "summary", "detail"}
DROPPED = PLACES | {"id", "start", "end", "packets", "tcp", "handshake_us", "community_id"}


def read_pcap(path):
    """[(seconds, fraction, packet)] of a little-endian classic pcap with Ethernet whole packets; None for anything else."""
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 24 or data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        return None, None
    if struct.unpack_from("<I", data, 20)[0] & 0xFFFF != ETHERNET:
        return None, None
    per_micro = 1000 if data[0] == 0x4D else 1
    packets, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, caplen, length = struct.unpack_from("<IIII", data, at)
        if at + 16 + caplen > len(data) or caplen != length:
            return None, None
        packets.append((seconds, fraction // per_micro, data[at + 16:at + 16 + caplen]))
        at += 16 + caplen
    return data[:24], packets


class Segment:
    """A TCP segment over untagged Ethernet and IP, taken apart far enough to be cut."""

    def __init__(self, packet):
        self.packet = packet
        self.is_tcp = False
        if len(packet) < 54:
            return
        kind = struct.unpack_from(">H", packet, 12)[0]
        if kind == 0x0800 and packet[14] >> 4 == 4 and packet[23] == 6 and struct.unpack_from(">H", packet, 20)[0] & 0x3FFF == 0:
            self.ip, self.tcp = 14, 14 + (packet[14] & 15) * 4
            end = 14 + struct.unpack_from(">H", packet, 16)[0]
        elif kind == 0x86DD and packet[20] == 6:
            self.ip, self.tcp = 14, 54
            end = 54 + struct.unpack_from(">H", packet, 18)[0]
        else:
            return
        if len(packet) < self.tcp + 20 or end > len(packet):
            return
        self.data_at = self.tcp + (packet[self.tcp + 12] >> 4) * 4
        self.payload = packet[self.data_at:end]
        self.flags = packet[self.tcp + 13]
        self.seq = struct.unpack_from(">I", packet, self.tcp + 4)[0]
        self.flow = packet[self.ip + 8:self.tcp + 4]
        self.is_tcp = True

    def piece(self, start, end):
        """The same segment with only payload[start:end]; FIN stays on the last piece. Checksums are left wrong, as offload does."""
        header = bytearray(self.packet[:self.data_at])
        struct.pack_into(">I", header, self.tcp + 4, (self.seq + start) & 0xFFFFFFFF)
        if end < len(self.payload):
            header[self.tcp + 13] &= ~FIN & 0xFF
        length = self.data_at - self.tcp + end - start
        if header[12:14] == b"\x08\x00":
            struct.pack_into(">H", header, self.ip + 2, self.tcp - self.ip + length)
        else:
            struct.pack_into(">H", header, self.ip + 4, length)
        return bytes(header) + self.payload[start:end]


def vary(packets, rng):
    """Split, swap, double, resend with overlap. Segments of one side swap only while nothing of the other side stands between them,
    so that no acknowledgement comes before what it acknowledges for long."""
    out, times = [], []
    for seconds, micros, packet in packets:
        segment = Segment(packet)
        if not segment.is_tcp or len(segment.payload) < 2 or segment.flags & (SYN | RST):
            out.append((packet, None))
            times.append((seconds, micros))
            continue
        cuts = sorted(rng.sample(range(1, len(segment.payload)), min(len(segment.payload) - 1, rng.randrange(0, 5))))
        bounds = [0] + cuts + [len(segment.payload)]
        for start, end in zip(bounds, bounds[1:]):
            if start > 0 and rng.random() < 0.2:
                start -= rng.randrange(0, min(start, 40) + 1)
            for _ in range(2 if rng.random() < 0.1 else 1):
                out.append((segment.piece(start, end), segment.flow))
                times.append((seconds, micros))
    for i in range(len(out) - 1):
        has_fin = any(Segment(p).is_tcp and Segment(p).flags & FIN for p, _ in out[i:i + 2])
        if out[i][1] and out[i][1] == out[i + 1][1] and not has_fin and rng.random() < 0.3:
            out[i], out[i + 1] = out[i + 1], out[i]
    return [(seconds, micros, packet) for (seconds, micros), (packet, _) in zip(times, out)]


def strip(value):
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if k not in PLACES}
    return [strip(v) for v in value] if isinstance(value, list) else value


def facts(path):
    run = subprocess.run([PROGRAM, "--format", "json", path], capture_output=True, check=False, timeout=60)
    if run.returncode != 0:
        sys.exit(f"{path}: exit {run.returncode}: {run.stderr.decode(errors='replace')}")
    found = {}
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record["record"] != "connection":
            continue
        key = (record["client"]["ip"], record["client"]["port"], record["server"]["ip"], record["server"]["port"], record.get("sni"))
        found.setdefault(key, []).append({k: strip(v) for k, v in record.items() if k not in DROPPED})
    return found


def differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            yield from differences(a.get(key), b.get(key), f"{path}.{key}")
    elif a != b:
        yield f"{path}: {str(a)[:120]} / {str(b)[:120]}"


def main():
    if not PROGRAM:
        print("skipped: the program is not built")
        return 77
    seen = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(os.path.join(SOURCE, "pcaps", "*.pcap"))):
            header, packets = read_pcap(path)
            # A damaged stream has no facts that every delivery must show.
            if not packets or len(packets) > 400:
                continue
            expected = facts(path)
            if not expected:
                continue
            for seed in range(VARIANTS):
                rng = random.Random(f"{os.path.basename(path)} {seed}")
                varied = os.path.join(folder, os.path.basename(path))
                with open(varied, "wb") as f:
                    f.write(b"\xd4\xc3\xb2\xa1" + header[4:])
                    for seconds, micros, packet in vary(packets, rng):
                        f.write(struct.pack("<IIII", seconds, micros, len(packet), len(packet)) + packet)
                seen += 1
                got = facts(varied)
                if got != expected:
                    failed += 1
                    print(f"{os.path.basename(path)} seed {seed}: other facts")
                    for key in sorted(set(expected) | set(got), key=str):
                        for one, other in zip(expected.get(key, [{}]), got.get(key, [{}])):
                            for difference in differences(one, other):
                                print(f"    {key[0]}:{key[1]} {difference}")
    print(f"{seen} varied captures, {failed} with other facts")
    if seen == 0:
        print("skipped: no capture to vary")
        return 77
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
