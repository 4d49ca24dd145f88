"""Reads what a door tells of itself, with the libraries that others read it with: the OpenAPI
document, the schemas of events, the metrics.

    python3 told.py ADDRESS FILE

FILE holds events, one JSON object a line, that the schemas must accept. Prints what it looked at.
"""

import json
import sys

import requests
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def main():
    address, file = sys.argv[1:]
    base = f"http://{address}"
    session = requests.Session()
    session.trust_env = False

    def get(path):
        answer = session.get(base + path, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer

    document = get("/openapi.json").json()
    OpenAPIV31SpecValidator(document, base_uri=f"{base}/openapi.json").validate()
    for path, item in document["paths"].items():
        parameters = [one["name"] for one in item.get("parameters", [])]
        assert all(f"{{{name}}}" in path for name in parameters), path
        assert path.count("{") == len(parameters), path

    schemas = {}
    for listed in get("/v1/schemas").json()["schemas"]:
        answer = get(listed["address"])
        assert answer.headers["content-type"] == "application/schema+json", listed
        schemas[listed["name"]] = answer.json()
        assert get(f"/v1/schemas/{listed['name']}").content == answer.content, listed
    for name, schema in schemas.items():
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", name
        assert schema["$id"] == f"/v1/schemas/{name}.json", name
        Draft202012Validator.check_schema(schema)

    resources = [(schema["$id"], Resource(schema, DRAFT202012)) for schema in schemas.values()]
    registry = Registry().with_resources(resources)

    def validator(name):
        return Draft202012Validator(schemas[name], registry=registry, format_checker=FormatChecker())

    events = 0
    for line in open(file, encoding="utf-8"):
        event = json.loads(line)
        validator("cloudevent").validate(event)
        validator(event["type"]).validate(event["data"])
        events += 1
    wrong = [("cloudevent", {}), ("cloudevent", {"specversion": "0.3", "type": "", "source": "a", "id": "b"}),
             ("org.readback.read.v1", {"scroll": 2}), ("org.readback.link.v1", {"place": "elsewhere"})]
    for name, value in wrong:
        assert not validator(name).is_valid(value), (name, value)

    answer = get("/metrics")
    media = answer.headers["content-type"]
    assert media == "application/openmetrics-text; version=1.0.0; charset=utf-8", media
    families = list(text_string_to_metric_families(answer.text))
    for family in families:
        assert family.name.startswith("readback_") and family.documentation, family
    samples = sum(len(family.samples) for family in families)
    print(json.dumps({"paths": len(document["paths"]), "schemas": len(schemas), "events": events,
                      "families": len(families), "samples": samples}))


main()
