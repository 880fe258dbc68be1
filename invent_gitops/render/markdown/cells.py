"""Rows and cells that the Markdown of a plan and that of a report share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from invent_gitops.model.instant import read_instant
from invent_gitops.model.record import CALL_LASTS
from invent_gitops.render.markdown.fit import Part
from invent_gitops.render.markdown.markup import address, code, link, text
from invent_gitops.text.commands import from_when, not_created, quoted, resolving
from invent_gitops.text.times import distance, moment
from invent_gitops.zonedata import UnknownZone

SPACE = "\u00a0"
# A command that was cut would be another command.
WHOLE = 10_000

# A document of `schemas/plan.schema.json` or `schemas/report.schema.json`, or a part of one.
Document = Mapping[str, Any]


class Sheet:
    """What every row needs to know beside its item: the document of a plan, and where the files are.

    Plans that were saved before they held their time zone, options and segment names do without.
    """

    def __init__(self, plan: Document, files: str) -> None:
        self.now = instant(plan.get("at"))
        self.dated = bool(plan.get("at"))
        self.files = files
        self.zone: str = plan.get("timezone") or ""
        self.options: str = plan.get("options") or ""
        self.segments: Mapping[str, str] = plan.get("segment_names") or {}
        self.items: list[Document] = sorted(plan.get("items", ()), key=_soonest)

    def over(self, items: list[Document]) -> Sheet:
        """The same sheet over some of its items."""
        sheet = copy(self)
        sheet.items = items
        return sheet

    def having(self, *actions: str) -> list[Document]:
        return [item for item in self.items if item["action"] in actions]


def table(title: str, heads: Sequence[str], rows: Sequence[str], *, folded: bool = False) -> Part:
    above = [title, "", row(*heads), "|" + " --- |" * len(heads)]
    return Part(above, rows, ["", "</details>"] if folded else [])


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def title(item: Document) -> str:
    return f"<b>{text(item['name'])}</b> {code(item['key'])}"


def cell(item: Document) -> str:
    return f"<b>{text(item['name'])}</b><br>{code(item['key'])}"


def when(at: str | None, zone: str) -> str:
    """The day and the time on one line, which does not break; below it the zone, and the time in UTC."""
    if at is None:
        return "<b>at once</b>"
    parts = local(at, zone).split(" ", 5)
    return f"<b>{SPACE.join(parts[:5])}</b><br>{text(parts[5]).replace(' ', SPACE)}"


def audience(item: Document) -> str:
    recipients = item["audience"]
    if not recipients:
        return "unknown"
    today = " today" if recipients.get("today") else ""
    size = "" if recipients["contacts"] is None else f"<br>up to {recipients['contacts']:,} contacts{today}"
    names = ", ".join(text(name, 80) for name in recipients["segments"])
    return ("<b>everyone</b>" if recipients["everyone"] else names) + size


def refused(item: Document, sheet: Sheet) -> str:
    whys = [f"{text(refusal['message'])} {code(refusal['policy'])}" for refusal in item["refusals"]]
    cures = [text(refusal["cure"]) for refusal in item["refusals"]]
    position = item["refusals"][0] if item["refusals"] else item["position"]
    return row(f"{cell(item)}<br>{file(position, sheet)}", "<br>".join(whys), "<br>".join(cures))


def blocked(item: Document, sheet: Sheet, *notes: str) -> str:
    """A key in doubt: its attempt, `notes`, what was found of it, and the commands that settle it."""
    intent = item["intent"]
    tried = instant(intent["at"])
    ago = f"{moment(tried)} ({distance(tried, sheet.now)})" if sheet.dated else moment(tried)
    lines = [f"- {title(item)}: attempted {ago} {made_by(intent)}; the answer is not known."]
    lines += [f"  - {note}" for note in notes]
    candidates = intent["candidates"]
    if candidates is None:
        lines.append(f"  - Nobody has looked yet: {code(f'invent-gitops reconcile{sheet.options}')} does.")
    elif not candidates:
        lines.append("  - The list in Invent did not show it. That is no proof: lists can lag.")
    for candidate in candidates or ():
        differs = ", ".join(text(field) for field in candidate["differs"])
        same = f"differs in {differs}" if differs else "as requested"
        lines.append(f"  - Found {code(candidate['id'])} <b>{text(candidate['name'])}</b>: {same}.")
    ids = [f"--id {quoted(it['id'])}" + (" --anyway" if it["differs"] else "") for it in candidates or ()]
    settled = [("it is there", option) for option in ids or ["--id ID"]]
    # Documents of older versions do not say when the call is over.
    over = instant(intent["settles_at"]) if intent.get("settles_at") else tried + CALL_LASTS
    since = from_when(over, sheet.now if sheet.dated else over)
    settled.append((f"it surely is not there, {since}", not_created([it["id"] for it in candidates or ()])))
    lines += [
        f"  - If {answer}: {code(resolving(sheet.options, item['key'], option), WHOLE)}" for answer, option in settled
    ]
    return "\n".join(lines)


def made_by(provenance: Document) -> str:
    """Who did it and in which run, which is linked."""
    run = address(provenance["run"])
    return f"by {text(provenance['by'])}" + (f" in [this run]({run})" if run else "")


def problems(listed: Sequence[Document], sheet: Sheet) -> Part:
    rows = []
    for problem in listed:
        sentence = " ".join(text(sentence) for sentence in (problem["message"], problem["cure"]) if sentence)
        rows.append(f"- {file(problem, sheet, numbered=True)} {sentence} {code(problem['rule'])}")
    return Part([], rows)


def file(position: Document | None, sheet: Sheet, *, numbered: bool = False) -> str:
    if not position or not position["file"]:
        return ""
    line = position["line"]
    return link(position["file"], line or 0, sheet.files) + (f" line {line}:" if line and numbered else "")


def zone_of(item: Document, sheet: Sheet) -> str:
    return item["timezone"] or sheet.zone


def local(at: object, zone: str) -> str:
    """A time of a document in a zone, or in UTC where nobody knows the zone."""
    read = read_instant(at)
    try:
        return moment(read, zone)
    except UnknownZone:
        return moment(read)


def _soonest(item: Document) -> tuple[str, str]:
    return item["request"]["scheduled_at"] or "", item["key"]


def instant(value: object) -> datetime:
    # Only a document without a plan has no time, and then nothing is counted from it.
    return read_instant(value) or datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def value(field: str, raw: object, item: Document, sheet: Sheet) -> str:
    match raw:
        case bool():
            return "yes" if raw else "no"
        case list():
            return ", ".join(text(sheet.segments.get(str(entry), str(entry)), 80) for entry in raw) or "none"
        case _ if field == "scheduled_at":
            return text(local(raw, zone_of(item, sheet)))
        case _:
            return text(str(raw))
