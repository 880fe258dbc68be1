"""The zones of the package, never those of the machine; and what is said when their rules change."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import tzdata  # type: ignore[import-untyped]  # two constants, which nobody has typed

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.model.broadcast import Definition, Request
from invent_gitops.model.local import LocalTime, zone_change
from invent_gitops.model.problem import Position
from invent_gitops.model.record import Provenance, Record
from invent_gitops.state.document import dump, parse
from invent_gitops.values import replace
from invent_gitops.zonedata import UnknownZone, load_zone, zone_data_version, zone_names
from tests.careful.fast_paths import python_path
from tests.running import call, run, state_of

PACKAGE = Path(tzdata.__file__).parent
LOCAL = "2099-03-02T09:00"
NOW = datetime(2099, 1, 1, tzinfo=UTC)


def written(folder: Path, at: str = LOCAL, zone: str = "Europe/Berlin", name: str = "Spring") -> None:
    (folder / "broadcasts").mkdir(exist_ok=True)
    text = f"name: {name}\nschedule:\n  at: {at}\n  timezone: {zone}\nsegments: ['id:vip']\n"
    (folder / "broadcasts" / "spring.yaml").write_text(text, encoding="utf-8")


def machine(folder: Path) -> dict[str, str]:
    """An operating system whose files say that the clocks of Berlin are Tokyo's."""
    (folder / "zones" / "Europe").mkdir(parents=True)
    shutil.copyfile(PACKAGE / "zoneinfo" / "Asia" / "Tokyo", folder / "zones" / "Europe" / "Berlin")
    return {"PYTHONTZPATH": str(folder / "zones"), "TZ": "Asia/Tokyo"}


def later_rules(folder: Path, like: str, version: str = "2099z") -> dict[str, str]:
    """Another release of the package, in which the clocks of Berlin are those of another zone."""
    copy = folder / f"like {like.replace('/', ' ')}" / "tzdata"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(PACKAGE / "zoneinfo" / like, copy / "zoneinfo" / "Europe" / "Berlin")
    (copy / "__init__.py").write_text(f'IANA_VERSION = "{version}"\n', encoding="utf-8")
    return {"PYTHONPATH": f"{copy.parent}:{python_path()}"}


def item(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = document["items"]
    return dict(found)


# ---------------------------------------------------------------- where zones come from


def test_zone_files_of_the_machine_change_neither_the_plan_nor_what_is_created(tmp_path: Path) -> None:
    written(tmp_path)
    env = machine(tmp_path)
    usual, falsified = (run(tmp_path, "plan", "--json", env=extra).json for extra in ({}, env))
    assert {**usual, "at": ""} == {**falsified, "at": ""}
    assert item(usual)["request"]["scheduled_at"] == "2099-03-02T08:00:00Z"
    assert usual["zone_data"] == tzdata.IANA_VERSION
    assert run(tmp_path, "apply", "--sandbox", "--yes", env=env).code == ExitCode.DONE
    record = state_of(tmp_path / ".invent-sandbox")["broadcasts"]["spring"]
    assert record["request"]["scheduled_at"] == "2099-03-02T08:00:00Z"
    assert record["local"] == {
        "at": "2099-03-02T09:00:00",
        "timezone": "Europe/Berlin",
        "zone_data": tzdata.IANA_VERSION,
    }
    assert run(tmp_path, "plan", "--sandbox", env=env).out.startswith("No changes.")
    shown = run(tmp_path, "state", "show", "spring", "--sandbox", env=env)
    assert f"reviewed: 2099-03-02T09:00:00 Europe/Berlin (time zone data {tzdata.IANA_VERSION})" in shown.out


def test_times_are_also_shown_by_the_package_and_not_by_the_machine(tmp_path: Path) -> None:
    written(tmp_path)
    plan = run(tmp_path, "plan", env=machine(tmp_path))
    assert "Mon 2 Mar 2099 09:00 Europe/Berlin (08:00 UTC)" in plan.out
    assert f"Local times are read with the time zone data {tzdata.IANA_VERSION} (tzdata)." in plan.out


def test_a_zone_that_only_the_machine_has_is_unknown(tmp_path: Path) -> None:
    written(tmp_path, zone="Europe/Atlantis")
    env = machine(tmp_path)
    shutil.copyfile(PACKAGE / "zoneinfo" / "Asia" / "Tokyo", tmp_path / "zones" / "Europe" / "Atlantis")
    assert "zone-unknown" in run(tmp_path, "validate", env=env).out


def test_the_plan_says_nothing_of_zones_where_none_is_used(tmp_path: Path) -> None:
    (tmp_path / "broadcasts").mkdir()
    text = "name: Spring\nschedule: 2099-03-01T09:00:00Z\nsegments: ['id:vip']\n"
    (tmp_path / "broadcasts" / "spring.yaml").write_text(text, encoding="utf-8")
    assert "time zone data" not in call(tmp_path, "plan").out
    assert call(tmp_path, "apply", "--sandbox", "--yes").code == ExitCode.DONE
    assert "local" not in state_of(tmp_path / ".invent-sandbox")["broadcasts"]["spring"]


@pytest.mark.parametrize("missing", ["zones", "zoneinfo/Europe/Berlin", "__init__.py"])
def test_a_package_with_a_part_missing_is_said_and_nothing_is_taken_from_the_machine(
    tmp_path: Path, missing: str
) -> None:
    written(tmp_path)
    package = later_rules(tmp_path, "Europe/Berlin")
    copy = Path(package["PYTHONPATH"].partition(":")[0]) / "tzdata"
    (copy / missing).unlink()
    if missing == "__init__.py":
        (copy / missing).write_text("", encoding="utf-8")
    result = run(tmp_path, "apply", "--sandbox", "--yes", env={**package, **machine(tmp_path)})
    assert result.code == ExitCode.REFUSED
    assert "The tzdata package is missing or incomplete" in result.err
    assert not (tmp_path / ".invent-sandbox" / "invent.state.json").exists()


def test_only_names_of_the_list_are_zones() -> None:
    assert load_zone("Europe/Berlin") is load_zone("Europe/Berlin")
    assert {"Europe/Berlin", "UTC", "America/New_York"} <= zone_names()
    for name in ("", "Europe", "europe/berlin", "../zones", "/etc/localtime", "Europe/Berlin\0"):
        with pytest.raises(UnknownZone):
            load_zone(name)


# ---------------------------------------------------------------- rules that change after a creation


def test_rules_that_change_after_a_creation_are_not_called_an_edit(tmp_path: Path) -> None:
    written(tmp_path)
    assert run(tmp_path, "apply", "--sandbox", "--yes").code == ExitCode.DONE
    env = later_rules(tmp_path, "Europe/Helsinki")
    plan = run(tmp_path, "plan", "--sandbox", env=env)
    said = (
        f"The time zone rules of Europe/Berlin changed ({tzdata.IANA_VERSION} → 2099z): it goes out at 10:00 there, "
        "not at 09:00. Move it in Invent, then refresh."
    )
    assert said in plan.out
    document = run(tmp_path, "plan", "--sandbox", "--json", env=env).json
    assert item(document)["action"] == "changed"
    assert item(document)["zone_change"] == {
        "timezone": "Europe/Berlin",
        "recorded": tzdata.IANA_VERSION,
        "current": "2099z",
        "local": "2099-03-02T09:00:00",
        "goes_out": "2099-03-02T10:00:00",
        "message": said,
    }
    strict = run(tmp_path, "plan", "--sandbox", "--strict", env=env)
    assert said in strict.out
    assert "edited" not in plan.all + strict.all
    for words in (["plan", "--format", "markdown"], ["plan", "--format", "github"], ["status"]):
        assert "time zone rules of" in run(tmp_path, *words, "--sandbox", env=env).all.replace("&nbsp;", " "), words
    # Under the rules of the creation nothing has changed.
    assert run(tmp_path, "plan", "--sandbox").out.startswith("No changes.")


def test_an_edited_local_time_is_an_edit_whatever_the_rules_say(tmp_path: Path) -> None:
    written(tmp_path)
    assert run(tmp_path, "apply", "--sandbox", "--yes").code == ExitCode.DONE
    written(tmp_path, at="2099-03-02T11:00")
    document = run(tmp_path, "plan", "--sandbox", "--json", env=later_rules(tmp_path, "Europe/Helsinki")).json
    assert (item(document)["action"], item(document)["zone_change"]) == ("changed", None)


def test_a_time_that_the_new_rules_skip_is_refused(tmp_path: Path) -> None:
    # New York turns its clocks forward on this night, Berlin does not.
    written(tmp_path, at="2099-03-08T02:30")
    assert run(tmp_path, "validate").code == ExitCode.DONE
    result = run(tmp_path, "plan", env=later_rules(tmp_path, "America/New_York"))
    assert result.code == ExitCode.INVALID
    assert "schedule-skipped" in result.all


def example(local: LocalTime | None, instant: datetime, *, recorded: datetime, sent: datetime) -> object:
    def request(at: datetime) -> Request:
        return Request("Spring", at, ("vip",), False)

    formerly = (request(sent),) if sent != recorded else ()
    reviewed = LocalTime(datetime(2099, 3, 2, 9), "Europe/Berlin", "2026a")  # noqa: DTZ001 a local time
    record = Record(
        "b", request(recorded), "DRAFT", "created", Provenance(NOW, "me"), formerly=formerly, local=reviewed
    )
    return zone_change(record, Definition("k", request(instant), Position("k.yaml"), local=local))


def test_only_equal_words_and_another_instant_mean_that_rules_changed() -> None:
    same = LocalTime(datetime(2099, 3, 2, 9), "Europe/Berlin", "2099z")  # noqa: DTZ001 a local time
    eight, seven = datetime(2099, 3, 2, 8, tzinfo=UTC), datetime(2099, 3, 2, 7, tzinfo=UTC)
    assert example(same, seven, recorded=eight, sent=eight)
    assert not example(same, eight, recorded=eight, sent=eight)
    assert not example(None, seven, recorded=eight, sent=eight)
    assert not example(replace(same, timezone="Europe/Paris"), seven, recorded=eight, sent=eight)
    assert not example(replace(same, at=datetime(2099, 3, 2, 8)), seven, recorded=eight, sent=eight)  # noqa: DTZ001
    # Somebody moved it in Invent, and the record says so: another reason than the rules.
    assert not example(same, seven, recorded=datetime(2099, 3, 2, 12, tzinfo=UTC), sent=eight)


# ---------------------------------------------------------------- the record


def test_an_old_state_without_local_times_reads_and_writes_as_before(tmp_path: Path) -> None:
    written(tmp_path)
    assert call(tmp_path, "apply", "--sandbox", "--yes").code == ExitCode.DONE
    path = tmp_path / ".invent-sandbox" / "invent.state.json"
    state = parse(path.read_text(encoding="utf-8"), "state")
    assert state.broadcasts["spring"].local == LocalTime(
        datetime(2099, 3, 2, 9),  # noqa: DTZ001 a local time
        "Europe/Berlin",
        zone_data_version(),
    )
    old = replace(state, broadcasts={key: replace(one, local=None) for key, one in state.broadcasts.items()})
    assert "local" not in dump(old)
    assert parse(dump(old), "state") == old
    path.write_text(dump(old), encoding="utf-8")
    document = run(tmp_path, "plan", "--sandbox", "--json", env=later_rules(tmp_path, "Europe/Helsinki")).json
    assert (item(document)["action"], item(document)["zone_change"]) == ("changed", None)


@pytest.mark.parametrize("at", ["soon", "2099-03-02T09:00:00Z", ""])
def test_a_damaged_local_time_is_named(tmp_path: Path, at: str) -> None:
    written(tmp_path)
    assert call(tmp_path, "apply", "--sandbox", "--yes").code == ExitCode.DONE
    text = (tmp_path / ".invent-sandbox" / "invent.state.json").read_text(encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"broadcasts\.spring: at is"):
        parse(text.replace('2099-03-02T09:00:00"', f'{at}"'), "state")
