#!/usr/bin/env python3
"""Runs tlswhy on damaged copies of every capture: it must end in time, without a signal or a sanitizer's report, and what it
writes must still be what it promises (valid JSON lines that end with a summary; text without control characters).

    robust.py [--quick] [--tlswhy PROGRAM] [--keep FOLDER] [--jobs N] [CAPTURE-OR-FOLDER...]

Of each capture: 20 copies with damaged packets (editcap -E 0.02; done here for pcapng that editcap cannot write), 50 cut at random places, 5 with bytes of the file itself
changed, headers and all; with --quick 2, 5 and 1. Seeds are fixed, so a failure comes again; its input is kept. Inputs that once failed stand in fuzz/corpus/whole and are tried
as they are.
Chains are verified against the roots that most captures in pcaps/ were made with.
Without captures: pcaps/ and $TLSWHY_CORPUS. The program is build/asan/tlswhy where it was built, else $TLSWHY.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURE_NAME = re.compile(r"\.(pcap|pcapng|cap)(\.(gz|zst|lz4))?$")
ROOTS = os.path.join(HERE, "..", "pcaps", "pki", "roots.pem")
FAILED_ONCE = os.path.join(HERE, "fuzz", "corpus", "whole")
TIME_LIMIT = 60
SANITIZER = re.compile(rb"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:|Assertion .* failed")
# What a terminal would obey: C0 but newline and tabulator, DEL, and C1 as UTF-8 writes it.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def find_captures(arguments):
    found = []
    for argument in arguments:
        if os.path.isdir(argument):
            for folder, _, files in os.walk(argument):
                found += [os.path.join(folder, f) for f in files if CAPTURE_NAME.search(f)]
        else:
            found.append(argument)
    return sorted(found)


def write(out, data):
    with open(out, "wb") as f:
        f.write(data)
    return True


def damaged_packets(capture, seed, out):
    """For little-endian pcapng with secrets, which editcap 4.0 does not write: two of a hundred bytes of each packet."""
    with open(capture, "rb") as f:
        data = bytearray(f.read())
    if data[:4] != b"\x0a\x0d\x0d\x0a" or data[8:12] != b"\x4d\x3c\x2b\x1a":
        return False
    dice = random.Random(f"{os.path.basename(capture)} {seed}")
    at = 0
    while at + 28 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        packet = struct.unpack_from("<I", data, at + 20)[0] if kind == 6 else 0
        for i in range(at + 28, at + 28 + packet):
            if dice.random() < 0.02:
                data[i] = dice.randrange(256)
        at += max(length, 12)
    return write(out, bytes(data))


def damaged(capture, seed, out):
    result = subprocess.run(["editcap", "-E", "0.02", "--seed", str(seed), capture, out], capture_output=True, check=False)
    return (result.returncode == 0 and os.path.exists(out)) or damaged_packets(capture, seed, out)


def cut(capture, seed, out):
    with open(capture, "rb") as f:
        data = f.read()
    # Half of the cuts anywhere, half in the first 4000 bytes, where the handshakes are.
    dice = random.Random(f"{os.path.basename(capture)} {seed}")
    return write(out, data[:dice.randrange(min(len(data), 4000) if seed % 2 else len(data))])


def changed(capture, seed, out):
    with open(capture, "rb") as f:
        data = bytearray(f.read())
    dice = random.Random(f"{os.path.basename(capture)} {seed}")
    for _ in range(max(1, len(data) // 500)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return write(out, bytes(data))


def unchanged(capture, seed, out):
    _ = seed
    shutil.copy(capture, out)
    return True


def check_json(output, is_whole):
    lines = output.split(b"\n") if output else []
    if lines and lines.pop() != b"":
        return "the last line does not end"
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line.decode("utf-8"))
        except ValueError as error:
            return f"line {number} is no JSON: {error}: {line[:200]!r}"
        if not isinstance(record, dict) or "record" not in record:
            return f"line {number} is no record"
    if is_whole and (not lines or json.loads(lines[-1])["record"] != "summary"):
        return "no summary at the end"
    return None


def check_text(output):
    try:
        text = output.decode("utf-8")
    except ValueError as error:
        return f"text is no UTF-8: {error}"
    match = CONTROL.search(text)
    return f"control character {match.group()!r} in the text" if match else None


def run_once(program, path, arguments):
    environment = dict(os.environ, ASAN_OPTIONS="exitcode=99:abort_on_error=0", UBSAN_OPTIONS="print_stacktrace=1:exitcode=98")
    try:
        result = subprocess.run([program, "--trust", f"lab={ROOTS}", *arguments, path], capture_output=True, check=False, timeout=TIME_LIMIT,
                                stdin=subprocess.DEVNULL, env=environment)
    except subprocess.TimeoutExpired:
        return f"not done after {TIME_LIMIT} s"
    if result.returncode < 0:
        return f"killed by signal {-result.returncode}"
    if SANITIZER.search(result.stderr):
        return result.stderr.decode("utf-8", "replace")[:3000]
    if result.returncode not in (0, 1, 2):
        return f"exit status {result.returncode}: {result.stderr.decode('utf-8', 'replace')[:500]}"
    if result.returncode == 2 and not result.stderr:
        return "exit status 2 without a word"
    return check_json(result.stdout, result.returncode == 0) if "json" in arguments else check_text(result.stdout)


def try_copy(job):
    program, capture, maker, seed, keep = job
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "damaged.pcap")
        if not maker(capture, seed, path):
            return None
        complaints = []
        runs = [["--format", "json"]] + ([["--format", "text", "-v"]] if seed % 4 == 0 else [])
        for arguments in runs:
            complaint = run_once(program, path, arguments)
            if complaint:
                kept = os.path.join(keep, f"{os.path.basename(capture)}.{maker.__name__}.{seed}")
                os.makedirs(keep, exist_ok=True)
                shutil.copy(path, kept)
                complaints.append(f"{capture}: {maker.__name__}, seed {seed}, {' '.join(arguments)}: {complaint}\n  kept: {kept}")
    return complaints


def plan(program, captures, is_quick, keep):
    for name in sorted(os.listdir(FAILED_ONCE)):
        yield program, os.path.join(FAILED_ONCE, name), unchanged, 0, keep
    counts = [(damaged, 2 if is_quick else 20), (cut, 5 if is_quick else 50), (changed, 1 if is_quick else 5)]
    for capture in captures:
        # Seeds differ from capture to capture, or small ones would all be hit in the same places.
        start = zlib.crc32(os.path.basename(capture).encode()) % 1000
        for maker, count in counts:
            for i in range(count):
                yield program, capture, maker, start + i, keep


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def main():
    sanitized = os.path.join(HERE, "..", "build", "asan", "tlswhy")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tlswhy", default=sanitized if os.access(sanitized, os.X_OK) else os.environ.get("TLSWHY"))
    parser.add_argument("--keep", default=os.path.join(os.environ.get("TLSWHY_BUILD", tempfile.gettempdir()), "robust-failures"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("captures", nargs="*")
    options = parser.parse_args()
    folders = options.captures or [p for p in (os.path.join(HERE, "..", "pcaps"), os.environ.get("TLSWHY_CORPUS")) if p]
    captures = find_captures(folders)
    if not options.tlswhy or not os.access(options.tlswhy, os.X_OK):
        skip("no tlswhy given (--tlswhy or TLSWHY)")
    if not shutil.which("editcap"):
        skip("no editcap here (package wireshark-common)")
    if not captures:
        skip("no captures")

    failures, num, num_not_made = [], 0, 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for complaints in pool.map(try_copy, plan(options.tlswhy, captures, options.quick, options.keep)):
            if complaints is None:
                num_not_made += 1
                continue
            num += 1
            failures += complaints
            for complaint in complaints:
                print(complaint, flush=True)
    print(f"{len(captures)} captures, {num} damaged copies, {len(failures)} failures"
          + (f", {num_not_made} copies could not be made" if num_not_made else ""))
    sys.exit(1 if failures or num == 0 else 0)


if __name__ == "__main__":
    main()
