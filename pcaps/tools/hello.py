"""Hand-made TLS bytes, as hex text.

hello.py [cipher=HEX] [compression=HEX] [renegotiation=yes] [unasked=HEX] [version=HEX] CERTIFICATE...
    a server's first flight of TLS 1.2 with RSA key exchange: ServerHello, Certificate, ServerHelloDone
hello.py client [heartbeat] [deflate]
    a ClientHello of TLS 1.2
"""
import os
import ssl
import struct
import sys


def message(kind, body):
    return bytes([kind]) + struct.pack("!I", len(body))[1:] + body


def record(body, version=0x0303):
    return b"\x16" + struct.pack("!HH", version, len(body)) + body


def vector(data, size):
    return struct.pack("!I", len(data))[4 - size:] + data


def extension(kind, body):
    return struct.pack("!H", kind) + vector(body, 2)


if sys.argv[1] == "client":
    extensions = extension(10, vector(bytes.fromhex("001d0017"), 2)) + extension(11, b"\x01\x00")
    extensions += extension(13, vector(bytes.fromhex("0401050106010804"), 2)) + extension(0xFF01, b"\0")
    if "heartbeat" in sys.argv:
        extensions += extension(15, b"\x01")
    body = b"\x03\x03" + os.urandom(32) + b"\0" + vector(bytes.fromhex("c02fc030009c002f"), 2)
    body += (b"\x02\x01\x00" if "deflate" in sys.argv else b"\x01\x00") + vector(extensions, 2)
    print(record(message(1, body), 0x0301).hex())
    sys.exit()

options = {"cipher": "009c", "compression": "00", "renegotiation": "no", "unasked": "", "version": "0303"}
chain = []
for argument in sys.argv[1:]:
    if "=" in argument:
        key, value = argument.split("=")
        options[key] = value
    else:
        with open(argument) as pem:
            chain.append(ssl.PEM_cert_to_DER_cert(pem.read()))
extensions = extension(0xFF01, b"\0") if options["renegotiation"] == "yes" else b""
extensions += bytes.fromhex(options["unasked"])
body = bytes.fromhex(options["version"]) + os.urandom(32) + b"\0" + bytes.fromhex(options["cipher"]) + bytes.fromhex(options["compression"])
hello = message(2, body + (vector(extensions, 2) if extensions else b""))
certificate = message(11, vector(b"".join(vector(one, 3) for one in chain), 3))
print(record(hello + certificate + message(14, b"")).hex())
