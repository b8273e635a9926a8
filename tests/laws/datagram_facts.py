#!/usr/bin/env python3
"""Delivery law of datagrams, end to end: a capture of DTLS or QUIC whose datagrams change places within their flight, or come twice
at once, gives the same facts, outcome and verdict as the capture itself. Runs the program ($TLSWHY) over pcaps/dtls*.pcap, quic-*.pcap, those with
their keys (quic-keys*.pcapng, keys-dtls*.pcapng, server-key-dtls*.pcap with the key beside them), and seeded variants of each; a flight is what one side sends in a row, without what it sends again."""
import glob
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from delivery_facts import PLACES, differences, strip  # noqa: E402

PROGRAM = os.environ.get("TLSWHY")
SOURCE = os.environ.get("TLSWHY_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from read_captures import read_pcapng  # noqa: E402
VARIANTS = 8
# What depends on packets rather than on messages.
DROPPED = PLACES | {"id", "start", "end", "packets", "bytes", "handshake_us"}
UDP, FLIGHT_US = 17, 200000


def read_pcap(path):
    """The header and [(seconds, fraction, packet)] of a little-endian capture of Ethernet."""
    with open(path, "rb") as f:
        data = f.read()
    packets, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, caplen, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds, fraction, data[at + 16:at + 16 + caplen]))
        at += 16 + caplen
    return data[:24], packets


def direction(packet):
    """Addresses and ports of a UDP datagram over IPv4; None for what has to stay where it is."""
    if len(packet) < 42 or packet[12:14] != b"\x08\x00" or packet[23] != UDP or packet[14] != 0x45:
        return None
    return packet[26:38]


def flights(packets):
    """[[index]] of neighbours of one direction, with no pause between them."""
    runs, last = [], None
    for i, (seconds, fraction, packet) in enumerate(packets):
        here, now = direction(packet), seconds * 1000000 + fraction
        if last is not None and here is not None and here == last[0] and now - last[1] < FLIGHT_US:
            runs[-1].append(i)
        else:
            runs.append([i])
        last = (here, now)
    return runs


def vary(packets, rng, kind):
    out = []
    for run in flights(packets):
        order = list(run)
        if kind == 0:
            order.reverse()
        else:
            rng.shuffle(order)
        for place, i in zip(run, order):
            seconds, fraction, _ = packets[place]
            out += [(seconds, fraction, packets[i][2])] * (2 if kind % 2 and rng.random() < 0.4 else 1)
    return out


def write_pcap(path, header, packets):
    with open(path, "wb") as f:
        f.write(header)
        for seconds, fraction, packet in packets:
            f.write(struct.pack("<IIII", seconds, fraction, len(packet), len(packet)) + packet)


def facts(path, options):
    run = subprocess.run([PROGRAM, "--format", "json", *options, path], capture_output=True, check=False, timeout=60)
    if run.returncode != 0:
        sys.exit(f"{path}: exit {run.returncode}: {run.stderr.decode(errors='replace')}")
    records = [json.loads(line) for line in run.stdout.splitlines()]
    return [{k: strip(v) for k, v in r.items() if k not in DROPPED} for r in records if r["record"] == "connection"]


def main():
    if not PROGRAM:
        print("skipped: the program is not built")
        return 77
    seen = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        names = ("dtls*.pcap", "quic-*.pcap", "quic-keys*.pcapng", "keys-dtls*.pcapng", "server-key-dtls*.pcap")
        for path in sorted(p for name in names for p in glob.glob(os.path.join(SOURCE, "pcaps", name))):
            copy, options = os.path.join(folder, os.path.basename(path).removesuffix("ng")), []
            if path.endswith("ng"):
                header, packets, keys = read_pcapng(path)
                packets = [packet[:3] for packet in packets]
                options = ["--keylog", os.path.join(folder, "keys")]
                with open(options[1], "wb") as f:
                    f.write(keys)
            else:
                header, packets = read_pcap(path)
                key = path.removesuffix(".pcap") + ".key"
                options = ["--server-key", key] if os.path.exists(key) else []
            write_pcap(copy, header, packets)
            expected = facts(copy, options)
            for seed in range(VARIANTS):
                varied = vary(packets, random.Random(f"{os.path.basename(path)} {seed}"), seed)
                if varied == packets:
                    continue
                write_pcap(copy, header, varied)
                seen += 1
                got = facts(copy, options)
                if got == expected:
                    continue
                failed += 1
                print(f"{os.path.basename(path)} seed {seed}: other facts, {len(expected)} and {len(got)} connections")
                for one, other in zip(expected, got):
                    for difference in differences(one, other):
                        print(f"    {difference}")
    print(f"{seen} varied captures, {failed} with other facts")
    return 1 if failed or seen == 0 else 0


sys.exit(main())
