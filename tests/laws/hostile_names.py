#!/usr/bin/env python3
"""The escape law from outside: captures whose server names, certificates, protocols, banners and file names hold markup, script,
terminal sequences, marks that change the direction of text, what is no UTF-8, 60 kB, formulas, tabs and line ends. In no format
does any of it come out raw or break the structure: rows have their columns, lines parse, pages have no tags of strangers."""
import csv
import html.parser
import io
import json
import os
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TLSWHY")
HARMLESS = b"www.example.test"
HOSTILE = [
    b"<script>alert(1)</script>", b"<img src=x onerror=alert(1)>", b"'\"><svg/onload=x>&lt;&#60;", b"</td></table></body></html>",
    b"\x1b[2J\x1b]0;owned\x07", b"a\nFAILED b\r\nc\td\x0b\x0c\x00e", b"\xc2\x9b31m\xc2\x85", b"www.\xe2\x80\xaetset.elpmaxe\xe2\x80\xac",
    b"a\xe2\x80\x8b\xef\xbb\xbf\xc2\xad\xe2\x80\xa8b", b"\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xc3", b"=cmd|' /C calc'!A0", b"+1-1",
    b"-2+3", b"@SUM(A1:A9)", b"a;=1+1;\"=2\"", b"\"a\",\"b\"\",", b"\t=1", b"\r\n=1", b"\xef\xbc\x9d1", b"-", b"(empty)", b"a,b\\x2c\\",
    b"\"},{\"record\":\"summary\"}]\\u0000", b"#close\t2020-01-01", b"@all #1 !2 ![x](http://evil.test/) [y](javascript:z)\n/close\n```",
    b"| a | b |\n|---|---|\n***bold***<details>", b"x" * 60000, b"=" * 60000, b"\xe2\x80\xae" * 20000, "caf\u00e9 \u4e2d\U0001f612".encode(),
]
HIDDEN = [*range(0x80, 0xa0), 0xad, 0x61c, *range(0x200b, 0x2010), *range(0x2028, 0x202f), *range(0x2060, 0x2070), 0xfeff]
failures = []


def check(is_right, text):
    if not is_right:
        failures.append(text)
        print("FAILED:", text[:600])


# ---- captures

def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def name_of(text):
    common_name = tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(0x14, text)))  # T61String takes bytes as they are
    return tlv(0x30, common_name)


def certificate(text):
    text = text[:2000]
    algorithm = tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d01010b")), tlv(5))
    key = tlv(0x30, tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d010101")), tlv(5)),
              tlv(3, b"\0", tlv(0x30, tlv(2, b"\0" + b"\xc5" * 256), tlv(2, b"\1\0\1"))))
    names = tlv(0x30, tlv(0x82, text), tlv(0x81, text), tlv(0x86, text))
    extensions = tlv(0xa3, tlv(0x30, tlv(0x30, tlv(6, b"\x55\x1d\x11"), tlv(4, names))))
    body = tlv(0x30, tlv(0xa0, tlv(2, b"\2")), tlv(2, b"\x12\x34"), algorithm, name_of(text + b" CA"),
               tlv(0x30, tlv(0x17, b"250101000000Z"), tlv(0x17, b"270101000000Z")), name_of(text), key, extensions)
    return tlv(0x30, body, algorithm, tlv(3, b"\0" + b"\x55" * 256))


def vector(size, *parts):
    body = b"".join(parts)
    return len(body).to_bytes(size, "big") + body


def records(kind, data):
    parts = [data[i:i + 16000] for i in range(0, len(data), 16000)]
    return b"".join(bytes([kind, 3, 3]) + vector(2, part) for part in parts)


def handshake(kind, body):
    return records(22, bytes([kind]) + vector(3, body))


def client_hello(sni, alpn):
    extensions = struct.pack(">H", 0) + vector(2, vector(2, b"\0" + vector(2, sni)))
    extensions += struct.pack(">H", 16) + vector(2, vector(2, vector(1, alpn[:255] or b"h2")))
    extensions += struct.pack(">HHHH", 10, 4, 2, 29)
    return handshake(1, b"\3\3" + b"\x11" * 32 + b"\0" + vector(2, b"\xc0\x2f\xc0\x30") + b"\1\0" + vector(2, extensions))


def server_flight(text):
    alpn = struct.pack(">H", 16) + vector(2, vector(2, vector(1, text[:255] or b"h2")))
    hello = handshake(2, b"\3\3" + b"\x22" * 32 + b"\0" + b"\xc0\x2f\0" + vector(2, alpn))
    return hello + handshake(11, vector(3, vector(3, certificate(text))))


def conversation(client_port, server_port, parts):
    """Packets of a TCP connection; parts are (is_client, bytes)."""
    ends = [(b"\x0a\0\0\x05", client_port), (b"\xc0\0\2\7", server_port)]
    sequence = [1000, 2000]

    def packet(side, flags, data=b""):
        (source, sport), (target, dport) = ends[side], ends[not side]
        tcp = struct.pack(">HHIIBBHHH", sport, dport, sequence[side], sequence[not side] if flags & 16 else 0, 0x50, flags, 65000, 0, 0)
        sequence[side] += len(data) + bool(flags & 3)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0) + source + target
        return b"\0" * 12 + b"\x08\0" + ip + tcp + data

    yield packet(0, 2)
    yield packet(1, 18)
    yield packet(0, 16)
    for is_client, data in parts:
        side = not is_client
        for i in range(0, len(data), 1400):
            yield packet(side, 24, data[i:i + 1400])
        yield packet(not side, 16)
    yield packet(0, 17)
    yield packet(1, 17)
    yield packet(0, 16)


def capture(text):
    line = text[:400].replace(b"\r", b" ").replace(b"\n", b" ").replace(b"\0", b" ")
    http = b"HTTP/1.1 400 Bad\r\nServer: " + line + b"\r\nContent-Type: text/html\r\n\r\n" + text[:400]
    talks = [
        (443, [(True, client_hello(text, text)), (False, server_flight(text)), (True, records(21, b"\2\x30"))]),
        (443, [(True, client_hello(text, b"h2")), (False, http)]),
        (443, [(True, client_hello(HARMLESS, text)), (False, text[:400])]),
        (25, [(False, b"220 " + line + b"\r\n"), (True, b"EHLO x\r\n"), (False, b"250 STARTTLS\r\n"), (True, b"STARTTLS\r\n"),
              (False, b"454 " + line + b"\r\n"), (True, b"QUIT\r\n")]),
        (3128, [(True, b"CONNECT " + line.replace(b" ", b"") + b":443 HTTP/1.1\r\n\r\n"), (False, b"HTTP/1.1 403 " + line + b"\r\n\r\n")]),
    ]
    packets = [p for i, (port, parts) in enumerate(talks) for p in conversation(40000 + i, port, parts)]
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)
    for i, p in enumerate(packets):
        out += struct.pack("<IIII", 1767225600 + i // 1000, i % 1000 * 1000, len(p), len(p)) + p
    return out


# ---- laws

def check_text(what, out, allowed):
    try:
        text = out.decode("utf-8")
    except UnicodeDecodeError as error:
        check(False, f"{what}: {error}")
        return ""
    raw = sorted({c for c in text if (ord(c) < 32 or ord(c) == 127 or ord(c) in HIDDEN) and c not in allowed})
    check(not raw, f"{what}: raw {raw}")
    return text


def is_formula(cell):
    parts = [cell] + cell.split(";")[1:]
    return any(part.lstrip(" \"'")[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20") and not part.lstrip(" \"").startswith("'") for part in parts)


def check_csv(what, out, num):
    text = check_text(what, out, "\r\n")
    check(text.count("\n") == text.count("\r\n") == text.count("\r") == num + 1, f"{what}: lines end in CR LF")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    check(len(rows) == num + 1 and {len(row) for row in rows} == {len(rows[0])}, f"{what}: {len(rows)} rows of {set(map(len, rows))} columns")
    cells = [cell for row in rows[1:] for cell in row]
    bad = [cell for cell in cells if is_formula(cell)]
    check(not bad, f"{what}: formulas {bad}")
    check(max(map(len, cells)) < 32767, f"{what}: a cell is too long")


def check_zeek(what, out, least):
    text = check_text(what, out, "\t\n")
    fields, num = None, 0
    for line in text.splitlines():
        if line.startswith("#fields\t"):
            fields = line.split("\t")[1:]
        elif not line.startswith("#"):
            num += 1
            values = line.split("\t")
            check(len(values) == len(fields) and all(values), f"{what}: {len(values)} values for {len(fields)} fields")
    check(text.count("#close\t") == 2 and num >= least, f"{what}: {num} lines, {text.count('#close')} ends")


def check_json(what, out):
    for line in check_text(what, out, "\n").splitlines():
        json.loads(line)


def check_line(what, out):
    text = check_text(what, out, "\n")
    check(text.count("\n") == 1 and len(out) <= 251 and not set(text[:-1]) & set("<>@#!|`;\"'\\") - set("\\"), f"{what}: {text!r}")


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found |= {tag} | {f"{tag} {name}" for name, _ in attrs}
        self.found |= {f"{name}={value}" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")}


def tags_of(out):
    tags = Tags()
    tags.feed(out.decode("utf-8"))
    return tags.found


def formats():
    done = subprocess.run([PROGRAM, "--format", "\x01", "x"], capture_output=True, text=True, check=False)
    return done.stderr.split("is none of ")[1].strip().split(", ")


def write_out(path, *arguments):
    done = subprocess.run([PROGRAM, "--no-verify", *arguments, path], capture_output=True, check=False, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"})
    check(done.returncode == 0, f"{arguments}: {done.returncode} {done.stderr}")
    return done.stdout


def main():
    if not PROGRAM:
        print("skipped: the program is not built")
        return 77
    known, num = None, 5
    with tempfile.TemporaryDirectory() as folder:
        for i, text in enumerate([HARMLESS, *HOSTILE]):
            path = os.path.join(os.fsencode(folder), b"%d " % i + text[:80].replace(b"/", b"|").replace(b"\0", b""))
            with open(path, "wb") as f:
                f.write(capture(text))
            for form in formats():
                what = f"{form} of {text[:60]!r}"
                out = write_out(path, "--format", form)
                if form == "csv":
                    check_csv(what, out, num)
                elif form == "zeek":
                    check_zeek(what, out, 3)
                elif form in ("json", "zeek-json"):
                    check_json(what, out)
                else:
                    check_text(what, out, "\n")
                if form == "html":
                    found = tags_of(out)
                    known = known or found
                    strange = {tag for tag in found - known if tag in ("script", "img", "iframe", "a") or "=" in tag or " on" in tag}
                    check(not strange, f"{what}: tags {strange}")
            check_text(f"-v of {text[:60]!r}", write_out(path, "-v"), "\n")
            check_line(f"line of {text[:60]!r}", write_out(path, "--summary-line"))
            os.remove(path)
    print(f"{len(HOSTILE)} names, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
