"""What a run costs grows with its input, and not with the square of it: steps are counted at two sizes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from invent_gitops import validate
from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.live.lookalikes import Lookalikes
from invent_gitops.load import grammar, misread, read_definitions, read_document
from invent_gitops.model.broadcast import Catalogue, Segment
from invent_gitops.model.document import Document
from invent_gitops.model.project import Project
from invent_gitops.model.state import Intended, Recorded, Withdrawn
from invent_gitops.schemas import read_schema
from invent_gitops.state import decode
from invent_gitops.state.document import dump, parse
from invent_gitops.state.journal import JournalWriter, read_journal
from invent_gitops.validate import validate_catalogue, validate_definitions, validate_project
from invent_gitops.values import replace
from tests.making import NOW, a_record, a_remote, a_request, a_state, an_intent
from tests.running import call, run

SMALL = 150
Work = Callable[[], object]


def steps(work: Work) -> int:
    """How many functions are entered, and how often a generator is gone on with."""
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def documents(folder: Path, text: str) -> tuple[list[Document], list[Any]]:
    (folder / "d").mkdir(exist_ok=True)
    (folder / "d" / "a.yaml").write_text(text, encoding="utf-8")
    return read_definitions(folder / "d", root=folder)


def definitions(folder: Path, text: str, catalogue: Catalogue | None = None) -> Work:
    def work() -> None:
        found, _ = documents(folder, text)
        validate_definitions(found, schema=read_schema("broadcast"), project=Project(), catalogue=catalogue)

    return work


def settings(folder: Path, text: str) -> Work:
    def work() -> None:
        (folder / "invent.yaml").write_text(text, encoding="utf-8")
        document, _ = read_document(folder / "invent.yaml", "invent.yaml")
        assert document
        validate_project(document, schema=read_schema("project"), file="invent.yaml")

    return work


def segments(folder: Path, text: str) -> Work:
    def work() -> None:
        (folder / "segments.yaml").write_text(text, encoding="utf-8")
        document, _ = read_document(folder / "segments.yaml", "segments.yaml")
        assert document
        validate_catalogue(document, schema=read_schema("segments"))

    return work


def lines(form: str, count: int) -> str:
    return "".join(form.format(number) for number in range(count))


def good(count: int, name: str = "N{0}", segment: str = "s{0}") -> str:
    form = f"---\nkey: k{{0}}\nname: {name}\nschedule: 2099-01-01T09:00:00Z\nsegments: [{segment}]\n"
    return lines(form, count)


def known(count: int) -> Catalogue:
    return Catalogue({f"aa-{number}-x": Segment(f"aa-{number}-x", f"seg_{number}") for number in range(count)})


def workspaces(count: int, entry: str) -> str:
    return f"workspaces:\n{lines(f'  w{{0}}: {{{{{entry}}}}}' + chr(10), count)}"


def aliases(count: int) -> str:
    anchors = lines("  a{0}: &a{0} x{0}\n", count)
    return f"waive:\n{anchors}description:\n{lines('  *a{0} : *a{0}' + chr(10), count)}"


def journal(folder: Path, count: int) -> Work:
    path = folder / f"{count}.journal"
    writer = JournalWriter(path, a_state())
    events = [
        event
        for number in range(count)
        for event in (
            Intended(f"k{number}", an_intent(attempt=f"t{number}")),
            Recorded(f"k{number}", a_record(f"bc_{number}", attempt=f"t{number}"))
            if number % 2
            else Withdrawn(f"k{number}", f"t{number}"),
        )
    ]
    writer.append(events)
    writer.close()

    def work() -> None:
        found = read_journal(path, "it")
        assert found
        a_state().after(found.events)

    return work


def recorded(count: int) -> Any:
    return a_state({f"k{number}": a_record(f"bc_{number}", a_request(f"N{number}")) for number in range(count)})


def partly_told(count: int) -> Work:
    unread = ("scheduled_at",)
    live = [replace(a_remote(f"bc_{number}", a_request(f"N{number}")), unread=unread) for number in range(count)]
    wanted = [a_request(f"M{number}") for number in range(count)]
    state = a_state(intents={f"k{number}": an_intent(one, f"t{number}") for number, one in enumerate(wanted)})

    def work() -> None:
        lookalikes = Lookalikes(live, state, [], NOW)
        assert not any(lookalikes.find(request) for request in wanted)

    return work


CASES: dict[str, Callable[[Path, int], Work]] = {
    "empty documents": lambda folder, n: definitions(folder, "---\n" * n),
    "documents that are no mapping": lambda folder, n: definitions(folder, "---\nx\n" * n),
    "definitions with one request": lambda folder, n: definitions(folder, good(n, name="Same", segment="s")),
    "definitions with one key": lambda folder, n: definitions(folder, good(n).replace("key: k", "key: k #")),
    "definitions that look alike": lambda folder, n: definitions(folder, good(n, name="Sale {0}")),
    "one key again and again": lambda folder, n: definitions(folder, "name: x\n" * n),
    "many keys twice": lambda folder, n: definitions(folder, lines("a{0}: 1\n", n) * 2),
    "unknown fields": lambda folder, n: definitions(folder, lines("nam{0}: 1\n", n)),
    "unknown waivers": lambda folder, n: definitions(folder, f"waive:\n{lines('  quiet-hour{0}: x' + chr(10), n)}"),
    "wrong segments": lambda folder, n: definitions(folder, f"segments: [{lines('{0}, ', n)}]"),
    "segments that are mappings": lambda folder, n: definitions(folder, f"segments: [{lines('{{id: {0}}}, ', n)}]"),
    "segments that are one": lambda folder, n: definitions(folder, f"segments: [{'vip, ' * n}]"),
    "unknown segments beside many": lambda folder, n: definitions(folder, good(n, segment="aa-x-{0}"), known(n)),
    "comments after texts": lambda folder, n: definitions(folder, f"segments:\n{lines('- a{0} #b' + chr(10), n)}"),
    "anchors and aliases": lambda folder, n: definitions(folder, aliases(n)),
    "tabs": lambda folder, n: definitions(folder, "\t" * n * 50),
    "nested lists": lambda folder, n: definitions(folder, f"{'[' * n}{']' * n}"),
    "a long line": lambda folder, n: definitions(folder, f"name: {'x' * n * 100}"),
    "a catalogue": lambda folder, n: segments(folder, lines("name {0:04}: seg_{0:04}\n", n)),  # of one length each
    "a catalogue with wrong entries": lambda folder, n: segments(folder, lines("name {0}: 7\n", n)),
    "one name for many ids": lambda folder, n: segments(folder, f"vip: [{lines('seg_{0}, ', n)}]"),
    "one id again and again": lambda folder, n: segments(folder, f"vip: [{'seg_1, ' * n}]"),
    "former names": lambda folder, n: segments(folder, f"vip: {{id: seg_1, formerly: [{lines('old {0}, ', n)}]}}"),
    "workspaces": lambda folder, n: settings(folder, workspaces(n, "org: org_{0}")),
    "workspaces with one org": lambda folder, n: settings(folder, workspaces(n, "org: org_1")),
    "workspaces with the key's own org": lambda folder, n: settings(folder, workspaces(n, "org: c")),
    "workspaces in one folder": lambda folder, n: settings(folder, workspaces(n, "org: org_{0}, definitions: x")),
    "workspaces on one branch": lambda folder, n: settings(
        folder, workspaces(n, "org: org_{0}, state: {{{{branch: s}}}}")
    ),
    "workspaces with no name of a key": lambda folder, n: settings(folder, workspaces(n, "org: org_{0}, key: K{0}")),
    "a journal": journal,
    "a state": lambda folder, n: lambda: parse(dump(recorded(n)), "it"),
    "what Invent tells in part": lambda folder, n: partly_told(n),
}


@pytest.mark.parametrize("name", CASES)
def test_four_times_as_much_costs_four_times_as_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(validate.segments, "MOST_COMPARISONS", 20_000)
    small, large = (CASES[name](tmp_path, count) for count in (SMALL, 4 * SMALL))
    # What is made ready once, such as a schema, is ready by then.
    small()
    # A sort costs a little more than its length.
    assert steps(large) < 4.6 * steps(small)


def test_key_that_stands_twice_in_a_long_state_is_found_in_one_pass() -> None:
    class Counted(str):
        __slots__ = ()
        compared = 0

        def __eq__(self, other: object) -> bool:
            Counted.compared += 1
            return super().__eq__(other)

        __hash__ = str.__hash__

    def compared(count: int) -> int:
        Counted.compared = 0
        with pytest.raises(ValueError, match="twice"):
            decode._without_repeats([(Counted(f"k{number}"), 1) for number in (*range(count), count - 1)])
        return Counted.compared

    assert compared(4 * SMALL) < 4.6 * compared(SMALL) + 10


# ---------------------------------------------------------------- texts that kept a pattern busy for ever

ENDLESS = {
    "a comment in CRLF beside the definitions": ("notes.txt", "# x\r\n" * 100 + "zzz\n"),
    "blank lines of a text in CRLF": ("a.yaml", "description: |\r\n" + "\r\n" * 100 + "name: x # y\r\n"),
    "signs of comments behind an anchor": ("a.yaml", f"name: &a {'# ' * 100}\n  x\ndescription: a !b\n"),
    "brackets before a question": ("a.yaml", "- []\n" * 25_000 + "? x\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_no_text_keeps_validate_busy_without_end(tmp_path: Path, name: str) -> None:
    file, text = ENDLESS[name]
    (tmp_path / "broadcasts").mkdir()
    (tmp_path / "broadcasts" / file).write_text(text, encoding="utf-8", newline="")
    # In a process of its own, which `run` ends should it never come to an end.
    assert run(tmp_path, "validate").code in (ExitCode.DONE, ExitCode.INVALID)


def test_no_part_of_a_text_is_searched_twice_for_what_passes_for_letters() -> None:
    text = aliases(SMALL)
    (root,), fault = grammar.compose(text)
    assert fault is None
    searched = sum(gap[1] - gap[0] for _, _, gap in misread._walk(root) if gap)
    assert searched <= 2 * len(text)


# ---------------------------------------------------------------- caps


def problems_of(folder: Path, text: str) -> Sequence[Any]:
    return documents(folder, text)[1]


def test_more_documents_than_a_file_may_hold_are_one_problem(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "---\nx\n" * 20_000)
    assert [problem.rule for problem in found] == ["too-many-documents"]
    assert found[0].position.line == 2 * (grammar.MAX_DOCUMENTS + 1)
    assert [problem.rule for problem in problems_of(tmp_path, "---\n" * 32_000)] == ["too-many-documents"]
    assert "more than 5,000 documents" in found[0].message


def test_as_many_documents_as_a_file_may_hold_are_read(tmp_path: Path) -> None:
    found, problems = documents(tmp_path, lines("---\nkey: k{0}\n", grammar.MAX_DOCUMENTS))
    assert (len(found), problems) == (grammar.MAX_DOCUMENTS, [])


def test_long_text_that_aliases_repeat_is_refused_by_what_it_expands_to(tmp_path: Path) -> None:
    text = f"description: &a {'x' * 100_000}\nsegments: [{'*a, ' * 50}]\n"
    assert [problem.rule for problem in problems_of(tmp_path, text)] == ["yaml-too-long"]
    assert problems_of(tmp_path, text.replace("*a, " * 50, "*a, " * 40)) == []


@pytest.mark.parametrize("count", [199, 200, 201, 900])
def test_text_shows_the_first_problems_and_counts_the_rest(tmp_path: Path, count: int) -> None:
    documents(tmp_path, "---\n" * count)
    result = call(tmp_path, "validate", "d")
    assert result.code == ExitCode.INVALID
    assert result.out.count("empty-document") == min(count, 200)
    assert f"{count} problems. Nothing was created." in result.out
    assert (f"… and {count - 200} more" in result.out) == (count > 200)


def test_other_forms_count_every_problem_and_leave_with_the_same_code(tmp_path: Path) -> None:
    documents(tmp_path, "---\n" * 900)
    whole = call(tmp_path, "validate", "d", "--json")
    assert (whole.code, len(whole.json["problems"])) == (ExitCode.INVALID, 900)
    marks = call(tmp_path, "validate", "d", "--format", "github")
    assert marks.code == ExitCode.INVALID
    assert "::error ::and 891 more problems" in marks.out
    log = call(tmp_path, "validate", "d", "--format", "sarif")
    assert (log.code, len(json.loads(log.out)["runs"][0]["results"])) == (ExitCode.INVALID, 900)
    page = call(tmp_path, "plan", "d", "--format", "markdown")
    assert page.code == ExitCode.INVALID
    assert "900 problems in the input" in page.out
    assert len(page.out) <= 60_000


def test_journal_that_goes_on_for_long_is_damaged_in_the_line_that_is(tmp_path: Path) -> None:
    journal(tmp_path, SMALL)
    path = tmp_path / f"{SMALL}.journal"
    path.write_bytes(path.read_bytes() + b'{"event": []}\n')
    with pytest.raises(InvalidInput, match=rf"is damaged in line {2 * SMALL + 2}: the event \[\] is not known"):
        read_journal(path, "it")
