"""What must be so on a real engine. Each function is one sentence, and looks at the state that the runs have left."""

from __future__ import annotations

from tests.branch.making import Hub
from tests.engine.world import Repository
from tests.running import WHEN
from tests.workflows.runner import Job
from tests.workflows.test_proof import define


def good(job: Job) -> None:
    assert job.conclusion == "success", job.log


def a_pull_request_is_planned_merged_applied_once_and_watched(repository: Repository) -> None:
    repository.start()
    define(repository, "spring")
    tried = repository.open_pull(7)
    good(repository.run("validate", "pull_request", tried, pull=7))
    good(repository.run("plan", "pull_request", tried, pull=7))
    assert "1 broadcast to create" in repository.comment
    assert repository.created == []
    merged = repository.merge(7)
    good(repository.run("apply", "push", merged))
    assert repository.created == ["Campaign spring"]
    assert Hub(repository.remote).ids.keys() == {"spring"}
    assert "1 broadcast created" in repository.comment
    good(repository.run("apply", "push", merged))
    assert repository.created == ["Campaign spring"]
    assert "created already, by another run" in repository.comment
