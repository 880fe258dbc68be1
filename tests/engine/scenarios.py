"""What must be so on a real engine. Each function is one sentence, and looks at the state that its runs have left."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping

from tests.branch_repository import Hub, git
from tests.engine.world import Repository
from tests.running import WHEN, define, live
from tests.workflows.runner import Job
from tests.workflows.test_workspaces_proof import TWO

EXAMPLES = "broadcast-state-examples"


def green(jobs: Job | Mapping[str, Job]) -> None:
    for name, job in jobs.items() if isinstance(jobs, Mapping) else [("", jobs)]:
        assert job.conclusion == "success", f"{name}\n{job.log}"


def refused(job: Job, step: str = "Apply") -> None:
    assert (job.conclusion, job.step(step).code) == ("failure", 5), job.log


def renewed(jobs: Mapping[str, Job]) -> None:
    """The last step of apply, whose failure would not show in the outcome of its job."""
    for name, job in jobs.items():
        if name != "workspaces":
            step = job.step("Record what Invent shows")
            assert (step.outcome, step.code) == ("success", 0), f"{name}\n{job.log}"


def a_pull_request_is_planned_merged_created_once_and_watched(repository: Repository) -> None:
    repository.start()
    define(repository.clone, "spring")
    tried = repository.open_pull(7)
    green(repository.run("validate", "pull_request", tried, pull=7))
    green(repository.run("plan", "pull_request", tried, pull=7))
    assert "1 broadcast to create" in repository.comment
    assert "[Calendar of this change](http" in repository.comment
    assert repository.created == []

    merged = repository.merge(7)
    applied = repository.run("apply", "push", merged)
    green(applied)
    renewed({"apply": applied})
    assert repository.created == ["Campaign spring"]
    assert Hub(repository.remote).ids == {"spring": live(repository.server)["Campaign spring"]}
    assert "1 broadcast created" in repository.comment
    green(repository.run("apply", "push", merged))
    assert repository.created == ["Campaign spring"]
    assert "1 broadcast was created already, by another run" in repository.comment

    (id,) = live(repository.server).values()
    repository.server.sandbox.update("c", id, name="Changed by hand")
    green(repository.run("drift", "schedule", merged))
    assert [issue["state"] for issue in repository.hub.issues] == ["open"]
    repository.server.sandbox.update("c", id, name="Campaign spring")
    green(repository.run("drift", "schedule", merged))
    assert [issue["state"] for issue in repository.hub.issues] == ["closed"]


def a_project_in_a_subfolder_is_planned_and_created(repository: Repository) -> None:
    repository.start("campaigns")
    define(repository.clone / "campaigns", "spring")
    tried = repository.open_pull(7)
    green(repository.run("plan", "pull_request", tried, pull=7))
    assert re.search(r"/blob/[0-9a-f]{40}/campaigns/broadcasts/spring\.yaml#L", repository.comment)
    green(repository.run("apply", "push", repository.merge(7)))
    assert repository.created == ["Campaign spring"]
    state = json.loads(git(repository.remote, "show", "broadcast-state-campaigns:invent.state.json"))
    assert state["broadcasts"].keys() == {"spring"}


def each_of_several_workspaces_is_planned_and_created_in_its_own_org(repository: Repository) -> None:
    (repository.clone / "invent.yaml").write_text(json.dumps({"workspaces": TWO}), encoding="utf-8")
    for name in TWO:
        (repository.clone / name / "broadcasts").mkdir(parents=True)
        (repository.clone / name / "broadcasts" / ".keep").touch()
    repository.start()
    for name in TWO:
        define(repository.clone, f"spring-{name}", below=f"{name}/broadcasts")
    tried = repository.open_pull(7)
    planned = repository.jobs("plan", "pull_request", tried, pull=7)
    green(planned)
    assert planned.keys() == {"plan"}
    assert len(repository.hub.bodies(7)) == 1
    merged = repository.merge(7)
    applied = repository.jobs("apply", "push", merged)
    green(applied)
    renewed(applied)
    for name, workspace in TWO.items():
        created = repository.server.sandbox.broadcasts(str(workspace["org"]))
        assert [one["name"] for one in created] == [f"Campaign spring-{name}"]
        state = json.loads(git(repository.remote, "show", f"{name}-state:invent.state.json"))
        assert state["broadcasts"][f"spring-{name}"]["id"] == created[0]["id"]
    green(repository.jobs("drift", "schedule", merged))
    assert repository.hub.issues == []


def a_pull_request_of_a_fork_is_planned_without_a_right_and_created_only_by_hand(repository: Repository) -> None:
    repository.start()
    define(repository.clone, "spring")
    tried = repository.open_pull(7)
    planned = repository.run("plan", "pull_request", tried, pull=7, fork=True)
    green(planned)
    assert "1 broadcast to create" in planned.summary
    assert repository.hub.comments(7) == []
    merged = repository.merge(7)
    refused(repository.run("apply", "push", merged))
    assert repository.created == []
    digest = json.loads(repository.command(repository.clone, "plan", "--json"))["digest"]
    green(repository.run("apply", "workflow_dispatch", merged, approved=digest))
    assert repository.created == ["Campaign spring"]


def a_push_that_nobody_reviewed_creates_nothing_once_reviews_are_in_use(repository: Repository) -> None:
    repository.start()
    (repository.clone / "README.md").write_text("Our campaigns\n", encoding="utf-8")
    repository.open_pull(7)
    repository.merge(7)
    define(repository.clone, "spring")
    pushed = repository.commit("Straight to main")
    repository.push()
    refused(repository.run("apply", "push", pushed))
    assert repository.created == []


def what_nobody_has_approved_is_not_created_until_somebody_does(repository: Repository) -> None:
    repository.start()
    project = repository.clone / "invent.yaml"
    project.write_text(project.read_text("utf-8") + "review: {approvals: 1}\n", "utf-8")
    repository.first_push()
    define(repository.clone, "spring")
    green(repository.run("plan", "pull_request", repository.open_pull(7), pull=7))
    assert "**Needs 1 approval** of this commit." in repository.comment
    repository.hub.review(7, "carol")
    merged = repository.merge(7)
    refused(repository.run("apply", "push", merged))
    assert repository.created == []
    said = html.unescape(repository.comment).replace("\u200b", "")
    assert "Pull request #7 needs 1 more approval (carol opened it)." in said
    repository.hub.review(7, "alice")
    green(repository.run("apply", "push", merged))
    assert repository.created == ["Campaign spring"]
    assert "Reviewed-By: alice" in git(repository.remote, "log", "--format=%B", "broadcast-state")


def what_is_not_what_was_approved_is_not_created(repository: Repository) -> None:
    repository.start()
    path = define(repository.clone, "spring") / "spring.yaml"
    tried = repository.open_pull(7)
    green(repository.run("plan", "pull_request", tried, pull=7))
    # The time is changed by one minute on the way into main.
    later = path.read_text(encoding="utf-8").replace(WHEN, WHEN.replace("09:00", "09:01"))
    path.write_text(later, encoding="utf-8")
    changed = repository.commit("A new campaign (#7)")
    repository.push()
    repository.hub.merge(7, changed)
    refused(repository.run("apply", "push", changed))
    assert repository.created == []


def the_workflows_of_this_repository_run_on_its_examples(repository: Repository) -> None:
    shutil.copytree(repository.engine.product, repository.clone, dirs_exist_ok=True)
    sha = repository.first_push()
    green(repository.run("examples-apply", "push", sha))
    refs = git(repository.remote, "for-each-ref", "--format=%(refname)")
    assert EXAMPLES not in refs, "a rehearsal pushes nothing"
    (repository.clone / "examples" / "broadcasts" / "extra.yaml").write_text(
        "name: One more\nschedule: 2099-05-01T09:00\nsegments: [vip-customers]\n", encoding="utf-8"
    )
    tried = repository.open_pull(7)
    green(repository.run("examples-validate", "pull_request", tried, pull=7))
    green(repository.run("examples-plan", "pull_request", tried, pull=7))
    assert "5 broadcasts to create" in repository.comment, "each run begins with an empty sandbox"
    merged = repository.merge(7)
    green(repository.run("examples-apply", "push", merged))
    assert "5 broadcasts created" in repository.comment
    assert "A rehearsal in the sandbox" in repository.comment
    green(repository.run("examples-drift", "schedule", merged))
    assert live(repository.server) == {}, "the sandbox is the program's own"


def the_engine_knows_every_word_of_every_workflow_here(repository: Repository) -> None:
    for path in sorted((repository.engine.product / ".github" / "workflows").glob("*.yml")):
        known = repository.known_to_act(path)
        words = [str(repository.engine.program), "--validate", "--strict", "--workflows", str(known)]
        done = subprocess.run(words, cwd=known.parent, capture_output=True, encoding="utf-8", timeout=60, check=False)
        assert done.returncode == 0, f"{path.name}: {done.stdout}{done.stderr}"
