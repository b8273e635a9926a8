#!/usr/bin/env python3
"""What the notes of pcaps/ expect of each capture by real software, against what the program says: outcome, verdict,
side, ended_by, certainty, and codes that must or must not be among the findings, connection by connection; and of two
captures of the same connections (NAME-inside, NAME-outside) what comparing them tells, pair by pair. What cannot be decided yet stands in expectations.known with its reason; a line there that holds after all is an error, too."""
import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("TLSWHY_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TLSWHY")
PCAPS = SOURCE / "pcaps"
KEYS = {"outcome": "outcome", "verdict": "verdict", "side": "verdict_side", "ended_by": "ended_by", "starttls": "starttls",
        "keys": "keys", "keys_error": "keys_error"}


def expectations(note):
    """The expect blocks of a note, each a dictionary; `near` lines, of which there may be several, as a list."""
    blocks = []
    block = None
    for line in note.read_text().splitlines():
        if line.strip() == "expect:":
            block = {}
            blocks.append(block)
        elif block is not None and line.startswith("  ") and ":" in line:
            key, value = line.strip().split(":", 1)
            if key == "near":
                block.setdefault(key, []).append(value.strip())
            else:
                block[key] = value.strip()
        elif line.strip():
            block = None
    return blocks


def known():
    """(capture, number of the connection from 1) -> reason."""
    rows = {}
    for line in (PCAPS.parent / "tests/laws/expectations.known").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, number, reason = line.split(None, 2)
            rows[name, int(number)] = reason
    return rows


def records(captures, arguments):
    run = subprocess.run([PROGRAM, "--format", "json", *arguments, *map(str, captures)], capture_output=True, text=True,
                         timeout=120)
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stderr.strip())
    return [json.loads(line) for line in run.stdout.splitlines()]


def differences(expected, record):
    """What does not fit, as texts."""
    found = []
    for key, field in KEYS.items():
        actual = record.get(field, "none" if key.startswith("keys") else None)
        if key in expected and actual != expected[key]:
            found.append(f"{key} {actual} instead of {expected[key]}")
    findings = {f["code"]: f for f in record.get("findings", [])}
    verdict = findings.get(record.get("verdict"), {})
    if "certainty" in expected and verdict.get("certainty") != expected["certainty"]:
        found.append(f"certainty {verdict.get('certainty')} instead of {expected['certainty']}")
    for code in filter(None, (c.strip() for c in expected.get("also", "").split(","))):
        if code not in findings:
            found.append(f"no finding {code}")
    for code in filter(None, (c.strip() for c in expected.get("absent", "").split(","))):
        if code in findings:
            found.append(f"finding {code}, which must not be there")
    for code in (near.partition(":")[0] for near in expected.get("near", [])):
        if code in findings:
            found.append(f"finding {code}, which it only comes near to")
    for finding in record.get("findings", []):
        if not finding["summary"] or (finding.get("severity") == "error" and not finding.get("evidence")):
            found.append(f"{finding['code']} without a sentence or without evidence")
    return found


def name_differences(expected, shown):
    """A name record has its verdict as its only finding."""
    record = next((r for r in shown if r["name"] == expected.get("name")), None)
    if record is None:
        return ["no record of that name"]
    findings = record.get("findings", [])
    if [f["code"] for f in findings] != [expected["verdict"]]:
        return [f"findings {[f['code'] for f in findings]} instead of {expected['verdict']}"]
    return [] if findings[0].get("evidence") and findings[0]["severity"] == "error" else ["an error without evidence"]


def pair_differences(expected, record):
    """The same for a pair: matched_by; code, certainty and side of its first finding; what must be among the differences
    (differs); codes that must not be there (none)."""
    findings = record.get("findings", [])
    first = findings[0] if findings else {}
    found = []
    for key, actual in (("matched_by", record["matched_by"]), ("code", first.get("code")),
                        ("certainty", first.get("certainty")), ("side", first.get("side"))):
        if key in expected and actual != expected[key]:
            found.append(f"{key} {actual} instead of {expected[key]}")
    differing = [d["what"] for d in record["differences"]]
    found += [f"no difference in {w}" for w in filter(None, expected.get("differs", "").split(",")) if w not in differing]
    codes = [f["code"] for f in findings]
    found += [f"finding {c}, which must not be there" for c in filter(None, expected.get("none", "").split(","))
              if c in codes]
    return found


def check_pairs(note, arguments, problems):
    """Compares NAME-inside with NAME-outside where the note says something of pairs; returns how many were compared."""
    expected = [e for e in expectations(note) if e.get("record") == "pair"]
    inside = PCAPS / f"{note.stem}.pcap"
    if not expected:
        return 0
    outside = inside.with_name(inside.name.replace("-inside", "-outside"))
    found = [r for r in records([inside, outside], [*arguments, "--compare"]) if r["record"] == "pair"]
    if len(found) != len(expected):
        problems.append(f"{note.stem}: {len(found)} pairs instead of {len(expected)}")
    for number, (block, record) in enumerate(zip(expected, found), 1):
        wrong = pair_differences(block, record)
        if wrong:
            problems.append(f"{note.stem} pair {number}: {'; '.join(wrong)}")
    return len(expected)


def options():
    """The lab's roots are what its clients trusted."""
    roots = PCAPS / "pki" / "roots.pem"
    return ["--trust", f"lab={roots}"]


def check(note, arguments, problems, excused):
    """Compares one capture; returns how many connections were compared."""
    name = note.name.removesuffix(".txt")
    captures = sorted(p for p in PCAPS.glob(f"{name}.*") if ".pcap" in p.name)
    blocks = expectations(note)
    expected = [e for e in blocks if e.get("record", "connection") == "connection"]
    names = [e for e in blocks if e.get("record") == "name"]
    if not (expected or names) or not captures:
        return 0
    private_key = PCAPS / f"{name}.key"
    found = records(captures[:1], arguments + (["--server-key", str(private_key)] if private_key.exists() else []))
    shown = sorted((r for r in found if r["record"] == "connection"), key=lambda r: r["id"])
    for block in names:
        problems += [f"{name} {block.get('name')}: {d}" for d in name_differences(block, [r for r in found if r["record"] == "name"])]
    is_near_name = any(near.startswith("name-not-resolved:") for e in expected for near in e.get("near", []))
    if is_near_name and any(r.get("findings") for r in found if r["record"] == "name"):
        problems.append(f"{name}: a name with a finding, where one only comes near to it")
    for number, block in enumerate(expected, 1):
        if number > len(shown):
            wrong = ["no such connection is reported"]
        else:
            wrong = differences(block, shown[number - 1])
        reason = excused.pop((name, number), None)
        if wrong and reason is None:
            problems.append(f"{name} {number}: {'; '.join(wrong)}")
        elif not wrong and reason is not None:
            problems.append(f"{name} {number}: holds now, take it out of expectations.known ({reason})")
    return len(expected) + len(names)


def main():
    if not PROGRAM:
        print("TLSWHY is not set: nothing to run")
        return 77
    problems, excused, compared = [], known(), 0
    num_known = len(excused)
    arguments = options()
    wanted = sys.argv[1:]
    for note in sorted(PCAPS.glob("*.txt")):
        if not wanted or note.stem in wanted:
            compared += check(note, arguments, problems, excused)
            compared += check_pairs(note, arguments, problems)
    for (name, number), reason in excused.items():
        if not wanted:
            problems.append(f"{name} {number}: expectations.known names no such expectation ({reason})")
    for problem in problems:
        print(problem)
    print(f"{compared} connections and names compared, {len(problems)} problems, {num_known} known to be undecided")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
