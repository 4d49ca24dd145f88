"""A mail server that keeps what it gets and tells each letter in one line of JSON: `mailbox.py [REFUSE]`.

With REFUSE it takes no recipient whose address holds that word."""

import email
import email.policy
import json
import sys

from aiosmtpd.controller import Controller

REFUSE = sys.argv[1] if len(sys.argv) > 1 else None


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if REFUSE and REFUSE in address:
            return f"550 no such user <{address}>"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = []
        for part in letter.walk():
            content = None if part.is_multipart() else part.get_content()
            parts.append(
                {
                    "type": part.get_content_type(),
                    "id": part["content-id"],
                    "text": content if isinstance(content, str) else None,
                    "bytes": len(content) if isinstance(content, bytes) else None,
                }
            )
        told = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "subject": letter["subject"],
            "message_id": letter["message-id"],
            "parts": parts,
            "defects": [str(defect) for part in letter.walk() for defect in part.defects],
        }
        print(json.dumps(told), flush=True)
        return "250 OK"


class AnyPort(Controller):
    """The base class knocks at the port that was asked for; 0 is any."""

    def own_port(self):
        return self.server.sockets[0].getsockname()[1]

    def _trigger_server(self):
        self.port = self.own_port()
        super()._trigger_server()


controller = AnyPort(Mailbox(), hostname="127.0.0.1", port=0, ready_timeout=60)
controller.start()
print(controller.own_port(), flush=True)
sys.stdin.read()
controller.stop()
