"""The comment of several workspaces: what nobody could read in it is approved for nobody."""

from __future__ import annotations

from invent_gitops.review.joint import Section, evidence_in, joint_body
from invent_gitops.review.marker import Marker

MARKER = Marker("plans", "", "a" * 40, "", "current")


def section(name: str, text: str) -> Section:
    return Section(name, "v2:1:" + "0" * 16 + ":" + "1" * 64, "", lambda room: text)


def test_section_without_any_of_its_entries_is_named_and_has_no_evidence() -> None:
    cut = "### 1,500 broadcasts\n\n**Cut to fit: 1,500 of 1,500 entries are not shown below.** The numbers count all."
    partly = cut.replace("1,500 of 1,500", "1,499 of 1,500")
    body = joint_body(MARKER, [section("acme", "### 1 broadcast"), section("globex", cut), section("init", partly)], 3)
    evidence = evidence_in(body)
    assert evidence is not None
    assert set(evidence) == {"acme", "init"}
    assert "**Cut here: 1 of 3 are not shown:** `globex`" in body
