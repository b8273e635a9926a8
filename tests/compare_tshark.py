#!/usr/bin/env python3
"""Compares what tlswhy tells of TLS over TCP, DTLS and QUIC over UDP with what an installed tshark tells, connection by connection, fact by fact.

    compare_tshark.py [--tlswhy PROGRAM] [CAPTURE-OR-FOLDER...]

Without arguments: pcaps/ and $TLSWHY_CORPUS. tshark has errors of its own, so every difference that was looked into stands in
compare_tshark.known with its reason; one that is not there fails, and so does a line there that no longer differs.
Exits with 77 when there is no tshark, no program or no capture.
"""
import argparse
import concurrent.futures
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.join(HERE, "..", "dissect", "tables")
KNOWN = os.path.join(HERE, "compare_tshark.known")
CAPTURE_NAME = re.compile(r"\.(pcap|pcapng|cap)(\.(gz|zst|lz4))?$")
# TLS on any port: by content before any dissector that claims the port.
TSHARK = ["tshark", "-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.try_heuristic_first:TRUE",
          "--enable-heuristic", "tls_tcp", "--enable-heuristic", "dtls_udp"]
RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
RECORD_ALERT, RECORD_HANDSHAKE = 21, 22
CLIENT_HELLO, SERVER_HELLO, HELLO_RETRY_OLD = 1, 2, 6
CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, TICKET, ENCRYPTED_EXTENSIONS = 11, 12, 13, 4, 8
SSL2_SERVER_HELLO = 4


# ---- what tshark tells

def text_of(value):
    """As the output contract has it: bytes that are no UTF-8 are escaped."""
    return re.sub("[\udc80-\udcff]", lambda m: f"\\x{ord(m.group()) - 0xdc00:02X}",
                  bytes.fromhex(value).decode("utf-8", "surrogateescape"))


class Message:
    """One handshake message, SSLv2 message or alert, with who sent it."""

    def __init__(self, frame, sender, receiver, node):
        self.frame, self.sender, self.receiver, self.node = frame, sender, receiver, node

    def values(self, name):
        return [f.get("value", "") for f in self.node.iter("field") if f.get("name") == name]

    def numbers(self, name):
        return [int(v, 16) for v in self.values(name) if v]

    def number(self, name):
        return next(iter(self.numbers(name)), None)

    def shows(self, name):
        return [f.get("show", "") for f in self.node.iter("field") if f.get("name") == name]

    def extension(self, code):
        for node in self.node.iter("field"):
            kind = node.find("field[@name='tls.handshake.extension.type']")
            if kind is not None and int(kind.get("value"), 16) == code:
                return Message(self.frame, self.sender, self.receiver, node)
        return None

    def in_extension(self, code, name):
        extension = self.extension(code)
        return extension.numbers(name) if extension else []

    def alpn(self):
        return [text_of(v) for v in self.values("tls.handshake.extensions_alpn_str")]


class Stream:
    """A TCP connection, or a conversation over UDP, as tshark numbers them."""

    def __init__(self, first_frame, ends, transport):
        self.transport = transport
        self.first_frame = first_frame
        self.ends = ends  # sender, receiver of the first packet
        self.syn_from = None
        self.is_tls = False
        self.messages = []  # (kind, Message); kind as the record layer has it, "ssl2" for SSLv2 messages


def last(text):
    """The innermost of the values tshark joins where headers are nested."""
    return text.split(",")[-1]


def run(command):
    return subprocess.run(command, capture_output=True, check=False, timeout=600).stdout


def read_streams(path, transport, wanted):
    streams = {}
    rows = run(TSHARK + ["-r", path, "-Y", f"{wanted} and not icmp and not icmpv6", "-T", "fields", "-E", "separator=/t"] +
               [a for f in ("frame.number", f"{transport}.stream", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
                            f"{transport}.srcport", f"{transport}.dstport", "tcp.flags.syn", "tcp.flags.ack",
                            "frame.protocols") for a in ("-e", f)])
    for line in rows.decode().splitlines():
        frame, stream, src4, dst4, src6, dst6, sport, dport, syn, ack, protocols = line.split("\t")
        below = protocols.split(f":{transport}")[0]
        is_ipv6 = [p for p in below.split(":") if p in ("ip", "ipv6")][-1:] == ["ipv6"]
        ends = (f"{last(src6 if is_ipv6 else src4)} {last(sport)}", f"{last(dst6 if is_ipv6 else dst4)} {last(dport)}")
        stream = int(last(stream))
        if stream not in streams:
            streams[stream] = Stream(int(frame), ends, transport)
        if last(syn) in ("1", "True") and last(ack) in ("0", "False") and not streams[stream].syn_from:
            streams[stream].syn_from = ends[0]
    return streams


def handshakes(record):
    """Of fragments (DTLS) the one in which the message became whole."""
    return [f for f in record.iter("field") if f.get("name") == "tls.handshake" and "(Fragment)" not in f.get("showname", "")]


def add_record(stream, frame, sender, receiver, record):
    content = record.find("field[@name='tls.record.content_type']")
    if content is None:
        if record.find("field[@name='tls.handshake.type']") is not None:
            stream.messages.append(("ssl2", Message(frame, sender, receiver, record)))
        return
    kind = int(content.get("value") or content.get("show"), 16 if content.get("value") else 10)
    if kind == RECORD_ALERT or record.find(".//field[@name='tls.alert_message.level']") is not None:  # or decrypted
        stream.messages.append((RECORD_ALERT, Message(frame, sender, receiver, record)))
    for handshake in handshakes(record):
        if handshake.find("field[@name='tls.handshake.type']") is not None:
            stream.messages.append((RECORD_HANDSHAKE, Message(frame, sender, receiver, handshake)))


def add_quic_packet(stream, frame, sender, receiver, packet):
    """Messages out of CRYPTO frames, as far as tshark opened them, and TLS alerts out of CONNECTION_CLOSE."""
    for tls in packet.iter("proto"):
        for handshake in handshakes(tls) if tls.get("name") == "tls" else []:
            if handshake.find("field[@name='tls.handshake.type']") is not None:
                stream.is_tls = True
                stream.messages.append((RECORD_HANDSHAKE, Message(frame, sender, receiver, handshake)))
    for close in packet.findall("field[@name='quic.frame']"):
        if close.find(".//field[@name='quic.cc.error_code.tls_alert']") is not None:
            stream.messages.append((RECORD_ALERT, Message(frame, sender, receiver, close)))


def field_value(proto, name):
    node = proto.find(f"field[@name='{name}']")
    return None if node is None else node.get("show")


def add_packet(streams, packet, transport):
    frame = addresses = ports = stream = None
    for proto in packet.findall("proto"):
        name = proto.get("name")
        if name == "geninfo":
            frame = int(field_value(proto, "num"))
        elif name in ("ip", "ipv6"):
            addresses = (field_value(proto, name + ".src"), field_value(proto, name + ".dst"))
        elif name == transport:
            ports = (field_value(proto, transport + ".srcport"), field_value(proto, transport + ".dstport"))
            stream = streams.get(int(field_value(proto, transport + ".stream")))
        elif name in ("tcp", "udp"):
            stream = None
        elif name == "quic" and stream and addresses and ports:
            add_quic_packet(stream, frame, *(f"{addresses[i]} {ports[i]}" for i in (0, 1)), proto)
        elif name in ("tls", "tds") and stream and addresses and ports: # TDS packets hold TLS in themselves
            sender, receiver = (f"{addresses[i]} {ports[i]}" for i in (0, 1))
            for tls in [proto] if name == "tls" else proto.findall(".//proto[@name='tls']"):
                for record in tls.findall("field[@name='tls.record']"):
                    stream.is_tls = True
                    add_record(stream, frame, sender, receiver, record)


def read_transport(path, transport, protocol, wanted):
    streams = read_streams(path, transport, wanted)
    if not streams:
        return []
    pdml = run(TSHARK + ["-r", path, "-Y", f"{transport} and {protocol}", "-T", "pdml", "-J", f"geninfo ip ipv6 tcp udp tds {protocol}"])
    text = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"?", pdml).replace(b'name="dtls', b'name="tls')
    if text.strip():
        for packet in ElementTree.fromstring(text).iter("packet"):
            add_packet(streams, packet, transport)
    return [s for s in streams.values() if s.is_tls]


def read_tshark(path):
    """All connections in which tshark found TLS, DTLS or QUIC; it decrypts with the secrets that a capture holds."""
    return read_transport(path, "tcp", "tls", "tcp") + read_transport(path, "udp", "dtls", "udp and dtls") + \
        read_transport(path, "udp", "quic", "udp and quic")


def is_retry(message):
    kind = message.number("tls.handshake.type")
    return kind == HELLO_RETRY_OLD or (
        kind == SERVER_HELLO and RETRY_RANDOM in message.values("tls.handshake.random"))


def first(messages, wanted):
    return next((m for m in messages if wanted(m)), None)


def certificate_hashes(message):
    return [hashlib.sha256(bytes.fromhex(v)).hexdigest() for v in message.values("tls.handshake.certificate") if v]


def tshark_client(stream, messages):
    if stream.syn_from:
        return stream.syn_from
    for message in messages:
        kind = message.number("tls.handshake.type")
        if kind == CLIENT_HELLO:
            return message.sender
        if kind == SERVER_HELLO:
            return message.receiver
    return None


def hello_facts(facts, hello):
    ssl2_specs = hello.numbers("tls.handshake.cipherspec")
    facts["client_hello.ciphers"] = ssl2_specs or hello.numbers("tls.handshake.ciphersuite")
    facts["client_hello.legacy_version"] = hello.number("tls.handshake.version")
    facts["client_hello.versions"] = hello.in_extension(43, "tls.handshake.extensions.supported_version")
    facts["client_hello.compression"] = hello.numbers("tls.handshake.comp_method")
    facts["client_hello.extensions"] = hello.numbers("tls.handshake.extension.type")
    facts["client_hello.groups"] = hello.in_extension(10, "tls.handshake.extensions_supported_group")
    shares = hello.extension(51) or hello.extension(40)
    facts["client_hello.key_shares"] = shares.numbers("tls.handshake.extensions_key_share_group") if shares else []
    facts["client_hello.signature_algorithms"] = hello.in_extension(13, "tls.handshake.sig_hash_alg")
    facts["client_hello.alpn"] = hello.alpn()
    facts["client_hello.session_id_length"] = hello.number("tls.handshake.session_id_length") or 0
    facts["client_hello.ja3"] = next(iter(hello.shows("tls.handshake.ja3")), None)
    facts["client_hello.ja3_string"] = next(iter(hello.shows("tls.handshake.ja3_full")), None)
    names = hello.values("tls.handshake.extensions_server_name")
    facts["sni"] = text_of(names[0]) if names and names[0] else None


def server_hello_facts(facts, hello):
    chosen = hello.in_extension(43, "tls.handshake.extensions.supported_version")
    suites = hello.numbers("tls.handshake.ciphersuite")
    facts["version"] = chosen[0] if chosen else hello.number("tls.handshake.version")
    facts["cipher"] = suites[0] if suites else None
    facts["server_hello.extensions"] = hello.numbers("tls.handshake.extension.type")
    facts["server_hello.session_id_length"] = hello.number("tls.handshake.session_id_length") or 0
    facts["server_hello.ja3s"] = next(iter(hello.shows("tls.handshake.ja3s")), None)
    facts["alpn"] = next(iter(hello.alpn()), None)


def alert_facts(alerts, client):
    told = []
    for alert in alerts:
        sender = "client" if alert.sender == client else "server"
        levels, codes = alert.numbers("tls.alert_message.level"), alert.numbers("tls.alert_message.desc")
        of_quic = alert.numbers("quic.cc.error_code.tls_alert")
        if of_quic:
            levels, codes = [2], of_quic[:1]  # alerts of QUIC have no level: all of them end the connection
        if of_quic and any(t.startswith(sender) for t in told):
            continue  # the close is sent again for whatever comes later
        told += [f"{sender} {level} {code}" for level, code in zip(levels, codes)] or [f"{sender} encrypted"]
    return told


def tshark_facts(stream):
    handshake = [m for kind, m in stream.messages if kind in (RECORD_HANDSHAKE, "ssl2")]
    ssl2 = {id(m) for kind, m in stream.messages if kind == "ssl2"}
    client = tshark_client(stream, handshake)
    facts = {"client": client, "server": next(e for e in stream.ends if e != client) if client else None}

    def of_kind(code):
        return [m for m in handshake if m.number("tls.handshake.type") == code and id(m) not in ssl2]

    hellos = [m for m in handshake if m.number("tls.handshake.type") == CLIENT_HELLO]
    if hellos:
        hello_facts(facts, hellos[0])
    retry = first(handshake, is_retry)
    if retry:
        facts["hello_retry.group"] = next(iter(
            retry.numbers("tls.handshake.extensions_key_share_selected_group")), None)
        if len(hellos) > 1:
            facts["hello_retry.key_shares"] = hellos[1].in_extension(51, "tls.handshake.extensions_key_share_group")
    answer = first(of_kind(SERVER_HELLO), lambda m: not is_retry(m))
    if answer:
        server_hello_facts(facts, answer)
    extensions = first(of_kind(ENCRYPTED_EXTENSIONS), lambda m: True)
    if extensions:
        facts["alpn"] = next(iter(extensions.alpn()), None)
    ssl2_answer = first(handshake, lambda m: id(m) in ssl2 and m.number("tls.handshake.type") == SSL2_SERVER_HELLO)
    if ssl2_answer:
        facts["version"] = ssl2_answer.number("tls.handshake.version")
        facts["chain"] = certificate_hashes(ssl2_answer)
    for field, is_client in (("chain", False), ("client_chain", True)):
        message = first(of_kind(CERTIFICATE), lambda m, c=is_client: (m.sender == client) == c)
        if message and client:
            facts[field] = certificate_hashes(message)
    request = first(of_kind(CERTIFICATE_REQUEST), lambda m: True)
    if request:
        facts["certificate_request.types"] = request.numbers("tls.handshake.client_cert_type.types") or \
            request.numbers("tls.handshake.cert_type")
        facts["certificate_request.signature_algorithms"] = request.numbers("tls.handshake.sig_hash_alg")
    exchange = first(of_kind(SERVER_KEY_EXCHANGE), lambda m: True)
    if exchange and exchange.number("tls.handshake.server_named_curve"):
        facts["key_exchange.group"] = exchange.number("tls.handshake.server_named_curve")
    ticket = first(of_kind(TICKET), lambda m: m.values("tls.handshake.session_ticket_lifetime_hint"))
    if ticket:
        facts["session.ticket_lifetime_s"] = ticket.number("tls.handshake.session_ticket_lifetime_hint")
    if client:
        facts["alerts"] = alert_facts([m for kind, m in stream.messages if kind == RECORD_ALERT], client)
    return facts


# ---- what tlswhy tells

def load_names(file, column):
    names, aliases = {}, {}
    with open(os.path.join(TABLES, file), encoding="utf-8") as f:
        for row in csv.DictReader(f):
            names.setdefault(row[column], int(row["code"], 0))
            aliases[row.get("alias")] = int(row["code"], 0)
    return {**aliases, **names}


class Names:
    """From the names in the output back to code points."""

    def __init__(self):
        self.suites = {**load_names("ssl2_ciphers.csv", "name"), **load_names("cipher_suites.csv", "iana_name")}
        self.versions = load_names("versions.csv", "name")
        self.extensions = load_names("extensions.csv", "name")
        self.groups = load_names("groups.csv", "name")
        self.schemes = load_names("signature_schemes.csv", "name")
        self.cert_types = load_names("client_cert_types.csv", "name")

    def code(self, table, name):
        if name is None:
            return None
        match = re.fullmatch(r"(?:GREASE\()?(0x[0-9A-Fa-f]+)\)?", name)
        return int(match.group(1), 16) if match else getattr(self, table).get(name, f"unknown name {name}")

    def codes(self, table, names):
        return [self.code(table, n) for n in names or []]


def end(place):
    return f"{place['ip']} {place['port']}"


def tlswhy_facts(c, names):
    facts = {"client": end(c["client"]), "server": end(c["server"]), "sni": c.get("sni"), "alpn": c.get("alpn"),
             "version": names.code("versions", c.get("version"))}
    hello = c.get("client_hello", {})
    facts["client_hello.legacy_version"] = names.code("versions", hello.get("legacy_version"))
    for field, table in (("ciphers", "suites"), ("versions", "versions"), ("extensions", "extensions"), ("groups", "groups"),
                         ("key_shares", "groups"), ("signature_algorithms", "schemes")):
        facts["client_hello." + field] = names.codes(table, hello.get(field))
    for field in ("compression", "alpn"):
        facts["client_hello." + field] = hello.get(field, [])
    facts["client_hello.session_id_length"] = hello.get("session_id_length", 0)
    facts["client_hello.ja3"] = hello.get("ja3")
    facts["client_hello.ja3_string"] = hello.get("ja3_string")
    retry = c.get("hello_retry", {})
    facts["hello_retry.group"] = names.code("groups", retry.get("group"))
    facts["hello_retry.key_shares"] = names.codes("groups", retry.get("key_shares"))
    answer = c.get("server_hello", {})
    facts["cipher"] = names.code("suites", answer.get("cipher"))
    facts["server_hello.extensions"] = names.codes("extensions", answer.get("extensions"))
    facts["server_hello.session_id_length"] = answer.get("session_id_length", 0)
    facts["server_hello.ja3s"] = answer.get("ja3s")
    for field in ("chain", "client_chain"):
        facts[field] = [x.get("sha256") for x in c.get(field, [])]
    request = c.get("certificate_request", {})
    facts["certificate_request.types"] = names.codes("cert_types", request.get("types"))
    facts["certificate_request.signature_algorithms"] = names.codes("schemes", request.get("signature_algorithms"))
    facts["key_exchange.group"] = names.code("groups", c.get("key_exchange", {}).get("group"))
    facts["session.ticket_lifetime_s"] = c.get("session", {}).get("ticket_lifetime_s")
    levels = {"warning": 1, "fatal": 2}
    facts["alerts"] = [f"{a['from']} encrypted" if "code" not in a else f"{a['from']} {levels[a['level']]} {a['code']}"
                       for a in c.get("alerts", [])]
    return facts


def read_tlswhy(program, path):
    result = subprocess.run([program, "--format", "json", path], capture_output=True, check=False, timeout=600)
    if result.returncode != 0:
        raise RuntimeError(f"{program} {path} ended with {result.returncode}: {result.stderr.decode()[-500:]}")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    return [r for r in records if r["record"] == "connection"]


# ---- the comparison

def pair_up(streams, connections):
    """(stream, connection or None); a connection is taken once. The latest that began not after the stream's first message."""
    left = list(connections)
    pairs = []
    for stream in streams:
        wanted = set(stream.ends)
        candidates = [c for c in left if {end(c["client"]), end(c["server"])} == wanted and c["transport"] == stream.transport]
        exact = [c for c in candidates if c["frame"] == stream.first_frame]
        limit = stream.messages[0][1].frame if stream.messages else stream.first_frame
        before = [c for c in candidates if c["frame"] <= limit]
        chosen = (exact or sorted(before, key=lambda c: -c["frame"]) or candidates or [None])[0]
        if chosen:
            left.remove(chosen)
        pairs.append((stream, chosen))
    return pairs, left


def shorten(value):
    if isinstance(value, list):
        text = " ".join(f"{v:#06x}" if isinstance(v, int) else str(v) for v in value)
    else:
        text = f"{value:#06x}" if isinstance(value, int) else str(value)
    return text if len(text) <= 300 else text[:300] + "..."


def compare_capture(program, path, names):
    """Differences of one capture, as (connection, field, tshark's value, tlswhy's value); how many connections and
    facts were compared."""
    streams = read_tshark(path)
    connections = read_tlswhy(program, path)
    pairs, extra = pair_up(streams, connections)
    differences, num_facts = [], 0
    for stream, connection in pairs:
        label = f"{stream.ends[0]} - {stream.ends[1]} @{stream.first_frame}"
        if connection is None:
            differences.append((label, "connection", "TLS", "nothing"))
            continue
        ours = tlswhy_facts(connection, names)
        for field, theirs in tshark_facts(stream).items():
            if theirs is None and field in ("client", "server"):
                continue
            num_facts += 1
            mine = ours.get(field)
            if (theirs or None) != (mine or None):
                differences.append((label, field, theirs, mine))
    for connection in extra:
        if connection.get("protocol") in ("tls", "dtls", "quic", "ssl2") and connection["outcome"] != "not-tls":
            label = f"{end(connection['client'])} - {end(connection['server'])} @{connection['frame']}"
            differences.append((label, "connection", "nothing", "TLS"))
    return differences, len(pairs), num_facts


def read_known():
    """{(capture, connection, field): line number}; connection or field "*" stands for all."""
    known = {}
    if not os.path.exists(KNOWN):
        return known
    with open(KNOWN, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = [p.strip() for p in line.split("|")]
            if len(parts) != 4 or len(parts[3]) < 10:
                sys.exit(f"{KNOWN}:{number}: capture | connection | field | reason in words")
            known[tuple(parts[:3])] = number
    return known


def find_captures(arguments):
    found = []
    for argument in arguments:
        if os.path.isdir(argument):
            for folder, _, files in os.walk(argument):
                found += [os.path.join(folder, f) for f in files if CAPTURE_NAME.search(f)]
        else:
            found.append(argument)
    return sorted(found)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def judge(results, known):
    used, num_unknown, num_explained, num_connections, num_facts = set(), 0, 0, 0, 0
    for path, outcome in results:
        name = os.path.basename(path)
        if isinstance(outcome, Exception):
            print(f"{path}\n  {outcome}")
            num_unknown += 1
            continue
        differences, num, facts = outcome
        num_connections += num
        num_facts += facts
        for label, field, theirs, mine in differences:
            keys = [(name, c, f) for c in (label, "*") for f in (field, "*")]
            key = next((k for k in keys if k in known), None)
            if key:
                used.add(key)
                num_explained += 1
                continue
            num_unknown += 1
            print(f"{path}\n  {label} | {field}\n    tshark: {shorten(theirs)}\n    tlswhy: {shorten(mine)}")
    names = {os.path.basename(path) for path, _ in results}
    stale = [k for k in known if k[0] in names and k not in used]
    for key in stale:
        print(f"{KNOWN}:{known[key]}: {' | '.join(key)}: no longer differs, take the line out")
    print(f"{len(results)} captures, {num_connections} TLS connections, {num_facts} facts, {num_explained} differences explained, "
          f"{num_unknown} not, {len(stale)} explanations without a difference")
    return num_unknown + len(stale)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tlswhy", default=os.environ.get("TLSWHY"))
    parser.add_argument("captures", nargs="*")
    options = parser.parse_args()
    folders = options.captures or [p for p in (os.path.join(HERE, "..", "pcaps"), os.environ.get("TLSWHY_CORPUS")) if p]
    captures = find_captures(folders)
    if not shutil.which("tshark"):
        skip("no tshark here")
    if not options.tlswhy or not os.access(options.tlswhy, os.X_OK):
        skip("no tlswhy given (--tlswhy or TLSWHY)")
    if not captures:
        skip("no captures")
    names, known = Names(), read_known()

    def compare(path):
        try:
            return path, compare_capture(options.tlswhy, path, names)
        except (RuntimeError, ValueError, subprocess.TimeoutExpired, ElementTree.ParseError, KeyError) as error:
            return path, error

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(compare, captures))
    sys.exit(1 if judge(results, known) else 0)


if __name__ == "__main__":
    main()
