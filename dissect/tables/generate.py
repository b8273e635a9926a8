#!/usr/bin/env python3
"""Writes the X-macro tables dissect/tables/*.def from the CSVs beside this script.

Usage: generate.py [OUTPUT_FOLDER]    (default: the script's own folder)

Each .def holds one X(...) a row, sorted by code; GREASE rows (RFC 8701) are left out, for is_grease() knows them.
"""
import csv
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def text(column):
    """A C string; empty where the CSV says nothing."""
    return lambda row: '"' + row[column].replace("\\", "\\\\").replace('"', '\\"') + '"'


def text_or_null(column):
    return lambda row: text(column)(row) if row[column] else "NULL"


def number(column):
    return lambda row: row[column] or "0"


def flag(column, value):
    return lambda row: "true" if row[column] == value else "false"


def version_shown(row):
    """The name that reports show: RFCs and IETF drafts only, "TLSv1.0" rather than OpenSSL's "TLSv1". None: no row."""
    if row["kind"] == "tls13-draft" and not row["rfc"].startswith("draft-ietf-tls-"):
        return None
    if row["kind"] not in ("ssl", "tls", "dtls", "tls13-draft"):
        return None
    return text("alias" if row["alias"].endswith("TLSv1.0") else "name")(row)


# Bytes of the MAC behind the content of each record, for the hashes that suites without a cipher use.
MAC_LENGTHS = {"NULL": 0, "MD5": 16, "SHA1": 20, "SHA256": 32, "SHA384": 48, "GOSTR3411": 32}


def clear_mac_len(row):
    return str(MAC_LENGTHS[row["mac"]]) if row["enc"] == "NULL" else "0"


def port_mode(row):
    return {"implicit": "PORT_IMPLICIT_TLS", "starttls": "PORT_STARTTLS"}[row["mode"]]


CODE_NAME = {"code": number("code"), "name": text("name")}

# File stem -> the columns of its rows, in order.
TABLES = {
    "alerts": CODE_NAME
    | {
        "openssl_3_0": text_or_null("openssl_string_3_0"),
        "openssl_3_2": text_or_null("openssl_string_3_2"),
        "openssl_reason": number("openssl_reason_code"),
    },
    "cert_compression": CODE_NAME,
    "certificate_types": CODE_NAME,
    "cipher_suites": {
        "code": number("code"),
        "iana": text("iana_name"),
        "openssl": text("openssl_name"),
        "gnutls": text("gnutls_name"),
        "kx": text("kx"),
        "auth": text("auth"),
        "enc": text("enc"),
        "mode": text("mode"),
        "mac": text("mac"),
        "prf_hash": text("prf_hash"),
        "protocol_min": text("protocol_min"),
        "enc_bits": number("enc_bits"),
        "forward_secret": flag("forward_secret", "1"),
        "is_aead": flag("aead", "1"),
        "is_recommended": flag("recommended", "Y"),
        "is_clear": flag("enc", "NULL"),
        "clear_mac_len": clear_mac_len,
        "weakness": text("weakness"),
        "weakness_all": text("weakness_all"),
    },
    "client_cert_types": CODE_NAME,
    "compression_methods": CODE_NAME,
    "content_types": CODE_NAME,
    "ec_point_formats": CODE_NAME,
    "extensions": CODE_NAME,
    "groups": CODE_NAME
    | {
        "kind": text("kind"),
        "client_share_len": number("client_share_len"),
        "server_share_len": number("server_share_len"),
        "bits": number("bits"),
    },
    "handshake_types": CODE_NAME,
    "hpke_aeads": CODE_NAME,
    "hpke_kdfs": CODE_NAME,
    "psk_key_exchange_modes": CODE_NAME,
    "quic_transport_parameters": CODE_NAME | {"is_integer": flag("kind", "integer")},
    "signature_schemes": CODE_NAME
    | {
        "key_type": text("key_type"),
        "hash": text("hash"),
        "padding": text("padding"),
        "weakness": text("weakness"),
        "is_tls13_certverify": flag("tls13_certverify", "1"),
    },
    "srtp_profiles": CODE_NAME,
    "ssl2_ciphers": CODE_NAME
    | {"openssl": text("openssl_name"), "enc_bits": number("enc_bits"), "weakness": text("weakness")},
    "starttls_ports": {
        "port": number("port"),
        "is_udp": flag("transport", "udp"),
        "mode": port_mode,
        "service": text("service"),
        "protocol": text("protocol"),
    },
    "versions": {"code": number("code"), "name": version_shown},
    "x509_verify_errors": {"code": number("code"), "symbol": text("symbol"), "text": text("string")},
}

# Tables that are a part of a CSV: its stem, and what its column "registry" says.
PARTS = {"hpke_aeads": ("ech_hpke_ids", "aead"), "hpke_kdfs": ("ech_hpke_ids", "kdf")}


def render(stem):
    source, part = PARTS.get(stem, (stem, None))
    with open(HERE / f"{source}.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file)
                if row.get("status", row.get("kind")) != "grease" and row.get("registry") == part]
    columns = TABLES[stem]
    key = next(iter(columns))
    codes = [int(row[key], 0) for row in rows]
    if codes != sorted(codes):
        sys.exit(f"{source}.csv is not sorted by {key}")
    if key == "code" and len(set(codes)) != len(codes):
        sys.exit(f"{source}.csv has a code twice")
    lines = [f"/* Generated from {source}.csv by generate.py. X({', '.join(columns)}) */"]
    cells = [[make(row) for make in columns.values()] for row in rows]
    lines += [f"X({', '.join(row)})" for row in cells if None not in row]
    return "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for stem in TABLES:
        (folder / f"{stem}.def").write_text(render(stem), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
