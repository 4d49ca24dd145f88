"""Asks every address of a door whatever its OpenAPI document allows, and what it does not, and holds the
answers to the document: no address fails, none answers what is not told there.

    python3 doors.py ADDRESS TOKEN REGISTRY_TOKEN WRITEUP SLICE_BY SLICE_NAME

The second token is for the registry. Names that are made up lead nowhere, so that every other one is replaced
by what there is: WRITEUP, and the part SLICE_BY/SLICE_NAME. The same seed and program ask the same.
"""

import hashlib
import json
import os
import sys
import tempfile

import schemathesis
from schemathesis.cli import schemathesis as command

SEED = 7
EXAMPLES = 8
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance",
          "response_headers_conformance", "response_schema_conformance"]

address, token, registry, writeup, by, name = sys.argv[1:]

KNOWN = {
    "/v1/hooks/{source}": {"source": "hook"},
    "/v1/imports/{kind}": {"kind": "events"},
    "/v1/schemas/{name}": {"name": "summary.v1"},
    "/readyz/{part}": {"part": "door"},
    "/v1/writeups/{id}": {"id": writeup},
    "/v1/writeups/{id}/merge": {"id": writeup},
    "/v1/writeups/{id}/split": {"id": writeup},
    "/v1/writeups/{id}/retire": {"id": writeup},
    "/v1/writeups/{id}/unalias": {"id": writeup},
    "/api/v1/indicators/{code}": {"code": "R3"},
    "/api/v1/writeups/{id}": {"id": writeup},
    "/api/v1/slices/{by}/{name}": {"by": by, "name": name},
}
asked = {}


def is_known(case):
    """Half of all, and the same half each time."""
    text = json.dumps([case.path_parameters, case.query], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    own = registry if path.startswith("/v1/writeups") else token
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {own}"}
    if path in KNOWN and is_known(case):
        case.path_parameters = dict(KNOWN[path])


@schemathesis.hook
def after_call(context, case, response):
    of = asked.setdefault(f"{case.operation.method.upper()} {case.operation.path}", {})
    of[response.status_code] = of.get(response.status_code, 0) + 1


arguments = ["run", f"http://{address}/openapi.json", "--checks", ",".join(CHECKS), "--seed", str(SEED),
             "--max-examples", str(EXAMPLES), "--phases", "coverage,fuzzing", "--continue-on-failure",
             "--request-timeout", "60", "--no-color", "--warnings", "off"]
# It keeps what it found in the folder that it is run in, and takes a configuration from there.
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    try:
        code = command(arguments, standalone_mode=False) or 0
    except SystemExit as end:
        code = end.code
    os.chdir("/")
print(json.dumps({"asked": asked}))
sys.exit(code)
