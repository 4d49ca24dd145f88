"""Validates what was really told against the schemas that are published for it.

    python3 shapes.py FILE

FILE holds {"schemas": {NAME: SCHEMA}, "told": [[NAME, VALUE], ...]}. Prints each fault with its place and exits
with 1; prints how many values fit each shape otherwise.
"""

import collections
import json
import sys

from jsonschema import Draft202012Validator


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    validators = {}
    for name, schema in given["schemas"].items():
        Draft202012Validator.check_schema(schema)
        validators[name] = Draft202012Validator(schema)
    faults, fitting = 0, collections.Counter()
    for name, value in given["told"]:
        fitting[name] += 1
        for error in validators[name].iter_errors(value):
            faults += 1
            print(f"{name}: {error.json_path}: {error.message[:300]}")
    for name, count in sorted(fitting.items()):
        print(f"{name}: {count}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
