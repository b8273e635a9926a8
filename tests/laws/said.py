#!/usr/bin/env python3
"""What users say of servers and clients (--server-ciphers, --client-trust and the like), on captures by real software: the
verdict that rests on it, how certain it is, and that the report tells whose word it was."""
import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("TLSWHY_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("TLSWHY")
failures = []


def run(capture, *arguments):
    done = subprocess.run([PROGRAM, "--format", "json", *arguments, f"pcaps/{capture}.pcap"], capture_output=True, text=True,
                          timeout=60, cwd=SOURCE, check=False, env={**os.environ, "SOURCE_DATE_EPOCH": "1795305600"})
    if done.returncode != 0:
        failures.append(f"{capture} {arguments}: exit {done.returncode}: {done.stderr}")
        return []
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(is_right, text):
    if not is_right:
        failures.append(text)


def connection(capture, number, *arguments):
    found = sorted((r for r in run(capture, *arguments) if r["record"] == "connection"), key=lambda r: r["id"])
    return found[number - 1] if len(found) >= number else {"verdict": "nothing", "findings": []}


def finding(record, code):
    return next((f for f in record.get("findings", []) if f["code"] == code), None)


# Each: arguments, verdict, certainty, a part of the detail of its finding.
ALONE = [
    ([], "parameters-rejected", "proven", "cipher suites, key-exchange groups, signature algorithms"),
    (["--server-ciphers", "ECDHE-RSA-AES256-GCM-SHA384"], "no-shared-cipher", "likely", "As you told by --server-ciphers"),
    (["--server-ciphers", "HIGH"], "parameters-rejected", "proven", "Ruled out by what is known of the server: cipher suites"),
    (["--server-versions", "TLSv1.3"], "version-unsupported", "likely", "As you told by --server-versions, it speaks TLSv1.3"),
    (["--server-versions", "1.2 1.3", "--server-ciphers", "ECDHE-RSA-AES256-GCM-SHA384"], "no-shared-cipher", "likely",
     "Ruled out by what you told: version"),
    (["--server-cert", "ecdsa"], "no-shared-certificate-type", "likely", "the server takes: ecdsa"),
    # Of these suites the common one needs another certificate than the server has.
    (["--server-ciphers", "ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA", "--server-cert", "rsa"], "parameters-rejected", "proven", ""),
    # AES128-SHA needs no group: an empty dimension that does not count.
    (["--server-groups", "brainpoolP256r1", "--server-ciphers", "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"],
     "parameters-rejected", "proven", ""),
    (["--server-groups", "brainpoolP256r1", "--server-ciphers", "ECDHE-RSA-AES128-GCM-SHA256"], "no-shared-group", "likely",
     "As you told by --server-groups, the server takes: brainpoolP256r1."),
    (["--server-sigalgs", "rsa_pkcs1_md5"], "no-shared-signature-algorithm", "likely", "the server takes: rsa_pkcs1_md5"),
    # Told of another server: says nothing of this one.
    (["--server", "other.example.test", "--server-versions", "TLSv1.3"], "parameters-rejected", "proven", ""),
    (["--server", "10.9.0.1:443", "--server-versions", "TLSv1.3"], "version-unsupported", "likely", ""),
]


def told():
    for arguments, verdict, certainty, part in ALONE:
        record = connection("no-shared-cipher-alone", 1, *arguments)
        f = finding(record, verdict)
        check(record["verdict"] == verdict and f and f["certainty"] == certainty and part in f["detail"],
              f"no-shared-cipher-alone {arguments}: {record['verdict']}, {f}")
    # A server that closes without a word: only what was told explains it.
    record = connection("hello-closed", 1, "--server-ciphers", "RC4-SHA")
    f = finding(record, "no-shared-cipher")
    check(record["verdict"] == "no-shared-cipher" and record["ended_by"] == "server" and "no alert for this" in f["detail"],
          f"hello-closed: {record['verdict']}")
    check(connection("hello-closed", 1, "--server-ciphers", "ALL")["verdict"] == "hello-closed", "hello-closed, all suites")
    # What was seen is not told away: this server accepted elsewhere what this hello offers.
    record = connection("no-shared-group-tls13", 1, "--server-ciphers", "RC4-SHA")
    check(record["verdict"] == connection("no-shared-group-tls13", 1)["verdict"], f"seen beats told: {record['verdict']}")
    # Completed connections are not touched.
    check(connection("tls12-nss", 1, "--server-versions", "TLSv1.3")["verdict"] == "ok", "a completed connection")
    summary = run("no-shared-cipher-alone", "--server", "www.example.test:443", "--server-cert", "rsa", "--server-groups", "p-256")[-1]
    check(summary.get("told") == {"server": "www.example.test", "port": 443, "groups": ["secp256r1"], "certificate_types": ["rsa"]},
          f"the summary tells what was told: {summary.get('told')}")


LAB = ["--trust", "lab=pcaps/pki/roots.pem"]


def at():
    """--at moves the time at which certificates are judged, in findings as in trust."""
    for time, code in (("2020-01-01T00:00:00Z", "certificate-not-yet-valid"), ("2035-01-01T00:00:00Z", "certificate-expired")):
        record = connection("tls12-nss", 1, *LAB, "--at", time)
        f = finding(record, code)
        check(record["verdict"] == "ok" and f and "--at" in f["detail"] and not record["verification"][0]["ok"],
              f"--at {time}: {record['verdict']}, {f}")
    record = connection("tls12-nss", 1, *LAB)
    check(not finding(record, "certificate-expired") and record["verification"][0]["ok"], "without --at")
    # What was expired at the capture's time is not a year before.
    record = connection("expired-tls12", 1, *LAB, "--at", "2025-06-01T00:00:00Z")
    check(not finding(record, "certificate-expired"), f"expired-tls12 a year before: {record['verdict']}")


OTHER = ["--trust", "certifi=pcaps/pki/others.pem"]


def client_trust():
    """A store decides alone when it is the client's; else all are asked, and differences are told."""
    def untrusted(capture, *arguments):
        record = connection(capture, 1, *arguments)
        f = finding(record, "issuer-untrusted")
        return (record["verdict"], f and f["severity"], f and f["certainty"], f and f["side"]), (f or {}).get("detail", "")

    rejected, completed = "unknown-ca-tls12", "tls12-nss"
    cases = [
        (rejected, LAB, ("issuer-untrusted", "error", "likely", "server")),
        (rejected, LAB + ["--client-trust", "lab"], ("issuer-untrusted", "error", "proven", "server")),
        (rejected, LAB + OTHER, ("issuer-untrusted", "error", "likely", "client")),
        (rejected, LAB + OTHER + ["--client-trust", "lab"], ("issuer-untrusted", "error", "proven", "client")),
        (rejected, LAB + OTHER + ["--client-trust", "certifi"], ("certificate-rejected", None, None, None)),
        (completed, OTHER, ("ok", "info", "likely", "server")),
        (completed, OTHER + ["--client-trust", "certifi"], ("ok", "warning", "proven", "server")),
        (completed, LAB + OTHER, ("ok", "info", "likely", "client")),
        (completed, LAB + OTHER + ["--client-trust", "lab"], ("ok", None, None, None)),
        (completed, LAB + OTHER + ["--client-trust", "certifi"], ("ok", "warning", "proven", "client")),
        # The fault that no store doubts comes before one on which they differ.
        ("expired-tls12", LAB + OTHER, ("certificate-expired", "info", "possible", "client")),
    ]
    for capture, arguments, expected in cases:
        found, detail = untrusted(capture, *arguments)
        check(found == expected, f"{capture} {arguments}: {found} instead of {expected}")
        if arguments == LAB + OTHER:
            check("The stores differ" in detail and "Trust store certifi (pip, requests" in detail, f"{capture}: {detail}")
    f = finding(connection(rejected, 1, *LAB, *OTHER, "--client-trust", "certifi"), "certificate-rejected")
    check("Trust store lab: self-signed certificate in certificate chain" in f["detail"], f"which stores explain it: {f['detail']}")
    summary = run(completed, *LAB, "--client-trust", "lab")[-1]
    check(summary.get("client_trust") == "lab", "the summary names the client's store")


def expiring():
    def has(*days):
        return finding(connection("tls12-nss", 1, *LAB, *days), "certificate-expiring") is not None

    check(not has() and has("--expiring-days", "36500") and not has("--expiring-days", "0"), "--expiring-days")


def main():
    if not PROGRAM or not os.access(PROGRAM, os.X_OK):
        print("skipped: TLSWHY does not name the program")
        sys.exit(77)
    told()
    client_trust()
    at()
    expiring()
    for failure in failures:
        print(failure)
    print(f"{len(failures)} complaints")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
