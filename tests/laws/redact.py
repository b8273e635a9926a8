#!/usr/bin/env python3
"""With --redact nothing that names somebody comes out, in any format: each original that the plain report of a capture
holds is looked for, in text and in hex. Whether the search can find anything is tried on the plain report first."""
import json
import os
import re
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TLSWHY = os.environ.get("TLSWHY", os.path.join(SOURCE, "build", "release", "tlswhy"))
ROOTS = os.path.join(SOURCE, "pcaps", "pki", "roots.pem")
ENVIRONMENT = dict(os.environ, SOURCE_DATE_EPOCH="1795273200", LC_ALL="C.UTF-8")
# Keys of the JSON report whose values name somebody, or can be turned back. "name" only where a record has it.
ADDRESSES = {"ip", "resolver", "from"}
NAMES = {"sni", "subject", "issuer", "sha256", "sha1", "serial", "community_id", "session_id", "target", "source",
         "subject_alt_names", "san", "names", "aia_issuers", "aia_ocsp", "authorities", "capture", "got_from", "close_reason"}
# Words that our own sentences use, too, or that everybody knows.
COMMON = {"", "-", "none", "localhost", "example", "test", "client", "server", "www", "system", "lab"}
SHORTEST = 4


def ours():
    """What sentences quote out of our own tables: the names of SOCKS' answers, and the like."""
    words = {"unexpected eof while reading"}
    for name in os.listdir(os.path.join(SOURCE, "dissect")):
        if name.startswith(("proxy", "starttls")) and name.endswith(".c"):
            with open(os.path.join(SOURCE, "dissect", name), encoding="utf-8") as f:
                words.update(re.findall(r'"([^"\n]+)"', f.read()))
    return words




OURS = ours()


def run(*arguments, is_binary=False):
    result = subprocess.run([TLSWHY, *arguments], capture_output=True, env=ENVIRONMENT, check=False)
    if result.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(arguments)}: {result.stderr.decode()}")
    return result.stdout


def formats():
    with open(os.path.join(SOURCE, "man", "completions", "tlswhy.bash"), encoding="utf-8") as f:
        return re.search(r'^ *--format\) values="([^"]*)"', f.read(), re.MULTILINE)[1].split()


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def parts(text):
    """A subject is told by its values, a name by itself; all of them whole, too."""
    yield text
    for value in re.findall(r"(?:CN|emailAddress|serialNumber)=((?:\\.|[^,\\])*)", text):
        yield value
    for value in re.findall(r"(?:DNS|IP|email|URI):(.*)", text):
        yield value
    for value in re.findall(r"https?://\S+", text):
        yield value


def originals(value, found, key=None):
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "captures":
                continue  # of the files themselves: their names are searched for, their hashes tell nothing
            is_name = name in NAMES or (name == "name" and value.get("record") in ("name", "connection", "server"))
            if is_name or (name in ADDRESSES and isinstance(item, str) and re.search(r"\d\.\d|:", item)):
                for text in strings(item):
                    found.update(parts(text))
            originals(item, found, name)
    elif isinstance(value, list):
        for item in value:
            originals(item, found, key)
    elif isinstance(value, str) and key in ("summary", "detail", "what"):
        found.update(quoted for quoted in re.findall(r'"([^"]+)"', value) if quoted not in OURS)


def originals_of(report):
    found = set()
    for line in report.splitlines():
        originals(json.loads(line), found)
    return {text for text in found if len(text) >= SHORTEST and text.lower() not in COMMON}


def known_protocols():
    with open(os.path.join(SOURCE, "src", "redact", "redact_hello.c"), encoding="utf-8") as f:
        return set(re.findall(r'"([a-z0-9./-]+)"', f.read()))


def holds(text, original):
    if re.fullmatch(r"[\w.:-]+", original):
        return re.search(rf"(?<![\w.-]){re.escape(original.lower())}(?![\w-])", text) is not None
    return original.lower() in text


def leaks(output, wanted):
    text = output.decode(errors="replace").lower()
    return sorted(original for original in wanted
                  if holds(text, original) or (len(original) > 5 and original.encode().hex() in text))


def options_of(path):
    name = re.sub(r"\.pcap.*", "", path)
    keys = name + ".keys"
    return ["--keylog", keys] if os.path.exists(keys) else []


def captures():
    folder = os.path.join(SOURCE, "pcaps")
    wanted = sys.argv[1:] or sorted(os.listdir(folder))
    return [os.path.join(folder, name) for name in wanted if re.search(r"\.pcap(ng)?(\.gz)?$", name)]


def hash_of(path):
    return sum(os.path.basename(path).encode())


def is_address(text):
    return re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*", text) is not None


def check_parts(trust, path, bad):
    """One part alone: only that goes, and what would give it away."""
    plain = originals_of(run("--format", "json", *trust, path))
    addresses = {text for text in plain if is_address(text)}
    for original in leaks(run("--redact=addresses", "--format", "json", *trust, path), addresses):
        bad.append(f"{os.path.basename(path)}: without addresses it holds {original}")
    for key in ('"sni":', '"subject":', '"name":'):
        before = run("--format", "json", *trust, path).count(key.encode())
        if run("--redact=addresses", "--format", "json", *trust, path).count(key.encode()) != before:
            bad.append(f"{os.path.basename(path)}: without addresses it lacks a {key}")
    if addresses and not leaks(run("--redact=names", "--format", "json", *trust, path), addresses):
        bad.append(f"{os.path.basename(path)}: without names it lacks addresses, too")


def main():
    names, bad, seen, searched = formats(), [], 0, 0
    keep = known_protocols() | {"tlswhy"}
    with tempfile.TemporaryDirectory() as folder:
        for path in captures():
            trust = ["--trust", "lab=" + ROOTS, "--trust", "system", *options_of(path)]
            plain = run("--format", "json", *trust, path)
            wanted = originals_of(plain) - keep
            # The program's own record of its inputs holds their names; they count as names of files.
            wanted |= {os.path.basename(path)}
            seen += len(leaks(plain, wanted))
            arguments = ["--redact", *trust]
            targets = {}
            for name in names:
                targets[name] = os.path.join(folder, name)
                arguments += ["--format", name, "-o", targets[name]]
            run(*arguments, path)
            targets["text -v"] = os.path.join(folder, "verbose")
            run("--redact", "-v", *trust, "-o", targets["text -v"], path)
            if hash_of(path) % 12 == 0:
                check_parts(trust, path, bad)
            targets["summary line"] = os.path.join(folder, "line")
            with open(targets["summary line"], "wb") as f:
                f.write(run("--redact", "--summary-line", *trust, path))
            for name, target in targets.items():
                files = [target] if os.path.isfile(target) else [os.path.join(target, f) for f in os.listdir(target)]
                for file in files:
                    with open(file, "rb") as f:
                        output = f.read()
                    searched += 1
                    for original in leaks(output, wanted):
                        bad.append(f"{os.path.basename(path)}: {name} holds {original!r}")
                    os.remove(file)
    for line in bad[:200]:
        print(line)
    print(f"{searched} reports searched, {seen} originals found in the plain ones, {len(bad)} left in redacted ones")
    if seen < 1000 and len(sys.argv) == 1:
        print("the search finds hardly anything in plain reports: it proves nothing")
        return 1
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
