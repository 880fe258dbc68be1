"""Rules of a project file or a workspace that a change moves, renames or takes apart: compared all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.branch_repository import git
from tests.cli.test_loosening import GUARD, LAUNCH, LOOSE, RULES, SEGMENTS, SWAPPED, Work, begun
from tests.running import Result, call

NOON = LAUNCH.replace("T22", "T12")
HELD_BACK = "policies.loosening refuses this"


def based(folder: Path, **files: str) -> Path:
    """A repository whose branch `main` has these files, by path, with a branch `change` of it that is checked out."""
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main", ".")
    changed(folder, files)
    git(folder, "checkout", "--quiet", "-b", "change")
    return folder


def changed(folder: Path, files: dict[str, str]) -> None:
    """Write these files, and commit everything."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "Change")


def plan(folder: Path, *words: str) -> Result:
    return call(folder, "plan", "--base", "main", *words)


@pytest.fixture
def campaigns(tmp_path: Path) -> Path:
    files = {"campaigns/invent.yaml": RULES + GUARD, "campaigns/segments.yaml": SEGMENTS}
    return based(tmp_path, **files)


# ---------------------------------------------------------------- another folder


@pytest.mark.parametrize("inside", [True, False], ids=["from the folder", "from the top"])
def test_project_file_that_moves_up_is_compared_with_the_one_that_it_was(campaigns: Path, inside: bool) -> None:
    git(campaigns, "mv", "campaigns/invent.yaml", ".")
    places = "definitions: campaigns/broadcasts\nsegments: campaigns/segments.yaml\n"
    changed(
        campaigns,
        {
            "invent.yaml": LOOSE + places,
            "campaigns/segments.yaml": SWAPPED,
            "campaigns/broadcasts/launch.yaml": NOON,
        },
    )
    done = plan(campaigns / "campaigns" if inside else campaigns)
    assert done.code == 5, done.all
    assert "policies.audience_cap (of campaigns/invent.yaml)  20,000 → 1,000,000" in done.out
    assert "policies.loosening (of campaigns/invent.yaml)  refuse → warn" in done.out
    assert "launch  audience-cap, segment" in done.out
    assert HELD_BACK in done.out


def test_project_that_moves_into_a_folder_is_compared_and_calm_with_the_same_rules(tmp_path: Path) -> None:
    based(tmp_path, **{"invent.yaml": RULES + GUARD, "segments.yaml": SEGMENTS})
    (tmp_path / "sub").mkdir()
    git(tmp_path, "mv", "invent.yaml", "segments.yaml", "sub")
    changed(tmp_path, {"sub/broadcasts/launch.yaml": NOON})
    calm = plan(tmp_path / "sub")
    assert (calm.code, "weaker" in calm.out) == (0, False)
    changed(tmp_path, {"sub/invent.yaml": LOOSE})
    done = plan(tmp_path / "sub")
    assert (done.code, HELD_BACK in done.out) == (5, True)
    # Where the command ran before, there is no project file now.
    changed(tmp_path, {"broadcasts/launch.yaml": NOON.replace("vip", "seg_vip").replace("T12:30", "T12:30Z")})
    assert "policies.loosening  refuse → warn" in plan(tmp_path).out


def test_project_whose_file_stays_as_a_stub_is_known_by_its_definitions(campaigns: Path) -> None:
    places = "definitions: campaigns/broadcasts\nsegments: campaigns/segments.yaml\n"
    changed(campaigns, {"invent.yaml": LOOSE + places, "campaigns/broadcasts/launch.yaml": NOON})
    assert (plan(campaigns).code, HELD_BACK in plan(campaigns).out) == (5, True)


def test_project_above_that_takes_the_place_of_one_that_is_gone_has_its_rules(tmp_path: Path) -> None:
    files = {"invent.yaml": "timezone: UTC\n", "campaigns/invent.yaml": RULES + GUARD}
    based(tmp_path, **files)
    git(tmp_path, "rm", "--quiet", "campaigns/invent.yaml")
    changed(tmp_path, {"campaigns/segments.yaml": SEGMENTS, "broadcasts/launch.yaml": NOON.replace("vip", "seg_all")})
    done = plan(tmp_path / "campaigns")
    assert (done.code, "policies.audience_cap (of campaigns/invent.yaml)  20,000 → off" in done.out) == (5, True)
    # The project above has the rules that it had.
    assert plan(tmp_path).code == 0


def test_further_project_is_calm_beside_one_that_stays_and_one_that_a_sparse_checkout_leaves_out(
    campaigns: Path,
) -> None:
    changed(campaigns, {"news/invent.yaml": "timezone: UTC\n", "news/broadcasts/launch.yaml": NOON.replace("vip", "s")})
    calm = plan(campaigns / "news")
    assert (calm.code, "weaker" in calm.out) == (0, False)
    git(campaigns, "sparse-checkout", "set", "news")
    assert not (campaigns / "campaigns").exists()
    sparse = plan(campaigns / "news")
    assert (sparse.code, "weaker" in sparse.out) == (0, False)


def test_moved_project_whose_rules_cannot_be_read_refuses(campaigns: Path) -> None:
    git(campaigns, "checkout", "--quiet", "main")
    changed(campaigns, {"campaigns/segments.yaml": "vip: [\n"})
    git(campaigns, "checkout", "--quiet", "-B", "change")
    git(campaigns, "mv", "campaigns/invent.yaml", "campaigns/segments.yaml", ".")
    changed(campaigns, {"invent.yaml": LOOSE + GUARD, "segments.yaml": SEGMENTS, "broadcasts/launch.yaml": NOON})
    done = call(campaigns, "plan", env={"GITHUB_BASE_REF": "main"})
    assert (done.code, "its campaigns/segments.yaml has problems" in done.out) == (5, True)


# ---------------------------------------------------------------- workspaces

WORKSPACES = """\
timezone: UTC
workspaces:
  acme: {org: org_1, key: INVENT_API_KEY_A, policies: {audience_cap: 20000, loosening: refuse}}
  globex: {org: org_2, key: INVENT_API_KEY_G}
"""


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return begun(tmp_path, WORKSPACES)


def test_workspaces_that_become_one_project_are_each_compared_with_it(work: Work) -> None:
    work.write(project="timezone: UTC\n", launch=NOON.replace("vip", "seg_vip"))
    (work.folder / "segments.yaml").unlink()
    done = plan(work.folder)
    assert (done.code, HELD_BACK in done.out) == (5, True)
    assert "policies.audience_cap (of workspace acme)  20,000 → off" in done.out
    assert "(of workspace globex)" in done.out


@pytest.mark.parametrize(
    "entry",
    [
        "  ajax: {org: org_3}\n",
        "  ajax: {org: org_3, key: INVENT_API_KEY_A}\n",
        "  ajax: {org: org_3, definitions: acme/broadcasts}\n",
        "  ajax: {org: org_1}\n",
    ],
    ids=["nothing alike", "key", "definitions", "org"],
)
def test_workspace_that_is_renamed_is_compared_although_its_org_changes_as_well(work: Work, entry: str) -> None:
    lines = WORKSPACES.splitlines(keepends=True)
    changed(
        work.folder,
        {
            "invent.yaml": "".join([*lines[:2], entry, lines[3]]),
            "acme/broadcasts/launch.yaml": NOON.replace("vip", "s"),
        },
    )
    done = plan(work.folder, "--workspace", "ajax")
    assert "policies.audience_cap (of workspace acme)  20,000 → off" in done.out, done.all
    assert "globex" not in done.out
    assert "weaker" not in plan(work.folder, "--workspace", "globex").out


def test_workspace_that_takes_the_org_of_another_one_is_held_to_its_rules(work: Work) -> None:
    swapped = WORKSPACES.replace("org_1", "org_3").replace("org_2", "org_1")
    work.write(project=swapped)
    done = plan(work.folder, "--workspace", "globex")
    assert "policies.loosening (of workspace acme)  refuse → warn" in done.out, done.all


def test_workspace_that_is_new_is_calm_while_none_is_gone(work: Work) -> None:
    work.write(project=WORKSPACES + "  ajax: {org: org_3}\n")
    assert "weaker" not in plan(work.folder, "--workspace", "ajax").out


@pytest.mark.parametrize(("stub", "calm"), [("INVENT_API_KEY_A", True), ("INVENT_API_KEY_X", False)])
def test_new_workspace_with_the_key_of_another_one_is_held_to_its_rules_unless_that_goes_on_with_the_key(
    work: Work, stub: str, calm: bool
) -> None:
    project = WORKSPACES.replace("INVENT_API_KEY_A", stub) + "  ajax: {org: org_3, key: INVENT_API_KEY_A}\n"
    work.write(project=project)
    assert ("(of workspace acme)" in plan(work.folder, "--workspace", "ajax").out) is not calm
