#!/usr/bin/env python3
"""The text report puts connections that are alike into one entry. Over all captures: every connection that JSON tells stands
in exactly one entry, under its verdict, with its frame; counts add up to the totals; and with -v each has its own block."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("TLSWHY_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TLSWHY")
TRUST = ["--trust", "lab=pcaps/pki/roots.pem"]
WORDS = {"FAILED": "failed", "NOT TLS": "not-tls", "INCOMPLETE": "incomplete", "COMPLETED": "completed"}
TITLE = re.compile(r"(FAILED|NOT TLS|INCOMPLETE|COMPLETED)(?: ([a-z0-9-]+))?  (?:#(\d+)|([\d,]+) (connections|look-ups?))  ")
WHEN = re.compile(r"  when .* frames? (\d+)")
MEMBER = re.compile(r"#(\d+) \(frame (\d+)\)")
MORE = re.compile(r" and ([\d,]+) more$")


def run(capture, *arguments):
    result = subprocess.run([PROGRAM, *TRUST, *arguments, str(capture)], capture_output=True, check=True, timeout=120,
                            cwd=SOURCE, env={**os.environ, "LC_ALL": "C"})
    return result.stdout.decode()


def number(text):
    return int(text.replace(",", ""))


def entries(text):
    """Each entry: outcome, verdict, how many, {id: frame} of those named; of look-ups only how many."""
    found = []
    for line in text.splitlines():
        title = TITLE.match(line)
        if title:
            outcome, code, one, many, what = title.groups()
            found.append({"outcome": WORDS[outcome], "verdict": code or "ok", "count": 1 if one else number(many),
                          "look-ups": bool(what and what.startswith("look-up")), "members": {}, "one": one, "more": 0})
        elif found and line.startswith("  when") and found[-1]["one"] and not found[-1]["members"]:
            found[-1]["members"][int(found[-1]["one"])] = int(WHEN.match(line)[1])
        elif found and line.startswith("  connections   "):
            found[-1]["members"] = {int(i): int(frame) for i, frame in MEMBER.findall(line)}
            more = MORE.search(line)
            found[-1]["more"] = number(more[1]) if more else 0
    return found


def complaints(capture):
    records = [json.loads(line) for line in run(capture, "--format", "json").splitlines()]
    connections = {r["id"]: r for r in records if r["record"] == "connection"}
    named = {}
    counts = collections.Counter()
    for entry in entries(run(capture, "--color=never")):
        if entry["look-ups"]:
            counts["look-ups"] += entry["count"]
            continue
        counts[entry["outcome"], entry["verdict"]] += entry["count"]
        if entry["count"] != len(entry["members"]) + entry["more"]:
            yield f"{entry} does not add up"
        for member, frame in entry["members"].items():
            record = connections.get(member)
            if member in named:
                yield f"#{member} stands in two entries"
            named[member] = frame
            if not record or (record["outcome"], record.get("verdict", "ok")) != (entry["outcome"], entry["verdict"]):
                yield f"#{member} stands under {entry['outcome']} {entry['verdict']}, JSON has {record}"
            elif record["frame"] != frame:
                yield f"#{member} begins with frame {record['frame']}, not {frame}"
    expected = collections.Counter((r["outcome"], r.get("verdict", "ok")) for r in connections.values())
    look_ups = sum(r["record"] == "name" and "findings" in r for r in records)
    if look_ups:
        expected["look-ups"] = look_ups
    if counts != expected:
        yield f"entries count {dict(counts)}, JSON has {dict(expected)}"
    full = run(capture, "-v", "--color=never")
    blocks = [int(i) for i in re.findall(r"^(?:FAILED|NOT TLS|INCOMPLETE|COMPLETED)[ a-z0-9-]*  #(\d+)  ", full, re.MULTILINE)]
    if sorted(blocks) != sorted(connections):
        yield f"-v has blocks for {sorted(blocks)}, JSON has {sorted(connections)}"


def main():
    if not PROGRAM or not os.access(PROGRAM, os.X_OK):
        print("skipped: TLSWHY names no program")
        sys.exit(77)
    captures = sorted(p for p in (SOURCE / "pcaps").iterdir() if re.search(r"\.pcap(ng)?(\.(gz|zst|lz4))?$", p.name))
    found = [f"{capture.name}: {c}" for capture in captures for c in complaints(capture)]
    print("\n".join(found))
    print(f"{len(captures)} captures, {len(found)} complaints")
    sys.exit(1 if found or not captures else 0)


if __name__ == "__main__":
    main()
