#!/usr/bin/env python3
"""The prefix law, end to end: what a capture shows of a connection is a part of what the whole capture shows of it. The packets
that carry handshake messages are cut at many lengths, as a snapshot length does, or the capture stops in them; then every fact
of the cut is absent from the whole or equal to it, lists are prefixes, no peer is blamed for what the capture lacks, and nothing
is called malformed that was not. Runs the program ($TLSWHY) over captures in pcaps/, those over UDP and those with their keys
among them. With words as arguments only over captures whose names hold one of them."""
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
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from read_captures import ETHERNET, read_pcapng  # noqa: E402
TUNNELS = {2152, 4789, 4790, 6081, 8472}  # ports of UDP that carry other packets
CUTS = 6         # lengths tried for one packet
PACKETS = 4       # packets with handshake records cut in one capture
MAX_PACKETS = 120  # longer captures have nothing to add
# What tells of the capture rather than of the peers, and what a verdict makes of it.
OF_THE_CAPTURE = {"outcome", "verdict", "verdict_side", "ended_by", "findings", "tcp", "packets", "bytes", "end", "chain_missing",
                  "faults", "handshake_us", "frame", "second_frame", "name_from", "cut", "chain_cut", "client_chain_cut", "after_gap", "verification", "ocsp"}
# What says that the key log, and not the capture, is at fault.
WRONG_KEYS = {"authentication-failed", "unsupported", "missing", "incomplete"}
BLAMING = {"client", "server"}
# A capture that ends behind a RST cannot know that it was ignored.
UNFORESEEABLE = {"reset-ignored.pcap"}


def read_pcap(path):
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 24 or data[:4] != b"\xd4\xc3\xb2\xa1" or struct.unpack_from("<I", data, 20)[0] & 0xFFFF != ETHERNET:
        return None, None
    packets, at = [], 24
    while at + 16 <= len(data):
        seconds, micros, caplen, length = struct.unpack_from("<IIII", data, at)
        if at + 16 + caplen > len(data) or caplen != length:
            return None, None
        packets.append((seconds, micros, data[at + 16:at + 16 + caplen], length))
        at += 16 + caplen
    return data[:24], packets


def payload_at(packet):
    """Where the TCP or UDP payload of an untagged Ethernet and IPv4 or IPv6 packet begins; 0: none."""
    if len(packet) > 42 and packet[12:14] == b"\x08\x00" and packet[14] == 0x45 and packet[23] == 17:
        return 0 if TUNNELS & set(struct.unpack_from(">HH", packet, 34)) else 42
    if len(packet) >= 54 and packet[12:14] == b"\x08\x00" and packet[23] == 6:
        tcp, end = 14 + (packet[14] & 15) * 4, 14 + struct.unpack_from(">H", packet, 16)[0]
    elif len(packet) >= 74 and packet[12:14] == b"\x86\xdd" and packet[20] == 6:
        tcp, end = 54, 54 + struct.unpack_from(">H", packet, 18)[0]
    else:
        return 0
    if len(packet) < tcp + 20:
        return 0
    at = tcp + (packet[tcp + 12] >> 4) * 4
    return at if at < min(end, len(packet)) else 0


def has_handshake(packet):
    at = payload_at(packet)
    return at > 0 and (packet[at] == 22 or packet[at] & 0x80 or (packet[23] == 17 and packet[at] & 0xE0 == 0x20))


def write_pcap(path, header, packets):
    with open(path, "wb") as f:
        f.write(header)
        for seconds, micros, packet, length in packets:
            f.write(struct.pack("<IIII", seconds, micros, len(packet), length) + packet)


def facts(path, options):
    run = subprocess.run([PROGRAM, "--format", "json", *options, path], capture_output=True, check=False, timeout=60)
    if run.returncode != 0:
        sys.exit(f"{path}: exit {run.returncode}: {run.stderr.decode(errors='replace')}")
    records = [json.loads(line) for line in run.stdout.splitlines()]
    return {r["frame"]: r for r in records if r["record"] == "connection"}


def without_place(value):
    return {k: v for k, v in value.items() if k not in ("frame", "after_gap")}


def beyond(part, whole, path=""):
    """What the part claims and the whole does not."""
    if isinstance(part, dict) and isinstance(whole, dict):
        for key in part:
            if key in OF_THE_CAPTURE:
                continue
            # Without the client's SSLv2 hello, the server's alert in a TLS record is all that tells.
            if key == "protocol" and (part[key] == "none" or "client_hello" not in part):
                continue
            if key == "alerts":  # of both sides: what is missing of one is missing in the middle
                known = [without_place(alert) for alert in whole.get(key, [])]
                yield from (f".alerts: {alert}" for alert in part[key] if without_place(alert) not in known)
            elif key not in whole:
                yield f"{path}.{key}: {str(part[key])[:100]} / nothing"
            else:
                yield from beyond(part[key], whole[key], f"{path}.{key}")
    elif isinstance(part, list) and isinstance(whole, list):
        if len(part) > len(whole) or (not part and whole):
            yield f"{path}: {len(part)} items of {len(whole)}"
        for i, (one, other) in enumerate(zip(part, whole)):
            yield from beyond(one, other, f"{path}[{i}]")
    elif part != whole:
        yield f"{path}: {str(part)[:100]} / {str(whole)[:100]}"


def malformed(record):
    return [f for f in record.get("faults", []) if f["kind"] == "malformed"]


def blames(part, whole):
    """A peer is blamed that the whole capture does not blame, or something broken is seen in what was only cut."""
    known = [without_place(fault) for fault in malformed(whole)]
    for fault in malformed(part):
        if without_place(fault) not in known:
            yield f"malformed: {fault}"
    if part["outcome"] == "failed" and whole["outcome"] != "failed":
        yield f"outcome failed, {part.get('verdict')} / {whole['outcome']}"
    wrong = part.get("keys_error")
    if wrong in WRONG_KEYS and wrong != whole.get("keys_error"):
        yield f"keys_error {wrong} / {whole.get('keys_error')}"
    side = part.get("verdict_side")
    if whole["outcome"] != "failed" and side in BLAMING and side != whole.get("verdict_side"):
        yield f"verdict_side {part['verdict_side']} / {whole.get('verdict_side')}"


def problems_of(part, whole, is_of_tcp):
    """Over UDP a hello that is cut leaves another one in its place, and with keys what is hidden in the part has a name in the
    whole: there only what is said against somebody counts."""
    return (list(beyond(part, whole)) if is_of_tcp else []) + list(blames(part, whole))


def cuts_of(packet, rng):
    at = payload_at(packet)
    lengths = range(at + 1, len(packet))
    return sorted(rng.sample(lengths, CUTS)) if len(lengths) > CUTS else list(lengths)


def captures_of(folder):
    """(path, header, packets, options) of each."""
    for path in sorted(glob.glob(os.path.join(SOURCE, "pcaps", "*.pcap")) + glob.glob(os.path.join(SOURCE, "pcaps", "*keys*.pcapng"))):
        if sys.argv[1:] and not any(word in os.path.basename(path) for word in sys.argv[1:]):
            continue
        if path.endswith(".pcap"):
            key = path.removesuffix(".pcap") + ".key"
            yield path, *read_pcap(path), ["--server-key", key] if os.path.exists(key) else []
            continue
        header, packets, keys = read_pcapng(path)
        log = os.path.join(folder, "keys")
        with open(log, "wb") as f:
            f.write(keys)
        yield path, header, packets, ["--keylog", log]


def main():
    if not PROGRAM:
        print("skipped: the program is not built")
        return 77
    captures = tried = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for path, header, packets, options in captures_of(folder):
            if not packets or len(packets) > MAX_PACKETS or os.path.basename(path) in UNFORESEEABLE:
                continue
            whole = facts(path, options)
            chosen = [i for i, p in enumerate(packets) if has_handshake(p[2])][:PACKETS]
            if not whole or not chosen:
                continue
            captures += 1
            rng = random.Random(os.path.basename(path))
            variants = []
            for i in chosen:
                for length in cuts_of(packets[i][2], rng):
                    seconds, micros, packet, wire = packets[i]
                    variants.append((f"packet {i + 1} cut to {length}", packets[:i] + [(seconds, micros, packet[:length], wire)],
                                     packets[i + 1:] if rng.random() < 0.5 else []))
            for what, before, after in variants:
                cut = os.path.join(folder, os.path.basename(path))
                write_pcap(cut, header, before + after)
                tried += 1
                for frame, part in facts(cut, options).items():
                    is_of_tcp = part["transport"] == "tcp" and not options
                    if frame in whole:
                        problems = problems_of(part, whole[frame], is_of_tcp)
                    else:
                        problems = [f"no such connection at frame {frame}"] if is_of_tcp else []
                    if problems:
                        failed += 1
                        print(f"{os.path.basename(path)}, {what}{'' if after else ', the last'}:")
                        print("\n".join(f"    {p}" for p in problems[:6]))
    print(f"{captures} captures, {tried} cuts, {failed} with more than the whole shows")
    if tried == 0:
        print("skipped: no capture to cut")
        return 77
    return 1 if failed else 0


sys.exit(main())
