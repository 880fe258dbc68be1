"""An entry is put into a YAML file, and every byte of what a person wrote stays."""

from __future__ import annotations

import pytest

from invent_gitops.load.insert import with_entry

VALUE = {"branch": "broadcast-state"}
LINE = "state: {branch: broadcast-state}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", f"# Why\n{LINE}\n"),
        ("# Only a comment\n", f"# Only a comment\n\n# Why\n{LINE}\n"),
        ("# Only a comment", f"# Only a comment\n\n# Why\n{LINE}\n"),
        ("timezone: UTC\n", f"timezone: UTC\n\n# Why\n{LINE}\n"),
        ("timezone: UTC", f"timezone: UTC\n\n# Why\n{LINE}\n"),
        ("a: 1 # one\n# last\n", f"a: 1 # one\n# last\n\n# Why\n{LINE}\n"),
        ("a: 1\r\nb: 2\r\n", f"a: 1\r\nb: 2\r\n\r\n# Why\r\n{LINE}\r\n"),
        ("a: |+\n  text\n\n", f"{LINE}\na: |+\n  text\n\n"),
        ("a: 1\n...\n", f"{LINE}\na: 1\n...\n"),
        ("---\na: 1\n", f"---\na: 1\n\n# Why\n{LINE}\n"),
        ("{}\n", f"{{{LINE}}}\n"),
        ("{a: 1, b: [2]} # all\n", f"{{{LINE}, a: 1, b: [2]}} # all\n"),
        ("{ # first\n  a: 1,\n}\n", f"{{{LINE},  # first\n  a: 1,\n}}\n"),
        ('{"a": 1}', f'{{{LINE}, "a": 1}}'),
    ],
)
def test_the_entry_comes_into_the_top_mapping_and_nothing_else_changes(old: str, new: str) -> None:
    assert with_entry(old, (), "state", VALUE, "Why") == new


@pytest.mark.parametrize(
    "old",
    [
        "state: {branch: mine}\n",
        "state:\n",
        '{"state": "x"}',
        "- a\n- b\n",
        "a: 1\n---\nb: 2\n",
        "a: [\n",
        "text\n",
    ],
)
def test_what_has_the_entry_or_is_no_mapping_is_left_alone(old: str) -> None:
    assert with_entry(old, (), "state", VALUE, "Why") is None


SEVERAL = """\
workspaces:
  acme: # ours
    org: o1 # the first
    # a remark
    timezone: UTC
  globex: {org: o2} # theirs
"""


def test_the_entry_of_a_workspace_comes_into_its_own_mapping() -> None:
    first = with_entry(SEVERAL, ("workspaces", "acme"), "state", {"branch": "a"})
    assert first == SEVERAL.replace("    org: o1", "    state: {branch: a}\n    org: o1")
    second = with_entry(first or "", ("workspaces", "globex"), "state", {"branch": "b"})
    assert second == (first or "").replace("{org: o2}", "{state: {branch: b}, org: o2}")


def test_a_workspace_that_is_not_there_or_no_mapping_gets_none() -> None:
    assert with_entry(SEVERAL, ("workspaces", "other"), "state", VALUE) is None
    assert with_entry(SEVERAL, ("workspaces", "acme", "org"), "state", VALUE) is None
