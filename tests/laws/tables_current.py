#!/usr/bin/env python3
"""The tables in dissect/tables/*.def are what generate.py makes of the CSVs beside it: none stale, missing or extra."""
import os
import pathlib
import subprocess
import sys
import tempfile

source = pathlib.Path(os.environ.get("TLSWHY_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
tables = source / "dissect" / "tables"


def differences(generated):
    for fresh in sorted(generated.glob("*.def")):
        checked_in = tables / fresh.name
        if not checked_in.is_file():
            yield f"{fresh.name} is missing"
        elif checked_in.read_bytes() != fresh.read_bytes():
            yield f"{fresh.name} is not what generate.py makes of its CSV"
    made = {path.name for path in generated.glob("*.def")}
    for path in sorted(tables.glob("*.def")):
        if path.name not in made and path.read_text(encoding="utf-8").startswith("/* Generated from"):
            yield f"{path.name} says it is generated, but generate.py does not make it"
    if not made:
        yield "generate.py made no tables"


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.executable, tables / "generate.py", folder], check=True)
    found = list(differences(pathlib.Path(folder)))
for line in found:
    print(line)
if found:
    print("run dissect/tables/generate.py and check the result in")
sys.exit(1 if found else 0)
