#!/usr/bin/env python3
"""Judges JSON Lines by the output contract: check_json.py FILE... (or standard input). Exit status 1 and a complaint a line.

Each line must be one JSON object without duplicate names, nulls, empty strings, trailing spaces or raw characters that a
terminal or an editor would act on; where python3-jsonschema is installed, each is validated with src/report/tlswhy.schema.json,
closed for the occasion: fields that the schema does not know are a fault here, and so is an order of fields unlike the schema's.
"""
import copy
import json
import os
import sys
import unicodedata

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "report", "tlswhy.schema.json")


def close(schema):
    """additionalProperties: false wherever properties are listed."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)
    return schema


def load_schema():
    with open(SCHEMA, encoding="utf-8") as f:
        return json.load(f)


class Checker:
    def __init__(self):
        self.schema = load_schema()
        self.validators = {}
        if jsonschema:
            jsonschema.Draft202012Validator.check_schema(self.schema)
            closed = close(copy.deepcopy(self.schema))
            for ref in closed["oneOf"]:
                name = ref["$ref"].rsplit("/", 1)[1]
                record = closed["$defs"][name]["properties"]["record"]["const"]
                one = {"$schema": closed["$schema"], "$defs": closed["$defs"], "$ref": ref["$ref"]}
                self.validators[record] = jsonschema.Draft202012Validator(one)

    def resolve(self, schema):
        while isinstance(schema, dict) and "$ref" in schema:
            schema = self.schema["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def order(self, value, schema, where):
        """Complaints on fields that stand in another order than in the schema."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict):
            return
        if isinstance(value, dict) and "properties" in schema:
            known = [k for k in schema["properties"] if k in value]
            found = [k for k in value if k in schema["properties"]]
            if known != found:
                yield f"{where}: fields in the order {found}, the contract has {known}"
            for name in found:
                yield from self.order(value[name], schema["properties"][name], f"{where}.{name}")
        elif isinstance(value, list) and "items" in schema:
            for i, item in enumerate(value):
                yield from self.order(item, schema["items"], f"{where}[{i}]")

    def record(self, value):
        name = value.get("record")
        definition = next((d for d in self.schema["$defs"].values()
                           if d.get("properties", {}).get("record", {}).get("const") == name), None)
        if definition is None:
            yield f"no such record: {name!r}"
            return
        yield from self.order(value, definition, name)
        yield from empties(value, name)
        if name in self.validators:
            for error in self.validators[name].iter_errors(value):
                yield f"{name}.{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"

    def line(self, raw):
        if raw != raw.strip(b" \t\r"):
            yield "blanks around the line"
        try:
            text = raw.decode("utf-8")
            value = json.loads(text, object_pairs_hook=no_duplicates)
        except ValueError as error:
            yield f"not JSON: {error}"
            return
        for c in text:
            if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
                yield f"raw U+{ord(c):04X}"
        if not isinstance(value, dict):
            yield "not an object"
            return
        yield from self.record(value)


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"duplicate names in {names}")
    return dict(pairs)


def empties(value, where):
    if value is None or value == "":
        yield f"{where}: {value!r}"
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from empties(item, f"{where}.{name}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from empties(item, f"{where}[{i}]")


def check(data, name, checker):
    """Complaints on all lines of data."""
    complaints = []
    if data and not data.endswith(b"\n"):
        complaints.append(f"{name}: the last line has no end")
    for number, raw in enumerate(data.split(b"\n")[:-1], 1):
        complaints += [f"{name}:{number}: {c}" for c in checker.line(raw)]
    return complaints


def main():
    checker = Checker()
    complaints = []
    for name in sys.argv[1:] or ["-"]:
        with (sys.stdin.buffer if name == "-" else open(name, "rb")) as f:
            complaints += check(f.read(), name, checker)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
