"""`github check`: what is missing or loose in a repository, and that the printed commands mend it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.github import rest
from invent_gitops.scaffold.workflows import Publish, Wording, workflow_texts
from tests.branch_repository import git
from tests.github.setup_standin import SetupStandIn
from tests.github.standin import REPOSITORY, TOKEN, standing_in
from tests.running import ROOT, Result, call

ACTION = "acme/invent-gitops@" + "a1" * 20
OWNERS = "/invent.yaml @acme/owners\n/segments.yaml @acme/owners\n/.github/ @acme/platform\n"
REVIEWED: dict[str, Any] = {
    "type": "pull_request",
    "parameters": {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True,
    },
}
CHECKED: dict[str, Any] = {
    "type": "required_status_checks",
    "parameters": {
        "required_status_checks": [{"context": "Validate"}],
        "strict_required_status_checks_policy": True,
    },
}


@dataclass(frozen=True)
class Site:
    """A project in a clone, and the repository at GitHub that it came from."""

    hub: SetupStandIn
    folder: Path

    def check(self, *words: str, **env: str) -> Result:
        given = {"GITHUB_API_URL": self.hub.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}
        return call(self.folder, "github", "check", *words, env={**given, **env})

    def points(self, *words: str) -> dict[str, Any]:
        return {
            ":".join(filter(None, [point["id"], point["workspace"]])): point
            for point in self.check("--json", *words).json["points"]
        }

    def states(self) -> dict[str, str]:
        return {name: point["state"] for name, point in self.points().items() if point["state"] != "ok"}

    def push(self, **more: str) -> None:
        """What is on main at GitHub: the workflows as `init --github` writes them."""
        self.hub.files.update(workflow_texts(Wording(ACTION)) | {".github/CODEOWNERS": OWNERS} | more)

    def arrange(self) -> None:
        """Everything as it should be."""
        self.push()
        self.hub.add_ruleset("main", REVIEWED, CHECKED)
        self.hub.add_ruleset("broadcast-state", {"type": "deletion"}, {"type": "non_fast_forward"})
        self.hub.add_environment("broadcasts", "main")
        self.hub.environment_secrets["broadcasts"] = {"INVENT_API_KEY"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(rest, "PAUSE", 0.01)
    folder = tmp_path / "campaigns"
    folder.mkdir()
    git(folder, "init", "--quiet", "--template=")
    (folder / "invent.yaml").write_text("state: {branch: broadcast-state}\n", encoding="utf-8")
    with standing_in(SetupStandIn) as hub:
        assert isinstance(hub, SetupStandIn)
        yield Site(hub, folder)


def test_a_repository_with_everything_in_place_ends_with_0_and_asks_for_nothing(site: Site) -> None:
    site.arrange()
    result = site.check()
    assert (result.code, "19 points: 19 ok" in result.out) == (0, True), result.all
    assert "gh " not in result.out
    assert site.hub.writes() == []


def test_an_empty_repository_lacks_everything_and_each_command_has_a_line_of_its_own(site: Site) -> None:
    result = site.check()
    assert result.code == 5
    states = site.states()
    assert set(states.values()) == {"missing"}
    assert set(states) >= {"main-review", "main-stale", "main-owners", "main-check", "main-up-to-date", "environment"}
    assert set(states) >= {"environment-branch", "secret:INVENT_API_KEY", "state-deletion", "state-force-push"}
    assert set(states) >= {"workflow:.github/workflows/broadcasts-apply.yml", "owners:invent.yaml", "owners:.github/"}
    lines = result.out.splitlines()
    assert "gh secret set INVENT_API_KEY --env broadcasts --repo acme/campaigns" in lines
    # A rule for main would stop the push that is still to come.
    assert [line.partition("refs/heads/")[2][:15] for line in lines if line.startswith("printf ")] == [
        "broadcast-state"
    ]
    assert "Push the workflows first" in result.out
    assert "state-open" not in states


def run_commands(site: Site, commands: list[str]) -> list[str]:
    """Paste the commands of `gh` into a shell; what it set or deleted of secrets."""
    programs = site.folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    script = f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.github.gh "$@"\n'
    (programs / "gh").write_text(script, encoding="utf-8")
    (programs / "gh").chmod(0o755)
    log = site.folder.parent / "secrets.log"
    log.write_text("", encoding="utf-8")
    env = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "GH_STAND_IN": site.hub.url, "GH_SECRETS": str(log)}
    subprocess.run(["sh", "-eu"], input="\n".join(commands), cwd=site.folder, env=env, check=True, encoding="utf-8")
    return log.read_text(encoding="utf-8").splitlines()


def test_the_printed_commands_mend_what_they_are_printed_for(site: Site) -> None:
    site.push()
    # A name that is in use already is no obstacle.
    site.hub.add_ruleset("other")
    site.hub.rulesets[0]["name"] = "invent-gitops: main"
    site.hub.secrets = {"INVENT_API_KEY"}
    commands = list(dict.fromkeys(line for point in site.points().values() for line in point["commands"]))
    assert run_commands(site, commands) == ["set broadcasts INVENT_API_KEY", "delete - INVENT_API_KEY"]
    site.hub.environment_secrets["broadcasts"], site.hub.secrets = {"INVENT_API_KEY"}, set()
    result = site.check()
    assert result.code == 0, result.all


def test_an_environment_that_is_restricted_keeps_its_reviewers_and_its_wait(site: Site) -> None:
    site.arrange()
    reviewers = [{"type": "User", "reviewer": {"id": 7}}, {"type": "Team", "reviewer": {"id": 8}}]
    rules = [
        {"type": "wait_timer", "wait_timer": 30},
        {"type": "required_reviewers", "reviewers": reviewers, "prevent_self_review": True},
    ]
    policy = {"protected_branches": True, "custom_branch_policies": False}
    site.hub.environments["broadcasts"] |= {"deployment_branch_policy": policy, "protection_rules": rules}
    site.hub.policies["broadcasts"] = []
    point = site.points()["environment-branch"]
    assert (point["state"], point["detail"]) == ("loose", "Every protected branch may use it.")
    run_commands(site, point["commands"])
    assert site.hub.environments["broadcasts"]["protection_rules"] == rules
    assert site.check().code == 0


@pytest.mark.parametrize(
    ("branches", "detail"),
    [
        ((), "Every branch may use it."),
        (("main", "release/*"), "Others may: `branch release/*`."),
        (("*",), "main may not use it. Others may: `branch *`."),
        (("mai?",), "main may not use it. Others may: `branch mai?`."),
    ],
)
def test_an_environment_for_more_than_the_main_branch_is_loose(
    site: Site, branches: tuple[str, ...], detail: str
) -> None:
    site.arrange()
    site.hub.add_environment("broadcasts", *branches)
    point = site.points()["environment-branch"]
    assert (point["state"], point["detail"]) == ("loose", detail)
    run_commands(site, point["commands"])
    assert site.check().code == 0


def test_a_tag_with_the_name_of_the_branch_is_not_the_branch(site: Site) -> None:
    site.arrange()
    site.hub.policies["broadcasts"] = [{"id": 3, "type": "tag", "name": "main"}]
    assert site.points()["environment-branch"]["detail"] == "main may not use it. Others may: `tag main`."


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"required_approving_review_count": 0}, {"main-review", "main-stale"}),
        ({"dismiss_stale_reviews_on_push": False}, {"main-stale"}),
        ({"require_code_owner_review": False}, {"main-owners"}),
    ],
)
def test_a_review_that_asks_for_less_is_named(site: Site, change: dict[str, Any], missing: set[str]) -> None:
    site.arrange()
    site.hub.rulesets[0]["rules"][0] = {**REVIEWED, "parameters": REVIEWED["parameters"] | change}
    assert site.states() == dict.fromkeys(missing, "missing")


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"required_status_checks": [{"context": "Plan"}]}, {"main-check", "main-up-to-date"}),
        ({"strict_required_status_checks_policy": False}, {"main-up-to-date"}),
    ],
)
def test_a_check_that_asks_for_less_is_named(site: Site, change: dict[str, Any], missing: set[str]) -> None:
    site.arrange()
    site.hub.rulesets[0]["rules"][1] = {**CHECKED, "parameters": CHECKED["parameters"] | change}
    assert site.states() == dict.fromkeys(missing, "missing")


@pytest.mark.parametrize(
    ("status", "message"),
    [(409, "Git Repository is empty."), (422, "No commit found for SHA: heads/main")],
)
def test_a_branch_that_was_never_pushed_has_no_workflows(site: Site, status: int, message: str) -> None:
    site.hub.fault("GET", "/commits/", status, times=2, body=f'{{"message": "{message}"}}'.encode())
    result = site.check()
    assert (result.code, "It is not on main." in result.out) == (5, True), result.all
    assert "workflow:.github/workflows/broadcasts-plan.yml" in site.states()


def test_rules_on_the_second_page_count(site: Site) -> None:
    site.arrange()
    site.hub.rulesets.insert(0, {**site.hub.rulesets[0], "rules": [{"type": "creation"}] * 150})
    assert site.check().code == 0


def test_the_older_protection_of_a_branch_counts_as_much_as_a_ruleset(site: Site) -> None:
    site.arrange()
    site.hub.rulesets.clear()
    site.hub.protections["main"] = {
        "required_pull_request_reviews": {
            "required_approving_review_count": 2,
            "dismiss_stale_reviews": True,
            "require_code_owner_reviews": True,
        },
        "required_status_checks": {"strict": True, "contexts": ["Validate"]},
        "enforce_admins": {"enabled": True},
    }
    site.hub.protections["broadcast-state"] = {
        "allow_deletions": {"enabled": False},
        "allow_force_pushes": {"enabled": False},
    }
    assert site.check().code == 0
    site.hub.protections["broadcast-state"]["allow_force_pushes"]["enabled"] = True
    assert site.states() == {"state-force-push": "missing"}


def test_a_protection_that_somebody_may_bypass_is_loose_until_a_rule_or_its_commands_close_it(site: Site) -> None:
    site.arrange()
    rules = site.hub.rulesets[0]["rules"]
    site.hub.rulesets[0]["rules"] = [CHECKED]
    site.hub.protections["main"] = {
        "required_pull_request_reviews": {
            "required_approving_review_count": 1,
            "dismiss_stale_reviews": True,
            "require_code_owner_reviews": True,
            "bypass_pull_request_allowances": {"users": [{"login": "boss"}], "teams": [], "apps": []},
        },
    }
    point = site.points()["main-review"]
    assert point["state"] == "loose"
    assert "administrators and those on its bypass list" in point["detail"]
    site.hub.rulesets[0]["rules"] = rules  # which nobody may bypass
    assert site.states() == {}
    site.hub.rulesets[0]["rules"] = [CHECKED]
    run_commands(site, point["commands"])
    assert site.states() == {}


@pytest.mark.parametrize("kind", ["pull_request", "required_status_checks", "merge_queue"])
def test_a_rule_that_would_stop_apply_on_the_state_branch_is_named(site: Site, kind: str) -> None:
    site.arrange()
    site.hub.add_ruleset("broadcast-state", {"type": kind})
    point = site.points()["state-open"]
    assert (point["state"], kind in point["detail"]) == ("missing", True)
    assert point["commands"] == ["gh ruleset view 43 --repo acme/campaigns --web"]


def test_a_protection_that_would_stop_apply_is_taken_away_by_its_command(site: Site) -> None:
    site.arrange()
    site.hub.protections["broadcast-state"] = {"required_pull_request_reviews": {}}
    run_commands(site, site.points()["state-open"]["commands"])
    assert site.check().code == 0


@pytest.mark.parametrize(
    ("own", "wide", "shared", "state"),
    [
        (True, False, False, "ok"),
        (False, False, False, "missing"),
        (False, True, False, "loose"),
        (True, True, False, "loose"),
        (False, False, True, "loose"),
        (True, False, True, "loose"),
    ],
)
def test_the_key_belongs_into_the_environment_and_nowhere_else(
    site: Site, own: bool, wide: bool, shared: bool, state: str
) -> None:
    site.arrange()
    key = {"INVENT_API_KEY"}
    site.hub.environment_secrets["broadcasts"] = key if own else set()
    site.hub.secrets, site.hub.shared_secrets = key if wide else set(), key if shared else set()
    point = site.points()["secret:INVENT_API_KEY"]
    assert point["state"] == state
    assert any("secret set" in command for command in point["commands"]) == (not own)
    assert any("secret delete" in command for command in point["commands"]) == wide


def test_a_repository_of_a_person_is_not_asked_for_the_secrets_of_an_organization(site: Site) -> None:
    site.arrange()
    site.hub.owner = "User"
    assert site.check().code == 0
    assert not any(seen.path.endswith("organization-secrets") for seen in site.hub.requests)


DENIED = {
    "protection": ({"main-review", "state-deletion", "state-open"}, "administration: read"),
    "rules": ({"main-review", "state-deletion", "state-open"}, "metadata: read"),
    "environments": ({"environment", "environment-branch", "secret:INVENT_API_KEY"}, "actions: read"),
    "policies": ({"environment-branch"}, "actions: read"),
    "environment-secrets": ({"secret:INVENT_API_KEY"}, "environments: read"),
    "secrets": ({"secret:INVENT_API_KEY"}, "secrets: read"),
    "contents": ({"workflows", "owners"}, "contents: read"),
}


@pytest.mark.parametrize("part", DENIED)
def test_what_the_token_may_not_read_is_not_known_and_the_permission_is_named(site: Site, part: str) -> None:
    points, permission = DENIED[part]
    site.arrange()
    if part in ("protection", "rules"):
        site.hub.rulesets.clear()
    site.hub.denied.add(part)
    result = site.check("--json")
    assert result.code == 6, result.all
    unknown = {point["id"]: point for point in result.json["points"] if point["state"] == "unknown"}
    assert points <= set(unknown)
    assert all(f"`{permission}`" in unknown[id]["detail"] for id in points)
    assert all(point["commands"] == [] for point in unknown.values())
    assert f"The token needs the permission `{permission}`." in site.check().out


def test_rules_that_the_plan_of_the_account_lacks_are_not_put_down_to_the_token(site: Site) -> None:
    site.arrange()
    body = b'{"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."}'
    site.hub.fault("GET", "/(rules/branches/main|branches/main/protection)$", 403, times=99, body=body)
    result = site.check()
    assert (result.code, "Upgrade to GitHub Pro" in result.out) == (6, True), result.all
    assert "The token needs the permission" not in result.out


def test_a_rule_that_is_shown_counts_also_where_another_kind_may_not_be_read(site: Site) -> None:
    site.arrange()
    site.hub.denied.add("protection")
    assert site.states() == {"state-open": "unknown"}


def test_what_is_missing_weighs_more_than_what_is_not_known(site: Site) -> None:
    site.arrange()
    site.hub.denied.add("contents")
    site.hub.environments.clear()
    assert site.check().code == 5


def test_a_token_that_does_not_see_the_repository_ends_with_6(site: Site) -> None:
    site.hub.denied.add("facts")
    result = site.check("--json")
    assert (result.code, "points" in result.json) == (6, False)
    assert "404" in result.json["error"]["message"]


def test_github_that_does_not_answer_ends_with_6(site: Site) -> None:
    site.arrange()
    site.hub.fault("GET", "/environments$", 503, times=99)
    assert site.check().code == 6
    site.hub.faults.clear()
    site.hub.fault("GET", "/rulesets$", 200, times=99, body=b"{}")
    assert site.check().code == 6


def test_an_answer_that_comes_at_the_second_try_is_enough(site: Site) -> None:
    site.arrange()
    site.hub.fault("GET", "/environments$", 503)
    site.hub.fault("GET", "/protection$")
    assert site.check().code == 0


def test_without_a_token_nothing_is_asked_and_the_way_to_one_is_named(site: Site) -> None:
    result = site.check(GITHUB_TOKEN="")
    assert (result.code, site.hub.requests) == (2, [])
    assert "export GITHUB_TOKEN=$(gh auth token)" in result.err


def test_the_repository_is_that_of_the_remote_origin(site: Site) -> None:
    site.arrange()
    git(site.folder, "remote", "add", "origin", f"git@github.com:{REPOSITORY}.git")
    assert site.check(GITHUB_REPOSITORY="").code == 0
    git(site.folder, "remote", "set-url", "origin", "/srv/git/acme/campaigns.git")
    result = site.check(GITHUB_REPOSITORY="")
    assert (result.code, "Set GITHUB_REPOSITORY to OWNER/NAME" in result.err) == (2, True)


def test_the_token_of_another_server_does_not_go_to_github(site: Site) -> None:
    git(site.folder, "remote", "add", "origin", f"git@git.acme.example:{REPOSITORY}.git")
    result = site.check(GITHUB_REPOSITORY="", GITHUB_API_URL="")
    assert (result.code, site.hub.requests) == (2, [])
    assert "https://git.acme.example/api/v3" in result.err
    commands = [line for line in site.check().out.splitlines() if line.startswith("gh ")]
    assert all("git.acme.example" in command for command in commands)


WORKFLOW = ".github/workflows/broadcasts-apply.yml"


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("exec invent-gitops github approved", "exec invent-gitops github approved", "ok"),
        ("# Written by", "# Changed by", "ok"),
        ("permissions: {}", "permissions: write-all", "loose"),
        ("      cancel-in-progress: false\n", "", "loose"),
        (ACTION, "acme/invent-gitops@main", "loose"),
        ("actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", f"actions/checkout@{'b' * 40}", "ok"),
        ("actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "actions/checkout@v6", "loose"),
        ("      queue: max\n", "", "ok"),
    ],
)
def test_a_workflow_is_compared_with_what_this_version_writes(site: Site, old: str, new: str, state: str) -> None:
    site.arrange()
    text = str(site.hub.files[WORKFLOW])
    assert old in text
    site.hub.files[WORKFLOW] = text.replace(old, new)
    if "queue" in old:
        site.hub.files[WORKFLOW] = workflow_texts(Wording(ACTION, queue=False))[WORKFLOW]
    assert site.points()[f"workflow:{WORKFLOW}"]["state"] == state


def test_a_workflow_that_differs_is_written_anew_by_its_commands(site: Site) -> None:
    site.arrange()
    site.hub.files[WORKFLOW] = str(site.hub.files[WORKFLOW]).replace("permissions: {}", "permissions: write-all")
    point = site.points()[f"workflow:{WORKFLOW}"]
    assert "It differs from line 17 on." in point["detail"]
    assert point["commands"] == [f"rm {WORKFLOW}", f"invent-gitops init --github --branch main --action {ACTION}"]


@pytest.mark.parametrize("publish", ["pages", "artifact"])
def test_workflow_that_publishes_is_compared_only_where_it_is_there(site: Site, publish: Publish) -> None:
    name = ".github/workflows/broadcasts-publish.yml"
    site.arrange()
    assert f"workflow:{name}" not in site.points()
    site.push(**workflow_texts(Wording(ACTION, publish=publish)))
    assert site.points()[f"workflow:{name}"]["state"] == "ok"
    site.hub.files[name] = str(site.hub.files[name]).replace("permissions: {}", "permissions: write-all")
    point = site.points()[f"workflow:{name}"]
    assert point["state"] == "loose"
    assert point["commands"][1].endswith(f" --publish {publish}")


def test_workflows_of_the_sandbox_need_no_key(site: Site) -> None:
    site.arrange()
    site.push(**workflow_texts(Wording(ACTION, sandbox=True)))
    site.hub.environment_secrets.clear()
    points = site.points()
    assert not any(name.startswith("secret") for name in points)
    assert site.check().code == 0


@pytest.mark.parametrize(
    ("owners", "missing"),
    [
        ("* @acme/all\n", set()),
        ("/invent.yaml @acme/o\n/.github/ @acme/o\n", {"segments.yaml"}),
        ("* @acme/all\n/segments.yaml\n", {"segments.yaml"}),
        ("* @acme/all\n/.github/workflows/\n", {".github/"}),
        ("* @acme/all\n/.github/workflows/broadcasts-apply.yml\n", {".github/"}),
        ("/invent.yaml @TEAM\n*.yaml @acme/o\n/.github/** @acme/o\n/invent.yaml @TEAM\n", {"invent.yaml"}),
    ],
)
def test_the_last_line_of_code_owners_that_fits_a_path_counts(site: Site, owners: str, missing: set[str]) -> None:
    site.arrange()
    site.hub.files[".github/CODEOWNERS"] = owners
    assert site.states() == {f"owners:{path}": "missing" for path in missing}


def test_code_owners_are_looked_for_where_github_looks(site: Site) -> None:
    site.arrange()
    del site.hub.files[".github/CODEOWNERS"]
    site.hub.files["docs/CODEOWNERS"] = "* @acme/all\n"
    assert site.check().code == 0
    site.hub.files["CODEOWNERS"] = "/invent.yaml @acme/all\n"
    assert site.states() == {"owners:segments.yaml": "missing", "owners:.github/": "missing"}


def arrange_workspaces(site: Site) -> None:
    """Two workspaces with a key each; their environments are as they should be, and hold nothing."""
    site.arrange()
    (site.folder / "invent.yaml").write_text(
        "workspaces:\n"
        "  acme: {org: o1, state: {branch: broadcast-state-acme}}\n"
        "  globex: {org: o2, key: INVENT_API_KEY_GLOBEX}\n",
        encoding="utf-8",
    )
    site.push(**workflow_texts(Wording(ACTION, keys=("INVENT_API_KEY", "INVENT_API_KEY_GLOBEX"))))
    site.hub.add_environment("broadcasts-acme", "main")
    site.hub.add_environment("broadcasts-globex", "main")


def about_environments(site: Site) -> dict[str, str]:
    """The states of the points about environments and keys that are not well, by the id alone."""
    points = site.check("--json").json["points"]
    subjects = ("environment", "secret")
    return {
        point["id"]: point["state"] for point in points if point["state"] != "ok" and point["id"].startswith(subjects)
    }


def test_each_workspace_has_its_key_its_state_and_its_catalogue(site: Site) -> None:
    arrange_workspaces(site)
    site.hub.environment_secrets["broadcasts-acme"] = {"INVENT_API_KEY"}
    assert site.states() == {
        "state-deletion:acme": "missing",
        "state-force-push:acme": "missing",
        "state-place:globex": "missing",
        "secret:INVENT_API_KEY_GLOBEX:broadcasts-globex:globex": "missing",
        "owners:acme/segments.yaml": "missing",
        "owners:globex/segments.yaml": "missing",
    }


def test_the_one_environment_of_an_older_version_holds_no_key_of_a_workspace(site: Site) -> None:
    arrange_workspaces(site)
    site.hub.environment_secrets = {"broadcasts": {"INVENT_API_KEY", "INVENT_API_KEY_GLOBEX"}}
    del site.hub.environments["broadcasts-globex"]
    assert about_environments(site) == dict.fromkeys(
        (
            "environment:broadcasts-globex",
            "environment-branch:broadcasts-globex",
            "secret:INVENT_API_KEY:broadcasts-acme",
            "secret:INVENT_API_KEY_GLOBEX:broadcasts-globex",
        ),
        "missing",
    )
    lines = site.check().out.splitlines()
    assert "gh secret set INVENT_API_KEY --env broadcasts-acme --repo acme/campaigns" in lines
    commands = [line for line in lines if "broadcasts-globex" in line and line.startswith("gh ")]
    assert run_commands(site, commands) == ["set broadcasts-globex INVENT_API_KEY_GLOBEX"]
    site.hub.environment_secrets["broadcasts-globex"] = {"INVENT_API_KEY_GLOBEX"}
    assert about_environments(site) == {"secret:INVENT_API_KEY:broadcasts-acme": "missing"}


def test_an_environment_that_holds_the_key_of_another_workspace_is_loose(site: Site) -> None:
    arrange_workspaces(site)
    both = {"INVENT_API_KEY", "INVENT_API_KEY_GLOBEX"}
    site.hub.environment_secrets |= {"broadcasts-acme": both, "broadcasts-globex": {"INVENT_API_KEY_GLOBEX"}}
    assert about_environments(site) == {"environment-keys:broadcasts-acme": "loose"}
    point = site.points()["environment-keys:broadcasts-acme:acme"]
    assert point["detail"] == "It holds INVENT_API_KEY_GLOBEX too."
    assert run_commands(site, point["commands"]) == ["delete broadcasts-acme INVENT_API_KEY_GLOBEX"]
    site.hub.environment_secrets["broadcasts-acme"] = {"INVENT_API_KEY"}
    assert about_environments(site) == {}


def test_a_key_in_another_environment_that_every_branch_may_use_is_loose(site: Site) -> None:
    site.arrange()
    site.hub.environments["Staging"] = {"name": "Staging", "deployment_branch_policy": None, "protection_rules": []}
    assert site.states() == {}
    site.hub.environment_secrets["Staging"] = {"INVENT_API_KEY"}
    point = site.points()["secret-elsewhere:INVENT_API_KEY"]
    assert (point["state"], "`Staging` holds it" in point["detail"]) == ("loose", True)
    assert run_commands(site, point["commands"]) == ["delete Staging INVENT_API_KEY"]
    site.hub.add_environment("Staging", "main")
    assert site.states() == {}


@pytest.mark.parametrize("part", ["environments", "environment-secrets"])
def test_whether_an_environment_holds_another_key_is_not_known_where_its_keys_are_not_shown(
    site: Site, part: str
) -> None:
    arrange_workspaces(site)
    site.hub.denied.add(part)
    states = about_environments(site)
    assert states["environment-keys:broadcasts-acme"] == states["environment-keys:broadcasts-globex"] == "unknown"


def test_a_key_of_the_repository_is_deleted_after_every_environment_has_its_own(site: Site) -> None:
    arrange_workspaces(site)
    text = (site.folder / "invent.yaml").read_text(encoding="utf-8")
    (site.folder / "invent.yaml").write_text(text.replace("key: INVENT_API_KEY_GLOBEX", ""), encoding="utf-8")
    site.hub.secrets = {"INVENT_API_KEY"}
    lines = site.check().out.splitlines()
    assert [line.partition(" --repo")[0] for line in lines if line.startswith("gh secret")] == [
        "gh secret set INVENT_API_KEY --env broadcasts-acme",
        "gh secret set INVENT_API_KEY --env broadcasts-globex",
        "gh secret delete INVENT_API_KEY",
    ]
    assert not any("environment-keys" in name for name in site.points()), "all have the same key"


def test_commands_that_ask_for_a_key_are_not_pasted_together_with_others(site: Site) -> None:
    site.arrange()
    site.hub.rulesets.clear()
    advice = "Paste them one by one: gh secret set asks for the key."
    assert all(advice not in site.check("--format", form).out for form in ("text", "markdown"))
    site.hub.environment_secrets.clear()
    assert all(advice in site.check("--format", form).out for form in ("text", "markdown"))


def test_workflows_are_written_anew_after_all_of_them_are_deleted(site: Site) -> None:
    site.arrange()
    paths = [f".github/workflows/broadcasts-{name}.yml" for name in ("apply", "plan")]
    for path in paths:
        site.hub.files[path] += "# changed\njobs2: {}\n"
    lines = [line for line in site.check().out.splitlines() if line.startswith(("rm ", "invent-gitops "))]
    assert sorted(lines[:-1]) == [f"rm {path}" for path in paths]
    assert lines[-1].startswith("invent-gitops init --github")


def test_a_project_in_a_folder_has_names_and_paths_of_its_own(site: Site) -> None:
    folder = site.folder / "eu"
    folder.mkdir()
    (site.folder / "invent.yaml").rename(folder / "invent.yaml")
    site.arrange()
    site.push(**workflow_texts(Wording(ACTION, folder="eu")))
    below = Site(site.hub, folder)
    states = below.states()
    assert {"environment", "main-check", "owners:eu/invent.yaml"} <= set(states)
    assert "requires the check Validate eu" in below.points()["main-check"]["title"]
    assert below.points()["owners:eu/invent.yaml"]["commands"] == [
        "echo '/eu/invent.yaml @TEAM' >> ../.github/CODEOWNERS"
    ]


def test_a_state_on_another_remote_cannot_be_judged_here(site: Site) -> None:
    site.arrange()
    text = "state: {branch: broadcast-state, remote: records}\n"
    (site.folder / "invent.yaml").write_text(text, encoding="utf-8")
    assert set(site.states().values()) == {"unknown"}


def test_the_branch_is_that_of_the_project_unless_it_is_named(site: Site) -> None:
    site.arrange()
    (site.folder / "invent.yaml").write_text(
        "applies_from: release\nstate: {branch: broadcast-state}\n", encoding="utf-8"
    )
    assert site.check("--json").json["branch"] == "release"
    assert site.check("--json", "--branch", "main").json["branch"] == "main"


def test_the_markdown_has_a_row_for_each_point_and_a_block_of_commands(site: Site) -> None:
    site.push()
    result = site.check("--format", "markdown")
    assert result.code == 5
    assert result.out.startswith("### ⚠️ Set-up of acme/campaigns, applied from `main`\n")
    assert "| ❌ missing | The environment broadcasts exists." in result.out
    assert "| ✅ ok | " in result.out
    block = result.out.split("```sh\n")[1].split("\n```")[0].splitlines()
    assert all(line.startswith(("gh ", "printf ")) for line in block)
    failed = site.check("--format", "markdown", GITHUB_TOKEN="nobody")
    assert (failed.code, failed.out.startswith("### ⛔ The set-up was not checked\n")) == (6, True)
