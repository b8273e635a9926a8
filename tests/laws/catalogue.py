#!/usr/bin/env python3
"""The catalogue of findings is whole: findings.def has exactly the codes of catalogue.codes, each with a meaning, a way
out and, where programs print something, what they print; every code is told by a rule, is in the man page, and no code
of a note in pcaps/ is unknown. Codes that no capture shows are listed."""
import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ.get("TLSWHY_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
DIAGNOSE = SOURCE / "src/diagnose"


def rows():
    text = (DIAGNOSE / "findings.def").read_text()
    text = re.sub(r'"\s*\n\s*"', "", text)
    return re.findall(r'FINDING\((\w+),\s*"([a-z0-9-]+)",\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]+)"\)', text)


def codes_of_notes():
    """code -> notes that speak of it as a verdict or beside one."""
    found = {}
    for note in sorted((SOURCE / "pcaps").glob("*.txt")):
        for line in note.read_text().splitlines():
            match = re.match(r"  (verdict|also|absent): (.+)", line)
            for code in match.group(2).split(",") if match else []:
                if match.group(1) != "absent":
                    found.setdefault(code.strip(), set()).add(note.stem)
                else:
                    found.setdefault(code.strip(), set())
    return found


def manual_text(text):
    return text.replace("\\", "\\e").replace("'", "\\(aq").replace('"', "\\(dq")


def main():
    problems = []
    table = rows()
    listed = (SOURCE / "tests/laws/catalogue.codes").read_text().split()
    defined = [row[1] for row in table]
    for code in sorted(set(listed) ^ set(defined)):
        problems.append(f"{code}: not in both findings.def and catalogue.codes")
    if len(defined) != len(set(defined)):
        problems.append("findings.def has a code twice")
    sources = {p: p.read_text() for p in DIAGNOSE.glob("*.c") if p.name != "verdict.c"}
    fixes = (DIAGNOSE / "findings_fixes.def").read_text()
    manual = (SOURCE / "man/tlswhy.1").read_text()
    for name, code, _, _, _, meaning in table:
        if name != code.upper().replace("-", "_"):
            problems.append(f"{code}: its name is {name}")
        if not meaning.endswith("."):
            problems.append(f"{code}: its meaning is no sentence")
        if f"FIX({name}," not in fixes:
            problems.append(f"{code}: nothing says what to do")
        if f".It Cm {code}\n{manual_text(meaning)}\n" not in manual:
            problems.append(f"{code}: its line in the man page is missing or another")
    notes = codes_of_notes()
    for code in sorted(set(notes) - set(defined) - {"ok"}):
        problems.append(f"{code}: a note in pcaps/ knows it, findings.def does not")
    told = "".join(sources.values())
    untold = [code for name, code, *_ in table if f"FINDING_{name}" not in told]
    print("no rule tells yet:", ", ".join(untold) or "none")
    print("no capture shows yet:", ", ".join(c for c in defined if not notes.get(c)) or "none")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
