#!/usr/bin/env python3
"""The law of evidence: what --evidence writes proves the same as what it was taken from, and holds no application data.

For each capture in pcaps/ the evidence is written and read again: every connection with an error or a warning is in it, with the same
outcome, verdict, side and certainty, from files and (for some) from standard input. Bytes of application data, found by this script's own
reading of the original, do not occur in it. Those that a report needs are under 64 kB, and tshark and capinfos, where they are installed,
read them without complaint. Runs the program ($TLSWHY) over captures in pcaps/."""
import glob
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TLSWHY")
SOURCE = os.environ.get("TLSWHY_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SMALL = ["missing-intermediate-tls12.pcap", "interception.pcap", "interception-rejected.pcap", "cipher-not-offered.pcap",
         "no-shared-cipher-tls12.pcap", "ssl3-only-server.pcap", "http-on-443.pcap", "client-cert-wrong-ca-tls13.pcap", "compare-inside.pcap",
         "compare-outside.pcap"]
SIZE = 64 * 1024
PIECE = 12  # bytes of application data that must not occur
FIRST_BYTES = 64


def run(arguments, stdin=None):
    done = subprocess.run([PROGRAM, "--no-progress", "--format", "json"] + arguments, stdin=stdin, capture_output=True,
                          env={**os.environ, "SOURCE_DATE_EPOCH": "1795273200"}, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments}: exit {done.returncode}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def key(c):
    return (c["transport"], c["start"], c["client"]["ip"], c["client"]["port"], c["server"]["ip"], c["server"]["port"])


def judgement(c):
    verdict = [f for f in c.get("findings", []) if f["code"] == c.get("verdict")]
    return {"outcome": c["outcome"], "verdict": c.get("verdict"), "side": c.get("verdict_side"), "ended_by": c.get("ended_by"),
            "certainty": verdict[0]["certainty"] if verdict else None}


def is_wanted(c):
    return c["outcome"] != "completed" or any(f["severity"] != "info" for f in c.get("findings", []))


def compare(name, before, after, complaints, how):
    found = {}
    for c in after:
        if c["record"] == "connection":
            found.setdefault(key(c), []).append(c)
    num = 0
    for c in before:
        if c["record"] != "connection":
            continue
        candidates = found.get(key(c), [])
        if not candidates:
            if is_wanted(c):
                complaints.append(f"{name}{how}: #{c['id']} ({c.get('verdict')}) is not in its evidence")
            continue
        num += 1
        a, b = judgement(c), judgement(candidates.pop(0))
        if a != b:
            complaints.append(f"{name}{how}: #{c['id']} {a} became {b}")
    verdicts = [sorted(r["verdict"] for r in records if r["record"] == "name" and r.get("verdict")) for records in (before, after)]
    if verdicts[0] != verdicts[1]:
        complaints.append(f"{name}{how}: look-ups {verdicts[0]} became {verdicts[1]}")
    return num


# ---- application data, by a reading of its own: TLS up to 1.2 over Ethernet and IPv4 whose segments came in order

def packets_of(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] != b"\xd4\xc3\xb2\xa1" or struct.unpack_from("<I", data, 20)[0] & 0xFFFF != 1:
        return
    at = 24
    while at + 16 <= len(data):
        caplen = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + caplen]
        at += 16 + caplen


def streams_of(path):
    streams = {}
    for p in packets_of(path):
        if len(p) < 54 or p[12:14] != b"\x08\x00" or p[23] != 6 or p[20] & 0x3F or p[21]:
            continue
        tcp, end = 14 + (p[14] & 15) * 4, 14 + struct.unpack_from(">H", p, 16)[0]
        start = tcp + (p[tcp + 12] >> 4) * 4
        seq = struct.unpack_from(">I", p, tcp + 4)[0]
        direction = p[26:34] + p[tcp:tcp + 4]
        if p[tcp + 13] & 2:
            streams.setdefault((direction, seq), [])
            streams[direction] = ((seq + 1) & 0xFFFFFFFF, bytearray())
        elif direction in streams and start < end:
            isn, held = streams[direction]
            at = (seq - isn) & 0xFFFFFFFF
            if at == len(held):
                held += p[start:end]
    return [bytes(held) for direction, held in ((d, s[1]) for d, s in streams.items() if isinstance(s, tuple))]


def private_bytes(stream):
    """Pieces of application data of one direction."""
    at, pieces = 0, []
    if not stream or stream[0] not in (20, 21, 22, 23) or stream[1:2] != b"\x03":
        if stream[:4] in (b"HTTP", b"GET ", b"POST") and b"\r\n\r\n\x16\x03" not in stream:
            pieces += [stream[i:i + PIECE] for i in range(FIRST_BYTES, len(stream) - PIECE, 64)]
        return pieces
    is_tls13 = False
    while at + 5 <= len(stream):
        kind, length = stream[at], struct.unpack_from(">H", stream, at + 3)[0]
        body = stream[at + 5:at + 5 + length]
        if kind == 22 and body[:1] == b"\x02":
            is_tls13 = b"\x00\x2b\x00\x02\x03\x04" in body
        if kind == 23 and not is_tls13:
            pieces += [body[i:i + PIECE] for i in range(0, len(body) - PIECE + 1, 512)]
        at += 5 + length
    # Of a direction without a ServerHello nothing tells which version it is: its peer's answer does.
    return pieces if not is_tls13 else []


def application_data(path, records):
    if any(r["record"] == "connection" and r.get("version") == "TLSv1.3" for r in records):
        return [p for s in streams_of(path) for p in private_bytes(s) if s[:4] in (b"HTTP", b"GET ", b"POST")]
    return [p for s in streams_of(path) for p in private_bytes(s)]


def check_tools(name, path, complaints):
    for tool in (["tshark", "-r"], ["capinfos"]):
        if not shutil.which(tool[0]):
            continue
        done = subprocess.run(tool + [path], capture_output=True, check=False)
        errors = [line for line in done.stderr.decode(errors="replace").splitlines() if line and "Running as user" not in line]
        if done.returncode != 0 or errors:
            complaints.append(f"{name}: {tool[0]} says {done.returncode} {errors[:2]}")


def check(path, out, complaints, totals):
    name = os.path.basename(path)
    evidence = os.path.join(out, "evidence.pcapng")
    before = run([path, "--evidence", evidence, "--include-secrets"])
    after = run([evidence])
    totals["connections"] += compare(name, before, after, complaints, "")
    with open(evidence, "rb") as f:
        data = f.read()
    if name in SMALL:
        totals["small"] += 1
        if len(data) >= SIZE:
            complaints.append(f"{name}: its evidence has {len(data)} bytes")
        check_tools(name, evidence, complaints)
    pieces = application_data(path, before)
    totals["pieces"] += len(pieces)
    if any(piece in data for piece in pieces):
        complaints.append(f"{name}: application data is in its evidence")
    if name in SMALL or totals["captures"] % 8 == 0:
        with open(path, "rb") as f:
            compare(name, before, run(["-", "--evidence", evidence, "--include-secrets"], stdin=f), complaints, " (standard input)")
        pipe = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
        piped = run(["-", "--evidence", evidence, "--include-secrets"], stdin=pipe.stdout)
        pipe.stdout.close()
        pipe.wait()
        compare(name, piped, run([evidence]), complaints, " (pipe)")
        totals["pipes"] += 1
    totals["captures"] += 1


def main():
    complaints, totals = [], {"captures": 0, "connections": 0, "pieces": 0, "small": 0, "pipes": 0}
    chosen = sys.argv[1:] or sorted(p for p in glob.glob(os.path.join(SOURCE, "pcaps", "*.pcap*")) if not p.endswith(".txt"))
    with tempfile.TemporaryDirectory() as out:
        for path in chosen:
            check(path, out, complaints, totals)
    print("\n".join(complaints))
    print(", ".join(f"{value} {what}" for what, value in totals.items()) + f"; {len(complaints)} complaints")
    missing = not sys.argv[1:] and (totals["connections"] < 300 or totals["pieces"] < 100 or totals["small"] < len(SMALL))
    sys.exit(1 if complaints or missing else 0)


if __name__ == "__main__":
    main()
