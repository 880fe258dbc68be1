"""Each project in `examples/` works as its page says, from a copy: nothing is left in the tree."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.branch_repository import git
from tests.running import ROOT, account, call, invent

EXAMPLES = ROOT / "examples"
PROJECTS = sorted(path.parent.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("invent.yaml"))
PAGES = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("README.md"))
LEFT_BY_A_TRY = shutil.ignore_patterns(".invent-sandbox", "invent.s*")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """All projects in a folder `examples`, without what a try has left in the tree."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=LEFT_BY_A_TRY))


def every(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents of the workspaces, or the one of a project without any."""
    if document["kind"] != "workspaces-run":
        return [document]
    return [workspace["document"] for workspace in document["workspaces"]]


def items(folder: Path, *words: str) -> list[dict[str, Any]]:
    return [item for document in every(call(folder, "plan", "--json", *words).json) for item in document["items"]]


def test_there_is_a_project_for_each_common_job() -> None:
    assert PROJECTS == [".", "agency", "launch-three-zones", "weekly-newsletter"]
    assert {Path(page).parent.as_posix() for page in PAGES} == set(PROJECTS), "each has a page"


@pytest.mark.parametrize("name", PROJECTS)
def test_an_example_is_valid_and_its_plan_warns_of_nothing(copy: Path, name: str) -> None:
    valid = call(copy / name, "validate", "--json")
    assert valid.code == 0
    assert [document["problems"] + document["notes"] for document in every(valid.json)] == [[]] * len(every(valid.json))
    plan = call(copy / name, "plan")
    assert plan.code == 0
    assert not re.search(r"warning|note:", plan.all, re.IGNORECASE)
    for item in items(copy / name):
        assert item["action"] == "create"
        assert item["warnings"] == item["refusals"] == item["unneeded_waivers"] == []
        assert item["description"], "reviewers are told what it is"
        assert item["owner"], "reviewers know whom to ask"


@pytest.mark.parametrize("name", PROJECTS)
def test_an_example_is_created_once_in_the_sandbox(copy: Path, name: str) -> None:
    choice = ["--all"] if "workspaces:" in (copy / name / "invent.yaml").read_text("utf-8") else []
    keys = {item["key"] for item in items(copy / name)}
    report = call(copy / name, "apply", *choice, "--sandbox", "--yes", "--json")
    assert report.code == 0, report.all
    outcomes = [outcome for document in every(report.json) for outcome in document["outcomes"]]
    assert {outcome["key"] for outcome in outcomes if outcome["id"]} == keys
    assert call(copy / name, "plan", "--sandbox", "--exit-code").code == 0
    assert {item["action"] for item in items(copy / name, "--sandbox")} == {"unchanged"}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_as_they_are_written(copy: Path, page: str) -> None:
    lines = "".join(re.findall(r"^```sh\n(.*?)^```", (copy / page).read_text("utf-8"), re.MULTILINE | re.DOTALL))
    # The page beside this project's own examples has its commands run from the root of the repository.
    folder = copy.parent if page == "README.md" else (copy / page).parent
    assert lines
    for line in lines.splitlines():
        program, *words = shlex.split(line)
        assert program == "invent-gitops"
        done = call(folder, *words)
        assert done.code == 0, f"{line}: {done.all}"


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_to_a_file(page: str) -> None:
    path = EXAMPLES / page
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / link).is_file(), link


@pytest.mark.parametrize("page", PAGES)
def test_the_rules_that_a_page_explains_are_those_of_its_project(page: str) -> None:
    rules = re.findall(r"^\| `([a-z_]+)(?:: ([^`]+))?`", (EXAMPLES / page).read_text("utf-8"), re.MULTILINE)
    project = (EXAMPLES / page).with_name("invent.yaml").read_text("utf-8")
    for rule, value in rules:
        assert re.search(rf"^ *{rule}: {re.escape(value)}", project, re.MULTILINE), rule


@pytest.mark.parametrize("name", [name for name in PROJECTS if name != "."])
def test_a_copied_example_becomes_a_project_by_init_which_keeps_every_file(copy: Path, name: str) -> None:
    folder = copy / name
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert call(folder, "init").code == 0
    assert {path: path.read_bytes() for path in before} == before
    assert (folder / ".gitignore").is_file()
    assert (folder / "schemas" / "broadcast.schema.json").is_file()
    assert call(folder, "validate").code == 0


def test_the_segments_of_an_account_replace_those_of_an_example_once_its_catalogue_is_deleted(copy: Path) -> None:
    folder = copy / "weekly-newsletter"
    with invent() as server:
        server.sandbox.fill(segments=3)
        pulled = call(folder, "segments", "pull", env=account(server.url))
        assert (pulled.code, "delete the catalogue" in pulled.err) == (5, True), pulled.all
        (folder / "segments.yaml").unlink()
        assert call(folder, "segments", "pull", env=account(server.url)).code == 0
    assert "seg_newsletter" not in (folder / "segments.yaml").read_text("utf-8")


# ---------------------------------------------------------------- what each of them teaches


def test_the_launch_has_the_same_local_hour_in_each_zone_on_both_days() -> None:
    clocks, instants = set(), set()
    for item in items(EXAMPLES / "launch-three-zones"):
        instant = datetime.fromisoformat(item["request"]["scheduled_at"])
        clocks.add(f"{instant.astimezone(ZoneInfo(item['timezone'])):%a %H:%M}")
        instants.add((item["key"].partition("/")[2].partition("-")[0], item["timezone"], f"{instant:%H:%M}"))
    assert clocks == {"Tue 09:00"}
    assert len(instants) == 6
    berlin = {launch: utc for launch, zone, utc in instants if zone == "Europe/Berlin"}
    assert berlin == {"launch": "07:00", "reminder": "08:00"}, "summer time ends between the two"


def test_the_table_of_the_launch_has_the_times_of_its_plan() -> None:
    rows = re.findall(r"^\| (\w[\w ]+) \| 09:00 \((\S+) UTC\) \| 09:00 \((\S+) UTC\) \|$",
                      (EXAMPLES / "launch-three-zones" / "README.md").read_text("utf-8"), re.MULTILINE)  # fmt: skip
    planned: dict[str, list[str]] = {}
    for item in sorted(items(EXAMPLES / "launch-three-zones"), key=lambda item: str(item["request"]["scheduled_at"])):
        city = item["timezone"].partition("/")[2].replace("_", " ")
        planned.setdefault(city, []).append(item["request"]["scheduled_at"][11:16])
    assert {city: times for city, *times in rows} == planned


def test_the_embargo_that_its_page_offers_sends_all_three_at_one_moment(copy: Path) -> None:
    folder = copy / "launch-three-zones"
    [schedule] = re.findall(r"`(schedule: \{.*?\})`", (folder / "README.md").read_text("utf-8"))
    path = folder / "broadcasts" / "launch.yaml"
    path.write_text(re.sub(r"schedule: .*", schedule, path.read_text("utf-8")), "utf-8")
    launch = [item for item in items(folder) if "/launch-" in item["key"]]
    assert [item["refusals"] for item in launch] == [[], [], []]
    [moment] = {datetime.fromisoformat(item["request"]["scheduled_at"]) for item in launch}
    clocks = [f"{moment.astimezone(ZoneInfo(zone)):%H:%M}" for zone in ("America/New_York", "Asia/Singapore")]
    assert clocks == ["09:00", "21:00"]


def test_a_launch_that_forgets_its_zone_is_an_error(copy: Path) -> None:
    path = copy / "launch-three-zones" / "broadcasts" / "launch.yaml"
    path.write_text(path.read_text("utf-8").replace(", timezone: Europe/Berlin", ""), "utf-8")
    done = call(copy / "launch-three-zones", "validate", "--json")
    assert (done.code, [problem["rule"] for problem in done.json["problems"]]) == (4, ["schedule-no-zone"])


def test_the_letters_stay_at_nine_in_london_when_summer_time_ends() -> None:
    letters = [
        datetime.fromisoformat(item["request"]["scheduled_at"]) for item in items(EXAMPLES / "weekly-newsletter")
    ]
    assert len(letters) == 12
    assert {f"{letter.astimezone(ZoneInfo('Europe/London')):%a %H:%M}" for letter in letters} == {"Tue 09:00"}
    assert {f"{letter:%H:%M}" for letter in letters} == {"08:00", "09:00"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("-19T09:00", "-26T09:00"), "blackout-days"),
        (("-19T09:00", "-19T21:00"), "quiet-hours"),
        (("-19T09:00", "-13T09:00"), "minimum-gap"),
        (("[newsletter]", "[newsletter, everybody]"), "audience-cap"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_rules_of_the_newsletter_refuse_the_mistakes_that_its_page_names(
    copy: Path, change: tuple[str, str], rule: str
) -> None:
    folder = copy / "weekly-newsletter"
    with (folder / "segments.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write("everybody: { id: seg_everybody, contacts_count: 90000 }\n")
    path = folder / "broadcasts" / "2028-12.yaml"
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
    rules = {refusal["policy"] for item in items(folder) for refusal in item["refusals"]}
    assert rules == {rule}


def test_each_brand_of_the_agency_has_its_own_org_key_and_state(copy: Path) -> None:
    git(copy / "agency", "init", "--quiet")
    listing = call(copy / "agency", "workspaces", "--json").json["workspaces"]
    assert len(listing) == 3
    for field in ("workspace", "org", "key"):
        assert len({str(workspace[field]) for workspace in listing}) == 3, field
    call(copy / "agency", "apply", "--all", "--sandbox", "--yes")
    states = (copy / "agency" / ".invent-sandbox").rglob("invent.state.json")
    assert {path.parent.name for path in states} == {workspace["workspace"] for workspace in listing}


def test_workflows_for_the_agency_keep_each_state_on_a_branch_of_its_own(copy: Path) -> None:
    folder = copy / "agency"
    git(folder, "init", "--quiet", "-b", "main")
    done = call(folder, "init", "--github", "--branch", "main")
    assert done.code == 0, done.all
    project = (folder / "invent.yaml").read_text("utf-8")
    assert len(set(re.findall(r"branch: (broadcast-state-[a-z-]+)", project))) == 3
    assert (folder / ".github" / "workflows" / "broadcasts-apply.yml").is_file()
