#!/usr/bin/env python3
"""The catalogue of findings is whole: findings.def has exactly the codes of catalogue.codes, each with a meaning, a way
out, what proves it and, where programs print something, what they print; every code is told by a rule, is in the man
page, is explained by the program from the same tables, and no code of a note in pcaps/ is unknown. Codes that no
capture shows are listed."""
import os
import pathlib
import re
import subprocess
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


def explained(*arguments):
    done = subprocess.run([os.environ["TLSWHY"], *arguments], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def plain(text):
    return re.sub(r"\\(.)", r"\1", text)


def check_manual(manual, defined):
    """The man page has the codes of the table, in its order, and no others."""
    section = re.search(r"^\.Sh FINDINGS$(.*?)^\.Sh ", manual, re.MULTILINE | re.DOTALL)[1]
    told = re.findall(r"^\.It Cm ([a-z0-9-]+)$", section, re.MULTILINE)
    if told != defined:
        yield f"the man page's codes or their order differ: {sorted(set(told) ^ set(defined)) or 'order'}"


def check_explanations(table):
    """--explain tells all that the tables hold."""
    flat = " ".join(explained("--explain", "list").split())
    listed = re.findall(r"^  ([a-z0-9-]+)  ", explained("--explain", "list"), re.MULTILINE)
    if listed != [row[1] for row in table]:
        yield f"--explain list: not the codes of the table: {sorted(set(listed) ^ {row[1] for row in table}) or 'order'}"
    proofs = dict(re.findall(r'^PROOF\((\w+), "(.+)"\)$', (DIAGNOSE / "findings_proofs.def").read_text(), re.MULTILINE))
    fixes = re.findall(r'^FIX\((\w+), \w+, ((?:"(?:[^"\\]|\\.)*"(?:, )?)+)\)$', (DIAGNOSE / "findings_fixes.def").read_text(), re.MULTILINE)
    seen = re.findall(r'^SEEN\((\w+), "([^"]+)", \w+, "((?:[^"\\]|\\.)*)"\)$', (DIAGNOSE / "findings_seen.def").read_text(), re.MULTILINE)
    if len(fixes) < len(table) or len(seen) < 200:
        yield f"the tables cannot be read: {len(fixes)} fixes, {len(seen)} texts"
    for name, code, severity, side, outcome, meaning in table:
        if f"{code} {meaning}" not in flat:
            yield f"--explain list: {code}: not with its meaning"
        if name not in proofs:
            yield f"{code}: nothing says what proves it"
            continue
        text = " ".join(explained("--explain", code).split())
        wanted = [code, meaning, proofs[name], f"severity {severity.lower()}", f"outcome {outcome.lower().replace('_', '-')}"]
        wanted += [side.lower()] if side != "UNKNOWN" else []
        wanted += [f"{program}: {printed}" for id, program, printed in seen if id == name]
        for id, strings in fixes:
            wanted += re.findall(r'"((?:[^"\\]|\\.)*)"', strings) if id == name else []
        for part in wanted:
            if " ".join(plain(part).split()) not in text:
                yield f"--explain {code}: lacks: {plain(part)}"


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
    problems += check_manual(manual, defined)
    if os.environ.get("TLSWHY"):
        problems += check_explanations(table)
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
