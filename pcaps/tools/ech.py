#!/usr/bin/env python3
"""Keys of Encrypted ClientHello (RFC 9849), since NSS as Debian builds it writes no key log.

    ech.py make DIR PUBLIC_NAME   a key pair: DIR/params (for selfserv -X), DIR/configs (for tstclnt -N), DIR/key.der
    ech.py log DIR CAPTURE        ECH_SECRET and ECH_CONFIG lines for each outer ClientHello in the capture: the KEM's
                                  shared secret (RFC 9180 section 4.1), computed with the server's private key
"""
import base64
import hashlib
import hmac
import pathlib
import struct
import subprocess
import sys

X25519_KEM, HKDF_SHA256, AES_128_GCM, ECH_VERSION, CONFIG_ID = 0x20, 1, 1, 0xFE0D, 7
# What NSS takes for an X25519 key: PKCS#8 of an EC key on that curve.
NSS_PREFIX = bytes.fromhex("3067020100301406072a8648ce3d020106092b06010401da470f01044c304a0201010420")
NSS_MIDDLE = bytes.fromhex("a123032100")
SPKI_PREFIX = bytes.fromhex("302a300506032b656e032100")


def vector(content):
    return struct.pack(">H", len(content)) + content


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def public_key(folder):
    return openssl("pkey", "-inform", "DER", "-in", str(folder / "key.der"), "-pubout", "-outform", "DER")[-32:]


def config_of(folder):
    return base64.b64decode((folder / "configs").read_bytes())[2:]


def make(folder, name):
    (folder / "key.der").write_bytes(openssl("genpkey", "-algorithm", "X25519", "-outform", "DER"))
    private, public = (folder / "key.der").read_bytes()[-32:], public_key(folder)
    contents = (struct.pack(">BH", CONFIG_ID, X25519_KEM) + vector(public) + vector(struct.pack(">HH", HKDF_SHA256, AES_128_GCM)) +
                struct.pack(">BB", 64, len(name)) + name.encode() + vector(b""))
    configs = vector(struct.pack(">H", ECH_VERSION) + vector(contents))
    (folder / "configs").write_bytes(base64.b64encode(configs))
    (folder / "params").write_bytes(base64.b64encode(vector(NSS_PREFIX + private + NSS_MIDDLE + public) + configs))


def labeled(label, content):
    return b"HPKE-v1" + b"KEM" + struct.pack(">H", X25519_KEM) + label + content


def shared_secret(folder, enc):
    (folder / "peer.der").write_bytes(SPKI_PREFIX + enc)
    dh = openssl("pkeyutl", "-derive", "-inkey", str(folder / "key.der"), "-keyform", "DER", "-peerkey", str(folder / "peer.der"),
                 "-peerform", "DER")
    prk = hmac.digest(b"", labeled(b"eae_prk", dh), hashlib.sha256)
    info = struct.pack(">H", 32) + labeled(b"shared_secret", enc + public_key(folder))
    return hmac.digest(prk, info + b"\x01", hashlib.sha256)


def log(folder, capture):
    fields = subprocess.run(["tshark", "-r", capture, "-Y", "tls.handshake.type == 1", "-T", "fields", "-e", "tls.handshake.random", "-e",
                             "tls.handshake.extension.type", "-e", "tls.handshake.extension.data"], capture_output=True, text=True,
                            check=True).stdout
    for line in fields.splitlines():
        random, _, data = line.split("\t")
        for body in map(bytes.fromhex, data.split(",")):
            # outer, its two algorithms, our config, and the KEM's share; empty in the hello after a HelloRetryRequest
            if body[:6] == struct.pack(">BHHB", 0, HKDF_SHA256, AES_128_GCM, CONFIG_ID) and body[6:8] == b"\x00\x20":
                print("ECH_CONFIG", random, config_of(folder).hex())
                print("ECH_SECRET", random, shared_secret(folder, body[8:40]).hex())


if __name__ == "__main__":
    {"make": make, "log": log}[sys.argv[1]](pathlib.Path(sys.argv[2]), sys.argv[3])
