"""The filter of paths that docs/github.md shows: outside judges accept it, and git decides what it lets run."""

from __future__ import annotations

import re
import subprocess
import textwrap
from pathlib import Path

import yaml

from invent_gitops.scaffold.workflows import CHECKOUT, Wording, workflow_texts
from tests.branch_repository import git
from tests.running import ROOT
from tests.steps import read_outputs
from tests.workflows.test_proof import new_repository
from tests.workflows.test_templates import PINNED, judge


def documented() -> str:
    """The jobs as the page shows them."""
    page = (ROOT / "docs" / "github.md").read_text("utf-8")
    (text,) = re.findall(r"^```yaml\n(jobs:\n  changes:.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(text)


def concerned(folder: Path, depth: int = 2) -> str:
    """What the step says of the last commit of a repository, in a checkout of that depth."""
    checkout, output = folder.parent / "checkout", folder.parent / "output"
    for path in (checkout, output):
        subprocess.run(["rm", "-rf", str(path)], check=True)
    git(folder, "clone", "--quiet", f"--depth={depth}", f"file://{folder}", str(checkout))
    (script,) = [step["run"] for step in yaml.safe_load(documented())["jobs"]["changes"]["steps"] if "run" in step]
    environment = {"GITHUB_OUTPUT": str(output), "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-e", "-c", script], cwd=checkout, env=environment, check=True)
    return read_outputs(output.read_text("utf-8"))["concerned"]


def test_filter_by_a_job_is_a_workflow_that_outside_judges_accept(tmp_path: Path) -> None:
    text = workflow_texts(Wording(PINNED))[".github/workflows/broadcasts-plan.yml"]
    head, jobs = text.split("jobs:\n")
    plan = re.sub(r"(\n    name: Plan\n)", r"\1%s", jobs.replace("%", "%%"), count=1)
    condition = re.search(r"    needs: changes\n.*?(    if: .*?\n)", documented(), re.S)
    assert condition
    changes = textwrap.dedent(documented()).split("  plan:\n")[0]
    path = tmp_path / ".github" / "workflows" / "broadcasts-plan.yml"
    path.parent.mkdir(parents=True)
    path.write_text(head + changes + plan % ("    needs: changes\n" + condition[1]), encoding="utf-8")
    assert CHECKOUT in changes
    judge(path)


def test_filter_lets_the_plan_run_for_what_concerns_it_and_where_git_cannot_tell(tmp_path: Path) -> None:
    _, clone = new_repository(tmp_path)
    (clone / "broadcasts").mkdir()
    (clone / "broadcasts" / "a.yaml").write_text("name: A\n", encoding="utf-8")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "Begin")
    for path, expected in (
        ("README.md", "false"),
        ("src/broadcasts.py", "false"),
        ("broadcasts/a.yaml", "true"),
        ("invent.yaml", "true"),
        ("segments.yaml", "true"),
        (".github/workflows/other.yml", "true"),
    ):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text("changed\n", encoding="utf-8")
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "-m", f"Change {path}")
        assert concerned(clone) == expected, path
    (clone / "README.md").write_text("again\n", encoding="utf-8")
    git(clone, "commit", "--quiet", "--all", "-m", "Change README.md again")
    assert concerned(clone, depth=1) == "true", "the checkout has no base"
