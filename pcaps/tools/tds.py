"""An MS-TDS server, as far as the login: tds.py PORT ENCRYPTION CERTIFICATE KEY [JSON OPTIONS].

ENCRYPTION is what it answers in PRELOGIN: off (only the login is encrypted), on, not-sup, req. It carries the TLS handshake
in packets of type 0x12, as SQL Server does, and refuses every login (error 18456), or accepts it with the option "accept".
"size": bytes of one packet (4096); "tls13": no other version, else TLS 1.2."""
import json
import os
import socket
import ssl
import struct
import sys
import threading

port, encryption, certificate, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
options = json.loads(sys.argv[5]) if len(sys.argv) > 5 else {}
ANSWER = {"off": 0, "on": 1, "not-sup": 2, "req": 3}[encryption]
PRELOGIN, REPLY, LOGIN7 = 0x12, 0x04, 0x10
OFF, NOT_SUPPORTED = 0, 2

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.maximum_version = ssl.TLSVersion.TLSv1_2
if options.get("tls13"):
    context.maximum_version = context.minimum_version = ssl.TLSVersion.TLSv1_3
context.keylog_filename = os.environ.get("SSLKEYLOGFILE")


class Closed(Exception):
    pass


def exactly(take, n):
    data = b""
    while len(data) < n:
        part = take(n - len(data))
        if not part:
            raise Closed
        data += part
    return data


def packet_in(take):
    header = exactly(take, 8)
    return header[0], exactly(take, struct.unpack(">H", header[2:4])[0] - 8)


def message(kind, body):
    size = options.get("size", 4096) - 8
    parts = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(struct.pack(">BBHHBB", kind, part is parts[-1], len(part) + 8, 0, n + 1, 0) + part
                    for n, part in enumerate(parts))


def prelogin_options(body):
    found, at = {}, 0
    while body[at] != 0xFF:
        token, offset, length = struct.unpack(">BHH", body[at:at + 5])
        found[token] = body[offset:offset + length]
        at += 5
    return found


def prelogin_answer(value):
    return b"\x00\x00\x0b\x00\x06" b"\x01\x00\x11\x00\x01" b"\xff" b"\x0f\x00\x10\x00\x00\x00" + bytes([value])


def text(s):
    return s.encode("utf-16le")


def tokens():
    if options.get("accept"):
        done = struct.pack("<BHHQ", 0xFD, 0, 0, 0)
        name = text("tds.py")
        ack = b"\x01" + b"\x74\x00\x00\x04" + bytes([len(name) // 2]) + name + b"\x0f\x00\x00\x00"
        return b"\xad" + struct.pack("<H", len(ack)) + ack + done
    said, name = text("Login failed for user 'lab'."), text("tds.py")
    error = (struct.pack("<IBBH", 18456, 1, 14, len(said) // 2) + said + bytes([len(name) // 2]) + name + b"\x00"
             + struct.pack("<I", 1))
    return b"\xaa" + struct.pack("<H", len(error)) + error + struct.pack("<BHHQ", 0xFD, 2, 0, 0)


def handshake(connection):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            print("handshake failed:", error, flush=True)
            if outgoing.pending:
                connection.sendall(message(PRELOGIN, outgoing.read()))
            raise Closed
        else:
            if outgoing.pending:
                connection.sendall(message(PRELOGIN, outgoing.read()))
            return tls, incoming, outgoing
        if outgoing.pending:
            connection.sendall(message(PRELOGIN, outgoing.read()))
        incoming.write(packet_in(connection.recv)[1])


def serve(connection):
    kind, body = packet_in(connection.recv)
    asked = prelogin_options(body)[1][0]
    value = ANSWER
    if NOT_SUPPORTED in (asked, ANSWER):
        value = NOT_SUPPORTED if ANSWER in (OFF, NOT_SUPPORTED) else ANSWER
    elif OFF in (asked, ANSWER) and asked != ANSWER:
        value = 1
    connection.sendall(message(REPLY, prelogin_answer(value)))
    if asked == NOT_SUPPORTED and value != NOT_SUPPORTED:
        return
    if value == NOT_SUPPORTED:
        packet_in(connection.recv)
        connection.sendall(message(REPLY, tokens()))
        return
    tls, incoming, outgoing = handshake(connection)

    def take(n):
        while True:
            try:
                return tls.read(n)
            except ssl.SSLWantReadError:
                data = connection.recv(65536)
                if not data:
                    raise Closed
                incoming.write(data)

    packet_in(take)
    if asked == OFF and value == OFF:
        connection.sendall(message(REPLY, tokens()))
    else:
        tls.write(message(REPLY, tokens()))
        connection.sendall(outgoing.read())
    connection.recv(65536)


def guarded(connection):
    with connection:
        try:
            serve(connection)
        except (Closed, OSError, ssl.SSLError) as error:
            print("connection:", repr(error), flush=True)


listener = socket.create_server(("", port))
while True:
    threading.Thread(target=guarded, args=(listener.accept()[0],), daemon=True).start()
