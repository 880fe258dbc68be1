"""What a run may create, by what git says of its checkout: a table of evidence that is right, wrong and absent."""

from __future__ import annotations

import pytest

from invent_gitops.model.checkout import Branch, Checkout, Compare, Current, Source, Untold, Verdict, judge

HEAD, TIP = "a" * 40, "b" * 40


def branch(source: Source, tip: str, contains: bool | None, name: str = "main") -> Branch:
    return Branch(name, source, tip, contains)


def verdict(*branches: Branch, head: str = HEAD, clean: bool = True) -> Verdict:
    return judge(Checkout("origin", head, clean, branches))


ANY: list[Source] = ["said", "checkout", "hint", "default"]


@pytest.mark.parametrize("source", ANY)
def test_at_the_tip_the_files_of_the_tip_are_current(source: Source) -> None:
    assert verdict(branch(source, HEAD, True)) == Current()


@pytest.mark.parametrize("source", ANY)
def test_at_the_tip_other_files_than_those_of_the_tip_are_compared_with_it(source: Source) -> None:
    assert verdict(branch(source, HEAD, True), clean=False) == Compare("main", HEAD, older=False)


@pytest.mark.parametrize("source", ANY)
@pytest.mark.parametrize("clean", [True, False])
def test_before_the_tip_the_files_are_compared_with_it(source: Source, clean: bool) -> None:
    assert verdict(branch(source, TIP, True), clean=clean) == Compare("main", TIP, older=True)


@pytest.mark.parametrize("source", ["said", "checkout"])
def test_a_commit_that_its_branch_does_not_hold_is_refused_whatever_else_holds_it(source: Source) -> None:
    found = verdict(branch(source, TIP, False), branch("default", HEAD, True, "other"))
    assert isinstance(found, Untold)
    assert "not on origin/main" in found.message


@pytest.mark.parametrize("tip", ["", TIP])
def test_a_hint_that_does_not_hold_the_commit_counts_for_nothing(tip: str) -> None:
    assert verdict(branch("hint", tip, False, "wrong"), branch("default", HEAD, True)) == Current()
    assert verdict(branch("hint", tip, False, "wrong"), branch("default", TIP, True)) == Compare(
        "main", TIP, older=True
    )


def test_a_checked_out_branch_that_the_remote_does_not_have_counts_for_nothing() -> None:
    assert verdict(branch("checkout", "", False, "local"), branch("default", TIP, True)) == Compare(
        "main", TIP, older=True
    )


def test_a_named_branch_that_the_remote_does_not_have_is_refused() -> None:
    found = verdict(branch("said", "", False, "mian"))
    assert isinstance(found, Untold)
    assert "origin has no branch mian" in found.message


@pytest.mark.parametrize("source", ANY)
def test_a_history_that_is_cut_off_is_refused(source: Source) -> None:
    found = verdict(branch(source, TIP, None))
    assert isinstance(found, Untold)
    assert "shallow" in found.message
    assert "--unshallow" in found.cure


def test_a_history_that_is_cut_off_does_not_keep_a_later_branch_from_counting() -> None:
    assert verdict(branch("hint", TIP, None, "wrong"), branch("default", HEAD, True)) == Current()


@pytest.mark.parametrize("branches", [(), (branch("default", TIP, False),), (branch("hint", "", False),)])
def test_a_commit_of_no_branch_is_refused_with_both_ways_to_name_one(branches: tuple[Branch, ...]) -> None:
    found = verdict(*branches)
    assert isinstance(found, Untold)
    assert "applies_from: main" in found.cure
    assert "--branch" in found.cure


def test_without_a_commit_nothing_can_be_told() -> None:
    assert isinstance(verdict(head=""), Untold)
