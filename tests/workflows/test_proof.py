"""From an empty repository to a broadcast: the scripts of the workflows, run in order as GitHub would run them.

Real are git with a bare remote, bash, the program as processes of its own, Invent's sandbox over HTTP, and HTTP to the
stand-in for GitHub's API.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from invent_gitops.sandbox.server import Server
from tests.branch_repository import Hub, git
from tests.github.standin import TOKEN, StandIn, standing_in
from tests.running import KEY, ROOT, WHEN, account, call, invent, live
from tests.workflows.runner import Job, Runner

ACTION = "somebody/invent-gitops@" + "a1" * 20
COMMENT = "Show it in the pull request"
OUTCOME = "Write the outcome into the pull request"


@dataclass
class World:
    """A repository on a stand-in for GitHub, a person's clone of it, and the Invent that its workflows speak to."""

    folder: Path
    hub: StandIn
    server: Server
    remote: Path
    clone: Path
    key: str = KEY
    base: Path = field(init=False)
    secrets: dict[str, str] = field(default_factory=dict)  # beside the key
    variables: dict[str, str] = field(default_factory=dict)  # what the workflow itself sets for every step

    def __post_init__(self) -> None:
        self.hub.remote = self.remote
        self.base = self.clone / ".github" / "workflows"

    def commit(self, message: str) -> str:
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--allow-empty", "-m", message)
        return git(self.clone, "rev-parse", "HEAD")

    def push(self) -> str:
        git(self.clone, "push", "--quiet", "origin", "HEAD:main")
        return git(self.clone, "rev-parse", "HEAD")

    def open_pull(self, number: int, message: str = "A new campaign") -> str:
        """Commit what is in the clone to a pull request, new or not; returns the commit that GitHub makes to try it."""
        head = self.commit(message)
        if number in self.hub.pulls:
            self.hub.push(number, head)
        else:
            self.hub.add_pull(number, head)
        git(self.clone, "push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{number}/head")
        git(self.clone, "checkout", "--quiet", "--detach", "origin/main")
        git(self.clone, "merge", "--quiet", "--no-ff", head, "-m", "Made by GitHub for the run")
        tried = git(self.clone, "rev-parse", "HEAD")
        git(self.clone, "push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{number}/merge")
        git(self.clone, "checkout", "--quiet", head)
        return tried

    def merge(self, number: int) -> str:
        """As one squashed commit on main, as many teams do it."""
        head = git(self.clone, "rev-parse", f"{self.hub.pulls[number]['head']['sha']}")
        git(self.clone, "fetch", "--quiet", "origin", "main")
        git(self.clone, "checkout", "--quiet", "--detach", "origin/main")
        before = git(self.clone, "rev-parse", "HEAD")
        git(self.clone, "merge", "--quiet", "--squash", head)
        sha = self.commit(f"A new campaign (#{number})")
        self.push()
        git(self.clone, "fetch", "--quiet", "origin")
        self.hub.merge(number, sha, before=before)
        return sha

    def run(self, name: str, event: str, sha: str, *, pull: int = 0, fork: bool = False, **inputs: str) -> Job:
        given = self.hub.environment(
            self.folder / "event",
            pull=pull,
            push="" if pull else sha,
            message=git(self.clone, "log", "-1", "--format=%B", sha),
            fork=fork,
            token="",
            before=self.before(sha),
        )
        variables = given | {"INVENT_BASE_URL": self.server.url, "TOKEN": TOKEN} | self.variables
        if not pull:
            variables["GITHUB_REF"] = "refs/heads/main"
        runner = Runner(self.folder, self.remote, variables, secrets={"INVENT_API_KEY": self.key, **self.secrets})
        (path,) = self.base.glob(f"*-{name}.yml")
        return runner.run(path, event, sha, inputs=inputs)

    def before(self, sha: str) -> str:
        """Where the branch was before a push of this commit; zeros for the first."""
        return next(iter(git(self.clone, "rev-list", "--parents", "-1", sha).split()[1:]), "0" * 40)

    @property
    def comment(self) -> str:
        (body,) = self.hub.bodies(7)
        return body

    @property
    def created(self) -> list[str]:
        return sorted(live(self.server))


def new_repository(folder: Path) -> tuple[Path, Path]:
    remote, clone = folder / "remote.git", folder / "clone"
    git(folder, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(remote))
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main", str(clone))
    git(clone, "remote", "add", "origin", str(remote))
    return remote, clone


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    remote, clone = new_repository(tmp_path)
    with invent(key=KEY) as server, standing_in() as hub:
        yield World(tmp_path, hub, server, remote, clone)


@pytest.fixture
def started(world: World) -> World:
    """A repository with workflows, an empty folder of definitions, and nothing applied."""
    assert call(world.clone, "init", "--github", "--action", ACTION).code == 0
    (world.clone / "broadcasts" / "welcome.yaml").unlink()
    (world.clone / "broadcasts" / ".keep").touch()
    world.commit("Broadcasts as code")
    world.push()
    git(world.clone, "fetch", "--quiet", "origin")
    return world


def define(world: World, key: str, when: str = WHEN) -> None:
    text = f"name: Campaign {key}\nschedule: {when}\nsegments: [vip]\n"
    (world.clone / "broadcasts" / f"{key}.yaml").write_text(text, encoding="utf-8")


def test_one_command_and_one_commit_make_a_repository_whose_workflows_all_run(world: World) -> None:
    assert call(world.clone, "init", "--github", "--action", ACTION).code == 0
    world.commit("Broadcasts as code")
    sha = world.push()
    for name, event in (("validate", "merge_group"), ("apply", "push"), ("drift", "schedule")):
        done = world.run(name, event, sha)
        assert done.conclusion == "success", done.log
    assert world.created == ["Welcome to our newsletter"]
    assert "came without a pull request" in world.run("apply", "push", sha).log
    assert world.created == ["Welcome to our newsletter"]
    assert world.hub.issues == []


def test_comment_links_to_the_calendar_of_its_run(started: World) -> None:
    define(started, "spring")
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert planned.conclusion == "success", planned.log
    address = "https://github.com/acme/campaigns/actions/runs/77/artifacts/1"
    assert f"[Calendar of this change]({address})" in started.comment
    page = (started.folder / "artifacts" / "broadcasts-calendar" / "calendar.html").read_text("utf-8")
    assert "Campaign spring" in page


def test_calendar_and_its_feed_are_published_after_each_apply_without_a_key(world: World) -> None:
    assert call(world.clone, "init", "--github", "--action", ACTION, "--publish", "artifact").code == 0
    (world.clone / "broadcasts" / "welcome.yaml").unlink()
    define(world, "spring")
    sha = world.commit("Broadcasts as code")
    world.push()
    assert world.run("apply", "push", sha).conclusion == "success"
    asked = len(world.server.sandbox.requests)
    done = world.run("publish", "workflow_run", sha)
    assert done.conclusion == "success", done.log
    site = world.folder / "artifacts" / "broadcasts-site" / "site"
    assert "Campaign spring" in (site / "index.html").read_text("utf-8")
    feed = (site / "calendar.ics").read_text("utf-8")
    assert "Campaign spring" in feed
    assert "Campaign spring" in (site / "status.txt").read_text("utf-8")
    assert len(world.server.sandbox.requests) == asked
    assert done.step("Bring the feed of the last run").outcome == "success"

    define(world, "summer")
    (world.clone / "broadcasts" / "spring.yaml").unlink()
    sha = world.commit("Another one")
    world.push()
    done = world.run("publish", "workflow_run", sha)
    assert done.conclusion == "success", done.log
    assert (site / "calendar.ics").read_text("utf-8").count("BEGIN:VEVENT") == 2
    assert (world.folder / "cache" / "calendar.ics").read_text("utf-8") == (site / "calendar.ics").read_text("utf-8")


@pytest.mark.parametrize("damage", ["cut off", "another file", "empty"])
def test_a_damaged_feed_is_begun_anew_with_a_warning_and_publishing_goes_on(world: World, damage: str) -> None:
    assert call(world.clone, "init", "--github", "--action", ACTION, "--publish", "artifact").code == 0
    sha = world.commit("Broadcasts as code")
    world.push()
    assert world.run("publish", "workflow_run", sha).conclusion == "success"
    kept = world.folder / "cache" / "calendar.ics"
    good = kept.read_text("utf-8")
    kept.write_text(
        {"cut off": good[: good.index("END:VEVENT")], "another file": "<html>", "empty": ""}[damage], encoding="utf-8"
    )
    done = world.run("publish", "workflow_run", sha)
    assert done.conclusion == "success", done.log
    assert ("::warning title=publish::The feed of the last run is damaged." in done.log) == (damage != "empty")
    assert kept.read_text("utf-8").count("BEGIN:VEVENT") == good.count("BEGIN:VEVENT") == 1


def test_what_cannot_be_drawn_is_red_and_leaves_the_feed_as_it_is(world: World) -> None:
    assert call(world.clone, "init", "--github", "--action", ACTION, "--publish", "artifact").code == 0
    sha = world.commit("Broadcasts as code")
    world.push()
    assert world.run("publish", "workflow_run", sha).conclusion == "success"
    kept = (world.folder / "cache" / "calendar.ics").read_bytes()
    (world.clone / "broadcasts" / "welcome.yaml").write_text("name: x\nshedule: now\n", encoding="utf-8")
    sha = world.commit("A mistake")
    world.push()
    done = world.run("publish", "workflow_run", sha)
    assert (done.conclusion, done.step("Draw the page").code) == ("failure", 4), done.log
    assert "damaged" not in done.log
    assert (world.folder / "cache" / "calendar.ics").read_bytes() == kept


def test_comment_is_there_without_a_calendar(started: World) -> None:
    define(started, "spring")
    path = started.base / "broadcasts-plan.yml"
    text = path.read_text("utf-8")
    path.write_text(text.replace(" calendar --out", " calendar --month never --out"), encoding="utf-8")
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert (planned.conclusion, planned.step("Draw the calendar").code) == ("success", 2), planned.log
    assert planned.step("Upload the calendar").outcome == "skipped"
    assert "1 broadcast to create" in started.comment
    assert "Calendar of this change" not in started.comment


def test_a_pull_request_is_planned_merged_applied_and_never_applied_again(started: World) -> None:
    define(started, "spring")
    tried = started.open_pull(7)
    assert started.run("validate", "pull_request", tried, pull=7).conclusion == "success"
    planned = started.run("plan", "pull_request", tried, pull=7)
    assert planned.conclusion == "success", planned.log
    assert "1 broadcast to create" in started.comment
    assert planned.step("Plan").outputs["creates"] == "1"

    # Another commit: the comment is marked while the new plan is made, and then shows that one.
    define(started, "summer")
    tried = started.open_pull(7, "And another one")
    planned = started.run("plan", "pull_request", tried, pull=7)
    assert "2 broadcasts to create" in started.comment
    assert "Outdated" not in started.comment
    edits = [str(one.body["body"]) for one in started.hub.requests if one.method == "PATCH"]
    assert ["Outdated" in body for body in edits] == [True, False]

    merged = started.merge(7)
    applied = started.run("apply", "push", merged)
    assert applied.conclusion == "success", applied.log
    assert applied.step("Find what was approved").outputs["digest"] == planned.step("Plan").outputs["digest"]
    assert started.created == ["Campaign spring", "Campaign summer"]
    assert "2 broadcasts created" in started.comment
    assert applied.step("Apply").outputs["created"] == "2"
    assert Hub(started.remote).ids.keys() == {"spring", "summer"}

    # The job is run again, at the same old commit, and shows the ids again.
    again = started.run("apply", "push", merged)
    assert again.conclusion == "success", again.log
    assert "2 broadcasts were created already, by another run" in started.comment
    assert "2 broadcasts were created already, by another run" in again.summary
    for id in live(started.server).values():
        assert f"`{id}`" in started.comment
        assert f"`{id}`" in again.summary
    assert again.step("Apply").outputs["ids"] == applied.step("Apply").outputs["ids"]
    assert (again.step("Apply").outputs["created"], again.step("Apply").outputs["already_created"]) == ("0", "2")
    assert started.created == ["Campaign spring", "Campaign summer"]
    assert len(started.hub.comments(7)) == 1
    assert started.run("drift", "schedule", merged).conclusion == "success"
    assert started.hub.issues == []


def test_what_was_merged_is_refused_if_it_is_not_what_was_approved(started: World) -> None:
    define(started, "spring")
    tried = started.open_pull(7)
    started.run("plan", "pull_request", tried, pull=7)
    # The time is changed by one minute on the way into main.
    git(started.clone, "checkout", "--quiet", "--detach", "origin/main")
    define(started, "spring", WHEN.replace("09:00", "09:01"))
    sha = started.commit("A new campaign (#7)")
    started.push()
    started.hub.merge(7, sha)
    done = started.run("apply", "push", sha)
    assert done.step("Apply").code == 5, done.log
    assert started.created == []
    # Each field that differs is named, with both values, wherever people look.
    then, now = WHEN, WHEN.replace("09:00", "09:01")
    told = f"spring has another scheduled_at ('{then}' was approved, now '{now}')"
    log = done.step("Apply").log
    assert f"Error: The plan differs from the approved one: {told}." in log
    [annotation] = [line for line in log.split("\n") if line.startswith("::error")]
    assert told in annotation
    for page in (done.summary, started.comment):
        assert told in html.unescape(page).replace("\u200b", "")
    # Somebody looks at it, and approves the plan of main by hand.
    elsewhere = call(started.clone, "plan", "--json").json["digest"]
    assert started.run("apply", "workflow_dispatch", sha, approved=elsewhere).step("Apply").code == 5
    assert started.created == [], "the digest of another account"
    plan = call(started.clone, "plan", "--json", env=account(started.server.url))
    done = started.run("apply", "workflow_dispatch", sha, approved=plan.json["digest"])
    assert done.conclusion == "success", done.log
    assert done.step("Find what was approved").outcome == "skipped"
    assert started.created == ["Campaign spring"]
    assert "1 broadcast created" in started.comment


def test_a_pull_request_that_loosens_the_rules_says_so_first_and_creates_nothing_with_the_guard(started: World) -> None:
    rules = (started.clone / "invent.yaml").read_text("utf-8") + "  audience_cap: 2000\n"
    names = "vip: {id: seg_vip, contacts_count: 1240}\n"
    (started.clone / "invent.yaml").write_text(rules + "  loosening: refuse\n", encoding="utf-8")
    (started.clone / "segments.yaml").write_text(names, encoding="utf-8")
    started.commit("The rules")
    started.push()
    git(started.clone, "fetch", "--quiet", "origin")

    # The cap is raised, the name means other people, and the guard is gone, in the pull request that adds the send.
    (started.clone / "invent.yaml").write_text(rules.replace("2000", "900000"), encoding="utf-8")
    (started.clone / "segments.yaml").write_text(names.replace("seg_vip", "seg_all").replace("1240", "412000"), "utf-8")
    define(started, "spring")
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert planned.step("Plan").code == 5, planned.log
    for page in (started.comment, planned.summary):
        title = page.index("3 rules were made weaker since main")
        lines = [line for line in page[title : page.index("Held back")].split("\n") if "→" in line]
        assert [line.split("`")[1] for line in lines] == ["policies.audience_cap", "policies.loosening", "segment vip"]
    assert [line.split(",")[0] for line in planned.log.split("\n") if "title=weaker rule" in line] == [
        *["::error file=invent.yaml"] * 2,
        "::error file=segments.yaml",
    ]

    merged = started.merge(7)
    for _ in "ab":
        applied = started.run("apply", "push", merged)
        assert applied.step("Apply").code == 5, applied.log
        assert "policies.loosening refuses to create anything together with weaker rules" in applied.step("Apply").log
        assert started.created == []

    # Nor is it approved for a run by hand, which has no base: the plan that people saw creates nothing.
    by_hand = started.run("apply", "workflow_dispatch", merged)
    assert by_hand.step("Apply").code == 5, by_hand.log
    assert by_hand.step("Find what was approved").outputs["digest"] == "unapproved"
    assert started.created == []

    # By then the rules are those of main, and another pull request shows what they let through.
    (started.clone / "README.md").write_text("Now with the new rules\n", encoding="utf-8")
    planned = started.run("plan", "pull_request", started.open_pull(8, "Send it"), pull=8)
    assert planned.conclusion == "success", planned.log
    assert "1 broadcast to create" in started.hub.bodies(8)[0]
    applied = started.run("apply", "push", started.merge(8))
    assert applied.conclusion == "success", applied.log
    assert started.created == ["Campaign spring"]


def test_a_checkout_without_the_history_is_refused_with_the_guard_and_not_without(started: World) -> None:
    for name in ("plan", "apply"):
        (path,) = started.base.glob(f"*-{name}.yml")
        shallow = re.sub(r" *fetch-depth: 0.*\n", "", path.read_text("utf-8"))
        path.write_text(shallow, encoding="utf-8")
    define(started, "spring")
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert planned.conclusion == "success", planned.log
    assert "fetch-depth: 0 at actions/checkout" in started.comment
    with (started.clone / "invent.yaml").open("a", encoding="utf-8") as project:
        project.write("  loosening: refuse\n")
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert planned.step("Plan").code == 5, planned.log
    applied = started.run("apply", "push", started.merge(7))
    assert applied.step("Apply").code == 5, applied.log
    assert "this clone has no branch or commit" in applied.step("Apply").log
    assert started.created == []


def test_a_merge_that_nobody_could_have_reviewed_creates_nothing(started: World) -> None:
    define(started, "spring")
    started.open_pull(7)
    sha = started.merge(7)
    done = started.run("apply", "push", sha)
    assert (done.conclusion, done.step("Apply").code) == ("failure", 5), done.log
    found = done.step("Find what was approved")
    assert (found.code, found.outputs["digest"], found.outputs["plan"]) == (0, "unapproved", "")
    assert "::notice title=no approved plan::" in found.log
    assert "is not there" in found.outputs["reason"]
    assert started.created == []
    for told in (done.step("Apply").log, done.summary, started.comment):
        assert "No approved plan was found, and 1 would be created (spring)" in told
        assert "Then run the workflow by hand with its digest" in told


def test_a_merge_that_creates_nothing_needs_no_evidence(started: World) -> None:
    (started.clone / "README.md").write_text("Hello\n", encoding="utf-8")
    tried = started.open_pull(7)
    started.hub.writable = False
    assert started.run("plan", "pull_request", tried, pull=7, fork=True).conclusion == "success"
    started.hub.writable = True
    done = started.run("apply", "push", started.merge(7))
    assert done.conclusion == "success", done.log
    assert "::warning" not in done.log
    assert started.hub.comments(7) == []


def test_a_plan_that_is_too_large_for_its_comment_is_applied_by_its_digest(started: World) -> None:
    (started.clone / "invent.yaml").write_text("state: {branch: broadcast-state}\n", encoding="utf-8")
    define(started, "spring")
    tried = started.open_pull(7)
    started.run("plan", "pull_request", tried, pull=7)
    comment = started.hub.comments(7)[0]
    # As it is left where there is no room for it.
    first, _, rest = comment["body"].split("\n", 2)
    comment["body"] = f"{first}\n{rest}"
    done = started.run("apply", "push", started.merge(7))
    assert done.conclusion == "success", done.log
    assert done.step("Find what was approved").outputs["plan"] == ""
    assert started.created == ["Campaign spring"]


def test_a_failed_apply_says_so_in_the_comment_and_can_be_run_again(started: World) -> None:
    define(started, "spring")
    tried = started.open_pull(7)
    started.run("plan", "pull_request", tried, pull=7)
    sha = started.merge(7)
    started.key = "not-the-key-of-anybody"
    failed = started.run("apply", "push", sha)
    assert failed.step("Apply").code == 6, failed.log
    assert "not created" in started.comment
    assert started.created == []
    drift = started.run("drift", "schedule", sha)
    assert drift.conclusion == "success", drift.log
    assert [issue["state"] for issue in started.hub.issues] == ["open"]
    started.key = KEY
    again = started.run("apply", "push", sha)
    assert again.conclusion == "success", again.log
    assert started.created == ["Campaign spring"]
    assert "1 broadcast created" in started.comment
    started.run("drift", "schedule", sha)
    assert [issue["state"] for issue in started.hub.issues] == ["closed"]


def test_a_fork_sees_its_plan_in_the_summary_and_nothing_fails(started: World) -> None:
    define(started, "spring")
    tried = started.open_pull(7)
    started.hub.writable = False
    done = started.run("plan", "pull_request", tried, pull=7, fork=True)
    assert done.conclusion == "success", done.log
    assert started.hub.comments(7) == []
    assert "1 broadcast to create" in done.summary
    assert "::notice" in done.step(COMMENT).log


def test_a_broken_definition_is_told_at_its_line_and_in_the_comment(started: World) -> None:
    (started.clone / "broadcasts" / "spring.yaml").write_text("name: x\nshedule: now\n", encoding="utf-8")
    tried = started.open_pull(7)
    validated = started.run("validate", "pull_request", tried, pull=7)
    assert validated.conclusion == "failure"
    assert "::error file=broadcasts/spring.yaml,line=2" in validated.log
    planned = started.run("plan", "pull_request", tried, pull=7)
    assert planned.conclusion == "failure"
    assert planned.step(COMMENT).outcome == "success", planned.log
    assert "problem" in started.comment


def test_nothing_secret_stands_in_any_log(started: World) -> None:
    define(started, "spring")
    tried = started.open_pull(7)
    logs = [started.run("plan", "pull_request", tried, pull=7)]
    sha = started.merge(7)
    logs += [started.run(name, event, sha) for name, event in (("apply", "push"), ("drift", "schedule"))]
    for job in logs:
        assert KEY not in job.log + job.summary
        assert TOKEN not in job.log + job.summary
    # Nor does a checkout keep it.
    assert TOKEN not in (started.folder / "workspace" / ".git" / "config").read_text("utf-8")


def test_the_workflows_of_this_repository_run_on_its_examples(tmp_path: Path) -> None:
    remote, clone = new_repository(tmp_path)
    for name in ("examples", "schemas", ".github"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("invent.s*"))
    with invent() as server, standing_in() as hub:
        ours = World(tmp_path, hub, server, remote, clone)
        ours.commit("The examples")
        sha = ours.push()
        git(clone, "fetch", "--quiet", "origin")
        first, second = ours.run("apply", "push", sha), ours.run("apply", "push", sha)
        assert first.conclusion == second.conclusion == "success", first.log + second.log
        assert first.step("Apply").outputs["created"] == "4"
        # The state of the sandbox stays on its runner, so that each run begins with an empty one.
        assert second.step("Apply").outputs["created"] == "4"
        assert git(remote, "branch", "--list", "broadcast-state-examples") == ""
        (clone / "examples" / "broadcasts" / "extra.yaml").write_text(
            "name: One more\nschedule: 2099-05-01T09:00\nsegments: [vip-customers]\n", encoding="utf-8"
        )
        tried = ours.open_pull(7)
        for name in ("validate", "plan"):
            done = ours.run(name, "pull_request", tried, pull=7)
            assert done.conclusion == "success", done.log
        assert "5 broadcasts to create" in ours.comment
        assert re.search(r"blob/[0-9a-f]{40}/examples/broadcasts/extra\.yaml#L", ours.comment)
        merged = ours.merge(7)
        assert ours.run("apply", "push", merged).conclusion == "success"
        assert "5 broadcasts created" in ours.comment
        assert ours.run("drift", "schedule", merged).conclusion == "success"
        assert live(server) == {}, "the sandbox is the program's own"


def test_an_old_run_that_is_started_again_does_not_send_what_was_taken_back(started: World) -> None:
    define(started, "kept")
    define(started, "taken-back")
    define(started, "moved")
    tried = started.open_pull(7)
    started.run("plan", "pull_request", tried, pull=7)
    old = started.merge(7)
    started.key = "not-the-key-of-anybody"
    assert started.run("apply", "push", old).conclusion == "failure"
    started.key = KEY
    (started.clone / "broadcasts" / "taken-back.yaml").unlink()
    define(started, "moved", WHEN.replace("09:00", "10:00"))
    newest = started.commit("Not that one, and the other an hour later")
    started.push()
    again = started.run("apply", "push", old)
    assert again.step("Apply").code == 5, again.log
    assert started.created == ["Campaign kept"]
    assert "does not define it any more" in again.log
    assert "defines it differently" in again.log
    assert started.run("apply", "push", newest).step("Apply").code == 5, "nobody has approved what was pushed"
    assert started.created == ["Campaign kept"]
    digest = call(started.clone, "plan", "--json", env=account(started.server.url)).json["digest"]
    done = started.run("apply", "workflow_dispatch", newest, approved=digest)
    assert done.conclusion == "success", done.log
    assert started.created == ["Campaign kept", "Campaign moved"]


REVIEW = "state: {branch: broadcast-state}\nreview: {approvals: 1}\n"


def asked(world: World, review: str = REVIEW) -> None:
    """A pull request with a plan, onto a main whose project file asks for approvals."""
    (world.clone / "invent.yaml").write_text(review, encoding="utf-8")
    world.commit("Let somebody approve")
    world.push()
    git(world.clone, "fetch", "--quiet", "origin")
    define(world, "spring")
    tried = world.open_pull(7)
    assert world.run("plan", "pull_request", tried, pull=7).conclusion == "success"


def test_what_nobody_approved_is_not_created_and_the_summary_says_so(started: World) -> None:
    asked(started)
    assert "👤 **Needs 1 approval** of this commit." in started.comment
    done = started.run("apply", "push", started.merge(7))
    assert (done.conclusion, done.step("Apply").code) == ("failure", 5), done.log
    assert "Pull request #7 needs 1 more approval." in done.step("Find what was approved").log
    assert started.created == []
    for page in (done.step("Apply").log, done.summary, started.comment):
        said = html.unescape(page).replace("\u200b", "")
        assert (
            "No approved plan was found, and 1 would be created (spring). Pull request #7 needs 1 more approval."
            in said
        )
    # Approved after the merge, and run again.
    started.hub.review(7, "alice")
    again = started.run("apply", "push", git(started.clone, "rev-parse", "origin/main"))
    assert (again.conclusion, started.created) == ("success", ["Campaign spring"]), again.log


def test_a_pull_request_that_takes_the_rule_away_is_judged_by_the_old_one(started: World) -> None:
    asked(started)
    (started.clone / "invent.yaml").write_text("state: {branch: broadcast-state}\n", encoding="utf-8")
    tried = started.open_pull(7, "Nobody has to approve any more")
    assert started.run("plan", "pull_request", tried, pull=7).conclusion == "success"
    assert "**Needs 1 approval**" in started.comment
    merged = started.merge(7)
    done = started.run("apply", "push", merged)
    assert (done.step("Apply").code, started.created) == (5, []), done.log
    # Nor does a later run of the same commit, by hand, go by what the pull request has brought.
    assert started.run("apply", "workflow_dispatch", merged).step("Apply").code == 5
    assert started.created == []


def test_who_wrote_approved_and_applied_is_in_the_state_branch_and_in_the_history(started: World) -> None:
    asked(started)
    started.hub.review(7, "alice")
    merged = started.merge(7)
    done = started.run("apply", "push", merged)
    assert done.conclusion == "success", done.log
    assert started.created == ["Campaign spring"]
    git(started.clone, "fetch", "--quiet", "origin")
    trailers = "%(trailers:key=Reviewed-By,key=Written-By,key=Pull-Request,valueonly,separator=%x20)"
    commits = git(started.clone, "log", "--reverse", f"--format={trailers}", "origin/broadcast-state").split("\n")
    signed = "https://github.com/acme/campaigns/pull/7 carol alice"
    # The intent and the result; that the list was read is nobody's pull request.
    assert [line for line in commits if line] == [signed, signed]
    [change] = call(started.clone, "history", "--json").json["changes"]
    assert (change["pull_request"], change["written_by"], change["reviewed_by"]) == (7, "carol", ["alice"])
    assert "    written by carol, approved by alice, applied by " in call(started.clone, "history").out
    assert call(started.clone, "state", "verify").code == 0


def test_a_stranger_cannot_write_trailers_by_the_environment(started: World) -> None:
    asked(started)
    started.hub.review(7, "alice")
    started.variables["INVENT_APPROVALS"] = '[{"pull_request": "x\\nReviewed-By: boss", "author": "", "reviewers": []}]'
    merged = started.merge(7)
    done = started.run("apply", "push", merged)
    # The output of the step before is what counts.
    assert done.conclusion == "success", done.log
    assert "boss" not in git(started.remote, "log", "--format=%B", "broadcast-state")
