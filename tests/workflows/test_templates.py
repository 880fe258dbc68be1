"""The workflows as texts: what we promise of every one of them, and that this repository uses its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from invent_gitops import __version__
from invent_gitops.errors import WrongUsage
from invent_gitops.scaffold.workflows import TEMPLATES, Wording, action_reference, own_action, workflow_texts
from tests.running import ROOT
from tests.workflows.runner import load, truth

PINNED = "somebody/invent-gitops@" + "a1" * 20
OURS = ROOT / ".github" / "workflows"
WORDINGS = {
    "root": Wording(PINNED),
    "folder": Wording(PINNED, folder="campaigns/EU & more", branch="release/1"),
    "sandbox": Wording(PINNED, sandbox=True),
    "workspaces": Wording(PINNED, keys=("INVENT_API_KEY", "INVENT_API_KEY_GLOBEX"), publish="pages"),
    "pages": Wording(PINNED, publish="pages"),
    "artifact": Wording(PINNED, folder="campaigns/EU & more", publish="artifact"),
}
# What this repository adds to the templates.
KEEP = """\
      - name: Keep the state of the examples on a branch
        # In a clone it is a file, so that anybody can try them.
        run: |
          echo 'state: {branch: broadcast-state-examples}' >> "$PROJECT/invent.yaml"
"""
# The actions of a workflow that publishes, beside the two of every job.
PUBLISHING = ("cache", "upload-pages-artifact", "upload-artifact", "deploy-pages")
OWN_ACTION = "./ # zizmor: ignore[self-repository]"


def jobs(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["jobs"].values()


def working(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The jobs without the one that only lists the workspaces, which may read the files and nothing else."""
    for name, job in document["jobs"].items():
        if name != "workspaces":
            yield job
        else:
            assert (job["permissions"], "environment" in job) == ({"contents": "read"}, False)


@pytest.fixture(scope="module", params=WORDINGS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The workflows of one wording, by the name of their template."""
    folder = tmp_path_factory.mktemp(request.param)
    found = {}
    for (path, text), name in zip(
        workflow_texts(WORDINGS[request.param]).items(), WORDINGS[request.param].templates, strict=True
    ):
        found[name] = folder / path
        found[name].parent.mkdir(parents=True, exist_ok=True)
        found[name].write_text(text, encoding="utf-8")
    return found


def test_nothing_is_left_open(written: dict[str, Path]) -> None:
    for path in written.values():
        assert not re.search(r"<\w+>", path.read_text("utf-8"))


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_plan_and_apply_have_the_history_that_the_rules_are_compared_with(written: dict[str, Path], name: str) -> None:
    (checkout,) = [step for step in load(written[name])["jobs"][name]["steps"] if "checkout" in step.get("uses", "")]
    assert checkout["with"]["fetch-depth"] == "0"


def judge(*workflows: Path) -> None:
    """Ask outside judges about workflows, which are alone in their folder."""
    tools = Path(sys.executable).parent
    for words in (
        [tools / "zizmor", "--offline", "--strict-collection", "--quiet", workflows[0].parent.parent],
        [tools / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows],
    ):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_outside_judges_have_no_objection(written: dict[str, Path]) -> None:
    judge(*written.values())


@pytest.mark.parametrize("name", ["apply", "drift"])
def test_each_workspace_has_a_job_that_speaks_of_it_alone(name: str) -> None:
    texts = workflow_texts(WORDINGS["workspaces"])
    document = yaml.load(texts[f".github/workflows/broadcasts-{name}.yml"], Loader=yaml.BaseLoader)  # noqa: S506  # ours
    assert list(document["jobs"]) == ["workspaces", name]
    job = document["jobs"][name]
    assert (job["needs"], job["env"]) == ("workspaces", {"WORKSPACE": "${{ matrix.workspace }}"})
    assert job["strategy"] == {"fail-fast": "false", "matrix": "${{ fromJSON(needs.workspaces.outputs.matrix) }}"}
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    named = [script for script in scripts if '--workspace "$WORKSPACE"' in script]
    # What is posted is a document, and says itself which workspace it is of.
    assert [script for script in scripts if script not in named] == [
        script for script in scripts if "github comment" in script or "github issue" in script
    ]
    secrets = {
        step_name: value
        for step in job["steps"]
        for step_name, value in step.get("env", {}).items()
        if "KEY" in step_name
    }
    keys = WORDINGS["workspaces"].keys
    assert secrets == {key: f"${{{{ matrix.key == '{key}' && secrets.{key} || '' }}}}" for key in keys}
    assert job["environment"] == "broadcasts-${{ matrix.workspace }}"
    assert "INVENT_ORG_ID" not in str(document), "each workspace has its own in the project file"


def test_one_job_plans_all_workspaces_and_posts_one_comment() -> None:
    text = workflow_texts(WORDINGS["workspaces"])[".github/workflows/broadcasts-plan.yml"]
    (job,) = yaml.load(text, Loader=yaml.BaseLoader)["jobs"].values()  # noqa: S506  # ours
    assert job["name"] == "Plan"
    assert [step["run"] for step in job["steps"] if "run" in step] == [
        "exec invent-gitops github outdated --all",
        'exec invent-gitops plan --all --format github --out "$RUNNER_TEMP/plan-{workspace}.json"',
        'exec invent-gitops calendar --all --out "$RUNNER_TEMP/calendar.html"',
        (
            'if [ -n "$CALENDAR" ]; then set -- --calendar-url "$CALENDAR"; fi\n'
            'exec invent-gitops github comment "$RUNNER_TEMP/plan-{workspace}.json" "$@"\n'
        ),
    ]
    assert "secrets." not in text


@pytest.mark.parametrize("name", ["validate", "plan"])
def test_what_can_be_a_required_check_always_runs_and_has_a_name_that_does_not_change(
    written: dict[str, Path], name: str
) -> None:
    """GitHub leaves a check pending for ever whose workflow a filter of paths kept from starting."""
    document = load(written[name])
    assert not document["on"]["pull_request"]
    (job,) = document["jobs"].values()
    assert "${{" not in job["name"]
    assert {"if", "needs", "strategy"}.isdisjoint(job)


def test_no_workflow_has_a_right_that_its_jobs_do_not_need(written: dict[str, Path]) -> None:
    rights = {name: [job["permissions"] for job in working(load(path))] for name, path in written.items()}
    assert all(load(path)["permissions"] in ({}, "{}") for path in written.values())
    published = rights.pop("publish", None)
    deploys = len(published or []) == 2
    assert published in (
        None,
        [{"contents": "read"}],
        [{"contents": "read"}, {"pages": "write", "id-token": "write"}],
    )
    assert deploys == ("publish" in written and "deploy-pages" in written["publish"].read_text("utf-8"))
    assert rights == {
        "validate": [{"contents": "read"}],
        "plan": [{"contents": "read", "pull-requests": "write"}],
        "apply": [{"contents": "write", "pull-requests": "write"}],
        "drift": [{"contents": "read", "issues": "write", "pull-requests": "write"}],
    }


def test_validate_sees_no_secret_and_runs_in_the_merge_queue(written: dict[str, Path]) -> None:
    text = written["validate"].read_text("utf-8")
    assert "secrets." not in text
    assert "token" not in text
    assert set(load(written["validate"])["on"]) == {"pull_request", "merge_group"}


def test_no_workflow_runs_with_secrets_for_a_fork(written: dict[str, Path]) -> None:
    for name, path in written.items():
        assert "pull_request_target" not in path.read_text("utf-8")
        assert ("secrets." in path.read_text("utf-8")) <= (name in ("apply", "drift"))
        for job in working(load(path)):
            deploys = "id-token" in job["permissions"]
            assert ("environment" in job) == (name in ("apply", "drift") or deploys)


def test_every_script_is_replaced_by_the_program_so_that_signals_reach_it(written: dict[str, Path]) -> None:
    for path in written.values():
        for job in jobs(load(path)):
            for step in job["steps"]:
                if "run" in step:
                    *_, last = step["run"].strip().replace("\\\n", "").splitlines()
                    assert last.startswith("exec invent-gitops ")
                    assert "${{" not in step["run"]


def test_every_action_is_pinned_and_no_checkout_leaves_credentials(written: dict[str, Path]) -> None:
    for name, path in written.items():
        used = [step for job in jobs(load(path)) for step in job["steps"] if "uses" in step]
        others = {"plan": 1, "publish": len(PUBLISHING) if "deploy-pages" in path.read_text("utf-8") else 2}
        installing = [job for job in jobs(load(path)) if "id-token" not in job["permissions"]]
        assert len(used) == 2 * len(installing) + others.get(name, 0)
        assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in used)
        kept = [step["with"]["persist-credentials"] for step in used if "checkout" in step["uses"]]
        assert kept == ["false"] * len(installing)


def test_publishing_needs_no_key_and_follows_each_apply_and_each_drift_run() -> None:
    for name in ("pages", "artifact", "workspaces"):
        wording = WORDINGS[name]
        texts = workflow_texts(wording)
        text = texts[f".github/workflows/{wording.project}-publish.yml"]
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # ours
        assert document["on"]["workflow_run"]["workflows"] == [f"{wording.project} apply", f"{wording.project} drift"]
        names = {yaml.load(text, Loader=yaml.BaseLoader)["name"] for text in texts.values()}  # noqa: S506  # ours
        assert {*document["on"]["workflow_run"]["workflows"]} <= names
        assert "secrets." not in text
        assert "--refresh" not in text
        assert document["concurrency"]["cancel-in-progress"] == "false"


def test_no_project_continues_the_feed_of_another_one() -> None:
    wordings = [Wording(PINNED, folder=folder, publish="artifact") for folder in ("", "feed", "feed/of", "of")]
    keys = {}
    for wording in wordings:
        (text,) = [text for path, text in workflow_texts(wording).items() if path.endswith("-publish.yml")]
        (cache,) = re.findall(r"^ +key: (.*)\n +restore-keys: (.*)$", text, re.MULTILINE)
        keys[wording.project] = cache
    assert len(keys) == len(wordings)
    for project, (_, restored) in keys.items():
        assert [name for name, (key, _) in keys.items() if key.startswith(restored)] == [project]


@pytest.mark.parametrize(
    ("event", "published"),
    [
        ("push", True),
        ("schedule", True),
        ("workflow_dispatch", True),
        ("pull_request", False),
        ("pull_request_target", False),
        ("pull_request_review", False),
        ("issue_comment", False),
        ("", False),
    ],
)
def test_only_a_run_for_an_event_of_apply_or_drift_is_followed_by_publishing(event: str, published: bool) -> None:
    text = workflow_texts(WORDINGS["pages"])[".github/workflows/broadcasts-publish.yml"]
    document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # ours
    condition = document["jobs"]["publish"]["if"]
    followed = {"event_name": "workflow_run", "event": {"workflow_run": {"event": event}}}
    assert truth(condition, {"github": followed}) is published
    assert truth(condition, {"github": {"event_name": "workflow_dispatch", "event": {}}})


def test_pages_are_for_a_public_repository_and_a_private_one_keeps_an_artifact() -> None:
    text = workflow_texts(WORDINGS["pages"])[".github/workflows/broadcasts-publish.yml"]
    document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # ours
    public = "${{ github.event.repository.visibility == 'public' }}"
    assert document["jobs"]["deploy"]["if"] == public
    conditions = {step["name"]: step.get("if") for step in document["jobs"]["publish"]["steps"] if "name" in step}
    assert conditions["Hand it to GitHub Pages"] == public
    assert conditions["Keep it with this run"] == public.replace("==", "!=")
    kept = workflow_texts(WORDINGS["artifact"])
    text = next(text for path, text in kept.items() if path.endswith("-publish.yml"))
    assert "pages" not in text.replace("--publish artifact", "").lower().replace("as a page", "")


def test_without_the_option_nothing_is_published() -> None:
    assert len(workflow_texts(Wording(PINNED))) == len(TEMPLATES)


def test_applies_wait_for_each_other_and_end_before_they_are_ended(written: dict[str, Path]) -> None:
    document = load(written["apply"])
    job = document["jobs"]["apply"]
    several = "workspaces" in document["jobs"]
    folder = WORDINGS["folder"].folder_name
    group = "broadcasts-apply-${{ matrix.workspace }}" if several else f"broadcasts-{folder}-apply"
    assert job["concurrency"] == {
        "group": group if several or "PROJECT" in job.get("env", {}) else "broadcasts-apply",
        "cancel-in-progress": "false",
        "queue": "max",
    }
    (script,) = [step["run"] for step in job["steps"] if step.get("id") == "apply"]
    deadline = re.search(r"--deadline (\d+)", script)
    assert deadline
    last = job["steps"][-1]
    # Room for the set-up, for a call that takes five minutes to answer, for the comment, and for the last step.
    assert int(deadline[1]) + (8 + int(last["timeout-minutes"])) * 60 < int(job["timeout-minutes"]) * 60
    assert "environment" in job


def test_records_are_renewed_last_and_cannot_change_the_outcome_of_apply(written: dict[str, Path]) -> None:
    (job,) = working(load(written["apply"]))
    apply, comment, last = job["steps"][-3:]
    assert (apply["id"], " github comment " in comment["run"], " refresh" in last["run"]) == ("apply", True, True)
    assert last["if"] == "${{ !cancelled() && steps.apply.outcome != 'skipped' }}"
    assert (last["continue-on-error"], "continue-on-error" in apply) == ("true", False)
    # It speaks to the account that apply speaks to, and its step alone has the same key.
    own = ("APPROVED", "PLAN", "INVENT_APPROVALS", "INVENT_UNAPPROVED")
    assert last["env"] == {name: value for name, value in apply["env"].items() if name not in own}
    options = re.search(r" refresh(.*) --keep-new$", last["run"])
    assert options
    assert f" apply{options[1]} --yes" in apply["run"]


def test_the_projects_of_one_repository_do_not_stand_in_each_others_way() -> None:
    one, other = workflow_texts(Wording(PINNED, folder="acme")), workflow_texts(Wording(PINNED, folder="globex"))
    assert not one.keys() & other.keys()
    groups = [re.findall(r"group: (.*)", text) for texts in (one, other) for text in texts.values()]
    assert len({str(group) for group in groups}) == 2 * len(TEMPLATES)
    assert Wording(PINNED, folder="acme").state_branch != Wording(PINNED, folder="globex").state_branch


def test_folders_of_any_name_have_names_of_their_own() -> None:
    folders = ["", "a-b", "a/b", "A B", "a b", "日本", "中国", "Acme", "acme"]
    names = [Wording(PINNED, folder=folder).folder_name for folder in folders]
    assert len(set(names)) == len(folders)
    assert all(re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", name) for name in names)
    assert (names[0], names[1], names[-1]) == ("", "a-b", "acme")


@pytest.mark.parametrize("branch", ["main", "release/1", "2.0", "true", "1e3", "null"])
def test_a_branch_is_a_text_for_yaml_whatever_it_is_called(branch: str) -> None:
    text = workflow_texts(Wording(PINNED, branch=branch))[".github/workflows/broadcasts-apply.yml"]
    assert yaml.safe_load(text)[True]["push"]["branches"] == [branch]


def test_nothing_in_the_name_of_a_folder_is_taken_for_a_mark() -> None:
    texts = workflow_texts(Wording(PINNED, folder="x<flags>y<branch>", sandbox=True))
    for text in texts.values():
        (job,) = yaml.load(text, Loader=yaml.BaseLoader)["jobs"].values()  # noqa: S506  # ours
        assert job["env"]["PROJECT"] == "x<flags>y<branch>"


@pytest.mark.parametrize("name", TEMPLATES)
def test_this_repository_uses_its_own_workflows(name: str) -> None:
    path = f".github/workflows/broadcasts-examples-{name}.yml"
    template = workflow_texts(Wording(OWN_ACTION, folder="examples", sandbox=True))[path]
    expected = template.replace(f"      - uses: {OWN_ACTION}\n", f"      - uses: {OWN_ACTION}\n{KEEP}").partition("\n")[
        2
    ]
    assert (ROOT / path).read_text("utf-8").partition("\n")[2] == expected


def test_the_action_is_named_at_the_commit_that_it_was_installed_from() -> None:
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        pytest.skip("this is no clone")
    assert own_action().endswith(f"/invent-gitops@{head.stdout.strip()} # v{__version__}")


@pytest.mark.parametrize(
    "given", ["", "a/b", "a/b@main", "a/b@v1", "a/b@" + "A" * 40, "a/b/c@" + "a" * 40, "a b@" + "a" * 40]
)
def test_an_action_that_could_be_moved_to_other_code_is_refused(given: str) -> None:
    with pytest.raises(WrongUsage, match="full commit"):
        action_reference(given)
    assert action_reference(PINNED) == PINNED


def test_the_action_installs_what_was_tested() -> None:
    def pinned(name: str) -> set[tuple[str, ...]]:
        blocks = re.findall(
            r"^([a-z0-9-]+==\S+)[^\n]*\\\n((?:    --hash=\S+(?: \\)?\n)+)",
            (ROOT / name).read_text("utf-8"),
            re.MULTILINE,
        )
        return {(version, *re.findall(r"--hash=(\S+)", hashes)) for version, hashes in blocks}

    installed = pinned("requirements.txt")
    assert {"click", "httpx", "hatchling"} <= {one[0].partition("==")[0] for one in installed}
    assert installed <= pinned("constraints.txt")
