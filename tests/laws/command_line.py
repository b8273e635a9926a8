#!/usr/bin/env python3
"""The program from outside: inputs, outputs, exit status, selection, rotated and overlapping files, interrupts."""
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ.get("TLSWHY")
PCAPS = os.path.join(os.environ.get("TLSWHY_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..")), "pcaps")
failures = []


def run(*arguments, stdin=None, env=None):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, input=stdin, timeout=60, check=False,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def records(*arguments, **more):
    status, out, err = run("--format", "json", *arguments, **more)
    check(status == 0, f"{arguments}: exit {status}: {err}")
    return [json.loads(line) for line in out.splitlines()]


def connections(*arguments, **more):
    return [r for r in records(*arguments, **more) if r["record"] == "connection"]


def check(is_right, text):
    if not is_right:
        failures.append(text)
        print("FAILED:", text)


def pcap(name):
    return os.path.join(PCAPS, name + ".pcap")


def read(name):
    with open(pcap(name), "rb") as f:
        return f.read()


def packets_of(data):
    at = 24
    while at < len(data):
        length = 16 + struct.unpack_from("<I", data, at + 8)[0]
        yield data[at:at + length]
        at += length


def shifted(packet, seconds):
    return struct.pack("<I", struct.unpack_from("<I", packet)[0] + seconds) + packet[4:]


def usage():
    check(run("--help")[0] == 0 and "Usage:" in run("--help")[1], "--help")
    status, out, _ = run("-V")
    check(status == 0 and "OpenSSL" in out and "libpcap" in out, "-V names libraries")
    status, out, err = run("--formt", "json", pcap("tls12-nss"))
    check(status == 2 and not out and "--format" in err, f"unknown option: 2 and a hint, got {status} {err!r}")
    for wrong in (["/nonexistent.pcap"], [PCAPS], [__file__], ["--format", "xml", pcap("tls12-nss")], ["-f", "port port", pcap("tls12-nss")], []):
        status, out, err = run(*wrong)
        check(status == 2 and err.startswith("tlswhy: ") and not out, f"{wrong}: {status} {err!r}")


def inputs_and_outputs(folder):
    base = connections(pcap("tls12-nss"))
    check(len(base) == 1 and base[0]["verdict"] == "ok", "one connection")
    check(connections("-r", pcap("tls12-nss")) == base, "-r is the same as naming the file")
    piped = connections("-", stdin=read("tls12-nss"))
    check(len(piped) == 1 and piped[0]["client_hello"] == base[0]["client_hello"], "standard input")
    text = run("-v", "-", stdin=read("tls12-nss"))[1]
    check(" of standard input\n" in text and " of -\n" not in text, "standard input has a name in text")
    target = os.path.join(folder, "out.jsonl")
    status, out, _ = run("--format", "json", "-o", target, pcap("tls12-nss"))
    with open(target, encoding="utf-8") as f:
        check(status == 0 and not out and [json.loads(l) for l in f][0] == base[0], "-o")
    own = os.path.join(folder, "own.pcap")
    with open(own, "wb") as f:
        f.write(read("tls12-nss"))
    check(run("-o", own, own)[0] == 2 and os.path.getsize(own) == len(read("tls12-nss")), "an input is not overwritten")
    for option, prefix in (("--keylog", ""), ("--server-key", ""), ("--trust", "own="), ("--intermediates", "")):
        with open(own, "w", encoding="utf-8") as f:
            f.write("# a comment\n")
        err = [run(option, prefix + own, written, own, pcap("tls12-nss"))[2] for written in ("-o", "--evidence")]
        check(os.path.getsize(own) == 12, f"the file of {option} is not overwritten: {err}")
    before = os.path.getsize(target)
    for wrong in (["/nonexistent.pcap"], ["-f", "port port", pcap("tls12-nss")], ["--redact", "--redact-key", target, pcap("tls12-nss")]):
        check(run("-o", target, *wrong)[0] == 2 and os.path.getsize(target) == before, f"{wrong}: the old report stays")
    key = os.path.join(folder, "aliases")
    for wrong in ([os.path.join(folder, ".", "aliases")], [os.path.join(folder, "no", "such")]):
        status, _, err = run("--redact", "--redact-key", key, "-o", *wrong, pcap("tls12-nss"))
        check(status == 2 and not os.path.exists(key), f"--redact-key and -o {wrong}: {status} {err!r}")
    check(run("-o", os.path.join(folder, "no", "such"), pcap("tls12-nss"))[0] == 2, "-o that cannot be made")
    check(run("--format", "json", "-o", "/dev/full", pcap("tls12-nss"))[0] == 2, "a full disk is an error")
    several_outputs(folder)
    check(not connections("-f", "port 9", pcap("tls12-nss")), "-f leaves nothing")
    summary = records("-f", "port 9", pcap("tls12-nss"))[-1]
    check(summary["skipped"].get("filtered") == summary["packets"], "filtered packets are counted")
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    writer = subprocess.Popen(["cp", pcap("tls12-nss"), fifo])
    check(len(connections(fifo)) == 1, "a FIFO")
    writer.wait()


def content(path):
    with open(path, "rb") as f:
        return f.read()


def several_outputs(folder):
    capture = pcap("hello-reset-sni-filter")
    single = {f: run("--format", f, capture)[1].encode() for f in ("text", "json")}
    files = [os.path.join(folder, name) for name in ("several.txt", "several.jsonl", "several.other")]
    status, out, err = run("-o", files[0], "-o", files[1], "--format", "json", "-o", files[2], "-o", "-", capture)
    check((status, out.encode(), err) == (0, single["text"], ""), f"several outputs: {status} {err!r}")
    check([content(f) for f in files] == [single["text"], single["json"], single["json"]], "several outputs are those of single runs")

    status, out, err = run("--format", "json", "-o", "/dev/full", "-o", files[0], "--format", "json", "-o", "-", capture)
    check(status == 2 and out.encode() == single["json"] and content(files[0]) == single["text"] and "cannot write /dev/full: No space" in err,
          f"a full disk does not stop the others: {status} {err!r}")
    status, _, err = run("-o", "/dev/full", "--format", "json", "-o", "/dev/full", capture)
    check(status == 2 and err.count("/dev/full") == 2, f"each that fails is told: {err!r}")

    logs = os.path.join(folder, "logs")
    check(run("--format", "zeek", "-o", logs + "/", capture)[0] == 2, "a directory that is not there")
    os.mkdir(logs)
    status, out, err = run("--format", "zeek", "-o", logs + "/", capture)
    both = run("--format", "zeek", capture)[1].encode()
    check((status, out, err) == (0, "", "") and content(logs + "/ssl.log") + content(logs + "/x509.log") == both, f"Zeek's logs: {status} {err!r}")
    check(run("--format", "zeek", "-o", logs + "/", "--format", "zeek-json", "-o", logs + "/", capture)[0] == 2, "the same logs twice")

    fresh = os.path.join(folder, "fresh.txt")
    os.link(files[0], os.path.join(folder, "link.txt"))
    for wrong in (["-o", fresh, "-o", os.path.join(folder, "no", "such")], ["-o", files[0], "-o", os.path.join(folder, "link.txt")],
                  ["-o", fresh, "-o", files[0], "-o", os.path.join(folder, ".", "several.txt")], ["-o", fresh, "-o", capture]):
        status, out, err = run(*wrong, capture)
        check(status == 2 and not out and err.startswith("tlswhy: "), f"{wrong}: {status} {err!r}")
        check(not os.path.exists(fresh) and content(files[0]) == single["text"], f"{wrong}: nothing is touched")
    with open(files[0], "r+b") as redirected:
        done = subprocess.run([PROGRAM, "-o", "-", "-o", files[0], capture], stdout=redirected, stderr=subprocess.PIPE, check=False)
    check(done.returncode == 2 and b"written to twice" in done.stderr, f"standard output is one of the files: {done.stderr}")

    process = subprocess.Popen([PROGRAM, "-o", fresh, "-o", "-", capture], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    err = process.stderr.read()
    check(process.wait(timeout=60) == 2 and b"Broken pipe" in err and content(fresh) == single["text"], f"a reader that goes away: {err}")


def rotated(folder):
    data = read("large-chain")
    packets = list(packets_of(data))
    names = []
    for i, part in enumerate((packets[:5], packets[5:9], packets[9:])):
        names.append(os.path.join(folder, f"rotated{i}.pcap"))
        with open(names[-1], "wb") as f:
            f.write(data[:24] + b"".join(part))
    whole, split = connections(pcap("large-chain")), connections(*reversed(names))
    check(len(split) == 1 and split[0]["chain"][0]["sha256"] == whole[0]["chain"][0]["sha256"], "rotated files go on in each other")
    check(split[0]["capture"] == "rotated0.pcap" and split[0]["frame"] == 1, "the first file names the connection")
    places = {e.get("capture") for e in [split[0]["client_hello"], split[0]["server_hello"], *split[0]["chain"]]}
    check(any(place in ("rotated1.pcap", "rotated2.pcap") for place in places), f"frames in other files name them: {places}")
    again = os.path.join(folder, "again.pcap")
    with open(again, "wb") as f:
        f.write(data)
    both = records(pcap("large-chain"), again)
    check(sum(r["record"] == "connection" for r in both) == 2, "overlapping files are captures of their own")
    later = os.path.join(folder, "later.pcap")
    with open(later, "wb") as f:
        f.write(data[:24] + b"".join(shifted(p, 3600) for p in packets))
    check(len(connections(pcap("large-chain"), later)) == 2, "the same ports an hour later are another connection")


def order():
    for name in ("hello-reset-sni-filter", "alpn-mismatch", "stalled", "http-to-https"):
        outcomes = [c["outcome"] == "completed" for c in connections(pcap(name))]
        check(outcomes == sorted(outcomes, reverse=True), f"{name}: completed connections come first: {outcomes}")
    data = read("resumed-ticket")
    packets = list(packets_of(data))
    first, second = connections(pcap("resumed-ticket"))
    check([first["id"], second["id"]] == sorted([first["id"], second["id"]]), "by the packet that ended them")
    late = packets[:1] + packets[second["frame"] - 1:] + packets[1:second["frame"] - 1]
    with tempfile.TemporaryDirectory() as folder:
        swapped = os.path.join(folder, "swapped.pcap")
        with open(swapped, "wb") as f:
            f.write(data[:24] + b"".join(late))
        found = connections(swapped)
        check([c["client"]["port"] for c in found] == [second["client"]["port"], first["client"]["port"]], "what ends first is told first")


def selection():
    both = connections(pcap("hello-reset-sni-filter"))
    check(sorted(c["outcome"] for c in both) == ["completed", "failed"], "one of each")
    check([c["outcome"] for c in connections("--only", "failed", pcap("hello-reset-sni-filter"))] == ["failed"], "--only")
    check([c["sni"] for c in connections("--sni", "www.example.com", pcap("hello-reset-sni-filter"))] == ["www.example.com"], "--sni")
    check(len(connections("--sni", ".test", pcap("hello-reset-sni-filter"))) == 1, "--sni with a suffix")
    check([c["verdict"] for c in connections("--verdict", "ok", pcap("hello-reset-sni-filter"))] == ["ok"], "--verdict")
    wanted = both[1]["id"]
    check([c["id"] for c in connections("--connection", str(wanted), pcap("hello-reset-sni-filter"))] == [wanted], "--connection")
    check(run("--fail-on", "error", pcap("hello-reset-sni-filter"))[0] == 1, "--fail-on finds the failure")
    check(run("--fail-on", "error", pcap("tls12-nss"))[0] == 0, "--fail-on finds none")
    check(len(connections("--probes", pcap("health-checks"))) == 6 and len(connections(pcap("health-checks"))) == 1, "--probes")
    check(records(pcap("health-checks"))[-1]["probes"] == 5, "probes are counted")
    for of in (["name-not-resolved"], ["missing-intermediate-tls12"], ["--compare", "compare-forwarded-inside", "compare-forwarded-outside"]):
        quiet = records("-q", *(name if name.startswith("-") else pcap(name) for name in of))
        check([r["record"] for r in quiet] == ["summary"], f"-q {of}: the summary alone")


def seen(text, *arguments):
    """Connections that --seen-as selects, and what the summary says of it."""
    found = records("--seen-as", text, *arguments)
    return [r for r in found if r["record"] == "connection"], found[-1]["seen_as"]


def explained():
    for arguments in (["certificate-expired"], ["certificate-expired,name-mismatch"], ["name-mismatch", "--explain", "certificate-expired"]):
        status, out, err = run("--explain", *arguments)
        check(status == 0 and "timedatectl" in out and not err, f"--explain {arguments}: {status} {err!r}")
    check(run("--explain", "certificate-expired,certificate-expired")[1].count("meaning") == 1, "--explain tells a code once")
    status, out, err = run("--explain", "certificate-expird")
    check(status == 2 and not out and "certificate-expired" in err, f"--explain hints: {status} {err!r}")
    status, out, err = run("--explain", "expired")
    check(status == 2 and "certificate-expired" in err, f"--explain hints by words: {status} {err!r}")
    for wrong in (["--explain", ""], ["--explain", ","], ["--explain"], ["--explain", "ok"], ["--explain", "refused\x1b[2J"],
                  ["--explain", "tcp-refused", pcap("refused")], ["--explain", "tcp-refused", "--format", "json"],
                  ["--seen-as", "curl: (60)", "--format", "json"], ["--seen-as", ""]):
        status, out, err = run(*wrong)
        check(status == 2 and not out and err.startswith("tlswhy: ") and "\x1b" not in err, f"{wrong}: {status} {out!r} {err!r}")
    check("\x1b[" in run("--explain", "list", "--color=always")[1], "--explain has colours")
    check("\x1b[" not in run("--explain", "list")[1], "--explain has no colour into a pipe")
    check(all(len(line) <= 100 for line in run("--explain", "list")[1].splitlines()), "--explain wraps")


def seen_as():
    status, out, _ = run("--seen-as", "curl: (60) SSL certificate problem: unable to get local issuer certificate")
    check(status == 0 and out.index("chain-incomplete") < out.index("issuer-untrusted") and "tell apart" in out, "--seen-as without a capture")
    for arguments in (["hello world"], ["hello world", pcap("refused")], ["\x1b]0;x\x07"]):
        status, out, err = run("--seen-as", *arguments)
        check(status == 2 and not out and "\x1b" not in err, f"--seen-as with an unknown line: {status} {out!r} {err!r}")
    status, out, _ = run("--seen-as", "\x1b[31mcurl: (60)\x1b[0m")
    check(status == 0 and "\x1b" not in out, "what was pasted does not steer the terminal")
    check(run("--seen-as", "x" * 120000 + " curl: (60)")[0] == 0, "a long line")

    refused = "ConnectionRefusedError: [Errno 111] Connection refused"
    found, summary = seen(refused, pcap("refused"), pcap("tls12-nss"))
    check(found and {c["verdict"] for c in found} <= {"tcp-refused", "tcp-unreachable"}, f"refused: {[c['verdict'] for c in found]}")
    check(summary["connections"] == len(found) and summary["codes"][0] == "tcp-refused", f"refused: {summary}")
    check(not seen(refused, pcap("tls12-nss"))[0], "nothing was refused there")
    check(not seen(refused, "--only", "completed", pcap("refused"))[0], "--only and --seen-as")

    # Each verdict's own lines lead back to the connection.
    everything = [pcap(n) for n in ("no-shared-cipher-tls12", "unknown-ca-tls12", "missing-intermediate-tls12", "hello-reset", "hello-closed",
                                    "http-to-https", "https-to-http", "expired-tls12", "name-mismatch-tls12", "client-auth-missing-tls12")
                  if os.path.exists(pcap(n))]
    check(len(everything) >= 6, f"captures to try: {everything}")
    for path in everything:
        for c in connections(path):
            lines = c["findings"][0].get("seen_as", []) if c["verdict"] != "ok" else []
            for line in lines:
                found, summary = seen(line["text"], path)
                check(c["id"] in [f["id"] for f in found], f"{path}: {line} does not find the connection that prints it: {summary}")

    forty = "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure"
    found, _ = seen(forty, pcap("no-shared-cipher-tls12"))
    wanted = [c["id"] for c in connections(pcap("no-shared-cipher-tls12")) if any(a.get("code") == 40 for a in c.get("alerts", []))]
    check(wanted and [c["id"] for c in found] == wanted, f"alert 40: {[c['id'] for c in found]}, not {wanted}")
    check(not seen("TLSV1_ALERT_PROTOCOL_VERSION", pcap("no-shared-cipher-tls12"))[0], "another alert finds nothing")
    status, out, _ = run("--seen-as", forty, pcap("no-shared-cipher-tls12"))
    check(status == 0 and "handshake_failure (40)" in out and "connections would print it" in out, "the text report says what the line means")


def colours():
    check("\x1b[" not in run(pcap("refused"))[1], "no colour into a pipe")
    check("\x1b[" in run("--color=always", pcap("refused"))[1], "--color=always")
    for env, wants_colour in (({}, True), ({"NO_COLOR": "1"}, False)):
        try:
            pid, fd = pty.fork()
        except OSError as error:
            print(f"no terminal to be had ({error}): colours on one are not tried")
            return
        if pid == 0:
            clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            os.execve(PROGRAM, [PROGRAM, pcap("refused")], {**clean, "TERM": "xterm", **env})
        out = b""
        while True:
            try:
                part = os.read(fd, 65536)
            except OSError:
                break
            if not part:
                break
            out += part
        os.waitpid(pid, 0)
        check((b"\x1b[" in out) == wants_colour, f"colour on a terminal with {env}")


def complaints():
    """Nothing that was typed or found in a directory steers the terminal, and no name hides the reason."""
    for wrong in (["\x1b[31mx"], ["--bogus\x1b[31m"], ["-f", "\x1b]0;x\x07", pcap("tls12-nss")], ["-o", "/no/\x1b[2J\x7f\r\n", pcap("tls12-nss")],
                  ["\u009b31mcaf\u00e9"], [b"\x9b31m\xff"]):
        status, out, err = run(*wrong)
        raw = [c for c in err[:-1] if ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0]
        check(status == 2 and not out and not raw and "\\x" in err and err.endswith("\n"), f"{wrong}: {status} {err!r}")
    check("\\xc2\\x9b31mcaf\u00e9" in run("\u009b31mcaf\u00e9")[2], "characters that are harmless stay")
    for name in ("/no/" + "x" * 200 + "/" + "\u00e9" * 120, "/no" + ("/" + "\u4e2d" * 60) * 20):
        err = run(name)[2]
        check(len(err.encode()) < 600 and "No such file or directory" in err and "\\x" not in err, f"a long name: {err!r}")


def interrupted(data, wanted):
    process = subprocess.Popen([PROGRAM, "--format", "json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(data)
    process.stdin.flush()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    try:
        out = process.stdout.read()
        status = process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        check(False, "SIGINT does not end a program that waits for input")
        return
    found = [json.loads(line) for line in out.splitlines()]
    check(status == 0 and [r["record"] for r in found] == wanted, f"SIGINT after {len(data)} bytes: the report so far, got {status} {len(found)}")


def main():
    if not PROGRAM:
        print("skipped: the program is not built")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        usage()
        inputs_and_outputs(folder)
        rotated(folder)
        order()
        selection()
        explained()
        seen_as()
        colours()
        interrupted(read("tls12-nss"), ["connection", "server", "summary"])
        interrupted(b"", ["summary"])
        complaints()
    print(f"{len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
