"""No date that users paste runs out unnoticed, in whatever file it is, and none lies absurdly far ahead."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from invent_gitops.scaffold.project import project_files
from tests.example_dates import HOW_TO_MOVE, ROOT, WRITTEN, ExampleDate, example_dates, faults, move, years_after
from tests.running import call

TODAY = datetime.now(UTC).date()


def due(today: date, root: Path = ROOT) -> list[str]:
    return [line for _, line in faults(today, root)]


def earliest() -> ExampleDate:
    pasted = [each for each in example_dates() if each.pasted]
    return min(pasted, key=lambda example: example.day)


def test_every_example_can_be_tried_for_another_year_and_none_lies_absurdly_far_ahead() -> None:
    wrong = due(TODAY)
    assert not wrong, "\n".join([*wrong, HOW_TO_MOVE])


def test_a_year_before_the_earliest_example_runs_out_it_is_named_with_its_line() -> None:
    last = years_after(earliest().day, -1)
    assert due(last) == []
    named = due(last + timedelta(days=1))
    assert any(
        line.startswith(f"{earliest().path}:{earliest().line}: {earliest().text} is not 1 year") for line in named
    )


def test_some_years_later_every_kind_of_file_is_named() -> None:
    named = " ".join(due(years_after(TODAY, 4)))
    for path in (
        "examples/broadcasts/", "examples/agency/", "examples/agency/invent.yaml", "examples/weekly-newsletter/",
        "examples/launch-three-zones/README.md", "schemas/", "schema_parts/documents/", "schema_parts/shared/",
        "invent_gitops/validate/schedule.py", "invent_gitops/validate/zones.py", "invent_gitops/sandbox/contract.py",
    ):  # fmt: skip
        assert path in named, path


def test_the_search_sees_the_dates_of_the_pages_too() -> None:
    paths = {example.path for example in example_dates() if example.pasted}
    assert "README.md" in paths
    assert any(path.startswith("docs/") for path in paths)


def test_an_example_that_is_past_or_absurd_is_named_in_a_file_that_nobody_registered(tmp_path: Path) -> None:
    for path, text in {
        "examples/new/broadcasts/old.yaml": "name: Old\nschedule: 2027-01-05T09:00\n",
        "examples/new/broadcasts/good.yaml": "name: Good\nschedule: 2028-01-04T09:00\n",
        "examples/new/.invent-sandbox/invent.state.json": '{"at": "2026-11-28T09:00:00Z"}',
        "docs/deep/page.md": "Since 2026-11-01:\n\n    schedule: {at: 2040-11-23T09:00}\n",
        "invent_gitops/module.py": '"""Not 2020-01-01T09:00."""\n\nCURE = "Write a time such as 2026-11-27T09:00."\n',
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    lines = [line for _, line in faults(date(2026, 11, 28), tmp_path)]
    assert [line.split(" is ")[0] for line in lines] == [
        "docs/deep/page.md:3: 2040-11-23",
        "examples/new/broadcasts/old.yaml:2: 2027-01-05",
        "invent_gitops/module.py:3: 2026-11-27",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "schedule: 2028-11-24T09:00",
        "  at: 2028-11-24T09:00:00",
        "schedule: {at: 2028-11-24T09:00, timezone: UTC}",
        'schedule: "2028-11-24T08:00:00+01:00"',
        '-d \'{"name": "x", "scheduled_at": "2028-11-24T09:00:00Z"}\'',
        "Write `2028-11-24T09:00`.",
        "invent-gitops calendar --from 2028-11-24 --to soon",
        "blackout_days: [2028-11-24]",
    ],
)
def test_what_people_paste_from_a_page_is_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "README.md").write_text(f"```\n{line}\n```\n", encoding="utf-8")
    assert [(each.day, each.line) for each in example_dates(tmp_path) if each.pasted] == [(date(2028, 11, 24), 2)]


@pytest.mark.parametrize(
    "line",
    ['"at": "2026-11-28T09:00:00Z"', "Measured on 2026-11-28.", "as of 2026-11-28T09:00:00Z", "version 2022-11-28"],
)
def test_what_a_page_says_of_the_past_may_stay(line: str) -> None:
    assert not WRITTEN.search(line)


# ---------------------------------------------------------------- moving them


def without_dates(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): re.sub(r"\d{4}-\d{2}-\d{2}", "DAY", path.read_text("utf-8"))
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("years", [1, 2, 7])
def test_moved_examples_are_valid_and_keep_their_weekdays_and_their_holidays(tmp_path: Path, years: int) -> None:
    ignored = shutil.ignore_patterns(".invent-sandbox", "invent.s*")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=ignored)
    before, texts = list(example_dates(tmp_path)), without_dates(tmp_path)
    assert move(years, tmp_path) == sorted({example.path for example in before})
    after = list(example_dates(tmp_path))
    assert without_dates(tmp_path) == texts, "nothing but dates has changed"
    for old, new in zip(before, after, strict=True):
        assert abs((new.day - years_after(old.day, years)).days) <= 3
        if old.fixed:
            assert (new.day.month, new.day.day) == (old.day.month, old.day.day)
        else:
            assert new.day.weekday() == old.day.weekday()
    for project in (tmp_path / "examples").rglob("invent.yaml"):
        assert call(project.parent, "validate").code == 0


def test_a_page_keeps_the_days_that_are_not_those_of_its_examples(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("schedule: 2028-11-23T09:00\nThu 23 Nov 2028, seen on 2026-11-20; --month 2028-11\n", "utf-8")
    move(1, tmp_path)
    assert (
        page.read_text("utf-8") == "schedule: 2029-11-22T09:00\nThu 22 Nov 2029, seen on 2026-11-20; --month 2029-11\n"
    )


# ---------------------------------------------------------------- computed


@pytest.mark.parametrize("now", [datetime(2026, 11, 28, tzinfo=UTC), datetime(2031, 2, 3, 23, tzinfo=UTC)])
def test_the_example_of_a_new_project_lies_a_month_ahead_of_whoever_makes_it(tmp_path: Path, now: datetime) -> None:
    [text] = [
        file.text for file in project_files(tmp_path, now=now, timezone="UTC", schemas={}) if "welcome" in file.path
    ]
    [match] = WRITTEN.finditer(text)
    assert timedelta(days=20) < date.fromisoformat(match[match.lastindex or 0]) - now.date() < timedelta(days=40)
