#!/usr/bin/env python3
"""Damage brings no blame: of a capture that lost one direction, packets of a flight, everything behind a snapshot length, its
beginning, or its order, each connection keeps its verdict, or loses it to a code of the capture, or to the general code that
the rest of the packets still shows. Never is somebody blamed whom the whole capture does not blame, never is a code more
certain than before. Runs the program ($TLSWHY) over captures in pcaps/ and damaged copies of each, two at a time. What is
justified all the same stands in damaged_captures.known with its reason; a line there that is not needed is an error, too."""
import concurrent.futures
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("TLSWHY_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TLSWHY")
PCAPS = SOURCE / "pcaps"
ETHERNET = 1
TCP, UDP = 6, 17
FIN, SYN, RST, ACK = 1, 2, 4, 16
MAX_PACKETS = 700
CERTAINTIES = ["possible", "likely", "proven"]
CERTIFICATE_FAULTS = {"self-signed", "chain-incomplete", "issuer-untrusted", "certificate-revoked", "certificate-misused",
                      "certificate-weak", "name-mismatch", "certificate-not-yet-valid", "certificate-expired", "staple-missing"}
OVERLAP = {"no-shared-cipher", "no-shared-group", "no-shared-signature-algorithm", "no-shared-certificate-type",
           "version-unsupported"}
# What is left of a code when the packets that explain it are missing: what the alert or the close alone says.
LEFT = {
    **{code: {"certificate-rejected", "parameters-rejected", "encrypted-alert"} for code in CERTIFICATE_FAULTS},
    **{code: {"parameters-rejected"} for code in OVERLAP},
    "dh-weak": {"parameters-rejected"},
    "renegotiation-unsafe": {"parameters-rejected"},
    "client-auth-required": {"parameters-rejected", "client-certificate-rejected", "protocol-violation"},
    "client-ca-not-accepted": {"client-certificate-rejected"},
    "sni-missing": {"sni-unrecognized", "certificate-rejected"},
    "version-intolerant": {"hello-closed", "hello-reset", "hello-unanswered"},
    "reset-injected": {"hello-reset"},
    "request-not-tls": {"hello-closed", "hello-reset", "client-gave-up"},
    "no-shared-cipher": {"parameters-rejected", "protocol-violation"},
}


class Packet:
    """A packet of the capture; of TCP and UDP over untagged Ethernet and IP also its connection, direction and payload."""

    def __init__(self, seconds, fraction, data, length):
        self.seconds, self.fraction, self.data, self.length = seconds, fraction, data, length
        self.ends = self.source = None
        self.flags = self.payload = 0
        if len(data) >= 54 and data[12:14] == b"\x08\x00":
            at, addresses, protocol = 14 + (data[14] & 15) * 4, (data[26:30], data[30:34]), data[23]
            end = 14 + struct.unpack_from(">H", data, 16)[0]
        elif len(data) >= 74 and data[12:14] == b"\x86\xdd":
            at, addresses, protocol = 54, (data[22:38], data[38:54]), data[20]
            end = 54 + struct.unpack_from(">H", data, 18)[0]
        else:
            return
        self.source = addresses[0]
        if protocol not in (TCP, UDP) or len(data) < at + (20 if protocol == TCP else 8):
            return
        ports = struct.unpack_from(">HH", data, at)
        self.ends = ((addresses[0], ports[0], protocol), (addresses[1], ports[1], protocol))
        if protocol == UDP:
            self.payload = end - at - 8
            return
        self.flags = data[at + 13]
        self.payload = end - at - (data[at + 12] >> 4) * 4

    def micros(self):
        return self.seconds * 1000000 + self.fraction

    def key(self):
        return frozenset(self.ends)


def read_pcap(path):
    """The header and packets of a classic little-endian capture of Ethernet; None, None for anything else."""
    data = path.read_bytes()
    if len(data) < 24 or data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        return None, None
    if struct.unpack_from("<I", data, 20)[0] & 0xFFFF != ETHERNET:
        return None, None
    packets, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, caplen, length = struct.unpack_from("<IIII", data, at)
        packets.append(Packet(seconds, fraction, data[at + 16:at + 16 + caplen], length))
        at += 16 + caplen
    return data[:24], packets


def write_pcap(path, header, packets):
    with open(path, "wb") as f:
        f.write(header)
        for p in packets:
            f.write(struct.pack("<IIII", p.seconds, p.fraction, len(p.data), p.length) + p.data)


def clients_of(packets):
    """connection -> the end that is the client."""
    clients = {}
    for p in packets:
        if p.ends and p.key() not in clients:
            is_syn_ack = p.flags & SYN and p.flags & ACK
            clients[p.key()] = p.ends[1 if is_syn_ack else 0]
    return clients


def one_way(packets, clients, is_client_kept):
    hosts = {end[0] for end in clients.values()}

    def is_of_client(p):
        return p.ends[0] == clients[p.key()] if p.ends else p.source in hosts
    return [p for p in packets if p.source is None or is_of_client(p) == is_client_kept]


def without(packets, clients, is_client, number):
    """Each connection without the client's or server's data packet of this number."""
    seen, kept = {}, []
    for p in packets:
        if p.ends and p.payload > 0 and (p.ends[0] == clients[p.key()]) == is_client:
            seen[p.key()] = seen.get(p.key(), -1) + 1
            if seen[p.key()] == number:
                continue
        kept.append(p)
    return kept


def without_beginning(packets, number):
    seen, kept = {}, []
    for p in packets:
        if p.ends:
            seen[p.key()] = seen.get(p.key(), 0) + 1
        if not p.ends or seen[p.key()] > number:
            kept.append(p)
    return kept


def cut(packets, snaplen):
    copies = []
    for p in packets:
        copies.append(Packet(p.seconds, p.fraction, p.data[:snaplen], p.length))
    return copies


def swapped(packets, seed):
    """Neighbours of one direction that came within 20 ms change places; the times stay in order."""
    rng = random.Random(seed)
    order = list(packets)
    i = 0
    while i + 1 < len(order):
        a, b = order[i], order[i + 1]
        if a.ends and a.ends == b.ends and b.micros() - a.micros() < 20000 and not (a.flags | b.flags) & SYN and rng.random() < 0.6:
            order[i], order[i + 1] = b, a
            i += 1
        i += 1
    return [Packet(t.seconds, t.fraction, p.data, p.length) for t, p in zip(packets, order)]


def damages(name, packets):
    clients = clients_of(packets)
    yield "client-only", one_way(packets, clients, True)
    yield "server-only", one_way(packets, clients, False)
    yield "snaplen-96", cut(packets, 96)
    yield "snaplen-160", cut(packets, 160)
    for number in range(4):
        yield f"server-lost-{number}", without(packets, clients, False, number)
    for number in range(3):
        yield f"client-lost-{number}", without(packets, clients, True, number)
    yield "late-3", without_beginning(packets, 3)
    yield "late-5", without_beginning(packets, 5)
    for seed in range(2):
        yield f"swapped-{seed}", swapped(packets, f"{name} {seed}")


def verdicts(path):
    """(ends, how many before on the same ends) -> what the program says."""
    run = subprocess.run([PROGRAM, "--format", "json", "--trust", f"lab={PCAPS / 'pki' / 'roots.pem'}", str(path)],
                         capture_output=True, text=True, timeout=60, check=False)
    if run.returncode not in (0, 1):
        raise RuntimeError(f"{path}: exit {run.returncode}: {run.stderr.strip()}")
    found = {}
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record["record"] != "connection":
            continue
        ends = tuple(sorted((record[side]["ip"], record[side]["port"]) for side in ("client", "server")))
        number = 0
        while (ends, number) in found:
            number += 1
        found[ends, number] = record
    return found


def certainty(record):
    for finding in record.get("findings", []):
        if finding["code"] == record["verdict"]:
            return CERTAINTIES.index(finding["certainty"])
    return len(CERTAINTIES)


def wrong(part, whole):
    """Why the verdict of the damaged capture is not borne out by the whole one; None when it is."""
    code, before = part["verdict"], whole["verdict"]
    if part["outcome"] == "incomplete":
        return None
    side, side_before = part.get("verdict_side"), whole.get("verdict_side")
    if code == before:
        if side not in (side_before, "unknown"):
            return f"{code} of the {side}, not of the {side_before}"
        if part["outcome"] != "completed" and certainty(part) > certainty(whole):
            return f"{code} is more certain than in the whole capture"
        return None
    if code == "ok":
        return None if whole["outcome"] == "incomplete" or rejected_late(whole) else f"ok, not {before}"
    if code in LEFT.get(before, ()):
        return None if side in (side_before, "unknown") else f"{code} of the {side}, where {before} was of the {side_before}"
    return f"{code} ({CERTAINTIES[certainty(part)]}, {side}), not {before} ({side_before})"


def rejected_late(record):
    """The handshake completed, and only the certificate told that the client's leaving was no ordinary one."""
    return record["verdict"] in CERTIFICATE_FAULTS | {"renegotiation-refused"} and certainty(record) == CERTAINTIES.index("likely")


def known():
    rows = {}
    for line in (SOURCE / "tests/laws/damaged_captures.known").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, damage, reason = line.split(None, 2)
            rows[name, damage] = reason
    return rows


def judge(path, folder):
    """(how many damaged copies, [(capture, damage, text)])"""
    header, packets = read_pcap(path)
    if not packets or len(packets) > MAX_PACKETS or not any(p.ends for p in packets):
        return 0, []
    whole = verdicts(path)
    tried, problems = 0, []
    for damage, kept in damages(path.stem, packets):
        if not kept or kept == packets:
            continue
        copy = os.path.join(folder, f"{path.stem}.{damage}.pcap")
        write_pcap(copy, header, kept)
        tried += 1
        for key, record in verdicts(copy).items():
            # A connection that the whole capture does not report has nothing to fail.
            before = whole.get(key, {"verdict": "none", "outcome": "completed"})
            text = wrong(record, before)
            if text:
                problems.append((path.stem, damage, f"{key[0][0][0]}:{key[0][0][1]} {key[0][1][0]}:{key[0][1][1]} {text}"))
        os.unlink(copy)
    return tried, problems


def main():
    if not PROGRAM:
        print("TLSWHY is not set: nothing to run")
        return 77
    wanted = sys.argv[1:]
    captures = [p for p in sorted(PCAPS.glob("*.pcap")) if not wanted or p.stem in wanted]
    excused, needed, failed, tried = known(), set(), 0, 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        for num, problems in pool.map(lambda path: judge(path, folder), captures):
            tried += num
            for name, damage, text in problems:
                rows = {(name, damage), (name, "*"), ("*", damage)} & set(excused)
                needed |= rows
                if not rows:
                    failed += 1
                    print(f"{name} {damage}: {text}")
    for row in sorted(set(excused) - needed) if not wanted else []:
        failed += 1
        print(f"{row[0]} {row[1]}: holds now, take it out of damaged_captures.known ({excused[row]})")
    print(f"{tried} damaged captures, {failed} problems, {len(excused)} exceptions")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
