"""`plan`: what apply would do, from files alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.dashboard import edit
from tests.running import FAST, STATE, WHEN, account, call, define, ids, invent, run, state_of


def applied(folder: Path, url: str, *keys: str) -> None:
    define(folder, *keys)
    assert call(folder, "apply", "--yes", *FAST, env=account(url)).code == 0


def actions(folder: Path, *words: str) -> dict[str, str]:
    return {item["key"]: item["action"] for item in call(folder, "plan", "--json", *words).json["items"]}


def test_a_record_deleted_from_a_copy_of_the_state_is_the_one_thing_to_create(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a", "b", "c")
        state = state_of(tmp_path)
        del state["broadcasts"]["b"]
        (tmp_path / "copy.json").write_text(json.dumps(state), encoding="utf-8")
        before = len(server.sandbox.requests)
        result = run(tmp_path, "plan", "--json", "--exit-code", "--state", "copy.json", env=account(server.url))
        assert result.code == ExitCode.CHANGES
        assert {item["key"]: item["action"] for item in result.json["items"]} == {
            "a": "unchanged",
            "b": "create",
            "c": "unchanged",
        }
        whole = run(tmp_path, "plan", "--exit-code", env=account(server.url))
        assert whole.code == 0
        assert "No changes. Nothing to create." in whole.out
        assert len(server.sandbox.requests) == before, "plan works offline"


def test_plan_needs_no_key_and_no_account_and_writes_nothing(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a")
    define(tmp_path, "b")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    result = call(tmp_path, "plan")
    assert result.code == 0
    assert "1 to create" in result.out
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_without_exit_code_something_to_create_is_no_failure(tmp_path: Path) -> None:
    define(tmp_path, "a")
    assert call(tmp_path, "plan").code == 0
    assert call(tmp_path, "plan", "--exit-code").code == ExitCode.CHANGES


def test_an_edit_is_shown_field_by_field_and_refused_only_when_strict(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a")
    path = tmp_path / "broadcasts" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[vip]", "[vip, new]"), encoding="utf-8")
    assert actions(tmp_path) == {"a": "changed"}
    plain = call(tmp_path, "plan", "--exit-code")
    assert plain.code == ExitCode.BY_HAND
    assert "segment_ids: vip → new, vip" in plain.out
    strict = call(tmp_path, "plan", "--strict", "--exit-code", "--json")
    assert strict.code == ExitCode.REFUSED
    assert strict.json["items"][0]["action"] == "refused"


def test_a_file_that_is_gone_leaves_its_record_for_the_audit(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a", "b")
    (tmp_path / "broadcasts" / "a.yaml").unlink()
    assert actions(tmp_path) == {"a": "undefined", "b": "unchanged"}


def test_a_renamed_file_is_refused_with_the_command_that_moves_its_record(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "old")
    (tmp_path / "broadcasts" / "old.yaml").rename(tmp_path / "broadcasts" / "new.yaml")
    result = call(tmp_path, "plan")
    assert result.code == ExitCode.REFUSED
    assert "invent-gitops state mv old new" in result.out


def test_a_guard_refuses_and_the_others_stay_to_be_created(tmp_path: Path) -> None:
    define(tmp_path, "good")
    for name, schedule in {"now": "immediately", "past": "2020-01-01T09:00:00Z"}.items():
        text = f"name: {name}\nschedule: {schedule}\nsegments: [vip]\n"
        (tmp_path / "broadcasts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    result = call(tmp_path, "plan", "--json", "--exit-code")
    assert result.code == ExitCode.REFUSED, "worse than something to create"
    found = {
        item["key"]: (item["action"], [one["policy"] for one in item["refusals"]]) for item in result.json["items"]
    }
    assert found == {
        "good": ("create", []),
        "now": ("refused", ["allow-immediate"]),
        "past": ("refused", ["schedule-in-past"]),
    }


def test_more_creates_than_the_project_allows_are_refused_all_together(tmp_path: Path) -> None:
    define(tmp_path, "a", "b", "c")
    (tmp_path / "invent.yaml").write_text("policies:\n  max_creates: 2\n", encoding="utf-8")
    assert set(actions(tmp_path).values()) == {"refused"}
    assert set(actions(tmp_path, "--only", "[ab]").values()) == {"create"}


@pytest.mark.parametrize(("glob", "keys"), [("a", {"a"}), ("x/*", {"x/a", "x/b"}), ("*a", {"a", "x/a"}), ("?", {"a"})])
def test_only_takes_a_glob_over_keys(tmp_path: Path, glob: str, keys: set[str]) -> None:
    define(tmp_path, "a", "x/a", "x/b")
    assert set(actions(tmp_path, "--only", glob)) == keys


@pytest.mark.parametrize("glob", ["nothing*", "A", "x", ""])
def test_only_that_matches_nothing_is_wrong_usage(tmp_path: Path, glob: str) -> None:
    define(tmp_path, "a", "x/b")
    result = call(tmp_path, "plan", "--json", "--only", glob)
    assert result.code == ExitCode.USAGE
    assert "--only" in result.json["error"]["message"]


def test_the_digest_is_over_what_would_be_created_and_nothing_else(tmp_path: Path) -> None:
    define(tmp_path, "a")
    first = call(tmp_path, "plan", "--json").json["digest"]
    path = tmp_path / "broadcasts" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "description: other words\n", encoding="utf-8")
    assert call(tmp_path, "plan", "--json").json["digest"] == first
    define(tmp_path, "b")
    assert call(tmp_path, "plan", "--json").json["digest"] != first


def test_out_writes_the_document_as_well(tmp_path: Path) -> None:
    define(tmp_path, "a")
    result = call(tmp_path, "plan", "--json", "--out", "plan.json")
    written = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert written["items"] == result.json["items"]
    missing = call(tmp_path, "plan", "--json", "--out", "no/such/plan.json")
    assert missing.code == ExitCode.INVALID
    assert missing.json["error"]


def test_the_folder_given_by_hand_is_the_folder_of_all_definitions(tmp_path: Path) -> None:
    define(tmp_path, "a", below="campaigns/2099")
    assert actions(tmp_path, "campaigns/2099") == {"a": "create"}
    assert actions(tmp_path, "campaigns") == {"2099/a": "create"}


def test_v_shows_all_of_a_long_plan_and_the_default_says_how_many_more_there_are(tmp_path: Path) -> None:
    define(tmp_path, *[f"key-{number:02}" for number in range(20)])
    short, long = call(tmp_path, "plan").out, call(tmp_path, "plan", "-v").out
    assert "and 8 more" in short
    assert (short.count("+ key-"), long.count("+ key-")) == (12, 20)


def test_a_name_cannot_write_to_the_terminal_nor_command_a_runner(tmp_path: Path) -> None:
    define(tmp_path, "a")
    text = f"name: 'x ##[error] ::error::'\nschedule: {WHEN}\nsegments: [vip]\n"
    (tmp_path / "broadcasts" / "a.yaml").write_text(text, encoding="utf-8")
    for form in ((), ("--json",)):
        result = call(tmp_path, "plan", *form)
        assert result.code == 0
        assert "##[" not in result.all
        assert not any(line.lstrip().startswith("::") for line in result.all.splitlines())


def test_the_headline_names_org_and_api_also_before_there_is_a_state(tmp_path: Path) -> None:
    define(tmp_path, "a")
    assert (
        "(org c at https://host.invalid, no state yet)"
        in call(tmp_path, "plan", env=account("https://host.invalid")).out
    )


def test_a_journal_that_a_killed_run_left_is_part_of_the_plan(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a")
        state = state_of(tmp_path)
    shutil.copy(tmp_path / STATE, tmp_path / "before.json")
    header = {"journal": 1, "lineage": state["lineage"], "org": state["org"], "api": state["api"]}
    made = {"at": "2026-01-01T00:00:00Z", "by": "x"}
    moved = {"event": "moved", "key": "a", "to": "z", "id": state["broadcasts"]["a"]["id"], "provenance": made}
    (tmp_path / f"{STATE}.journal").write_text(f"{json.dumps(header)}\n{json.dumps(moved)}\n", encoding="utf-8")
    assert actions(tmp_path) == {"a": "refused", "z": "undefined"}
    assert (tmp_path / STATE).read_bytes() == (tmp_path / "before.json").read_bytes(), "a plan does not fold it in"


def test_the_last_definition_may_be_deleted_with_its_folder(tmp_path: Path) -> None:
    """Git keeps no empty folder."""
    (tmp_path / "invent.yaml").write_text("timezone: UTC\n", encoding="utf-8")
    define(tmp_path, "a")
    assert call(tmp_path, "apply", "--yes", "--sandbox", *FAST).code == 0
    shutil.rmtree(tmp_path / "broadcasts")
    for words in (["validate"], ["plan"], ["apply", "--sandbox", "--yes"], ["status", "--sandbox"]):
        done = call(tmp_path, *words)
        assert done.code == 0, done.all
        assert "There is no folder broadcasts, so nothing is defined." in done.err
    assert "1 undefined" in call(tmp_path, "plan", "--sandbox").out
    (tmp_path / "invent.yaml").unlink()
    assert call(tmp_path, "plan").code == 4, "without a project file, this may be any folder"


def test_only_is_the_key_of_that_very_name_before_it_is_a_pattern(tmp_path: Path) -> None:
    define(tmp_path, "promo[1]", "promo1", "promo*", "promo2")
    assert actions(tmp_path, "--only", "promo[1]") == {"promo[1]": "create"}
    assert actions(tmp_path, "--only", "promo*") == {"promo*": "create"}
    assert actions(tmp_path, "--only", "promo[12]") == {"promo1": "create", "promo2": "create"}
    assert set(actions(tmp_path, "--only", "promo?*")) == {"promo[1]", "promo1", "promo*", "promo2"}
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", *FAST, "--only", "promo[1]", env=account(server.url)).code == 0
        assert [one["name"] for one in server.sandbox.broadcasts()] == ["Campaign promo[1]"]
    assert set(state_of(tmp_path)["broadcasts"]) == {"promo[1]"}


# ---------------------------------------------------------------- what will not reach Invent


def test_deletion_of_what_is_still_to_be_sent_is_no_quiet_plan(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a", "b")
    (tmp_path / "broadcasts" / "a.yaml").unlink()
    plan = call(tmp_path, "plan")
    assert plan.code == 0
    title, steps, rest = plan.out.split("\n", 2)
    assert title == "⚠ 1 deletion will not reach Invent."
    assert steps.startswith("1 step in Invent is left: cancel “Campaign a”, planned for ")
    assert "No changes" not in plan.out
    assert rest.startswith("Nothing to create.\n")
    document = call(tmp_path, "plan", "--json").json
    assert document["unreachable_counts"] == {"edits": 0, "deletions": 1, "zone_changes": 0, "waived": 0}
    assert [edit["key"] for edit in document["unreachable"]] == ["a"]


def test_code_for_a_person_is_other_than_that_for_creates_which_comes_first(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a", "b")
    (tmp_path / "broadcasts" / "a.yaml").unlink()
    assert call(tmp_path, "plan", "--exit-code").code == 8
    assert call(tmp_path, "plan").code == 0, "only who asks for it gets it"
    define(tmp_path, "a", "b", "new")
    (tmp_path / "broadcasts" / "a.yaml").unlink()
    path = tmp_path / "broadcasts" / "new.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2099-03", "2099-05"), encoding="utf-8")
    assert call(tmp_path, "plan", "--exit-code").code == ExitCode.CHANGES
    assert call(tmp_path, "plan", "--only", "b", "--exit-code").code == 0, "of these keys nothing is left"


def test_look_at_invent_takes_back_what_somebody_has_done_there(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a", "b")
        (tmp_path / "broadcasts" / "a.yaml").unlink()
        path = tmp_path / "invent.yaml"
        path.write_text("policies: {unreachable_edits: refuse}\n", encoding="utf-8")
        env = account(server.url)
        assert call(tmp_path, "plan", "--refresh", env=env).code == ExitCode.REFUSED
        edit(server, ids(tmp_path)["a"], status="CANCELLED")
        assert call(tmp_path, "plan", env=env).code == ExitCode.REFUSED, "the record does not know"
        calm = call(tmp_path, "plan", "--refresh", env=env)
        assert (calm.code, "will not reach" in calm.out) == (0, False)


def test_refusal_stops_no_other_broadcast_and_a_reason_that_says_nothing_waives_nothing(tmp_path: Path) -> None:
    with invent() as server:
        applied(tmp_path, server.url, "a")
        (tmp_path / "broadcasts" / "a.yaml").unlink()
        project = tmp_path / "invent.yaml"
        project.write_text("policies: {unreachable_edits: refuse}\n", encoding="utf-8")
        define(tmp_path, "new")
        path = tmp_path / "broadcasts" / "new.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("2099-03", "2099-05"), encoding="utf-8")
        done = call(tmp_path, "apply", "--yes", env=account(server.url))
        assert done.code == ExitCode.REFUSED
        assert ids(tmp_path).keys() == {"a", "new"}
        waive = "policies: {{unreachable_edits: {{action: refuse, waive: {{a: '{}'}}}}}}\n"
        project.write_text(waive.format(". . . . ."), encoding="utf-8")
        assert call(tmp_path, "plan").code == ExitCode.INVALID
        project.write_text(waive.format("Ana cancels it"), encoding="utf-8")
        assert call(tmp_path, "plan", "--exit-code").code == 0
        again = call(tmp_path, "apply", "--yes", env=account(server.url))
        assert (again.code, "waived: Ana cancels it" in again.out) == (0, True)
