"""A plan as GitHub Markdown, for the people who review: totals first, inside GitHub's limits, cut honestly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from invent_gitops.model.command import resolving
from invent_gitops.model.instant import read_instant
from invent_gitops.render.calendar import calendar
from invent_gitops.render.fitting import Part, Size, fitted
from invent_gitops.render.markup import address, code, link, text
from invent_gitops.render.when import distance, moment

# GitHub refuses a comment beyond 65,536 characters.
COMMENT_LIMIT = 60_000
# Words of the summary line, in the order of what needs a person.
_WORDS = {
    "blocked": "blocked",
    "refused": "refused",
    "changed": "changed",
    "create": "to create",
    "undefined": "undefined",
    "unchanged": "unchanged",
}
_SPACE = "\u00a0"

# A document of `schemas/plan.schema.json`, or a part of one.
Document = Mapping[str, Any]


class Page:
    """What every row needs to know beside its item."""

    def __init__(self, document: Document, files: str, zone: str, flags: str, segments: Mapping[str, str]) -> None:
        self.now = _instant(document.get("at"))
        self.files, self.zone, self.flags, self.segments = files, zone, flags, segments
        self.items: list[Document] = sorted(document.get("items", ()), key=_soonest)

    def having(self, *actions: str) -> list[Document]:
        return [item for item in self.items if item["action"] in actions]


def plan_markdown(
    document: Document,
    *,
    files: str = "",
    limit: int = COMMENT_LIMIT,
    size: Size = len,
    zone: str = "",
    flags: str = "",
    segments: Mapping[str, str] | None = None,
) -> str:
    """A plan document as Markdown of at most `limit`, without a line feed at the end.

    `files` is the address that paths are appended to (`https://github.com/o/r/blob/SHA/`) or "", `zone` the project's
    time zone, `flags` what a printed command needs, `segments` the names of segments by id. The limit is in what
    `size` counts; beyond it, whole rows are left out, and the text says how many.
    """
    page = Page(document, files, zone, flags, segments or {})
    if document["problems"]:
        parts = [Part(list(_headline(document, page))), _problems(document["problems"], page)]
    elif document["error"]:
        parts = [Part(list(_headline(document, page)))]
    else:
        parts = list(_plan(document, page))
    made = fitted(parts, limit, size)
    return made if size(made) <= limit else fitted(parts[:1], limit, size)


def step_outputs(document: Document) -> dict[str, str | int]:
    """The outputs of a workflow's step. Without a plan there is nothing to create, and nothing else is claimed."""
    if not document.get("counts"):
        return {"creates": 0, "digest": "", "exit_code": document["exit_code"]}
    counts = document["counts"]
    numbers = {action: counts[action] for action in ("refused", "blocked", "changed", "unchanged")}
    return {"creates": counts["create"], **numbers, "digest": document["digest"], "exit_code": document["exit_code"]}


def _plan(document: Document, page: Page) -> Iterator[Part]:
    counts = document["counts"]
    yield Part(list(_headline(document, page)))
    if rows := [_blocked(item, page) for item in page.having("blocked")]:
        title = f"#### ⛔ {counts['blocked']:,} blocked: may exist in Invent already, so no run creates "
        yield Part([f"{title}{'it' if len(rows) == 1 else 'them'} until somebody settles it", ""], rows)
    if rows := [_refused(item, page) for item in page.having("refused")]:
        title = f"#### ⛔ {counts['refused']:,} refused: nothing is sent for {'it' if len(rows) == 1 else 'these'}"
        yield _table(title, ("Broadcast", "Why not", "What to do"), rows)
    if rows := list(_waivers(page.having("create", "refused", "blocked"))):
        yield Part(["#### ⚠️ Rules set aside, and why", ""], rows)
    creates = page.having("create")
    if rows := [_created(item, page) for item in creates]:
        yield _table("#### To be created, soonest first", ("Broadcast", "When", "In", "Audience", "File"), rows)
    if chart := calendar(creates, page.having("unchanged"), page.now):
        yield Part(chart)
    if rows := [_changed(item, page) for item in page.having("changed")]:
        title = f"{counts['changed']:,} changed after creation: Invent has no update, so nothing is sent"
        heads = ("Broadcast", "Field", "As created", "As written now")
        yield _table(f"<details><summary>{title}</summary>", heads, rows, folded=True)
    if rows := [f"- {_title(item)}" for item in page.having("undefined")]:
        title = f"{counts['undefined']:,} recorded, but no file defines them any more: kept for the audit"
        yield Part([f"<details><summary>{title}</summary>", ""], rows, ["", "</details>"])
    place = f"org {text(document['org'])} at {text(document['api'])}"
    yield Part([f"<sub>Planned {text(moment(page.now))} for {place}. Digest {code(document['digest'])}</sub>"])


def _table(title: str, heads: Sequence[str], rows: Sequence[str], *, folded: bool = False) -> Part:
    above = [title, "", _row(*heads), "|" + " --- |" * len(heads)]
    return Part(above, rows, ["", "</details>"] if folded else [])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _headline(document: Document, page: Page) -> Iterator[str]:
    if document["problems"]:
        count = len(document["problems"])
        yield f"### ⛔ {count:,} problem{'' if count == 1 else 's'} in the input: nothing can be created"
        return
    if error := document["error"]:
        yield from ("### ⛔ There is no plan", "", " ".join(filter(None, map(text, (error["message"], error["cure"])))))
        return
    counts, creates = document["counts"], page.having("create")
    number = counts["create"]
    if number:
        yield f"### {number:,} broadcast{'' if number == 1 else 's'} to create, {_total_audience(creates)}"
    else:
        yield "### Nothing can be created" if counts["blocked"] or counts["refused"] else "### Nothing to create"
    numbers = [f"**{counts[action]:,}** {word}" for action, word in _WORDS.items() if counts[action]]
    yield from ("", " · ".join(numbers) or "There are no broadcasts.")
    if number:
        first = creates[0]["request"]["scheduled_at"]
        if first is None:
            yield from ("", "The first is sent **at once**.")
        else:
            away = distance(_instant(first), page.now)
            yield from ("", f"The first is sent **{away}**, {text(_moment(first, _zone(creates[0], page)))}.")


def _total_audience(items: Sequence[Document]) -> str:
    """Segments may overlap, so that a sum is an upper bound; and a size that nobody read is said to be unknown."""
    audiences = [item["audience"] or {"everyone": False, "contacts": None} for item in items]
    everyone = sum(1 for audience in audiences if audience["everyone"])
    others = [audience["contacts"] for audience in audiences if not audience["everyone"]]
    known = [contacts for contacts in others if contacts is not None]
    unknown = len(others) - len(known)
    told = []
    if everyone:
        told.append(f"{everyone:,} to **everyone**" if len(items) > 1 else "to **everyone**")
    if known:
        told.append(f"{f'{len(known):,} ' if everyone else ''}to up to **{sum(known):,}** contacts")
    if unknown:
        told.append(f"{f'{unknown:,} ' if told else ''}to an audience of unknown size")
    return ", ".join(told)


def _title(item: Document) -> str:
    return f"<b>{text(item['name'])}</b> {code(item['key'])}"


def _cell(item: Document) -> str:
    return f"<b>{text(item['name'])}</b><br>{code(item['key'])}"


def _created(item: Document, page: Page) -> str:
    at = item["request"]["scheduled_at"]
    told = [text(words, 160) for words in (item["description"], item["owner"]) if words]
    note = f"<br><sub>{' · '.join(told)}</sub>" if told else ""
    away = distance(_instant(at), page.now).replace(" ", _SPACE) if at else "now"
    return _row(_cell(item) + note, _when(at, _zone(item, page)), away, _audience(item), _file(item["position"], page))


def _when(at: str | None, zone: str) -> str:
    """The day and the time on one line, which does not break; below it the zone, and the time in UTC."""
    if at is None:
        return "<b>at once</b>"
    words = _moment(at, zone).split(" ", 5)
    return f"<b>{_SPACE.join(words[:5])}</b><br>{text(words[5]).replace(' ', _SPACE)}"


def _audience(item: Document) -> str:
    audience = item["audience"]
    if not audience:
        return "unknown"
    size = "" if audience["contacts"] is None else f"<br>up to {audience['contacts']:,} contacts"
    names = ", ".join(text(name, 80) for name in audience["segments"])
    return ("<b>everyone</b>" if audience["everyone"] else names) + size


def _refused(item: Document, page: Page) -> str:
    whys = [f"{text(one['message'])} {code(one['policy'])}" for one in item["refusals"]]
    cures = [text(one["cure"]) for one in item["refusals"]]
    place = item["refusals"][0] if item["refusals"] else item["position"]
    return _row(f"{_cell(item)}<br>{_file(place, page)}", "<br>".join(whys), "<br>".join(cures))


def _blocked(item: Document, page: Page) -> str:
    intent = item["intent"]
    run = f" in [this run]({address(intent['run'])})" if address(intent["run"]) else ""
    when = f"{moment(_instant(intent['at']))} ({distance(_instant(intent['at']), page.now)})"
    lines = [f"- {_title(item)}: attempted {when} by {text(intent['by'])}{run}; the answer is not known."]
    candidates = intent["candidates"]
    if candidates is None:
        lines.append(f"  - Nobody has looked yet: {code(f'invent-gitops reconcile{page.flags}')} does.")
    elif not candidates:
        lines.append("  - The list in Invent did not show it. That is no proof: lists can lag.")
    for candidate in candidates or ():
        differs = ", ".join(text(field) for field in candidate["differs"])
        same = f"differs in {differs}" if differs else "as requested"
        lines.append(f"  - Found {code(candidate['id'])} <b>{text(candidate['name'])}</b>: {same}.")
    ids = [candidate["id"] for candidate in candidates or ()]
    options = [f"--id {one}" for one in ids or ["ID"]] + ['--not-created --reason "looked in Invent: it is not there"']
    commands = [code(resolving(page.flags, item["key"], option)) for option in options]
    return "\n".join([*lines, f"  - Settle it with one of {' or '.join(commands)}"])


def _waivers(items: Sequence[Document]) -> Iterator[str]:
    for item in items:
        for policy, reason in item["waived"].items():
            yield f"- {_title(item)} sets aside {code(policy)}: “{text(reason)}”"


def _changed(item: Document, page: Page) -> str:
    title = f"{_cell(item)}<br>id {code(item['id'] or '')}"
    rows = []
    for change in item["changes"]:
        old, new = (_value(change["field"], change[side], item, page) for side in ("old", "new"))
        rows.append(_row(title, code(change["field"]), old, new))
        title = ""
    return "\n".join(rows) or _row(title, "", "", "")


def _value(field: str, value: object, item: Document, page: Page) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(text(page.segments.get(str(one), str(one)), 80) for one in value) or "none"
        case _ if field == "scheduled_at":
            return text(_moment(value, _zone(item, page)))
        case _:
            return text(str(value))


def _problems(problems: Sequence[Document], page: Page) -> Part:
    rows = []
    for problem in problems:
        words = " ".join(text(words) for words in (problem["message"], problem["cure"]) if words)
        rows.append(f"- {_file(problem, page, numbered=True)} {words} {code(problem['rule'])}")
    return Part([], rows)


def _file(position: Document | None, page: Page, *, numbered: bool = False) -> str:
    if not position or not position["file"]:
        return ""
    line = position["line"]
    return link(position["file"], line or 0, page.files) + (f" line {line}:" if line and numbered else "")


def _zone(item: Document, page: Page) -> str:
    return item["timezone"] or page.zone


def _moment(at: object, zone: str) -> str:
    instant = read_instant(at)
    try:
        return moment(instant, zone)
    except (ValueError, ZoneInfoNotFoundError):
        return moment(instant)


def _soonest(item: Document) -> tuple[str, str]:
    return item["request"]["scheduled_at"] or "", item["key"]


def _instant(value: object) -> datetime:
    # Only a document without a plan has no time, and then nothing is counted from it.
    return read_instant(value) or datetime.fromisoformat("1970-01-01T00:00:00+00:00")
