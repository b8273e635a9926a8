#!/usr/bin/env python3
"""Reads every #include of dissect/ and src/ and fails on an arrow that points back.

A room knows the rooms to its left, and dissect; capture -> flow -> session -> diagnose -> report. Certificates (trust) are
asked by session, diagnose and report. Aliases of names are put into sentences by diagnose, into facts by redact, which
stands between diagnose and the formats of report. Libraries have their rooms too. The checker is tried on made-up trees first.
"""
import os
import re
import sys
import tempfile

# What a room may include besides itself and the headers known to all.
ROOMS = {
    "dissect": set(),
    "capture": {"dissect"},
    "flow": {"dissect", "capture"},
    "trust": {"dissect"},
    "alias": {"dissect"},
    "session": {"dissect", "capture", "flow", "trust"},
    "diagnose": {"dissect", "capture", "flow", "session", "trust", "alias"},
    "report": {"dissect", "capture", "flow", "session", "trust", "diagnose"},
    "redact": {"dissect", "capture", "flow", "session", "trust", "alias", "diagnose", "report"},
    # Files directly under src/: the wiring and the command line know all rooms.
    # Beside report: what goes along with one.
    "evidence": {"dissect", "capture", "flow", "session", "trust", "alias", "diagnose", "report"},
    "top": {"dissect", "capture", "flow", "session", "trust", "alias", "diagnose", "report", "redact", "evidence"},
}
KNOWN_TO_ALL = {"src/error.h", "src/place.h", "src/bounds.h", "src/hash.h", "generated/version.h"}
# The only files that may stand directly under src/. Those known to all include nothing but each other.
TOP_FILES = {"pipeline", "sandbox", "main", "options", "options_text", "options_words", "options_told", "options_ciphers", "options_verdict", "options_trust", "options_outputs", "options_evidence", "options_internal", "error", "place", "bounds", "hash", "secrets", "settle", "compare", "targets", "pipeline_internal", "version"}

# Headers of libraries: who may include them. A header that no row matches is the C library's or POSIX's.
LIBRARIES = [
    # Numbers alone, of what OpenSSL's error codes say.
    (re.compile(r"openssl/sslerr\.h"), {"diagnose"}),
    (re.compile(r"openssl/"), {"capture", "session", "trust", "evidence", "top"}),
    (re.compile(r"pcap(\.h|/)"), {"capture", "top"}),
    (re.compile(r"(zlib|zstd)\.h"), {"capture", "session", "top"}),
    (re.compile(r"lz4\w*\.h"), {"capture", "top"}),
    (re.compile(r"brotli/"), {"session", "top"}),
]
# dissect does no I/O, takes no memory and has no clock: only these of the system's headers.
DISSECT_SYSTEM = {"stdbool.h", "stddef.h", "stdint.h", "string.h", "limits.h", "assert.h", "inttypes.h", "stdalign.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(\S.*))', re.MULTILINE)


def room_of(path):
    parts = path.split("/")
    if parts[0] == "dissect":
        return "dissect"
    return parts[1] if len(parts) > 2 else "top"


def blank_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.DOTALL)


def resolve(root, path, name, is_quoted):
    """The included file's path from the root; None where it is not the project's. src/ is searched for "..." alone."""
    candidates = [os.path.join(os.path.dirname(path), name), name, os.path.join("src", name)] if is_quoted else [name]
    for candidate in map(os.path.normpath, candidates):
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return "generated/version.h" if name == "version.h" else None


def check_project_include(room, target):
    if target in KNOWN_TO_ALL:
        return None
    if not target.startswith(("src/", "dissect/")):
        return "lies outside dissect/ and src/"
    other = room_of(target)
    if other == room or other in ROOMS[room]:
        return None
    return f"{room} must not know {other}"


def check_library_include(room, name):
    for pattern, rooms in LIBRARIES:
        if pattern.match(name):
            return None if room in rooms else f"{room} must not use this library"
    if room == "dissect" and name not in DISSECT_SYSTEM:
        return "dissect is pure: no memory, no I/O, no clock"
    return None


def check_file(root, path):
    room = room_of(path)
    if room not in ROOMS:
        return [f"{path}: {room} is no room of the house"]
    stem = os.path.basename(path).split(".")[0]
    complaints = []
    if room == "top" and stem not in TOP_FILES:
        complaints.append(f"{path}: belongs into a room")
    with open(os.path.join(root, path), encoding="utf-8") as f:
        text = blank_comments(f.read())
    for match in INCLUDE.finditer(text):
        quoted, angled, computed = match.groups()
        where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
        if computed:
            complaints.append(f"{where}: computed include {computed}")
            continue
        name = quoted or angled
        target = resolve(root, path, name, bool(quoted))
        if target is None and quoted:
            complaints.append(f"{where}: \"{name}\" is not found")
            continue
        reason = check_project_include(room, target) if target else check_library_include(room, name)
        if reason is None and target and path in KNOWN_TO_ALL and target not in KNOWN_TO_ALL:
            reason = "a header known to all must know no room"
        if reason:
            complaints.append(f"{where}: includes {name}: {reason}")
    return complaints


def source_files(root):
    for top in ("dissect", "src"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".def", ".inc")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def check_tree(root):
    complaints, num = [], 0
    for path in source_files(root):
        num += 1
        complaints += check_file(root, path)
    return complaints, num


BASE = {
    "dissect/cursor.h": "#include <stdint.h>\n",
    "src/error.h": "",
    "src/capture/capture.h": '#include "dissect/cursor.h"\n#include "error.h"\n',
    "src/flow/flow.h": '#include "capture/capture.h"\n',
    "src/session/connection.h": '#include "flow/flow.h"\n',
    "src/trust/certificate.h": "#include <openssl/x509.h>\n",
    "src/diagnose/diagnose.h": '#include "session/connection.h"\n#include "trust/certificate.h"\n',
    "src/report/report.h": '#include "diagnose/diagnose.h"\n',
    "src/pipeline.c": '#include "report/report.h"\n#include "capture/capture.h"\n',
}
# A file, what it holds, and a part of the complaint that must come; None: it must be accepted.
TRIALS = [
    ("src/capture/a.c", '#include "flow/flow.h"\n', "capture must not know flow"),
    ("src/capture/a.c", '#include "../flow/flow.h"\n', "capture must not know flow"),
    ("src/capture/a.c", "  #  include <src/flow/flow.h>\n", "capture must not know flow"),
    ("src/capture/a.c", '/* #include "flow/flow.h" */\n// #include "flow/flow.h"\n', None),
    ("src/flow/a.c", '#include "session/connection.h"\n', "flow must not know session"),
    ("src/flow/a.c", '#include "trust/certificate.h"\n', "flow must not know trust"),
    ("src/flow/a.c", "#include <openssl/evp.h>\n", "must not use this library"),
    ("src/flow/a.c", "#include <pcap/pcap.h>\n", "must not use this library"),
    ("src/session/a.c", '#include "diagnose/diagnose.h"\n', "session must not know diagnose"),
    ("src/session/a.c", '#include "trust/certificate.h"\n#include <openssl/evp.h>\n', None),
    ("src/trust/a.c", '#include "session/connection.h"\n', "trust must not know session"),
    ("src/diagnose/a.c", '#include "report/report.h"\n', "diagnose must not know report"),
    ("src/report/a.c", '#include "diagnose/diagnose.h"\n#include "dissect/cursor.h"\n', None),
    ("src/report/a.c", '#include "pipeline.h"\n', "is not found"),
    ("src/evidence/a.c", '#include "report/report.h"\n', None),
    ("src/report/a.c", '#include "evidence/evidence.h"\n', "is not found"),
    ("src/report/a.c", "#define H <stdio.h>\n#include H\n", "computed include"),
    ("dissect/a.c", '#include "error.h"\n', None),
    ("dissect/a.c", '#include "capture/capture.h"\n', "dissect must not know capture"),
    ("dissect/a.c", "#include <stdlib.h>\n", "dissect is pure"),
    ("dissect/a.c", "#include <openssl/md5.h>\n", "must not use this library"),
    ("src/report/a.c", '#include "tests/x.h"\n', "is not found"),
    ("src/helpers/a.c", "", "is no room"),
    ("src/util.c", "", "belongs into a room"),
    ("src/bounds.h", '#include "flow/flow.h"\n', "must know no room"),
]


def try_checker():
    for path, text, expected in TRIALS:
        with tempfile.TemporaryDirectory() as root:
            for name, content in {**BASE, path: text}.items():
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as f:
                    f.write(content)
            complaints, _ = check_tree(root)
        found = [c for c in complaints if expected and expected in c and c.startswith(path)]
        if len(complaints) != len(found) or bool(found) != bool(expected):
            sys.exit(f"the checker itself is wrong: {path} with {text!r} gave {complaints}, expected {expected!r}")


def main():
    try_checker()
    root = os.environ.get("TLSWHY_SOURCE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    complaints, num = check_tree(root)
    print("\n".join(complaints))
    print(f"{num} files read, {len(complaints)} arrows that point back; {len(TRIALS)} trials of the checker")
    # An empty tree proves nothing.
    sys.exit(1 if complaints or num < 10 else 0)


if __name__ == "__main__":
    main()
