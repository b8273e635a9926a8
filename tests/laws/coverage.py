#!/usr/bin/env python3
"""The coverage law: of every finding code the notes of pcaps/ name a capture by real software that has it (an error as the
verdict, a warning or note at least beside it), and a near miss: a capture that looks like it and must not raise it (`near:`,
with the reason why it looks close). That both are so is what expectations.py checks; blocks that it excuses do not count here.
Codes whose facts come later stand in coverage.known with the reason; a line there that is not needed is an error, too."""
import pathlib
import re
import sys

import expectations

SOURCE = expectations.SOURCE


def severities():
    text = (SOURCE / "src/diagnose/findings.def").read_text()
    return dict(re.findall(r'FINDING\(\w+,\s*"([a-z0-9-]+)",\s*(\w+),', text))


def listed(block, key):
    return [code.strip() for code in block.get(key, "").split(",") if code.strip()]


def read_notes():
    """(code -> captures with that verdict, code -> captures that have it at all, code -> near misses, problems)"""
    verdicts, present, near, problems = {}, {}, {}, []
    excused = expectations.known()
    for note in sorted(expectations.PCAPS.glob("*.txt")):
        blocks = expectations.expectations(note)
        number = 0
        for block in blocks:
            if block.get("record", "connection") == "connection":
                number += 1
                if (note.stem, number) in excused:
                    continue
            verdicts.setdefault(block.get("verdict"), set()).add(note.stem)
            for code in [block.get("verdict"), *listed(block, "also")]:
                present.setdefault(code, set()).add(note.stem)
            for line in block.get("near", []):
                code, _, why = line.partition(":")
                near.setdefault(code, set()).add(note.stem)
                if not why.strip():
                    problems.append(f"{note.stem}: a near miss of {code} without a reason")
    return verdicts, present, near, problems


def known():
    rows = {}
    for line in pathlib.Path(__file__).with_suffix(".known").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            code, reason = line.split(None, 1)
            rows[code] = reason
    return rows


def main():
    codes = severities()
    verdicts, present, near, problems = read_notes()
    excused = known()
    for code, severity in codes.items():
        shown = verdicts if severity == "ERROR" else present
        missing = [what for what, where in (("capture that shows it", shown), ("near miss", near)) if not where.get(code)]
        if missing and code not in excused:
            problems += [f"{code}: no {what}" for what in missing]
        elif not missing and code in excused:
            problems.append(f"{code}: is covered now, take it out of coverage.known ({excused[code]})")
    problems += [f"{code}: no such code ({', '.join(sorted(near[code]))})" for code in sorted(set(near) - set(codes))]
    problems += [f"{code}: coverage.known names no such code" for code in sorted(set(excused) - set(codes))]
    for problem in problems:
        print(problem)
    print(f"{len(codes)} codes, {len(near)} with a near miss, {len(excused)} to come, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
