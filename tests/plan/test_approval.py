"""What is created is what was approved: by a saved plan, or by its digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.errors import ExitCode, Refused
from invent_gitops.model.digest import Destination
from invent_gitops.plan import approval
from invent_gitops.plan.approval import approved_plan, check_digest, check_plan
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.values import replace
from tests.making import NOW, a_definition, a_record, a_request, a_state, an_intent, in_context, plan_of
from tests.running import account, call, define, ids, invent, live, posted, started, until

ONE, TWO = a_request(name="One"), a_request(name="Two")
BOTH = [a_definition("one", ONE), a_definition("two", TWO)]


def saved(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(document("plan", 0, plan_json(plan_of(BOTH))))
    return whole | changes


# ---------------------------------------------------------------- a saved plan


def test_plan_that_was_approved_passes_as_it_is() -> None:
    check_plan(approved_plan(saved()), plan_of(BOTH))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("workspace", "globex", "is for the workspace globex, and this run for the workspace acme"),
        ("workspace", None, "is for a project without workspaces, and this run for the workspace acme"),
        ("org", "org_222", "is for org org_222 at"),
        ("api", "https://other.example", "at https://other.example, and this run for org"),
    ],
)
def test_plan_for_another_account_or_workspace_is_refused(field: str, value: object, words: str) -> None:
    made = in_context(plan_of(BOTH), workspace="acme")
    check_plan(approved_plan(json.loads(document("plan", 0, plan_json(made)))), made)
    other = in_context(made, **{field: value or ""})
    with pytest.raises(Refused, match=words):
        check_plan(approved_plan(json.loads(document("plan", 0, plan_json(other)))), made)


@pytest.mark.parametrize("field", ["workspace", "org", "api"])
def test_plan_that_does_not_say_for_which_account_it_is_is_no_evidence(field: str) -> None:
    for broken in ({key: value for key, value in saved().items() if key != field}, saved(**{field: 7})):
        with pytest.raises(Refused, match="not a plan of invent-gitops"):
            approved_plan(broken)


@pytest.mark.parametrize(
    ("now", "field"),
    [
        (a_request(name="Other"), "name"),
        (a_request(name="Two", at=NOW + timedelta(days=3, minutes=1)), "scheduled_at"),
        (a_request(name="Two", segments=("seg_z",)), "segment_ids"),
        (a_request(name="Two", everyone=True), "send_to_all"),
    ],
)
def test_each_field_that_differs_is_named_with_both_values(now: Any, field: str) -> None:
    made = plan_of([BOTH[0], a_definition("two", now)])
    with pytest.raises(Refused, match=f"two has another {field}") as caught:
        check_plan(approved_plan(saved()), made)
    assert "one has" not in caught.value.message


def test_broadcast_that_was_added_after_the_approval_is_named() -> None:
    made = plan_of([*BOTH, a_definition("three", a_request(name="Three"))])
    with pytest.raises(Refused, match="three was not in it"):
        check_plan(approved_plan(saved()), made)


def test_what_was_created_or_taken_back_meanwhile_is_no_difference() -> None:
    approved = approved_plan(saved())
    check_plan(approved, plan_of(BOTH, a_state({"one": a_record("bc_1", request=ONE)})))
    check_plan(approved, plan_of(BOTH[:1]))


def edited(saved_plan: dict[str, Any]) -> dict[str, Any]:
    saved_plan["items"][0]["request"]["name"] = "Slipped in"
    return saved_plan


@pytest.mark.parametrize("request_of_it", [None, [], "Two", 7, {}])
def test_plan_with_a_create_that_has_no_request_is_no_evidence(request_of_it: object) -> None:
    whole = saved()
    whole["items"][0]["request"] = request_of_it
    with pytest.raises(Refused, match="not a plan of invent-gitops"):
        approved_plan(whole)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        None,
        "plan",
        saved(digest=""),
        saved(digest=None),
        saved(kind="report"),
        saved(items=[]),
        saved(items=None),
        saved(exit_code=4),
        edited(saved()),
    ],
)
def test_plan_that_is_none_or_was_edited_refuses(wrong: object) -> None:
    with pytest.raises(Refused):
        approved_plan(wrong)


# ---------------------------------------------------------------- a digest


def test_digest_of_the_plan_passes_also_when_time_has_gone_by() -> None:
    approved = plan_of(BOTH).digest
    check_digest(approved, plan_of(BOTH, now=NOW + timedelta(hours=1)))


def test_digest_passes_when_a_part_was_created_or_attempted_meanwhile() -> None:
    approved = plan_of(BOTH).digest
    older = a_record("bc_0", request=a_request(name="Old"))
    definitions = [*BOTH, a_definition("old", older.request)]
    before = a_state({"old": replace(older, provenance=replace(older.provenance, at=NOW - timedelta(days=9)))})
    assert plan_of(definitions, before).digest == approved
    created = replace(before, broadcasts={**before.broadcasts, "one": a_record("bc_1", request=ONE)})
    check_digest(approved, plan_of(definitions, created))
    check_digest(approved, plan_of(definitions, replace(created, intents={"two": an_intent(TWO)})))


@pytest.mark.parametrize("wrong", ["", " ", "v2:", "deadbeef", "v2:2:" + "0" * 16 + ":" + "0" * 64, "v2:2:" + "0" * 80])
def test_digest_that_is_missing_empty_or_another_refuses(wrong: str) -> None:
    with pytest.raises(Refused):
        check_digest(wrong, plan_of(BOTH))


def test_digest_does_not_cover_what_was_added() -> None:
    with pytest.raises(Refused, match="digest"):
        check_digest(plan_of(BOTH[:1]).digest, plan_of(BOTH))


@pytest.mark.parametrize("field", ["org", "api", "workspace"])
def test_digest_for_another_account_refuses_also_where_nothing_is_left_to_create(field: str) -> None:
    approved = in_context(plan_of(BOTH), **{field: "other"}).digest
    for made in (plan_of(BOTH), plan_of([])):
        with pytest.raises(Refused, match="is of a plan for another org, API or workspace; this run is for org"):
            check_digest(approved, made)


def test_digest_is_not_searched_for_among_sets_of_another_size(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"k{number:04}" for number in range(300)]
    state = a_state({name: a_record(f"bc_{name}", request=a_request(name)) for name in names})
    made = plan_of([a_definition(name, a_request(name)) for name in [*names, "new"]], state)
    taken: list[int] = []

    def counting(where: Destination, entries: Iterable[str]) -> str:
        taken.append(len(list(entries)))
        return "none"

    monkeypatch.setattr(approval, "digest_of", counting)
    with pytest.raises(Refused):
        check_digest(plan_of([a_definition(name, a_request(name)) for name in names[:7]]).digest, made)
    assert set(taken) == {7}
    assert len(taken) <= 2


# ---------------------------------------------------------------- the command


def approving_file(folder: Path, url: str) -> tuple[str, ...]:
    assert call(folder, "plan", "--out", "plan.json", env=account(url)).code == 0
    return ("--plan", "plan.json")


def approving_digest(folder: Path, url: str) -> tuple[str, ...]:
    return ("--approved", str(call(folder, "plan", "--json", env=account(url)).json["digest"]))


@pytest.mark.parametrize("approve", [approving_file, approving_digest])
def test_apply_creates_what_was_approved_and_refuses_after_one_minute_of_one_schedule_changed(
    tmp_path: Path, approve: Callable[[Path, str], tuple[str, ...]]
) -> None:
    define(tmp_path, "a", "b")
    with invent() as server:
        words = approve(tmp_path, server.url)
        path = tmp_path / "broadcasts" / "b.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("09:00", "09:01"), encoding="utf-8")
        refused = call(tmp_path, "apply", "--yes", "--json", *words, env=account(server.url))
        assert refused.code == ExitCode.REFUSED
        assert posted(server) == []
        assert ("scheduled_at" in refused.json["error"]["message"]) == (words[0] == "--plan")
        path.write_text(text, encoding="utf-8")
        assert call(tmp_path, "apply", "--yes", "--only", "a", env=account(server.url)).code == 0
        assert call(tmp_path, "apply", "--yes", *words, env=account(server.url)).code == 0
        assert len(posted(server)) == 2


@pytest.mark.parametrize("keys", [("a",), ()])
@pytest.mark.parametrize(
    "words",
    [
        ("--plan", "none.json"),
        ("--plan", ""),
        ("--plan", "."),
        ("--approved", ""),
        ("--approved", " "),
        ("--approved", "approved"),
        ("--approved", "sha256:"),
        ("--approved", "sha256:" + "G" * 64),
        ("--approved", "sha256:" + "0" * 64),
        ("--approved", "v2:0:" + "0" * 16 + ":" + "0" * 63),
    ],
)
def test_approval_that_cannot_be_read_sends_nothing_and_never_passes(
    tmp_path: Path, words: tuple[str, str], keys: tuple[str, ...]
) -> None:
    define(tmp_path, *keys).mkdir(exist_ok=True)
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", *words, env=account(server.url)).code == ExitCode.REFUSED
        assert posted(server) == []


def test_two_approvals_are_one_too_many(tmp_path: Path) -> None:
    define(tmp_path, "a")
    assert call(tmp_path, "apply", "--yes", "--plan", "p", "--approved", "d").code == ExitCode.USAGE


def test_unapproved_refuses_what_would_be_created_with_the_cure_and_passes_where_nothing_would(tmp_path: Path) -> None:
    define(tmp_path, *(f"k{number:02}" for number in range(12)))
    with invent() as server:
        words = ("apply", "--yes", "--json", "--approved", "unapproved")
        refused = call(tmp_path, *words, env=account(server.url))
        assert refused.code == ExitCode.REFUSED
        assert posted(server) == []
        error = refused.json["error"]
        assert error["message"].startswith("No approved plan was found, and 12 would be created (k00, k01, ")
        assert "k09, …)" in error["message"]
        assert error["cure"].startswith("Have a person review the plan.")
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        assert call(tmp_path, *words, env=account(server.url)).code == 0


def test_many_and_long_differences_are_cut_and_counted() -> None:
    names = [f"k{number:03}" for number in range(50)]
    approved = approved_plan(json.loads(document("plan", 0, plan_json(plan_of([])))))
    made = plan_of([a_definition(name, a_request(name=f"{name} {'x' * 900}")) for name in names])
    with pytest.raises(Refused, match="k009 was not in it; and 40 more") as caught:
        check_plan(approved, made)
    assert "k010 was" not in caught.value.message
    before = a_definition("long", a_request(name="y" * 900))
    approved = approved_plan(json.loads(document("plan", 0, plan_json(plan_of([before])))))
    with pytest.raises(Refused) as caught:
        check_plan(approved, plan_of([a_definition("long", a_request(name="x" * 900))]))
    assert len(caught.value.message) < 600


@pytest.mark.parametrize("approve", [approving_file, approving_digest])
def test_run_again_tells_the_ids_of_all_that_was_approved(
    tmp_path: Path, approve: Callable[[Path, str], tuple[str, ...]]
) -> None:
    # Its name is before the others: records of one second are told apart by their keys.
    define(tmp_path, "1st")
    with invent() as server:
        env = account(server.url)
        assert call(tmp_path, "apply", "--yes", env=env).code == 0
        define(tmp_path, "a", "b")
        words = ("apply", "--yes", "--json", *approve(tmp_path, server.url))
        assert call(tmp_path, "apply", "--yes", "--only", "a", env=env).code == 0
        second = call(tmp_path, *words, env=env).json
        assert told(second) == {"a": "already-created", "b": "created"}
        third = call(tmp_path, *words, env=env)
        assert third.code == 0
        assert told(third.json) == {"a": "already-created", "b": "already-created"}
        assert {one["key"]: one["id"] for one in third.json["outcomes"]} == {
            key: id for key, id in ids(tmp_path).items() if key != "1st"
        }
        assert all(one["recorded"] and one["reason"].endswith("in another run.") for one in third.json["outcomes"])
        text = call(tmp_path, *[word for word in words if word != "--json"], env=env)
        assert "2 created already." in text.out
        assert call(tmp_path, "apply", "--yes", "--json", env=env).json["outcomes"] == []


def test_ids_that_a_killed_run_left_in_doubt_are_told_by_the_next_and_by_the_one_after(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent("close-after@create:1") as server:
        env = account(server.url)
        words = ("apply", "--yes", "--json", *approving_file(tmp_path, server.url), "--concurrency", "1")
        server.faults.add("hang=600@create:2")
        with started(tmp_path, *words, env=env) as process:
            until(lambda: len(posted(server)) == 2)
            process.kill()
            process.wait()
        server.faults.clear()
        for fate in ("adopted", "already-created", "already-created"):
            again = call(tmp_path, *words, env=env)
            assert again.code == 0
            assert told(again.json) == {"a": fate, "b": fate}
            assert {one["id"] for one in again.json["outcomes"]} == set(live(server).values())


def told(report: Any) -> dict[str, str]:
    return {one["key"]: one["outcome"] for one in report["outcomes"]}


def test_plan_for_another_account_is_refused_also_where_nothing_is_left_to_create(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server, invent() as other:
        words = approving_file(tmp_path, server.url)
        there = ("apply", "--yes", "--json", "--state", "other.json")
        assert call(tmp_path, *there, env=account(other.url)).code == 0
        done = call(tmp_path, *there, *words, env=account(other.url))
    assert (done.code, done.json["outcomes"]) == (5, [])
    assert "The approved plan is for org c at" in done.json["error"]["message"]


# ---------------------------------------------------------------- for which account

OLD_DIGEST = "sha256:" + "a" * 64
OLD_WORDS = "was made by an older version of invent-gitops, and does not say for which account"
WORKSPACES = """\
workspaces:
  acme: {org: org_1, definitions: acme/broadcasts/}
  globex: {org: org_2, definitions: globex/broadcasts/}
"""


def digest_for(folder: Path, *words: str, env: dict[str, str]) -> str:
    return str(call(folder, "plan", "--json", *words, env=env).json["digest"])


def refused_without_a_call(folder: Path, url: str, approved: str, *words: str) -> str:
    """Why apply refused a digest."""
    done = call(folder, "apply", "--yes", "--json", "--approved", approved, *words, env=account(url))
    assert done.code == ExitCode.REFUSED, done.all
    return str(done.json["error"]["message"])


def test_digest_of_the_sandbox_of_another_org_or_of_another_api_approves_nothing_live(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        live_env = account(server.url)
        right = digest_for(tmp_path, env=live_env)
        others = [
            digest_for(tmp_path, "--sandbox", env={}),
            digest_for(tmp_path, "--org", "org_2", env=live_env),
            digest_for(tmp_path, env=account("http://127.0.0.1:9")),
        ]
        assert len({right, *others}) == 4
        for approved in others:
            words = refused_without_a_call(tmp_path, server.url, approved)
            assert words == (
                "The approved digest is of a plan for another org, API or workspace; this run is for org c at "
                f"{server.url}."
            )
        assert posted(server) == []
        assert call(tmp_path, "apply", "--yes", "--approved", right, env=live_env).code == 0


def test_digest_of_one_workspace_approves_nothing_in_another_that_defines_the_same(tmp_path: Path) -> None:
    for name in ("acme", "globex"):
        (tmp_path / name).mkdir()
        define(tmp_path / name, "a")
    (tmp_path / "invent.yaml").write_text(WORKSPACES, encoding="utf-8")
    with invent() as server:
        env = account(server.url)
        acme = digest_for(tmp_path, "--workspace", "acme", env=env)
        words = refused_without_a_call(tmp_path, server.url, acme, "--workspace", "globex")
        assert words.endswith(f"for org org_2 at {server.url}, the workspace globex.")
        assert posted(server) == []


def test_digest_of_an_older_version_is_refused_with_the_reason_also_where_nothing_would_be_created(
    tmp_path: Path,
) -> None:
    define(tmp_path).mkdir(exist_ok=True)
    with invent() as server:
        assert OLD_WORDS in refused_without_a_call(tmp_path, server.url, OLD_DIGEST)
        define(tmp_path, "a")
        assert OLD_WORDS in refused_without_a_call(tmp_path, server.url, OLD_DIGEST)
        assert call(tmp_path, "plan", "--out", "plan.json", env=account(server.url)).code == 0
        whole = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
        (tmp_path / "old.json").write_text(json.dumps(whole | {"digest": OLD_DIGEST}), encoding="utf-8")
        done = call(tmp_path, "apply", "--yes", "--json", "--plan", "old.json", env=account(server.url))
        assert (done.code, posted(server)) == (5, [])
        assert done.json["error"]["message"].startswith(f"The approved plan {OLD_WORDS}")
        assert done.json["error"]["cure"].startswith("Plan again")


def test_saved_plan_whose_account_was_edited_is_no_plan(tmp_path: Path) -> None:
    """Without the account in its digest, whoever can edit the file could turn a plan of the sandbox into a live one."""
    for field in ("org", "api", "workspace"):
        with pytest.raises(Refused, match="or it was edited"):
            approved_plan(saved(**{field: "https://other.example"}))
