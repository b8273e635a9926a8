#!/usr/bin/env python3
"""Golden captures: what tlswhy writes for every capture in pcaps/ is, byte for byte, what stands in this folder; and so is what
it writes when it compares NAME-inside and NAME-outside (NAME-pair). NAME.key beside a capture is given with --server-key.

JSON and text are there for every capture; the other formats for those of which a file stands here (an empty one and --update
begin one).

    run.py             compares, shows what differs
    run.py --update    writes the files anew; read the difference in git before it is committed
"""
import difflib
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.join(HERE, "..", "..", "pcaps")
CAPTURE_NAME = re.compile(r"(.+?)\.(pcap|pcapng)(\.(gz|zst|lz4))?$")
ROOT = os.path.join(HERE, "..", "..")
# The lab's roots, never the trust store of the machine; named from the top, so that the path is the same everywhere.
TRUST = ["--trust", "lab=pcaps/pki/roots.pem"]
FORMATS = (("json", ["--format", "json", *TRUST]), ("txt", ["--format", "text", "--color=never", *TRUST]))
SOME_FORMATS = (("csv", ["--format", "csv", *TRUST]), ("zeek", ["--format", "zeek", *TRUST]),
                ("zeek-json", ["--format", "zeek-json", *TRUST]),
                ("html", ["--format", "html", *TRUST]), ("md", ["--format", "markdown", *TRUST]))
VERSION = re.compile(rb"(tlswhy )\d+\.\d+\.\d+")
SHOWN_LINES = 40


def captures():
    """{name: path}; a name that two captures would share is an error in pcaps/."""
    found = {}
    for file in sorted(os.listdir(PCAPS)) if os.path.isdir(PCAPS) else []:
        match = CAPTURE_NAME.match(file)
        if match and found.setdefault(match.group(1), os.path.join(PCAPS, file)) != os.path.join(PCAPS, file):
            sys.exit(f"{file}: another capture has this name, too")
    return found


def server_key(name):
    """The option for a capture with a private key beside it."""
    return ["--server-key", f"pcaps/{name}.key"] if os.path.exists(os.path.join(PCAPS, f"{name}.key")) else []


def pairs(found):
    """{name: (inside, outside)}."""
    stems = [name.removesuffix("-inside") for name in found if name.endswith("-inside") and name[:-6] + "outside" in found]
    return {f"{stem}-pair": (found[f"{stem}-inside"], found[f"{stem}-outside"]) for stem in stems}


def write_out(program, paths, arguments):
    # A terminal, a time zone or a colour setting must not show in the output.
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS")}
    # "Today" stays in the time when the captures were made.
    environment.update(TZ="Pacific/Auckland", LC_ALL="C", SOURCE_DATE_EPOCH="1795305600")
    # Pages tell the command line: from the top it is the same everywhere.
    relative = [os.path.relpath(path, ROOT) for path in paths]
    result = subprocess.run([os.path.abspath(program), *arguments, *relative], capture_output=True, check=False,
                            timeout=120, env=environment, stdin=subprocess.DEVNULL, cwd=ROOT)
    if result.returncode != 0:
        return None, f"exit status {result.returncode}: {result.stderr.decode('utf-8', 'replace')[:2000]}"
    return VERSION.sub(rb"\1VERSION", result.stdout), None


def difference(expected, actual, name):
    lines = list(difflib.unified_diff(expected.decode("utf-8", "replace").splitlines(),
                                      actual.decode("utf-8", "replace").splitlines(),
                                      f"expected {name}", f"actual {name}", lineterm="", n=1))
    more = [f"... {len(lines) - SHOWN_LINES} more lines"] if len(lines) > SHOWN_LINES else []
    return "\n".join(line[:1000] for line in lines[:SHOWN_LINES] + more)


def check(program, name, paths, extension, arguments, is_update):
    actual, problem = write_out(program, paths, arguments)
    golden = os.path.join(HERE, f"{name}.{extension}")
    if problem:
        return f"{name}: {problem}"
    if is_update:
        with open(golden, "wb") as f:
            f.write(actual)
        return None
    if not os.path.exists(golden):
        return f"{golden} is missing: look at the output, then make it with {sys.argv[0]} --update"
    with open(golden, "rb") as f:
        expected = f.read()
    return None if expected == actual else difference(expected, actual, f"{name}.{extension}")


def formats_of(name):
    return FORMATS + tuple(f for f in SOME_FORMATS if os.path.exists(os.path.join(HERE, f"{name}.{f[0]}")))


def main():
    is_update = sys.argv[1:] == ["--update"]
    if sys.argv[1:] and not is_update:
        sys.exit(__doc__)
    program = os.environ.get("TLSWHY") or os.path.join(HERE, "..", "..", "build", "release", "tlswhy")
    found = captures()
    if not os.access(program, os.X_OK) or not found:
        print(f"skipped: {program} is not built" if found else "skipped: no captures in pcaps/")
        sys.exit(77)
    runs = [(name, [path], server_key(name)) for name, path in found.items()]
    runs += [(name, paths, ["--compare"]) for name, paths in pairs(found).items()]
    complaints = [c for name, paths, more in runs for extension, arguments in formats_of(name)
                  if (c := check(program, name, paths, extension, arguments + more, is_update))]
    # A golden file whose capture is gone tests nothing.
    extensions = {extension for extension, _ in FORMATS + SOME_FORMATS}
    for file in sorted(os.listdir(HERE)):
        stem, extension = os.path.splitext(file)
        if extension[1:] in extensions and stem not in found and stem not in pairs(found):
            complaints.append(f"{file}: there is no such capture in pcaps/")
    print("\n".join(complaints))
    print(f"{len(found)} captures, {len(pairs(found))} pairs of them, {len(complaints)} differences")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
