"""What Invent shows otherwise than it is recorded, as parts of a plan's Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.cells import Document, Sheet
from invent_gitops.render.markdown.fit import Part
from invent_gitops.render.markdown.markup import code, text

_HEADS = ("Broadcast", "What", "Recorded", "In Invent", "What to do")


def look_lines(document: Document) -> Iterator[str]:
    """What could not be read and what no record knows, for the headline; nothing if nobody looked."""
    look = document.get("look")
    if not look:
        return
    for gap in look["gaps"]:
        yield from ("", f"⚠️ **Not read:** {text(gap)}")
    if look["unread"]:
        unread = f"**{len(look['unread']):,}** recorded could not be compared in full"
        yield from ("", f"{unread}, and nothing is called gone for that.")
    if count := sum(1 for item in document.get("items", ()) if (item.get("drift") or {}).get("needs_you")):
        yield from ("", f"**{count:,}** differ{'s' if count == 1 else ''} in Invent from what is recorded.")
    if count := look["unrecorded"]:
        number = f"**{count:,}** broadcast{'' if count == 1 else 's'} in Invent {'is' if count == 1 else 'are'}"
        yield from ("", f"{number} recorded nowhere: {code('invent-gitops import')}")


def drift_parts(sheet: Sheet) -> Iterator[Part]:
    """First what a person should look at, then what moved on by itself."""
    drifted = [item for item in sheet.items if item.get("drift")]
    if lines := [_drifted(item, sheet) for item in drifted if item["drift"]["needs_you"]]:
        title = f"#### ⚠️ {len(lines):,} drifted: Invent shows something else than the records"
        yield rows.table(title, _HEADS, lines)
    if odd := [_odd(item, warning) for item in sheet.items for warning in item.get("warnings", ())]:
        yield Part(["#### ⚠️ Audiences to look at", ""], odd)
    if moved := [_moved(item) for item in drifted if not item["drift"]["needs_you"]]:
        title = f"<details><summary>{len(moved):,} moved on in Invent, as broadcasts do</summary>"
        yield Part([title, ""], moved, ["", "</details>"])


def _drifted(item: Document, sheet: Sheet) -> str:
    drift = item["drift"]
    cure = text(drift["cure"] or "")
    if drift["error_message"]:
        cure = f"Invent says: “{text(drift['error_message'])}”<br>{cure}"
    recorded, live = [], []
    if drift["status"] != drift["recorded_status"]:
        gone = "gone" in drift["words"]
        recorded.append(code(drift["recorded_status"] or "none"))
        live.append("not in the list" if gone else code(drift["status"]))
    for change in drift["fields"]:
        old, new, file = (
            rows.value(change["field"], change[side], item, sheet) for side in ("recorded", "live", "defined")
        )
        recorded.append(f"{code(change['field'])} {old}")
        live.append(f"{code(change['field'])} {new}" + (f"<br>the file says {file}" if item["position"] else ""))
    labels = ", ".join(text(word) for word in drift["words"])
    return rows.row(rows.cell(item), labels, "<br>".join(recorded), "<br>".join(live), cure)


def _odd(item: Document, warning: Document) -> str:
    return f"- {rows.title(item)}: {text(warning['message'])} {text(warning['cure'])} {code(warning['rule'])}"


def _moved(item: Document) -> str:
    drift = item["drift"]
    return f"- {rows.title(item)}: {code(drift['recorded_status'] or 'none')} → {code(drift['status'])}"
