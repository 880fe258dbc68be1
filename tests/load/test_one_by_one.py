"""Documents are checked one by one as they are read: what only a message needs is gone when the next one is read."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from yaml.nodes import Node

from invent_gitops.errors import ExitCode
from invent_gitops.load import each_definition, read_definitions
from invent_gitops.load.source import Source
from invent_gitops.model.document import Document
from invent_gitops.model.problem import Marks, Position, Problem
from invent_gitops.model.project import Project
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_definitions, validate_in_order
from tests.running import call

GOOD = "name: Sale {0} # a remark\nschedule: 2099-01-01T09:00:00Z\nsegments: [vip {0}]\n"
BAD = "name: Sale {0}\nschedule: never\nsegment: [vip]\n"


def written(folder: Path, count: int, text: str) -> Path:
    for number in range(count):
        (folder / f"{number:03}.yaml").write_text(text.format(number), encoding="utf-8")
    return folder


def alive() -> Counter[str]:
    """Return how many texts, nodes and documents there are."""
    gc.collect()
    return Counter(
        kind.__name__ for each in gc.get_objects() for kind in (Document, Node, Source) if isinstance(each, kind)
    )


@pytest.mark.parametrize("text", [GOOD, BAD])
def test_no_text_no_node_and_no_document_is_kept_until_the_end(tmp_path: Path, text: str) -> None:
    most: list[int] = []

    def watched(documents: Iterator[Document]) -> Iterator[Document]:
        for document in documents:
            most.append(max(alive().values()))
            yield document
            del document

    def kept(count: int) -> int:
        most.clear()
        problems: list[Problem] = []
        folder = tmp_path / str(count)
        folder.mkdir()
        documents = each_definition(written(folder, count, text), problems, root=folder)
        validate_in_order(watched(documents), schema=read_schema("broadcast"), project=Project(), catalogue=None)
        assert len(most) == count
        return max(most)

    kept(3)  # what is made once, such as the schema, is made by then
    assert kept(20) <= kept(5) + 2


def test_documents_come_in_the_order_in_which_they_are_checked(tmp_path: Path) -> None:
    for name in ("b/z", "b-1", "a", "b/a", "é", "B"):
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"---\nkey: {name} 1\n{GOOD}---\nkey: {name} 2\n{GOOD}", encoding="utf-8")
    documents, _ = read_definitions(tmp_path, root=tmp_path)
    assert documents == sorted(documents, key=lambda document: document.start)
    checks = [
        check(documents, schema=read_schema("broadcast"), project=Project(), catalogue=None)
        for check in (validate_definitions, validate_in_order)
    ]
    assert checks[0] == checks[1]


def test_missing_folder_and_remarks_are_reported_as_before(tmp_path: Path) -> None:
    folder = tmp_path / "broadcasts"
    assert call(tmp_path, "validate", str(folder)).code == ExitCode.INVALID
    folder.mkdir()
    result = call(written(folder, 2, GOOD.replace("[vip {0}]", "[vip-{0}]")).parent, "validate")
    assert result.code == ExitCode.DONE
    assert [result.err.count(f"{number:03}.yaml:1:14: what follows") for number in (0, 1)] == [1, 1]


def test_marks_are_positions_of_the_fields_that_are_written() -> None:
    marks = Marks("f", {"name": (1, 7), "owner": (2, 8), "waive": (3, 9)}, ("key", "name", "waive"))
    assert dict(marks) == {"name": Position("f", 1, 7), "waive": Position("f", 3, 9)} == marks
    assert ("owner" in marks, len(marks), marks.get("key")) == (False, 2, None)
