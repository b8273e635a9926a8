#!/usr/bin/env python3
"""JA4 as its authors publish it: $TLSWHY_CORPUS/ja4/expected.csv holds connections of the captures beside it and their JA4;
the program finds each of them and gives the same value, but for those of ja4_published.known, for which it gives the value
that stands there. Skips where there is no such corpus."""
import collections
import csv
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = os.path.join(HERE, "ja4_published.known")


def read_known():
    """{(capture, "client:port", "server:port"): our value}"""
    known = {}
    with open(KNOWN, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                capture, client, server, ours, _ = (field.strip() for field in line.split("|", 4))
                known[capture, client, server] = ours
    return known


def read_published(path):
    published = collections.defaultdict(list)
    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            client, server = (f"{row[side + '_ip']}:{row[side + '_port']}" for side in ("client", "server"))
            published[row["capture"]].append((client, server, row["ja4"]))
    return published


def ja4_of(program, path):
    """{("client:port", "server:port"): values of all connections between those}"""
    done = subprocess.run([program, "--format", "json", "--", path], capture_output=True, timeout=300, check=True)
    found = collections.defaultdict(set)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if record["record"] == "connection":
            client, server = (f"{record[side]['ip']}:{record[side]['port']}" for side in ("client", "server"))
            found[client, server].add(record.get("client_hello", {}).get("ja4"))
    return found


def main():
    program = os.environ.get("TLSWHY")
    folder = os.path.join(os.environ.get("TLSWHY_CORPUS", ""), "ja4")
    if not program or not os.environ.get("TLSWHY_CORPUS") or not os.path.exists(os.path.join(folder, "expected.csv")):
        print("skipped: TLSWHY or TLSWHY_CORPUS is not set, or there is no ja4/expected.csv in that corpus")
        return 77
    known = read_known()
    used, complaints, num = set(), [], 0
    for capture, rows in sorted(read_published(os.path.join(folder, "expected.csv")).items()):
        found = ja4_of(program, os.path.join(folder, capture))
        for client, server, ja4 in rows:
            num += 1
            values = found.get((client, server), set())
            expected = known.get((capture, client, server), ja4)
            if expected != ja4:
                used.add((capture, client, server))
            if expected not in values or (expected != ja4 and ja4 in values):
                complaints.append(f"{capture}: {client} -> {server}: published {ja4}, expected {expected}, found "
                                  f"{', '.join(map(str, sorted(values, key=str))) or 'no such connection'}")
    complaints += [f"{KNOWN}: {' '.join(key)} is not among the published values, or is no difference"
                   for key in known if key not in used]
    print("\n".join(complaints))
    print(f"{num} published values, {len(used)} known differences, {len(complaints)} complaints")
    return 1 if complaints or num == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
