"""`apply` creates for as many people as were reviewed: it reads the segments right before, and compares the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.sandbox.server import Server
from tests.running import (
    FAST,
    WHEN,
    Received,
    Reply,
    Result,
    Script,
    account,
    call,
    http,
    invent,
    posted,
    run,
    scripted,
    state_of,
)

REVIEWED = {"seg_vip": 1_240}
NOT_COMPARED = "was not compared with a reviewed one"


def lay_down(folder: Path, counts: Mapping[str, int | None], **definition: object) -> None:
    """A project whose catalogue counts its segments so, with one definition that goes to all of them."""
    catalogue = {
        f"name of {id}": {"id": id} | ({} if count is None else {"contacts_count": count})
        for id, count in counts.items()
    }
    (folder / "segments.yaml").write_text(json.dumps(catalogue), encoding="utf-8")
    (folder / "broadcasts").mkdir(exist_ok=True)
    content = {"name": "Spring", "schedule": WHEN, "segments": list(catalogue), **definition}
    (folder / "broadcasts" / "spring.yaml").write_text(json.dumps(content), encoding="utf-8")


def apply(folder: Path, server: Server, *words: str) -> Result:
    return call(folder, "apply", "--yes", "--json", *FAST, *words, env=account(server.url))


def refusals(result: Result) -> list[str]:
    return [refusal["policy"] for item in result.json["plan"]["items"] for refusal in item["refusals"]]


def message(result: Result) -> str:
    [refusal] = [refusal for item in result.json["plan"]["items"] for refusal in item["refusals"]]
    return str(refusal["message"])


def cure(result: Result) -> str:
    [refusal] = [refusal for item in result.json["plan"]["items"] for refusal in item["refusals"]]
    return str(refusal["cure"])


def gets(server: Server) -> list[str]:
    return [seen.path.rpartition("/")[2] for seen in server.sandbox.requests if seen.method == "GET"]


@pytest.mark.parametrize(
    ("today", "creates"),
    [(1_240, True), (1_000, True), (1_860, True), (1_861, False), (5_000_000, False)],
    ids=["as reviewed", "fewer", "just within the jump", "just beyond it", "five million"],
)
def test_more_contacts_than_were_reviewed_and_the_jump_are_refused(tmp_path: Path, today: int, creates: bool) -> None:
    lay_down(tmp_path, REVIEWED)
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", today)])
        result = apply(tmp_path, server)
        assert posted(server) == (["Spring"] if creates else [])
    assert result.code == (ExitCode.DONE if creates else ExitCode.REFUSED)
    assert refusals(result) == ([] if creates else ["audience-jump"])
    if not creates:
        assert f"up to {today:,} contacts today, and the catalogue has 1,240" in message(result)


def test_refusal_for_too_many_contacts_is_waived_with_a_reason(tmp_path: Path) -> None:
    lay_down(tmp_path, REVIEWED, waive={"audience-jump": "all of the fair, agreed with legal"})
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", 5_000_000)])
        result = apply(tmp_path, server)
        assert (result.code, posted(server)) == (ExitCode.DONE, ["Spring"])
    [outcome] = result.json["outcomes"]
    assert (outcome["contacts_count"], outcome["reviewed_contacts"]) == (5_000_000, 1_240)
    assert "created for 5,000,000 contacts, and the catalogue has 1,240" in outcome["more_than_reviewed"]
    assert result.json["plan"]["items"][0]["unneeded_waivers"] == []


def test_segment_that_grew_is_named_where_another_one_hides_it(tmp_path: Path) -> None:
    lay_down(tmp_path, {"seg_a": 10_000, "seg_b": 100})
    with invent() as server:
        server.sandbox.seed([("seg_a", "A", 9_000), ("seg_b", "B", 90_000)])
        result = apply(tmp_path, server)
        assert posted(server) == []
    assert "name of seg_b 100 → 90,000" in message(result)
    assert "seg_a" not in message(result)


def segments_route(*replies: Reply) -> Script:
    """An Invent with an empty list of broadcasts, whose pages of segments are these, the last one again and again."""
    pages = iter(replies)
    last = replies[-1]

    def answer(request: Received) -> Reply:
        if request.path.endswith("/segments"):
            return next(pages, last)
        if request.method == "GET":
            return http(200, [], pagination_count=0)
        body = request.json()
        return http(
            200, {**body, "id": "b_1", "status": "DRAFT", "segments": [{"id": id} for id in body["segment_ids"]]}
        )

    return answer


HALF = [{"id": f"seg_{number}", "name": "x", "contacts_count": 1} for number in range(100)]
VIP = {"id": "seg_vip", "name": "VIPs", "contacts_count": 1_240}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (segments_route(http(404, {"message": "no such route"})), "Invent answered 404"),
        (segments_route(http(401, {"message": "this endpoint is not open to keys"})), "Invent answered 401"),
        (segments_route(http(200, b"not json")), "not an array of objects"),
        (segments_route(http(200, HALF, pagination_count=150), http(404, {})), "cannot be read"),
        (segments_route(http(200, [VIP], pagination_count=2), http(200, [], pagination_count=2)), "do not agree"),
        (segments_route(http(200, [VIP, {"name": "no id"}], pagination_count=2)), "without a usable id"),
        (segments_route(http(200, [{**VIP, "contacts_count": None}], pagination_count=1)), "shows no count"),
        (segments_route(http(200, [{**VIP, "contacts_count": "many"}], pagination_count=1)), "shows no count"),
    ],
    ids=["no route", "not open", "no list", "half", "count", "entry", "null", "text"],
)
def test_segments_that_cannot_be_read_refuse_what_has_a_reviewed_number(
    tmp_path: Path, script: Script, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invent_gitops.api.reading.PATIENCE", 0.0)
    lay_down(tmp_path, REVIEWED)
    with scripted(script) as server:
        result = call(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
        assert (result.code, refusals(result)) == (ExitCode.REFUSED, ["audience-jump"])
        assert reason in message(result)
        assert not [request for request in server.received if request.method == "POST"]
        lay_down(tmp_path, REVIEWED, waive={"audience-jump": "Invent is asked by hand today"})
        waived = call(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
        assert (waived.code, waived.json["outcomes"][0]["id"]) == (ExitCode.DONE, "b_1")


def test_segment_that_is_gone_reaches_nobody_and_is_told(tmp_path: Path) -> None:
    lay_down(tmp_path, REVIEWED)
    with scripted(segments_route(http(200, [], pagination_count=0))) as server:
        result = call(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
    assert (result.code, result.json["outcomes"][0]["id"]) == (ExitCode.DONE, "b_1")
    assert "Not in Invent any more" in result.err


def test_without_a_reviewed_number_it_creates_and_says_that_nothing_was_compared(tmp_path: Path) -> None:
    lay_down(tmp_path, {"seg_vip": None})
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", 5_000_000)])
        result = apply(tmp_path, server)
        assert (result.code, posted(server)) == (ExitCode.DONE, ["Spring"])
        assert gets(server) == ["broadcasts"]
    assert NOT_COMPARED in result.err
    assert "invent-gitops segments pull" in result.err
    assert result.json["outcomes"][0]["more_than_reviewed"] is None


def test_segments_with_a_number_are_compared_and_those_without_are_told(tmp_path: Path) -> None:
    lay_down(tmp_path, {"seg_a": 100, "seg_b": None})
    with invent() as server:
        server.sandbox.seed([("seg_a", "A", 100), ("seg_b", "B", 5_000_000)])
        result = apply(tmp_path, server)
        assert (result.code, posted(server)) == (ExitCode.DONE, ["Spring"])
        assert NOT_COMPARED in result.err
        assert result.json["outcomes"][0]["more_than_reviewed"] is None
        lay_down(tmp_path, {"seg_a": 100, "seg_b": None}, name="Summer", waive={"possible-rename": "another one"})
        server.sandbox.put_segment("c", "seg_a", contacts=151)
        again = apply(tmp_path, server, "--state", "other.json")
    assert (again.code, refusals(again)) == (ExitCode.REFUSED, ["audience-jump"])


def test_segments_are_read_once_for_all_creates(tmp_path: Path) -> None:
    lay_down(tmp_path, REVIEWED)
    for number in range(12):
        content = {"name": f"More {number}", "schedule": WHEN, "segments": ["id:seg_vip"]}
        (tmp_path / "broadcasts" / f"more-{number}.yaml").write_text(json.dumps(content), encoding="utf-8")
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", 1_240)])
        assert apply(tmp_path, server).code == ExitCode.DONE
        assert (len(posted(server)), gets(server)) == (13, ["broadcasts", "segments"])
        assert apply(tmp_path, server).code == ExitCode.DONE
        # Nothing to create, so nothing more is asked.
        assert gets(server).count("segments") == 1


def test_numbers_of_an_approved_plan_stand_before_those_of_the_catalogue(tmp_path: Path) -> None:
    lay_down(tmp_path, REVIEWED)
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", 1_240)])
        assert call(tmp_path, "plan", "--out", "plan.json", env=account(server.url)).code == 0
        approved = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
        # Somebody pulls the catalogue after the review: the digest is the same, and the number is not.
        lay_down(tmp_path, {"seg_vip": 5_000_000})
        server.sandbox.put_segment("c", "seg_vip", contacts=5_000_000)
        again = json.loads(call(tmp_path, "plan", "--json", env=account(server.url)).out)
        assert again["digest"] == approved["digest"]
        refused = apply(tmp_path, server, "--plan", "plan.json")
        assert (refused.code, refusals(refused), posted(server)) == (ExitCode.REFUSED, ["audience-jump"], [])
        assert "the approved plan has 1,240" in message(refused)
        assert call(tmp_path, "plan", "--out", "plan.json", env=account(server.url)).code == 0
        assert apply(tmp_path, server, "--plan", "plan.json").code == ExitCode.DONE
        assert posted(server) == ["Spring"]


@pytest.mark.parametrize("contacts", ["1240", -1, 1.5, True, [1240]])
def test_approved_plan_with_a_number_that_is_none_is_refused(tmp_path: Path, contacts: object) -> None:
    lay_down(tmp_path, REVIEWED)
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", 1_240)])
        document = json.loads(call(tmp_path, "plan", "--json", env=account(server.url)).out)
        document["items"][0]["audience"]["contacts"] = contacts
        (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
        assert apply(tmp_path, server, "--plan", "plan.json").code == ExitCode.REFUSED
        assert posted(server) == []


def test_everyone_is_compared_with_the_last_broadcast_to_everyone(tmp_path: Path) -> None:
    lay_down(tmp_path, REVIEWED)
    everyone = {"name": "Terms", "schedule": WHEN, "send_to_all": True}
    path = tmp_path / "broadcasts" / "spring.yaml"
    path.write_text(json.dumps(everyone), encoding="utf-8")
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", 1_240), ("seg_news", "News", 760)])
        first = apply(tmp_path, server)
        assert (first.code, gets(server)) == (ExitCode.DONE, ["broadcasts"])
        assert "no broadcast to everyone was created before" in first.err
        assert state_of(tmp_path)["broadcasts"]["spring"]["contacts_count"] == 2_000
        (tmp_path / "broadcasts" / "more.yaml").write_text(json.dumps({**everyone, "name": "More"}), encoding="utf-8")
        server.sandbox.put_segment("c", "seg_news", contacts=3_001)
        refused = apply(tmp_path, server)
        assert (refused.code, refusals(refused), posted(server)) == (ExitCode.REFUSED, ["audience-jump"], ["Terms"])
        assert message(refused) == (
            "It would go to at least 3,001 contacts today, and the last broadcast to everyone has 2,000 (+50.1%). "
            "policies.audience_jump lets 50% more through: up to 3,000."
        )
        assert "segments pull" not in cure(refused), "no catalogue has that number"
        assert "waive audience-jump with a reason" in cure(refused)
        server.sandbox.put_segment("c", "seg_news", contacts=1_000)
        assert apply(tmp_path, server).code == ExitCode.DONE
        assert posted(server) == ["More", "Terms"]


def test_what_grows_while_the_question_is_open_is_not_created(tmp_path: Path) -> None:
    from tests.running import Terminal

    lay_down(tmp_path, REVIEWED)
    with invent() as server:
        server.sandbox.seed([("seg_vip", "VIPs", 1_240)])
        terminal = Terminal(tmp_path, "apply", env=account(server.url))
        terminal.until("[y/N]")
        server.sandbox.put_segment("c", "seg_vip", contacts=5_000_000)
        terminal.type("y\n")
        result = terminal.end()
        assert (result.code, posted(server)) == (ExitCode.REFUSED, [])
    text = " ".join(result.all.split())
    assert "By now it is refused. audience-jump: It would go to up to 5,000,000 contacts today" in text
    assert "the catalogue has 1,240 (+403,126%)" in text
    assert "waive audience-jump with a reason" in text


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "lost"])
def test_contacts_of_the_answer_are_recorded_and_said_loudly_where_they_are_more(tmp_path: Path, lost: bool) -> None:
    lay_down(tmp_path, REVIEWED)
    summary, outputs = tmp_path / "summary.md", tmp_path / "outputs"
    workflow = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}

    def answer(request: Received) -> Reply:
        if request.path.endswith("/segments"):
            return http(200, [VIP], pagination_count=1)
        if request.method == "GET":
            return http(200, [], pagination_count=0)
        body = {**request.json(), "id": "b_1", "status": "DRAFT", "segments": [{"id": "seg_vip"}]}
        return http(200, body if lost else {**body, "contacts_count": 5_000_000})

    with scripted(answer) as server:
        env = {**account(server.url), **workflow}
        result = run(tmp_path, "apply", "--yes", "--format", "github", *FAST, env=env)
        assert result.code == ExitCode.DONE
    record = state_of(tmp_path)["broadcasts"]["spring"]
    assert (record.get("contacts_count"), state_of(tmp_path)["version"]) == ((None, 1) if lost else (5_000_000, 4))
    for text in (result.out, summary.read_text(encoding="utf-8")):
        assert ("created for 5,000,000 contacts" in text) is not lost
    assert ("::error" in result.out) is not lost
