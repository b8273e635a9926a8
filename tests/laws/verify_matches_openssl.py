#!/usr/bin/env python3
"""What the reports say of chains is what `openssl verify` says of them: the same store, time and name, the chain as presented as
-untrusted; for every chain in pcaps/ and TLSWHY_CORPUS. So are the stricter modes and the chains completed with certificates that
were not presented. tshark takes the certificates out of the captures."""
import collections
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

SOURCE = os.environ.get("TLSWHY_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PKI = os.path.join(SOURCE, "pcaps", "pki")
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem")
MODES = {"": ["-auth_level", "1"], "strict": ["-auth_level", "1", "-x509_strict", "-partial_chain"], "level2": ["-auth_level", "2"]}

# One verification as the report has it; the chain and the added certificates by their SHA-256.
Case = collections.namedtuple("Case", "store chain added name time mode")


def captures():
    folders = [os.path.join(SOURCE, "pcaps")]
    if os.environ.get("TLSWHY_CORPUS"):
        folders.append(os.environ["TLSWHY_CORPUS"])
    for folder in folders:
        for directory, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith((".pcap", ".pcapng", ".cap")):
                    yield os.path.join(directory, name)


def expected_by_report(record):
    """{Case: (code, depth)} of one connection."""
    chain = tuple(c["sha256"] for c in record["chain"])
    name = record["name"] if record.get("name_from") == "sni" else None
    time = int(datetime.fromisoformat(record["start"].replace("Z", "+00:00")).timestamp())
    for result in record.get("verification", []):
        added = tuple(a["sha256"] for a in result.get("added", []))
        also = {a["mode"]: a for a in result.get("also", [])}
        for mode in MODES:
            if mode and result["completed_from_capture"]:
                continue
            shown = also.get(mode, result)
            yield Case(result["store"], chain, added, name, time, mode), (shown["code"], shown.get("depth", 0))


def run_program(program, capture, stores):
    command = [program, "--format", "json", "--intermediates", os.path.join(PKI, "intermediates.pem")]
    for name, path in stores.items():
        command += ["--trust", f"{name}={path}"]
    done = subprocess.run(command + ["--", capture], capture_output=True, timeout=300, check=False)
    cases = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if record["record"] == "connection" and record.get("chain"):
            cases.update(expected_by_report(record))
    return cases


def certificates_in(capture):
    """Whatever certificates tshark finds, as {SHA-256: DER}."""
    done = subprocess.run(["tshark", "-r", capture, "-Y", "tls.handshake.certificate", "-T", "fields", "-e", "tls.handshake.certificate"],
                          capture_output=True, text=True, timeout=300, check=False)
    found = [bytes.fromhex(h) for h in re.split(r"[,\s]+", done.stdout) if h]
    return {hashlib.sha256(der).hexdigest(): der for der in found}


def certificates_of_pki():
    found = {}
    for name in os.listdir(PKI):
        with open(os.path.join(PKI, name), encoding="ascii") as f:
            for block in re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", f.read(), re.DOTALL):
                der = ssl.PEM_cert_to_DER_cert(block)
                found[hashlib.sha256(der).hexdigest()] = der
    return found


def openssl_verify(case, stores, ders, folder):
    """(code, depth) as the command prints it."""
    stem = os.path.join(folder, hashlib.sha256(repr(case).encode()).hexdigest())
    for suffix, which in ((".leaf", case.chain[:1]), (".chain", case.chain + case.added)):
        with open(stem + suffix, "w", encoding="ascii") as f:
            f.write("".join(ssl.DER_cert_to_PEM_cert(ders[sha]) for sha in which))
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", stores[case.store], "-purpose", "sslserver",
               "-attime", str(case.time), "-untrusted", stem + ".chain", *MODES[case.mode]]
    if case.name:
        is_address = re.fullmatch(r"[0-9.]+|.*:.*", case.name)
        command += ["-verify_ip" if is_address else "-verify_hostname", case.name]
    done = subprocess.run(command + [stem + ".leaf"], capture_output=True, text=True, timeout=60, check=False)
    error = re.search(r"^error (\d+) at (\d+) depth lookup", done.stderr, re.MULTILINE)
    if error:
        return int(error[1]), int(error[2])
    if done.stdout.rstrip().endswith(": OK"):
        return 0, 0
    return done.stdout + done.stderr


def main():
    program = os.environ.get("TLSWHY")
    if not program or not shutil.which("tshark") or not shutil.which("openssl"):
        print("skipped: it takes the program (TLSWHY), tshark and openssl")
        return 77
    stores = {"lab": os.path.join(PKI, "roots.pem"), "other": os.path.join(PKI, "others.pem"),
              "partial": os.path.join(PKI, "intermediates.pem")}
    stores.update({"bundle": path for path in BUNDLES if os.path.exists(path)})
    found, by_capture = {}, {}
    for capture in captures():
        cases = run_program(program, capture, stores)
        by_capture[capture] = {sha for case in cases for sha in case.chain}
        # One time a day will do for each chain.
        found.update({case._replace(time=case.time // 86400): (case, result) for case, result in cases.items()})
    ders, complaints = certificates_of_pki(), []
    for capture, shas in by_capture.items():
        if shas - set(ders):
            ders.update(certificates_in(capture))
    known = [(case, result) for case, result in found.values() if set(case.chain) <= set(ders)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda known_case: openssl_verify(known_case[0], stores, ders, folder), known)
        for (case, reported), answer in zip(known, answers):
            if answer != reported:
                complaints.append(f"{case}: reported {reported}, openssl verify says {answer}")
    print("\n".join(complaints))
    codes = collections.Counter(result[0] for _, result in known)
    print(f"{len(known)} verifications, {len(found) - len(known)} whose chain tshark does not show, {len(complaints)} complaints; "
          f"by code: {dict(sorted(codes.items()))}; completed chains: {sum(bool(case.added) for case, _ in known)}")
    if len(known) < 20 or len(codes) < 4:
        print("too few to mean anything")
        return 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
