"""The segment catalogue, and what a reading of Invent changed in it, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.live.segments import Pull
from invent_gitops.model.alike import alike
from invent_gitops.model.broadcast import Catalogue, RemoteSegment, Segment
from invent_gitops.model.instant import write_instant
from invent_gitops.render.documents.segments import Users
from invent_gitops.render.text.records import table
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean, cut

MOST_NAMES = 12


def pull_text(pull: Pull, by_id: Users, by_entry: Users, style: Style, *, catalogue_path: str, account: str) -> str:
    """Return how many segments there are, and what is new, renamed, gone or to be told apart by id.

    `by_id` and `by_entry` hold the keys of the definitions that go to a segment, and that write an entry.
    """
    many = len(list(pull.catalogue.every()))
    lines = [
        style.bold(
            f"{many} segment{'' if many == 1 else 's'} in Invent ({clean(account)}), now in {clean(catalogue_path)}."
        )
    ]
    if pull.new:
        lines.append(f"  new: {_names([segment.name for segment in pull.new])}")
    if pull.recounted:
        lines.append(f"  with another count than before: {pull.recounted}")
    lines += [f"  {line}" for line in (*_renamed(pull), *_told(pull, by_id, by_entry, style), *_twins(pull.catalogue))]
    return "\n".join(lines)


def catalogue_text(catalogue: Catalogue, style: Style) -> str:
    """Return one line for each segment: what a definition writes for it, its id and its count."""
    if not any(catalogue.every()):
        return "The catalogue is empty."
    rows = [(segment.name, segment.id, _count(segment)) for segment in catalogue.segments.values()]
    rows += [(f"id:{twin.id}", twin.id, _count(twin)) for twins in catalogue.twins.values() for twin in twins]
    names = {segment.id: segment.name for twins in catalogue.twins.values() for segment in twins}
    notes = {row[1]: f"{row[2]}  named {names[row[1]]}, as others" for row in rows if row[1] in names}
    cells = [tuple(cut(cell, 60) for cell in (row[0], row[1], notes.get(row[1], row[2]))) for row in rows]
    lines = table([("SEGMENT", "ID", "CONTACTS"), *cells], style)
    if catalogue.read_at:
        lines.append(style.dim(f"Read from Invent at {write_instant(catalogue.read_at)}."))
    return "\n".join(lines)


def _renamed(pull: Pull) -> Iterator[str]:
    formerly = {segment.id: segment.formerly for segment in pull.catalogue.every()}
    for change in pull.renamed:
        both = "; both names are understood" if change.old in formerly.get(change.id, ()) else ""
        yield f"renamed: {cut(change.old, 60)} is now {cut(change.new, 60)} ({clean(change.id)}){both}"


def _told(pull: Pull, by_id: Users, by_entry: Users, style: Style) -> Iterator[str]:
    """Yield what may need somebody's hand."""
    for gone in pull.gone:
        yield style.yellow(f"gone: {cut(gone.name, 60)} ({clean(gone.id)})") + _used(by_id.get(gone.id, ()))
    for change in pull.retaken:
        message = f"{cut(change.name, 60)} is another segment now: {clean(change.old)} before, {clean(change.new)} now"
        yield style.yellow(message) + _used(by_entry.get(alike(change.name), ()))
    for remote in pull.unwritable:
        yield f"write {clean('id:' + remote.id)} for the segment {_raw(remote)}, whose name no definition can hold"
    for remote in pull.left_out:
        yield f"left out: the segment {_raw(remote)}, whose name and id ({cut(remote.id, 60)}) no definition can hold"


def _twins(catalogue: Catalogue) -> Iterator[str]:
    for twins in catalogue.twins.values():
        choices = " or ".join(f"{clean('id:' + segment.id)} ({_count(segment)} contacts)" for segment in twins)
        yield f"{len(twins)} segments are named {cut(twins[0].name, 60)}: write {choices}"


def _used(keys: Sequence[str]) -> str:
    return f", used by {_names(keys)}" if keys else ", used by no definition"


def _raw(remote: RemoteSegment) -> str:
    return f'"{cut(remote.name, 60)}"' if remote.name else "without a name"


def _names(names: Sequence[str]) -> str:
    listed = [cut(name, 60) for name in names[:MOST_NAMES]]
    more = len(names) - len(listed)
    return ", ".join(listed) + (f" and {more:,} more" if more else "")


def _count(segment: Segment) -> str:
    return "?" if segment.contacts is None else f"{segment.contacts:,}"
