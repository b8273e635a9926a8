#!/usr/bin/env python3
"""Every line of JSON that the program writes, for every capture at hand, obeys the contract: it is valid by the schema that is
installed, fields stand in the contract's order, and the same capture gives the same bytes again. The checker is tried first."""
import os
import subprocess
import sys

SOURCE = os.environ.get("TLSWHY_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import check_json  # noqa: E402

NAME = b'{"record":"name","name":"a.test","client":"10.0.0.1","resolver":"10.0.0.2","answer":"none","frame":1}\n'
BAD = {
    b"blanks": NAME[:-1] + b" \n",
    b"no end": NAME[:-1],
    b"not JSON": NAME.replace(b"1}", b"1"),
    b"order": NAME.replace(b'"frame":1', b'"capture":"x","frame":1'),
    b"empty": NAME.replace(b"a.test", b""),
    b"null": NAME.replace(b'"a.test"', b"null"),
    b"twice": NAME.replace(b'"frame"', b'"frame":2,"frame"'),
    b"raw": NAME.replace(b"a.test", "a\u202etest".encode()),
    b"record": NAME.replace(b'"record":"name"', b'"record":"nam"'),
}
REDACTED = 8  # one capture of so many is written without addresses and names, too
BAD_BY_SCHEMA = {
    b"pattern": NAME.replace(b"none", b"other"),
    b"unknown": NAME.replace(b'"frame":1', b'"frame":1,"mood":"good"'),
    b"missing": NAME.replace(b'"client":"10.0.0.1",', b""),
    b"type": NAME.replace(b'"frame":1', b'"frame":"1"'),
}


def try_checker(checker):
    if check_json.check(NAME, "good", checker):
        sys.exit(f"the checker refuses a good record: {check_json.check(NAME, 'good', checker)}")
    for what, line in {**BAD, **(BAD_BY_SCHEMA if check_json.jsonschema else {})}.items():
        if not check_json.check(line, "bad", checker):
            sys.exit(f"the checker takes a bad record: {what.decode()}")


def captures():
    folders = [os.path.join(SOURCE, "pcaps")]
    if os.environ.get("TLSWHY_CORPUS"):
        folders.append(os.environ["TLSWHY_CORPUS"])
    for folder in folders:
        for directory, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith((".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".pcap.zst", ".pcap.lz4")):
                    yield os.path.join(directory, name)


def pairs(captures):
    """Those that were made at two points, to be compared."""
    return [[path, path.replace("-inside.", "-outside.")] for path in captures if "-inside." in path]


def run(program, *captures, options=()):
    pki = os.path.join(SOURCE, "pcaps", "pki")
    trust = ["--trust", "system", "--trust", f"lab={pki}/roots.pem", "--intermediates", f"{pki}/intermediates.pem"]
    done = subprocess.run([program, "--format", "json", *options, *(trust if os.path.isdir(pki) else []), *(["--compare"] if len(captures) > 1 else []), "--", *captures],
                          capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr


def main():
    checker = check_json.Checker()
    try_checker(checker)
    program = os.environ.get("TLSWHY")
    if not program:
        print("skipped: there is no program to run (TLSWHY is not set)")
        return 77
    complaints, lines, files = [], 0, 0
    found = list(captures())
    for paths in [*([path] for path in found), *pairs(found)]:
        capture = " and ".join(paths)
        status, out, err = run(program, *paths)
        if status not in (0, 2) or (status == 0 and not out):
            complaints.append(f"{capture}: exit status {status}: {err.decode('utf-8', 'replace')}")
            continue
        complaints += check_json.check(out, capture, checker)
        if len(paths) == 1 and files % REDACTED == 0:
            redacted = run(program, *paths, options=["--redact"])[1]
            complaints += check_json.check(redacted, capture + " with --redact", checker)
        if run(program, *paths)[1] != out:
            complaints.append(f"{capture}: a second run wrote other bytes")
        lines += out.count(b"\n")
        files += 1
    print("\n".join(complaints[:200]))
    print(f"{files} captures, {lines} lines, {len(complaints)} complaints" +
          ("" if check_json.jsonschema else "; python3-jsonschema is missing: the schema itself was not tried"))
    if files == 0:
        print("skipped: no captures")
        return 77
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
