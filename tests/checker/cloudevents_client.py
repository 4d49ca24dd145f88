"""Sends events to a door as the CloudEvents SDK for Python does it, in every mode that it has.

    python3 cloudevents_client.py ADDRESS TOKEN

Prints the status of each answer and what it says, one JSON object a line.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import CloudEvent as EarlierEvent
from cloudevents.v1.http import to_binary, to_json, to_structured

PERSON = "zzmail.marker@people.example.org"


def attributes(number, subject):
    """Of a read in a zone of its own."""
    zone = timezone(timedelta(hours=1))
    return {
        "type": "org.readback.read.v1",
        "source": "sdk",
        "id": str(number),
        "subject": subject,
        "time": datetime(2026, 3, 2, 10, 0, number, tzinfo=zone),
        "datacontenttype": "application/json",
        # An extension, as tracing adds it.
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


def messages():
    """What to send: a name, headers, a body."""
    data = {"person": PERSON, "engaged_s": 30.5}
    event = CloudEvent(attributes(1, "structured"), data)
    message = to_structured_event(event)
    yield "structured", message.headers, message.body
    message = to_binary_event(CloudEvent(attributes(2, "binär: 50 %"), data))
    yield "binary", message.headers, message.body
    # The SDK knows no batches: its events, in a list.
    events = [CloudEvent(attributes(n, f"batch {n}"), data) for n in (3, 4)]
    body = b"[" + b",".join(JSONFormat().write(event) for event in events) + b"]"
    yield "batch", {"content-type": "application/cloudevents-batch+json"}, body
    # Data as bytes becomes data_base64.
    packed = attributes(5, "packed")
    packed["datacontenttype"] = "application/octet-stream"
    event = CloudEvent(packed, json.dumps(data).encode())
    message = to_structured_event(event)
    # It is JSON all the same, and only its sender can say so.
    envelope = json.loads(message.body)
    assert "data_base64" in envelope, envelope
    envelope["datacontenttype"] = "application/json"
    yield "packed", message.headers, json.dumps(envelope).encode()
    # The SDK as it was before its second version.
    for number, mode, convert in ((6, "structured", to_structured), (7, "binary", to_binary)):
        told = attributes(number, f"earlier {mode}")
        told["time"] = told["time"].isoformat()
        headers, body = convert(EarlierEvent(told, data))
        yield f"earlier {mode}", headers, body
    told = attributes(8, "earlier lines")
    told["time"] = told["time"].isoformat()
    line = to_json(EarlierEvent(told, data))
    yield "earlier lines", {"content-type": "application/x-ndjson"}, line + b"\n"
    # What no event of ours is.
    wrong = dict(attributes(9, "wrong"), type="com.example.someevent")
    message = to_binary_event(CloudEvent(wrong, data))
    yield "wrong", message.headers, message.body


def main():
    address, token = sys.argv[1:]
    with requests.Session() as session:
        session.trust_env = False
        session.headers["authorization"] = f"Bearer {token}"
        for name, headers, body in messages():
            answer = session.post(f"http://{address}/v1/events", data=body, headers=headers, timeout=30)
            told = {"name": name, "status": answer.status_code, "told": answer.json()}
            print(json.dumps(told))


main()
