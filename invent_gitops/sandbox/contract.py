"""Invent in a box: what the documentation says of routes, input and objects, as pure functions of values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeGuard
from urllib.parse import parse_qsl, unquote

from invent_gitops.values import Struct, field

MAX_BODY = 1024 * 1024
STATUSES = ("DRAFT", "SCHEDULED", "SENDING", "SENT", "CANCELLED", "FAILED")

WRITABLE = ("name", "scheduled_at", "segment_ids", "send_to_all")
CONTACT_STATUSES = ("SUBSCRIBED", "UNSUBSCRIBED", "BLOCKED")
STATISTICS = (
    *("recipients_count", "skipped_count", "sent_count", "failed_count", "delivered_count", "opened_count"),
    *("played_count", "click_count", "complained_count", "unsubscribed_count"),
)

RouteName = Literal["create", "list", "segments", "contacts"]

_PATH = re.compile(r"/orgs/([^/]+)/(broadcasts|segments|contacts)")
_ROUTES: dict[tuple[str, str], RouteName] = {
    ("POST", "broadcasts"): "create",
    ("GET", "broadcasts"): "list",
    ("GET", "segments"): "segments",
    ("GET", "contacts"): "contacts",
}
# What each list can be asked for beside a page. Boards are always empty here, so leaving their columns out changes
# nothing.
_FILTERS: dict[RouteName, tuple[str, ...]] = {
    "list": ("status",),
    "segments": ("search", "exclude_board_columns"),
    "contacts": ("segment_id", "status"),
}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_COLORS = ("blue", "green", "orange", "pink", "purple", "red", "teal", "yellow")


class Answer(Struct, frozen=True):
    """An HTTP answer as values; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


class Rejection(Exception):
    """The sandbox says no to a request, in the manner of an API."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = json_answer(status, {"message": message}, headers)


class Route(Struct, frozen=True):
    name: RouteName
    org: str


class Seen(Struct, frozen=True):
    """A request as it came in; `body` is its JSON or None, `status` is 0 where nothing was answered."""

    method: str
    path: str
    body: Any
    status: int


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Answer(status, {"content-type": "application/json", **(headers or {})}, body)


def find_route(method: str, path: str) -> Route:
    """Return the documented route that a method and a percent-encoded path lead to; `Rejection` with 404 or 405 if
    none.
    """
    match = _PATH.fullmatch(path)
    if not match:
        raise Rejection(404, "There is no such route.")
    org, collection = unquote(match[1]), match[2]
    name = _ROUTES.get((method, collection))
    if not name:
        allowed = ", ".join(verb for verb, of in _ROUTES if of == collection)
        raise Rejection(405, f"This route answers to {allowed} only.", {"allow": allowed})
    return Route(name, org)


def check_key(header: str, key: str | None) -> None:
    """`Rejection` with 401 unless the Authorization header carries `key`, or any key at all where `key` is None."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Rejection(401, "An API key is needed: Authorization: Bearer KEY.", {"www-authenticate": "Bearer"})
    if key is not None and token.strip() != key:
        raise Rejection(401, "This API key is not known.", {"www-authenticate": "Bearer"})


class Page(Struct, frozen=True):
    """Which part of a list is asked for; `status` is empty for ALL, `segment` for every segment."""

    number: int
    take: int
    status: str = ""
    search: str = ""
    segment: str = ""


def read_page(route: RouteName, query: str) -> Page:
    """Return the query of a list, checked; `Rejection` with 400."""
    own = _FILTERS[route]
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in ("page", "take", *own):
            raise Rejection(400, f"The query parameter {name} is not known; known are page, take, {', '.join(own)}.")
        if name in values:
            raise Rejection(400, f"The query parameter {name} is given twice.")
        values[name] = value
    statuses = CONTACT_STATUSES if route == "contacts" else STATUSES
    status = values.get("status", "ALL")
    if status not in ("ALL", *statuses):
        raise Rejection(400, f"status must be one of ALL, {', '.join(statuses)}.")
    number, take = _read_number(values, "page", 1, 999_999_999), _read_number(values, "take", 20, 100)
    filters = "" if status == "ALL" else status, values.get("search", ""), values.get("segment_id", "")
    return Page(number, take, *filters)


def page_asked(route: RouteName | None, query: str) -> int | None:
    """Return the number of the page that a request asks for, or None if it asks for none or wrongly."""
    try:
        return read_page(route, query).number if route in _FILTERS else None
    except Rejection:
        return None


def _read_number(values: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = values.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise Rejection(400, f"{name} must be a whole number from 1 to {most}.")
    return int(text)


def read_create(body: bytes) -> dict[str, Any]:
    """Return the body of a create as the four fields of `check_create`; `Rejection` with 400 or 413."""
    return check_create(read_object(body, WRITABLE))


def check_create(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return the four fields of a create, checked, with defaults for what is not written; `Rejection` with 400.

    Repeated segments count once, and the instant is given in UTC as the list gives it later.
    """
    name, ids = wish.get("name"), wish.get("segment_ids", [])
    if not (is_text(name) and len(name) <= 255):
        raise Rejection(400, "name must be a string of 1 to 255 characters.")
    if not (isinstance(ids, list) and len(ids) <= 10 and all(map(is_text, ids))):
        raise Rejection(400, "segment_ids must be an array of at most 10 strings, none of them empty.")
    if not isinstance(wish.get("send_to_all", False), bool):
        raise Rejection(400, "send_to_all must be true or false.")
    return {
        "name": name,
        "scheduled_at": read_moment("scheduled_at", wish.get("scheduled_at")),
        "segment_ids": list(dict.fromkeys(ids)),
        "send_to_all": wish.get("send_to_all", False),
    }


def read_object(body: bytes, allowed: Sequence[str]) -> dict[str, Any]:
    """Return a body that is a JSON object with no field but those `allowed`; `Rejection` with 400 or 413."""
    if len(body) > MAX_BODY:
        raise Rejection(413, f"The body is larger than {MAX_BODY} bytes.")
    try:
        parsed = json.loads(body.decode())
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise Rejection(400, "The body must be a JSON object.")
    for unknown in parsed.keys() - set(allowed):
        raise Rejection(400, f"The field {unknown} is not known; known are {', '.join(allowed)}.")
    return parsed


def is_text(value: object) -> TypeGuard[str]:
    # Half of a surrogate pair is legal in JSON and can be neither stored nor sent as UTF-8.
    return isinstance(value, str) and value != "" and not re.search("[\ud800-\udfff]", value)


def read_moment(name: str, value: object) -> str | None:
    """Return an instant or null as the lists give it, in UTC; `Rejection` with 400."""
    if value is None:
        return None
    try:
        if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
            raise ValueError
        return stamp(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError):
        cure = "an RFC 3339 date-time with an offset, such as 2028-11-23T09:00:00Z"
        raise Rejection(400, f"{name} must be null or {cure}.") from None


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def invented(segment_id: str) -> tuple[str, int]:
    """Return a color and a number of contacts (100 to 50,000) for a segment nobody described: always the same for an
    id.
    """
    number = int.from_bytes(hashlib.sha256(segment_id.encode("utf-8", "replace")).digest()[:8])
    return _COLORS[number % len(_COLORS)], 100 + number % 49_901


def new_broadcast(id: str, wish: Mapping[str, Any], segments: list[dict[str, Any]], contacts: int, now: str) -> Any:
    """Return every documented field of a broadcast that was just created."""
    return {
        "id": id,
        "name": wish["name"],
        "status": "DRAFT",
        "scheduled_at": wish["scheduled_at"],
        "started_at": None,
        "completed_at": None,
        "contacts_count": contacts,
        **dict.fromkeys(STATISTICS, 0),
        "error_message": None,
        "segments": segments,
        "send_to_all": wish["send_to_all"],
        "templates": [],
        "created_at": now,
        "updated_at": now,
    }
