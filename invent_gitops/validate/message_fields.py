"""The fields with which people try to write the message of a broadcast, which only Invent can hold."""

from __future__ import annotations

# Each without its plural, in small letters; other tools call the message so.
_MESSAGE = frozenset(
    {"attachment", "body", "button", "caption", "channel", "content", "copy", "cta"}
    | {"email", "from", "headline", "html", "image", "link", "mail", "markdown"}
    | {"media", "message", "mjml", "mms", "msg", "payload", "plaintext", "preheader"}
    | {"preview", "push", "reply_to", "sender", "sms", "snippet", "subject", "template"}
    | {"template_id", "text", "variable", "video", "voice", "whatsapp"}
)
_CURE = (
    "Delete it: a definition says when and to whom, and Invent's API takes no message. Write the message in Invent, "
    "after apply has created the broadcast there. A note for reviewers goes into `description`."
)


def cure_of_message(name: str) -> str:
    """Return the cure for a field that would be the message or a part of it; "" for any other."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    return _CURE if {plain, plain.removesuffix("s"), plain.rpartition("_")[2]} & _MESSAGE else ""
