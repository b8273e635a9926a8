#!/usr/bin/env python3
"""The tree is in order: the top level holds what README's map says, sources open with a comment and stay short or say why not,
and nothing in the tree speaks of the machine it was written on."""
import os
import re
import subprocess
import sys
import tempfile

TOP = {"CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md", "LICENSE",
       "dissect", "src", "tests", "pcaps", "man"}
MAX_LINES = 500
# A home or a checkout of somebody's machine. Bare names such as /home or /root are fine.
MACHINE_PATH = re.compile(rb"(?<![\w.:/-])/(?:work/(?:main|wt|shared)|home/(?!user\b|alice\b)\w+/|Users/\w+/|root/\w)")
BINARY = (".pcap", ".pcapng", ".cap", ".gz", ".zst", ".lz4", ".der")


def files_of(root):
    """What git holds or would take in; without git, everything but build folders."""
    listing = subprocess.run(["git", "-c", f"safe.directory={os.path.realpath(root)}", "-C", root, "ls-files", "-z", "--cached",
                              "--others", "--exclude-standard"], capture_output=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        names = listing.stdout.decode().split("\0")
        return sorted(n for n in set(names) if n and os.path.isfile(os.path.join(root, n)))
    found = []
    for folder, folders, names in os.walk(root):
        if folder == root:
            folders[:] = [f for f in folders if f != ".git" and not f.startswith("build")]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(found)


def head_comment(text):
    match = re.match(r"\s*(/\*.*?\*/|(?://[^\n]*\n)+)", text, re.DOTALL)
    return match.group(1) if match else None


def check_source(path, text):
    complaints = []
    comment = head_comment(text)
    if comment is None:
        complaints.append(f"{path}: does not open with a comment on its role")
    num = text.count("\n")
    in_rooms = path.startswith(("src/", "dissect/")) and not path.endswith(".def")
    if in_rooms and num > MAX_LINES and f"{MAX_LINES} lines" not in (comment or ""):
        complaints.append(f"{path}: {num} lines; split it, or let its head comment say why it is over {MAX_LINES} lines")
    return complaints


def check_tree(root):
    complaints = []
    paths = files_of(root)
    for top in sorted({p.split("/")[0] for p in paths}):
        if top not in TOP and not top.startswith("."):
            complaints.append(f"{top}: has no place at the top level")
    for path in paths:
        with open(os.path.join(root, path), "rb") as f:
            content = f.read()
        if path.endswith((".c", ".h", ".def")):
            complaints += check_source(path, content.decode("utf-8", "replace"))
        if path.endswith(BINARY) or "/fuzz/corpus/" in path or path == "tests/laws/tree.py":
            continue
        for number, line in enumerate(content.split(b"\n"), 1):
            match = MACHINE_PATH.search(line)
            if match:
                complaints.append(f"{path}:{number}: path of one machine: {match.group().decode('latin-1')}...")
    return complaints, len(paths)


TRIALS = [
    ("src/flow/a.c", "/* Role. */\nint a;\n", None),
    ("src/flow/a.c", "int a;\n", "open with a comment"),
    ("src/flow/a.c", "/* Role. */\n" + "int a;\n" * 501, "502 lines"),
    ("src/flow/a.c", "/* Role. Over 500 lines because it is one table. */\n" + "int a;\n" * 501, None),
    ("tests/unit/test_a.c", "/* Role. */\n" + "int a;\n" * 501, None),
    ("helpers/a.txt", "", "no place at the top level"),
    ("tests/a.sh", "cd /ho" "me/jane/tlswhy\n", "path of one machine"),
    ("tests/a.sh", "cat $HO" "ME/x http://example.org/home/page/ /work\n", None),
]


def try_checker():
    for path, text, expected in TRIALS:
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
            complaints, _ = check_tree(root)
        if bool(complaints) != bool(expected) or any(expected not in c for c in complaints):
            sys.exit(f"the checker itself is wrong: {path} gave {complaints}, expected {expected!r}")


def main():
    try_checker()
    root = os.environ.get("TLSWHY_SOURCE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    complaints, num = check_tree(root)
    print("\n".join(complaints))
    print(f"{num} files, {len(complaints)} out of order; {len(TRIALS)} trials of the checker")
    sys.exit(1 if complaints or num < 10 else 0)


if __name__ == "__main__":
    main()
