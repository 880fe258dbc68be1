"""Rules that a change makes weaker, by real git and whole commands: shown first, and refused with the guard on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from invent_gitops.render.markdown.plan import plan_markdown
from tests.branch_repository import git
from tests.running import KEY, Result, account, call, invent, live
from tests.steps import Step, commands

WHEN = "2099-01-10T22:30"
RULES = """\
timezone: Europe/Berlin
policies:
  audience_cap: 20000
  quiet_hours: {from: "21:00", to: "08:00"}
"""
LOOSE = "timezone: Europe/Berlin\npolicies:\n  audience_cap: 1000000\n"
SEGMENTS = "vip: {id: seg_vip, contacts_count: 1240}\neverybody: {id: seg_all, contacts_count: 412000}\n"
SWAPPED = "vip: {id: seg_all, contacts_count: 412000}\n"
LAUNCH = f"name: The launch\nschedule: {WHEN}\nsegments: [vip]\n"
GUARD = "  loosening: refuse\n"


@dataclass
class Work:
    """A clone with a project on `main`, and a branch `change` of it that is checked out."""

    folder: Path

    def write(self, **files: str) -> None:
        paths = {"project": "invent.yaml", "segments": "segments.yaml"}
        for name, text in files.items():
            path = self.folder / paths.get(name, f"broadcasts/{name}.yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, message: str = "Change") -> str:
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "-m", message)
        return git(self.folder, "rev-parse", "HEAD")

    def plan(self, *words: str, **env: str) -> Result:
        return call(self.folder, "plan", *words, env=env)


def begun(folder: Path, rules: str = RULES) -> Work:
    """`main` with rules and a catalogue, pushed to a bare remote."""
    remote, clone = folder / "remote.git", folder / "clone"
    git(folder, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(remote))
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main", str(clone))
    git(clone, "remote", "add", "origin", str(remote))
    work = Work(clone)
    work.write(project=rules, segments=SEGMENTS)
    work.commit("The rules")
    git(clone, "push", "--quiet", "origin", "main")
    git(clone, "fetch", "--quiet", "origin")
    git(clone, "checkout", "--quiet", "-b", "change")
    return work


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return begun(tmp_path)


@pytest.fixture
def guarded(tmp_path: Path) -> Work:
    return begun(tmp_path, RULES + GUARD)


def loosen(work: Work, guard: str = "") -> None:
    """All three at once, together with the broadcast that they let through."""
    work.write(project=LOOSE + guard, segments=SWAPPED, launch=LAUNCH)


# ---------------------------------------------------------------- shown


def test_cap_quiet_hours_and_a_segment_stand_above_what_passes_because_of_them(work: Work) -> None:
    loosen(work)
    done = work.plan("--base", "main")
    assert done.code == 0, done.err
    begin = done.out.index("3 rules were made weaker since main")
    listed = done.out[begin : done.out.index("To create:")].splitlines()
    assert [line.split("  ")[1:3] for line in listed[1:4]] == [
        ["↓ policies.quiet_hours", "21:00 to 08:00 (Europe/Berlin, if a definition has none) → off"],
        ["↓ policies.audience_cap", "20,000 → 1,000,000"],
        ["↓ segment vip", "seg_vip (1,240 contacts) → seg_all (412,000 contacts)"],
    ]
    assert listed[4:6] == [
        "  1 broadcast passes only because of that:",
        "    launch  quiet-hours, audience-cap, segment",
    ]


def test_same_is_an_annotation_at_each_line_the_first_of_the_comment_and_in_the_document(
    work: Work, tmp_path: Path
) -> None:
    loosen(work)
    step = Step(tmp_path)
    done = work.plan("--format", "github", "--out", "plan.json", GITHUB_BASE_REF="main", **step.env)
    warnings = [line for line in commands(done) if "weaker rule" in line]
    assert [line.partition(",title")[0] for line in warnings] == [
        "::warning file=invent.yaml,line=3,col=3",
        "::warning file=invent.yaml,line=3,col=17",
        "::warning file=segments.yaml,line=1,col=6",
    ]
    for warning in warnings:
        assert "1 broadcast passes only because of that: launch." in warning
    document = json.loads((work.folder / "plan.json").read_text("utf-8"))
    loosened = document["loosened"]
    assert [(change["subject"], change["old"]) for change in loosened["weaker"]][1:] == [
        ("policies.audience_cap", "20,000"),
        ("segment vip", "seg_vip (1,240 contacts)"),
    ]
    assert {entry["rule"] for entry in loosened["passes_only_so"]} == {"quiet-hours", "audience-cap", "segment"}
    assert loosened["base"] == git(work.folder, "rev-parse", "origin/main")
    for page in (step.written, work.plan("--base", "main", "--format", "markdown").out):
        assert page.index("3 rules were made weaker") < page.index("To be created")
        assert "- `policies.audience_cap`: 20,000 → <b>1,000,000</b>" in page
        assert "- `launch` by `quiet-hours`, `audience-cap`, `segment`" in page


def test_each_annotation_names_what_passes_because_of_its_own_rule(work: Work, tmp_path: Path) -> None:
    late, big = LAUNCH, LAUNCH.replace("T22", "T12").replace("[vip]", "[everybody]")
    waiving = f"{LAUNCH.replace('The', 'Another')}waive: {{quiet-hours: Agreed}}\n"
    work.write(project=LOOSE, late=late, big=big, waiving=waiving)
    done = work.plan("--format", "github", GITHUB_BASE_REF="main", **Step(tmp_path).env)
    warnings = [line for line in commands(done) if "weaker rule" in line]
    named = {line.split("::")[2].partition(":")[0]: line for line in warnings}
    assert "2 broadcasts pass only because of that: late, waiving." in named["policies.quiet_hours"]
    assert "1 broadcast passes only because of that: big." in named["policies.audience_cap"]
    work.write(project=RULES)
    (work.folder / "broadcasts" / "late.yaml").unlink()
    (work.folder / "broadcasts" / "big.yaml").unlink()
    done = work.plan("--format", "github", GITHUB_BASE_REF="main", **Step(tmp_path).env)
    [warning] = [line for line in commands(done) if "weaker rule" in line]
    assert "1 broadcast passes only because of that: waiving." in warning


def test_document_keeps_its_schema_and_the_digest_does_not_change(work: Work) -> None:
    loosen(work)
    compared, alone = work.plan("--base", "main", "--json").json, work.plan("--json").json
    assert compared["digest"] == alone["digest"]
    assert "loosened" not in alone


def test_stricter_rules_are_one_calm_line_and_same_rules_are_none(work: Work) -> None:
    work.write(project=RULES.replace("20000", "15000") + "  minimum_gap: 24h\n", launch=LAUNCH.replace("T22", "T12"))
    done = work.plan("--base", "main")
    assert (
        "2 rules were made stricter: policies.minimum_gap off → 1d, policies.audience_cap 20,000 → 15,000." in done.out
    )
    assert "weaker" not in done.out
    work.write(project=RULES + "# a comment\n")
    assert "stricter" not in work.plan("--base", "main").out


def test_new_waiver_is_named_with_its_reason_and_one_of_what_was_created_is_not(work: Work) -> None:
    work.write(launch=LAUNCH + "waive: {quiet-hours: agreed with legal}\n")
    done = work.plan("--base", "main")
    assert "↓ launch waives quiet-hours  not waived → “agreed with legal”  broadcasts/launch.yaml:4:8" in done.out
    assert "launch  quiet-hours" in done.out.split("only because of that:")[1]
    assert call(work.folder, "apply", "--sandbox", "--yes").code == 0
    assert "weaker" not in work.plan("--base", "main", "--sandbox").out


def test_waiver_of_an_edit_or_a_deletion_loosens_nothing_wherever_it_stands(guarded: Work) -> None:
    noon = LAUNCH.replace("T22", "T12")
    later = noon.replace("T12", "T15")
    guarded.write(project=RULES + GUARD + "  unreachable_edits: refuse\n", launch=noon)
    guarded.write(winter=noon.replace("launch", "winter"))
    guarded.commit()
    git(guarded.folder, "branch", "--force", "main", "change")
    assert call(guarded.folder, "apply", "--sandbox", "--yes").code == 0
    (guarded.folder / "broadcasts" / "winter.yaml").unlink()
    moved = noon.replace("T12", "T14") + "waive: {unreachable-edits: Ana moves it}\n"
    waived = "  unreachable_edits: {action: refuse, waive: {winter: Ana cancels it, nosuch: A wrong key}}\n"
    guarded.write(project=RULES + GUARD + waived, launch=moved, third=later.replace("launch", "third"))
    guarded.write(fourth=later.replace("launch", "fourth") + "waive: {unreachable-edits: it may move}\n")
    done = guarded.plan("--base", "main", "--sandbox")
    assert (done.code, "weaker" in done.out, "stricter" in done.out) == (0, False, False), done.all
    assert "waived: Ana moves it" in done.out
    assert "waived: Ana cancels it" in done.out
    (note,) = [line for line in done.err.splitlines() if "waives" in line]
    assert note == (
        "Note: policies.unreachable_edits waives `nosuch`, and no definition or record has that key. So it waives "
        "nothing: correct the key, or delete the waiver."
    )
    guarded.write(project=RULES + GUARD + waived.replace("action: refuse", "action: warn"))
    loosened = guarded.plan("--base", "main", "--sandbox")
    assert (loosened.code, "policies.unreachable_edits  refuse: true → refuse: false" in loosened.out) == (5, True)


def test_waiver_that_the_base_has_already_is_not_weaker(work: Work) -> None:
    work.write(launch=LAUNCH + "waive: {quiet-hours: agreed with legal}\n")
    work.commit()
    git(work.folder, "branch", "--force", "main", "change")
    assert "weaker" not in work.plan("--base", "main").out


def test_many_counts_that_a_pull_has_changed_are_one_line(work: Work) -> None:
    work.write(segments="".join(f"s{number}: {{id: seg_{number}, contacts_count: 10}}\n" for number in range(9)))
    work.commit()
    git(work.folder, "branch", "--force", "main", "change")
    work.write(segments="".join(f"s{number}: {{id: seg_{number}, contacts_count: 11}}\n" for number in range(9)))
    lines = [line for line in work.plan("--base", "main").out.splitlines() if "↓" in line]
    assert [line.split("  segments.yaml")[0] for line in lines] == [
        "  ↓ contacts of 9 segments  s0 10 → 11, s1 10 → 11, s2 10 → 11 and 6 more"
    ]
    assert len(work.plan("--base", "main", "--json").json["loosened"]["weaker"]) == 9


def test_creates_that_only_a_higher_number_lets_through_are_named(work: Work) -> None:
    work.write(project=RULES + "  max_creates: 2\n")
    work.commit()
    git(work.folder, "branch", "--force", "main", "change")
    noon = LAUNCH.replace("T22", "T12")
    work.write(project=RULES, **{name: noon.replace("launch", name) for name in ("one", "two", "three")})
    loosened = work.plan("--base", "main", "--json").json["loosened"]
    assert [(entry["key"], entry["rule"]) for entry in loosened["passes_only_so"]] == [
        (key, "max-creates") for key in ("one", "three", "two")
    ]


def test_create_is_named_where_the_cap_rises_together_with_the_count_that_it_caps(guarded: Work) -> None:
    more = SEGMENTS.replace("1240", "99999")
    guarded.write(project=RULES.replace("20000", "500000") + GUARD, segments=more, launch=LAUNCH.replace("T22", "T12"))
    done = guarded.plan("--base", "main", "--json")
    passing = done.json["loosened"]["passes_only_so"]
    assert [(entry["key"], entry["rule"]) for entry in passing] == [("launch", "audience-cap")]
    assert "99,999" in passing[0]["message"]
    assert done.code == 5


def test_create_that_the_count_of_the_base_refuses_is_named_once_although_the_count_of_today_does_as_well(
    work: Work,
) -> None:
    counts = "vip: {id: seg_vip, contacts_count: 30000}\n"
    work.write(segments=counts)
    work.commit()
    git(work.folder, "branch", "--force", "main", "change")
    work.write(project=LOOSE, segments=counts.replace("30000", "40000"), launch=LAUNCH.replace("T22", "T12"))
    passing = work.plan("--base", "main", "--json").json["loosened"]["passes_only_so"]
    assert [(entry["key"], entry["rule"]) for entry in passing] == [("launch", "audience-cap")]


def test_base_is_where_the_change_began_and_not_what_the_branch_has_become(work: Work) -> None:
    work.write(launch=LAUNCH.replace("T22", "T12"))
    work.commit()
    git(work.folder, "checkout", "--quiet", "main")
    work.write(project=RULES.replace("20000", "5"))
    work.commit("Tighten")
    git(work.folder, "checkout", "--quiet", "change")
    assert "weaker" not in work.plan("--base", "main").out


def test_project_that_is_new_is_compared_with_nothing(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--template=", "--initial-branch=main", ".")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "Nothing yet")
    Work(tmp_path).write(project=LOOSE, segments=SEGMENTS, launch=LAUNCH)
    done = call(tmp_path, "plan", "--base", "main", "--json")
    assert done.json["loosened"]["weaker"] == []
    # The defaults were rules as soon as there were definitions.
    (tmp_path / "invent.yaml").unlink()
    Work(tmp_path).commit()
    Work(tmp_path).write(project="timezone: UTC\npolicies: {allow_immediate: true}\n")
    assert "policies.allow_immediate  false → true" in call(tmp_path, "plan", "--base", "main").out


def test_each_workspace_is_compared_with_itself_and_a_new_one_with_what_holds_for_all(tmp_path: Path) -> None:
    shared = "timezone: UTC\npolicies: {audience_cap: 20000}\nworkspaces:\n  acme: {org: org_1}\n"
    work = begun(tmp_path, shared)
    own = "    policies: {audience_cap: 900000}\n"
    new = "  globex:\n    org: org_2\n"
    work.write(project=shared.replace("  acme: {org: org_1}\n", f"  acme:\n    org: org_1\n{own}{new}{own}"))
    for name in ("acme", "globex"):
        done = call(work.folder, "plan", "--workspace", name, "--base", "main")
        assert "policies.audience_cap  20,000 → 900,000" in done.out, done.all
    line = "  invent.yaml:6:30"
    assert line in call(work.folder, "plan", "--workspace", "acme", "--base", "main").out


def test_workspace_that_speaks_of_another_org_is_weaker(tmp_path: Path) -> None:
    text = "timezone: UTC\nworkspaces:\n  acme: {org: org_1}\n"
    work = begun(tmp_path, text)
    work.write(project=text.replace("org_1", "org_2"))
    assert "↓ org  org_1 → org_2" in call(work.folder, "plan", "--workspace", "acme", "--base", "main").out


# ---------------------------------------------------------------- where the base is named


@pytest.mark.parametrize(
    "variable",
    [
        "GITHUB_BASE_REF",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
        "BITBUCKET_PR_DESTINATION_BRANCH",
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
        "CHANGE_TARGET",
    ],
)
def test_variable_of_a_ci_names_the_branch_and_the_remote_s_counts_before_one_of_this_clone(
    guarded: Work, variable: str
) -> None:
    loosen(guarded)
    guarded.commit()
    # A branch of this clone, which somebody has moved.
    git(guarded.folder, "branch", "--force", "main", "change")
    assert guarded.plan(**{variable: "main"}).code == 5


def test_full_name_of_a_branch_and_the_commit_where_a_merge_request_began_are_taken(guarded: Work) -> None:
    loosen(guarded)
    assert guarded.plan(SYSTEM_PULLREQUEST_TARGETBRANCH="refs/heads/main").code == 5
    began = git(guarded.folder, "rev-parse", "main")
    for name in ("refs/remotes/origin/main", "refs/heads/main"):
        git(guarded.folder, "update-ref", "-d", name)
    done = guarded.plan(CI_MERGE_REQUEST_DIFF_BASE_SHA=began, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert "3 rules were made weaker" not in done.out
    assert "4 rules were made weaker since main" in done.out
    assert done.code == 5


def test_after_a_push_the_base_is_the_commit_before_it(guarded: Work, tmp_path: Path) -> None:
    before = git(guarded.folder, "rev-parse", "HEAD")
    loosen(guarded)
    guarded.commit()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"before": before}), encoding="utf-8")
    pushed = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(event)}
    done = guarded.plan(**pushed)
    assert (done.code, f"weaker since {before[:12]}:" in done.out) == (5, True)
    assert guarded.plan(CI_COMMIT_BEFORE_SHA=before).code == 5
    for nothing in ("0" * 40, "", "main", 7):
        event.write_text(json.dumps({"before": nothing}), encoding="utf-8")
        assert "weaker" not in guarded.plan(**pushed).out


def test_event_of_a_push_that_cannot_be_read_refuses_with_the_guard_and_warns_without(
    guarded: Work, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    event.write_text("no JSON", encoding="utf-8")
    pushed = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(event)}
    fault = "the event in GITHUB_EVENT_PATH is not a JSON object"
    guarded.write(project=RULES + GUARD, launch=LAUNCH.replace("T22", "T12"))
    done = guarded.plan(**pushed)
    assert (done.code, fault in done.out) == (5, True)
    # The history of the clone shows the guard, so that the change may have deleted it.
    guarded.write(project=RULES)
    done = guarded.plan(**pushed)
    assert (done.code, fault in done.out) == (5, True)
    git(guarded.folder, "checkout", "--quiet", "--orphan", "alone")
    guarded.commit()
    done = guarded.plan(**pushed)
    assert (done.code, fault in done.out) == (0, True)


def test_long_comment_keeps_the_weaker_rules_and_the_verdict_of_the_guard(guarded: Work) -> None:
    names = [f"sale-{number}" for number in range(45)]
    noon = LAUNCH.replace("T22", "T12")
    guarded.write(project=LOOSE, **{name: f"name: {name * 20}\n" + noon.partition("\n")[2] for name in names})
    guarded.plan("--base", "main", "--out", "plan.json")
    document = json.loads((guarded.folder / "plan.json").read_text("utf-8"))
    page = plan_markdown(document, limit=9_000)
    assert "Cut to fit" in page
    assert "- `policies.audience_cap`: 20,000 → <b>1,000,000</b>" in page
    assert "**policies.loosening refuses this: nothing is created together with weaker rules.**" in page


# ---------------------------------------------------------------- the guard


def test_guard_of_the_base_refuses_although_the_change_turns_it_off(guarded: Work) -> None:
    loosen(guarded)
    done = guarded.plan("--base", "main", "--exit-code")
    assert done.code == 5
    assert done.out.startswith("Nothing can be created: rules were made weaker.\n")
    assert "policies.loosening  refuse → warn" in done.out
    assert "Held back by policies.loosening: nothing of this is created.\n  + launch" in done.out
    page = guarded.plan("--base", "main", "--format", "markdown").out
    assert page.startswith("### ⛔ Nothing can be created: rules were made weaker\n")
    annotations = commands(guarded.plan("--base", "main", "--format", "github"))
    assert len([line for line in annotations if line.startswith("::error") and "weaker rule" in line]) == 4


def test_guard_that_the_change_brings_does_not_judge_the_change(work: Work) -> None:
    loosen(work, GUARD)
    done = work.plan("--base", "main")
    assert done.code == 0
    assert "1 rule was made stricter: policies.loosening warn → refuse." in done.out


def test_apply_creates_nothing_with_the_guard_and_everything_once_the_rules_are_merged(guarded: Work) -> None:
    loosen(guarded, GUARD)
    guarded.commit()
    with invent(key=KEY) as server:
        env = account(server.url)
        refused = call(guarded.folder, "apply", "--yes", "--base", "main", env=env)
        assert refused.code == 5
        assert "policies.loosening refuses to create anything together with weaker rules" in refused.err
        assert "segment vip" in refused.err
        assert live(server) == {}
        document = call(guarded.folder, "apply", "--yes", "--base", "main", "--json", env=env).json
        assert document["plan"]["loosened"]["refused"]
        git(guarded.folder, "branch", "--force", "main", "change")
        assert call(guarded.folder, "apply", "--yes", "--base", "main", env=env).code == 0
        assert list(live(server)) == ["The launch"]


def test_saved_plan_that_was_held_back_approves_nothing(guarded: Work) -> None:
    loosen(guarded, GUARD)
    assert guarded.plan("--base", "main", "--out", "plan.json").code == 5
    with invent(key=KEY) as server:
        done = call(guarded.folder, "apply", "--yes", "--plan", "plan.json", env=account(server.url))
        assert (done.code, live(server)) == (5, {})
        assert "The approved plan was held back by policies.loosening, so it approves nothing." in done.err


def test_only_a_count_refuses_nothing_unless_a_broadcast_passes_because_of_it(guarded: Work) -> None:
    more = SEGMENTS.replace("1240", "1241")
    guarded.write(segments=more, launch=LAUNCH.replace("T22", "T12"))
    done = guarded.plan("--base", "main")
    assert (done.code, "contacts of vip  1,240 → 1,241" in done.out) == (0, True)
    guarded.write(
        segments=more.replace("412000", "100"), launch=LAUNCH.replace("T22", "T12").replace("vip", "everybody")
    )
    done = guarded.plan("--base", "main")
    assert (done.code, "launch  audience-cap" in done.out) == (5, True)


# ---------------------------------------------------------------- evidence that is missing


def shallow(work: Work) -> Work:
    """A clone of one commit, as a checkout without a depth makes it."""
    loosen(work, GUARD)
    work.commit()
    git(work.folder, "push", "--quiet", "origin", "change")
    remote, clone = work.folder.parent / "remote.git", work.folder.parent / "shallow"
    git(
        work.folder.parent,
        "clone",
        "--quiet",
        "--template=",
        "--depth=1",
        "--branch=change",
        f"file://{remote}",
        str(clone),
    )
    return Work(clone)


def test_base_that_a_shallow_clone_has_not_refuses_with_the_guard_and_says_how_to_go_on(guarded: Work) -> None:
    clone = shallow(guarded)
    done = clone.plan(GITHUB_BASE_REF="main")
    assert done.code == 5
    assert "The rules could not be compared with those of main: this clone has no branch or commit main." in done.out
    assert "fetch-depth: 0 at actions/checkout" in done.out
    with invent(key=KEY) as server:
        refused = call(clone.folder, "apply", "--yes", env=account(server.url) | {"GITHUB_BASE_REF": "main"})
        assert (refused.code, live(server)) == (5, {})
        assert "the rules of main cannot be read" in refused.err
    git(clone.folder, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    assert "no commit that main and HEAD have in common" in clone.plan(GITHUB_BASE_REF="main").out
    git(clone.folder, "fetch", "--quiet", "--unshallow", "origin")
    assert "3 rules were made weaker since main" in clone.plan(GITHUB_BASE_REF="main").out


@pytest.mark.parametrize("moved", [False, True], ids=["in its place", "elsewhere"])
def test_change_that_deletes_the_guard_is_refused_after_the_push_as_far_as_the_clone_shows_the_guard(
    guarded: Work, moved: bool
) -> None:
    before = git(guarded.folder, "rev-parse", "HEAD")
    if moved:
        (guarded.folder / "sub").mkdir()
        git(guarded.folder, "mv", "invent.yaml", "segments.yaml", "sub")
    place = guarded.folder / ("sub" if moved else ".")
    Work(place).write(project=LOOSE, segments=SEGMENTS, launch=LAUNCH)
    guarded.commit()
    Work(place).write(project=LOOSE + "# tidy\n")
    guarded.commit()
    git(guarded.folder, "push", "--quiet", "origin", "change")
    remote = f"file://{guarded.folder.parent / 'remote.git'}"
    for depth, code in ((3, 5), (2, 0), (1, 0)):
        name = f"depth-{depth}"
        words = ("--quiet", "--template=", f"--depth={depth}", "--branch=change", remote, name)
        git(guarded.folder.parent, "clone", *words)
        clone = guarded.folder.parent / name
        # A force push leaves the commit before it behind, in no branch.
        pushed = {"CI_COMMIT_BEFORE_SHA": before if depth < 3 else "1" * 40}
        with invent(key=KEY) as server:
            done = call(clone / place.relative_to(guarded.folder), "apply", "--yes", env=account(server.url) | pushed)
            assert (done.code, len(live(server))) == (code, int(not code)), done.all
        assert "The rules could not be compared with those of" in done.err


def test_base_that_cannot_be_read_is_a_warning_without_the_guard_in_plan_and_apply(work: Work) -> None:
    work.write(launch=LAUNCH.replace("T22", "T12"))
    done = work.plan("--format", "github", GITHUB_BASE_REF="gone")
    assert done.code == 0
    (warning,) = [line for line in commands(done) if "weaker rule" in line]
    assert warning.startswith("::warning title=weaker rule::The rules could not be compared with those of gone")
    assert work.plan("--json", GITHUB_BASE_REF="gone").json["loosened"]["error"]["cure"] == (
        "Fetch it: git fetch origin gone"
    )
    with invent(key=KEY) as server:
        env = account(server.url) | {"GITHUB_BASE_REF": "gone"}
        created = call(work.folder, "apply", "--yes", "--format", "github", env=env)
        assert created.code == 0
        assert "Note: The rules could not be compared with those of gone: " in created.err
        assert "A rule or the guard policies.loosening may have been loosened." in created.err
        (warning,) = [line for line in commands(created) if "weaker rule" in line]
        assert warning.startswith("::warning title=weaker rule::The rules could not be compared with those of gone")
        # Nothing is left to create, so that no rule matters.
        again = call(work.folder, "apply", "--yes", "--format", "github", env=env)
        assert (again.code, "compared" in again.all) == (0, False)


@pytest.mark.parametrize(
    ("branch", "cure"),
    [
        ("gone", "Fetch it: git fetch origin gone"),
        ("it's;id", "Fetch it: git fetch origin 'it'\"'\"'s;id'"),
        ("$(id)", "Fetch it: git fetch origin '$(id)'"),
        ("--x", "Fetch it: git fetch origin refs/heads/--x"),
        ("+gone", "Fetch it: git fetch origin refs/heads/+gone"),
        ("main --x", "Git takes no such name for a branch. See those that there are: git branch --all"),
        ("gone:main", "Git takes no such name for a branch. See those that there are: git branch --all"),
    ],
)
def test_cure_for_a_base_that_is_gone_can_be_pasted_whatever_its_name(work: Work, branch: str, cure: str) -> None:
    assert work.plan("--json", GITHUB_BASE_REF=branch).json["loosened"]["error"]["cure"] == cure


def test_base_that_a_person_names_and_that_cannot_be_read_refuses_without_the_guard_as_well(work: Work) -> None:
    done = work.plan("-q", "--base", "gone")
    assert done.code == 5
    assert done.err == (
        "Error: The rules of --base gone cannot be read: this clone has no branch or commit gone.\n"
        "  → Fetch it: git fetch origin gone\n"
    )
    assert work.plan("--base", "-x").code == 2
    assert work.plan("--base", "").code == 2


def test_rules_of_the_base_with_a_fault_cannot_be_compared(guarded: Work) -> None:
    guarded.write(project=RULES + "  loosening: later\n")
    assert "`policies.loosening` is `later`, which is not one of its values." in guarded.plan().out
    guarded.commit()
    git(guarded.folder, "push", "--quiet", "origin", "HEAD:main")
    guarded.write(project=RULES + GUARD)
    done = guarded.plan(GITHUB_BASE_REF="main")
    assert done.code == 5
    assert "its invent.yaml has problems" in done.out


def test_no_base_at_all_is_one_line_with_the_guard_and_none_without(guarded: Work, tmp_path: Path) -> None:
    loosen(guarded, GUARD)
    note = (
        "policies.loosening is on, and no base is known, so the rules were compared with nothing. Name one: --base main"
    )
    assert guarded.plan().err == f"Note: {note}\n"
    guarded.write(project=LOOSE)
    assert guarded.plan().err == ""
