"""`github comment` and `github outdated`: one comment on a pull request, whatever happens around it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.review.comment import BODY_LIMIT
from invent_gitops.review.marker import read_marker
from tests.github.reviewed_project import EVIL, HEAD, MERGE, OLD, Desk, failed
from tests.github.standin import TOKEN, Seen
from tests.running import FAST, Result, account, call, ids, live, posted, started, until

FOREIGN = "mallory"
# It counts a broadcast, and holds none.
COUNTS = {"create": 1, "blocked": 0, "refused": 0, "changed": 0, "undefined": 0, "unchanged": 0}
CUT = json.dumps({"kind": "plan", "problems": [], "error": None, "counts": COUNTS, "items": [], "digest": ""})


def the_body(desk: Desk) -> str:
    """The body of our one comment that counts."""
    (body,) = [body for body in desk.hub.bodies(7) if " superseded -->" not in body]
    return body


def status_of(body: str) -> str:
    marker = read_marker(body)
    assert marker
    return marker.status


# ---------------------------------------------------------------- one comment, kept up to date


def test_first_plan_is_a_new_comment_with_links_to_the_head_of_the_pull_request(desk: Desk) -> None:
    digest = desk.plan("plan.json", "a")
    result = desk.on_pull("comment", "plan.json")
    assert (result.code, result.err) == (0, "")
    assert result.out == "The comment is new: https://github.com/acme/campaigns/pull/7#issuecomment-1001\n"
    marker = read_marker(the_body(desk))
    assert marker
    assert (marker.kind, marker.project, marker.commit) == ("plan", "my%2Dcampaigns/", HEAD)
    assert (marker.digest, marker.status) == (digest, "current")
    assert f"blob/{HEAD}/my-campaigns/broadcasts/a.yaml#L1" in the_body(desk)
    assert desk.summary == ""


def test_next_plan_is_written_into_the_same_comment(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    second = desk.plan("plan.json", "b")
    desk.hub.push(7, OLD)
    assert desk.on_pull("comment", "plan.json").code == 0
    assert second in the_body(desk)
    assert "2 broadcasts to create" in the_body(desk)
    assert [one["id"] for one in desk.hub.comments(7)] == [1001]


def test_same_plan_again_sends_no_request_to_write(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    # As GitHub gives bodies back that were once edited in a browser.
    desk.hub.comments(7)[0]["body"] = the_body(desk).replace("\n", "\r\n")
    assert desk.on_pull("comment", "plan.json", "--json").json["action"] == "unchanged"
    assert desk.hub.writes() == ["POST /repos/acme/campaigns/issues/7/comments"]


def test_two_projects_of_one_repository_have_a_comment_each(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    other = Desk(desk.hub, desk.folder.parent / "more")
    other.folder.mkdir()
    other.plan("plan.json", "b")
    for one in (other, desk, other):
        assert one.on_pull("comment", "plan.json").code == 0
    projects = [marker.project for body in desk.hub.bodies(7) if (marker := read_marker(body))]
    assert projects == ["my%2Dcampaigns/", "more/"]


def plan_of_nothing(desk: Desk, **changes: Any) -> None:
    """A plan in which nothing changes, with other entries."""
    (desk.folder / "broadcasts").mkdir(exist_ok=True)
    assert call(desk.folder, "plan", "--out", "plan.json").code == 0
    desk.edited("plan.json", **changes)


def test_plan_in_which_nothing_changes_gets_no_comment_and_one_line(desk: Desk) -> None:
    plan_of_nothing(desk)
    result = desk.on_pull("comment", "plan.json")
    assert (result.code, result.err) == (0, "")
    assert result.out == "Nothing changes in Invent, so the pull request gets no comment.\n"
    assert (desk.hub.writes(), desk.summary) == ([], "")
    desk.hub.merge(7, MERGE)
    assert desk.on_push("approved").out == "unapproved\n"


def test_comment_that_is_there_is_kept_up_to_date_also_when_nothing_changes_any_more(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    (desk.folder / "broadcasts" / "a.yaml").unlink()
    plan_of_nothing(desk)
    desk.hub.push(7, OLD)
    assert desk.on_pull("comment", "plan.json", "--json").json["action"] == "updated"
    assert "1 broadcast to create" not in the_body(desk)
    assert f"commit={OLD}" in the_body(desk)


LOOSENED: dict[str, Any] = {"weaker": [], "tighter": [], "passes_only_so": [], "error": None, "reference": "main",
            "base": OLD, "guard": "warn", "refused": False}  # fmt: skip
WEAKER = {"rule": "max_creates", "subject": "", "old": "1", "new": "2", "source": "invent.yaml", "key": None,
          "position": None}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"exit_code": 8},
        {"digest": ""},
        {"counts": {"blocked": 1, "refused": 0, "changed": 0, "create": 0, "undefined": 0, "unchanged": 0}},
        {"counts": {"blocked": 0, "refused": 0, "changed": 1, "create": 0, "undefined": 0, "unchanged": 0}},
        {"loosened": {**LOOSENED, "weaker": [WEAKER]}},
        {"loosened": {**LOOSENED, "error": {"message": "This clone has no base.", "cure": "Fetch it."}}},
        {"loosened": {**LOOSENED, "passes_only_so": [{"key": "a", "rule": "max_creates", "message": "x"}]}},
    ],
)
def test_plan_that_says_anything_or_is_not_sure_gets_its_comment(desk: Desk, changes: dict[str, Any]) -> None:
    plan_of_nothing(desk, **changes)
    assert desk.on_pull("comment", "plan.json", "--json").json["action"] == "created"


def test_rules_that_are_only_tighter_get_no_comment(desk: Desk) -> None:
    plan_of_nothing(desk, loosened={**LOOSENED, "tighter": [WEAKER]})
    assert desk.on_pull("comment", "plan.json", "--json").json["action"] == "none"


def test_own_comment_is_found_on_the_third_page(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    for number in range(230):
        desk.hub.add_comment(7, f"Comment {number}", "alice")
    desk.on_pull("comment", "plan.json")
    for _ in range(2):
        desk.plan("plan.json", "b")
        assert desk.on_pull("comment", "plan.json", "--json").json["action"] in ("updated", "unchanged")
    assert len(desk.hub.bodies(7)) == 1


def test_plan_that_failed_is_shown_and_leaves_no_digest(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    failed(desk.folder)
    assert desk.on_pull("comment", "failed.json").code == 0
    assert "There is no plan" in the_body(desk)
    assert "digest=none" in the_body(desk).split("\n")[0]


# ---------------------------------------------------------------- whose comment it is


def test_comment_of_another_user_that_begins_with_our_marker_is_left_alone(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    forged = the_body(desk)
    desk.hub.drop_comments()
    desk.hub.add_comment(7, forged, FOREIGN)
    desk.hub.add_comment(7, "Look:\n" + forged)
    desk.plan("plan.json", "b")
    assert desk.on_pull("comment", "plan.json").code == 0
    assert [one["body"] for one in desk.hub.comments(7)[:2]] == [forged, "Look:\n" + forged]
    assert len(desk.hub.comments(7)) == 3


def test_token_of_a_person_is_known_by_its_login(desk: Desk) -> None:
    desk.hub.user_known, desk.hub.login = True, "Alice"
    desk.plan("plan.json", "a")
    for _ in range(2):
        assert desk.on_pull("comment", "plan.json").err == ""
    assert len(desk.hub.bodies(7, "Alice")) == 1


def test_token_of_another_app_is_told_to_name_its_author_and_then_finds_its_comment(desk: Desk) -> None:
    desk.hub.login = "our-app[bot]"
    desk.plan("plan.json", "a")
    assert "Pass --author our-app[bot]." in desk.on_pull("comment", "plan.json").err
    assert len(desk.hub.comments(7)) == 1
    desk.plan("plan.json", "b")
    assert desk.on_pull("comment", "plan.json", "--author", "our-app[bot]").err == ""
    assert len(desk.hub.comments(7)) == 1
    assert "2 broadcasts to create" in desk.hub.comments(7)[0]["body"]


# ---------------------------------------------------------------- older and newer


def test_slow_run_of_an_older_commit_does_not_write_over_the_newer_plan(desk: Desk) -> None:
    desk.plan("plan.json", "a", "b")
    desk.on_pull("comment", "plan.json")
    before = the_body(desk)
    desk.edited("old.json", at="2026-01-01T00:00:00Z")
    result = desk.on_pull("comment", "old.json", head=OLD)
    assert result.code == 0
    assert "::notice " in result.err
    assert the_body(desk) == before


def test_plan_of_a_commit_that_is_no_longer_the_head_is_written_with_a_banner(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json", head=OLD).code == 0
    assert status_of(the_body(desk)) == "outdated"
    assert "**Outdated**: this plan was made for commit aaaaaaa" in the_body(desk)
    desk.on_pull("comment", "plan.json")
    assert status_of(the_body(desk)) == "current"
    assert "Outdated" not in the_body(desk)


def test_outdated_puts_a_banner_on_top_and_keeps_the_plan(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    assert "newest commit" in desk.on_pull("outdated").out
    plan = the_body(desk).split("\n", 2)[2]
    desk.hub.push(7, OLD)
    assert desk.on_pull("outdated").code == 0
    assert status_of(the_body(desk)) == "outdated"
    first, second = the_body(desk).split("\n")[2:4]
    assert first == "> [!WARNING]"
    assert second.startswith("> **Outdated**: this plan was made for commit bbbbbbb, and a newer one is being planned.")
    assert the_body(desk).replace("\n\n<!--", "\n<!--").endswith(plan.replace("\n\n<!--", "\n<!--"))
    writes = len(desk.hub.writes())
    assert "already" in desk.on_pull("outdated").out
    assert len(desk.hub.writes()) == writes


def test_outdated_of_an_older_run_does_not_mark_the_newest_plan(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    desk.on_pull("outdated", head=OLD)
    assert status_of(the_body(desk)) == "current"


def test_outdated_without_a_comment_does_nothing(desk: Desk) -> None:
    assert desk.on_pull("outdated", "--json").json["action"] == "none"
    assert desk.hub.writes() == []


def test_plan_that_comes_after_the_merge_is_not_shown_as_reviewed(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.hub.merge(7, MERGE)
    result = desk.on_pull("comment", "plan.json")
    assert result.code == 0
    assert "merged before this plan" in result.err
    assert desk.hub.comments(7) == []
    assert "1 broadcast to create" in desk.summary


# ---------------------------------------------------------------- the outcome of an apply


def test_outcome_is_put_above_the_plan_and_the_digest_survives_twice(desk: Desk) -> None:
    digest = desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    desk.hub.merge(7, MERGE)
    body = ""
    for outcomes, told in ((1, "1 broadcast created"), (2, "2 broadcasts created")):
        desk.report(outcomes=outcomes)
        assert desk.on_push("comment", "report.json").code == 0
        body = the_body(desk)
        marker = read_marker(body)
        assert marker
        assert (marker.kind, marker.commit, marker.digest) == ("report", HEAD, digest)
        assert body.index(told) < body.index("The plan as it was reviewed") < body.index("1 broadcast to create")
        assert ("Earlier runs" in body) == (outcomes == 2)
        assert body.count("1 broadcast to create") == body.count("the plan begins") == body.count("the plan ends") == 1
    assert body.index("2 broadcasts created") < body.index("Earlier runs") < body.index("1 broadcast created")


def approved_run(desk: Desk, url: str, second: int = 0) -> Result:
    """What the workflow does after a merge: find what was approved, apply it, and tell the pull request.

    `second` is when it ended, as far as the comment is told: two runs do not end in the same second.
    """
    assert desk.on_push("approved", "--out", "approved.json").code == 0
    approval = ("--plan", "approved.json") if desk.outputs["plan"] else ("--approved", desk.outputs["digest"])
    done = call(desk.folder, "apply", "--yes", "--out", "report.json", *approval, *FAST, env=account(url))
    report = json.loads((desk.folder / "report.json").read_text(encoding="utf-8"))
    (desk.folder / "report.json").write_text(json.dumps({**report, "at": f"2026-11-20T12:00:{second:02}Z"}), "utf-8")
    assert desk.on_push("comment", "report.json").code == 0
    return done


def test_run_again_shows_the_ids_again_and_nothing_twice(desk: Desk) -> None:
    desk.plan("plan.json", "a", "b")
    desk.on_pull("comment", "plan.json")
    desk.hub.merge(7, MERGE)
    with desk.invent() as server:
        assert approved_run(desk, server.url).code == 0
        for second in (1, 2):
            assert approved_run(desk, server.url, second).code == 0
            body = the_body(desk)
            assert "✅ 2 broadcasts were created already, by another run" in body
            for id in live(server).values():
                assert body.count(f"`{id}`") == 1
            assert "Earlier runs" not in body


def test_many_ids_do_not_vanish_when_a_run_is_repeated_and_the_text_says_where_all_are(desk: Desk) -> None:
    (desk.folder / "invent.yaml").write_text("policies: {max_creates: 9000}\n", encoding="utf-8")
    # Too many for the hidden line, so that nothing but the digest tells what was approved.
    keys = [f"{number * 15485863**3:x}" for number in range(1, 801)]
    desk.plan("plan.json", *keys)
    desk.on_pull("comment", "plan.json")
    desk.hub.merge(7, MERGE)
    with desk.invent() as server:
        for second, told in enumerate(("800 broadcasts created", "800 broadcasts were created already")):
            assert approved_run(desk, server.url, second).code == 0
            body = the_body(desk)
            assert told in body
            assert 50_000 < len(body) <= BODY_LIMIT
            assert sum(f"`{id}`" in body for id in live(server).values()) > 200
            assert re.search(r"\*\*Cut to fit: \d+ of 800 entries are not shown below", body)
            assert "state list" in body
            assert "[The summary of the run](https://github.com/acme/campaigns/actions/runs/77)" in body
    # Nor when it cannot even begin.
    failed(desk.folder, kind="report")
    assert desk.on_push("comment", "failed.json").code == 0
    body = the_body(desk)
    assert "The state is damaged." in body
    assert len(body) <= BODY_LIMIT
    assert sum(f"`{id}`" in body for id in ids(desk.folder).values()) > 200
    assert "state list" in body


def test_cut_plan_links_to_the_run_that_shows_more(desk: Desk) -> None:
    (desk.folder / "invent.yaml").write_text("policies: {max_creates: 9000}\n", encoding="utf-8")
    desk.plan("plan.json", *(f"c{number:04}" for number in range(600)))
    desk.on_pull("comment", "plan.json")
    assert "[The summary of the run](https://github.com/acme/campaigns/actions/runs/77)" in the_body(desk)
    desk.on_pull("comment", "plan.json", env={"GITHUB_RUN_ID": "7) @everyone"})
    assert "actions/runs" not in the_body(desk)
    assert "Cut to fit" in the_body(desk)


def test_run_that_was_killed_names_what_may_have_been_created_and_the_next_one_its_ids(desk: Desk) -> None:
    desk.plan("plan.json", "a", "b")
    desk.on_pull("comment", "plan.json")
    desk.hub.merge(7, MERGE)
    with desk.invent("close-after@create:1", "hang=600@create:2") as server:
        desk.on_push("approved", "--out", "approved.json")
        words = ("apply", "--yes", "--plan", "approved.json", "--out", "report.json", "--concurrency", "1", *FAST)
        with started(desk.folder, *words, env=account(server.url)) as process:
            until(lambda: len(posted(server)) == 2)
            process.kill()
            process.wait()
        assert desk.on_push("comment", "report.json").code == 0
        body = the_body(desk)
        assert "⚠️ It was cut off: 2 may have been created" in body
        assert "running it again is safe, and it looks in Invent first" in body
        assert "<b>Campaign a</b>" in body.split("The plan as it was reviewed")[0]
        assert "<b>Campaign b</b>" in body.split("The plan as it was reviewed")[0]
        server.faults.clear()
        approved_run(desk, server.url)
        body = the_body(desk)
        assert f"`{live(server)['Campaign a']}`" in body
        assert "cut off" not in body


def test_outcome_without_the_approved_plan_keeps_those_of_earlier_runs(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    desk.hub.merge(7, MERGE)
    with desk.invent() as server:
        assert approved_run(desk, server.url).code == 0
        failed(desk.folder, kind="report")
        assert desk.on_push("comment", "failed.json").code == 0
        assert "The state is damaged." in the_body(desk)
        assert f"`{live(server)['Campaign a']}`" in the_body(desk)


def test_run_that_had_nothing_to_do_adds_no_comment_where_there_was_none(desk: Desk) -> None:
    desk.hub.merge(7, MERGE)
    desk.report(outcomes=0)
    result = desk.on_push("comment", "report.json")
    assert (result.code, result.err, desk.hub.comments(7)) == (0, "", [])
    assert result.out.startswith("Nothing changes in Invent")


def test_neither_a_plan_nor_outdated_touches_an_outcome(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    desk.hub.merge(7, MERGE)
    desk.report()
    desk.on_push("comment", "report.json")
    before = the_body(desk)
    desk.hub.push(7, OLD)
    desk.edited("other.json", at="2026-01-01T00:00:00Z")
    assert desk.on_pull("outdated").code == desk.on_pull("comment", "other.json").code == 0
    assert the_body(desk) == before


def test_plan_is_not_written_over_an_outcome_before_the_merge_either(desk: Desk) -> None:
    desk.report()
    desk.on_pull("comment", "report.json")
    before = the_body(desk)
    desk.plan("plan.json", "a")
    assert "outcome of an apply" in desk.on_pull("comment", "plan.json").err
    assert the_body(desk) == before
    desk.hub.push(7, OLD)
    assert desk.on_pull("comment", "plan.json").err == "", "a new commit needs a plan"
    assert f"commit={OLD}" in the_body(desk)


def test_outcome_without_a_plan_is_a_comment_of_its_own(desk: Desk) -> None:
    desk.hub.merge(7, MERGE)
    desk.report()
    assert desk.on_push("comment", "report.json").code == 0
    assert "1 broadcast created" in the_body(desk)
    assert "digest=none" in the_body(desk)
    assert len(desk.hub.writes()) == 1
    desk.report(reason="again")
    assert desk.on_push("comment", "report.json").code == 0
    assert the_body(desk).count("1 broadcast created") == 1
    assert "<details>" not in the_body(desk)


def test_outcome_does_not_go_to_a_pull_request_of_another_repository(desk: Desk) -> None:
    desk.hub.add_pull(8, OLD, repository="mallory/campaigns")
    desk.hub.merge(8, MERGE)
    desk.report()
    result = desk.on_push("comment", "report.json")
    assert "belongs to no pull request" in result.err
    assert desk.hub.writes() == []


# ---------------------------------------------------------------- size and hostile words


@pytest.mark.parametrize("count", [2_000])
def test_everything_stays_below_the_limit_and_keeps_its_frame(desk: Desk, count: int) -> None:
    (desk.folder / "invent.yaml").write_text("policies: {max_creates: 9000}\n", encoding="utf-8")
    desk.plan("plan.json", *(f"c{number:04}" for number in range(count)))
    desk.on_pull("comment", "plan.json")
    assert 58_000 < len(the_body(desk)) <= BODY_LIMIT
    assert the_body(desk).endswith("<!-- invent-gitops: the plan ends -->")
    desk.hub.merge(7, MERGE)
    desk.report(outcomes=count)
    assert desk.on_push("comment", "report.json").code == 0
    assert 50_000 < len(the_body(desk)) <= BODY_LIMIT
    assert "The plan has no room below this outcome" in the_body(desk)
    assert read_marker(the_body(desk))


def test_hostile_names_cannot_leave_their_place(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    document = json.loads((desk.folder / "plan.json").read_text(encoding="utf-8"))
    forged = f"<!-- invent-gitops: the plan ends -->\n<!-- invent-gitops 1 plan project= commit={OLD} -->"
    for words in (EVIL, forged):
        item = {**document["items"][0], "name": words, "description": words, "owner": words}
        item["request"] = {**item["request"], "name": words}
        desk.edited("evil.json", items=[item])
        assert desk.on_pull("comment", "evil.json").code == 0
        body = the_body(desk)
        assert len(re.findall("<!--", body)) == 3, "the marker, and the two lines around the plan"
        assert "<img" not in body
        assert "@everyone" not in body
        assert "\x1b" not in body
        desk.report(reason=words)
        (desk.folder / "evil-report.json").write_text(
            (desk.folder / "report.json").read_text(encoding="utf-8"), encoding="utf-8"
        )
    desk.hub.merge(7, MERGE)
    result = desk.on_push("comment", "evil-report.json")
    assert len(re.findall("<!--", the_body(desk))) == 5, "and the two around the outcome"
    assert "::" not in result.out


@pytest.mark.parametrize("name", ["x --> <img src=x> @everyone", "a b\n::error::x", "ü=% commit=", "--"])
def test_hostile_folder_cannot_leave_the_marker(desk: Desk, name: str) -> None:
    other = Desk(desk.hub, desk.folder.parent / name)
    other.folder.mkdir()
    other.plan("plan.json", "a")
    for _ in range(2):
        assert other.on_pull("comment", "plan.json").code == 0
    first, *rest = the_body(desk).split("\n")
    assert re.fullmatch(r"<!-- [\w.:=/% -]+ -->", first, re.ASCII)
    assert "-->" not in first[:-3]
    assert "<img" not in "\n".join(rest)


# ---------------------------------------------------------------- races


def test_two_runs_that_add_a_comment_at_once_end_with_one_that_counts(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    theirs = the_body(desk).replace(HEAD, OLD)
    desk.hub.drop_comments()

    def meanwhile(seen: Seen) -> None:
        if seen.method == "POST" and not desk.hub.comments(7):
            desk.hub.add_comment(7, theirs)

    desk.hub.meanwhile = meanwhile
    assert desk.on_pull("comment", "plan.json").code == 0
    first, second = desk.hub.bodies(7)
    assert f"commit={HEAD}" in first
    assert status_of(first) == "current"
    assert status_of(second) == "superseded"
    assert "https://github.com/acme/campaigns/pull/7#issuecomment-" in second
    writes = len(desk.hub.writes())
    desk.on_pull("comment", "plan.json")
    assert desk.hub.bodies(7) == [first, second]
    assert len(desk.hub.writes()) == writes
    desk.hub.merge(7, MERGE)
    assert desk.on_push("approved").code == 0, "a superseded comment is no second opinion"


def test_own_comment_in_a_race_gives_way_to_one_of_a_newer_commit(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    newest = the_body(desk)
    desk.hub.drop_comments()

    def meanwhile(seen: Seen) -> None:
        if seen.method == "POST" and not desk.hub.comments(7):
            desk.hub.add_comment(7, newest)

    desk.hub.meanwhile = meanwhile
    assert desk.on_pull("comment", "plan.json", head=OLD).code == 0
    assert desk.hub.bodies(7)[0] == newest


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("status", [0, 502])
def test_lost_answer_to_a_new_comment_never_makes_two(desk: Desk, after: bool, status: int) -> None:
    desk.hub.fault("POST", "comments", status, after=after)
    desk.plan("plan.json", "a")
    result = desk.on_pull("comment", "plan.json")
    assert result.code == 0, result.all
    assert len(desk.hub.comments(7)) == 1
    assert len(desk.hub.writes()) == (1 if after else 2)


@pytest.mark.parametrize("status", [0, 500, 503])
def test_update_and_reads_are_tried_again(desk: Desk, status: int) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    desk.plan("plan.json", "b")
    for method, path in (("GET", "user"), ("GET", "pulls"), ("GET", "comments"), ("PATCH", "comments")):
        desk.hub.fault(method, path, status, times=2)
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "2 broadcasts to create" in the_body(desk)


# ---------------------------------------------------------------- where there can be no comment


def in_summary(desk: Desk, result: object) -> None:
    assert getattr(result, "code", None) == 0, result
    assert "::notice title=no comment::" in getattr(result, "err", "")
    assert desk.summary.startswith("### 1 broadcast to create")


def test_pull_request_from_a_fork_falls_back_to_the_summary(desk: Desk) -> None:
    desk.hub.writable = False
    desk.plan("plan.json", "a")
    result = desk.on_pull("comment", "plan.json", fork=True)
    in_summary(desk, result)
    assert "from a fork" in result.err
    assert desk.hub.comments(7) == []


def test_run_that_dependabot_has_started_is_not_told_to_ask_for_a_permission_that_it_has(desk: Desk) -> None:
    desk.hub.writable = False
    desk.plan("plan.json", "a")
    result = desk.on_pull("comment", "plan.json", env={"GITHUB_ACTOR": "dependabot[bot]"})
    in_summary(desk, result)
    assert "In a run that Dependabot has started, the token can only read" in result.err
    assert "pull-requests: write" not in result.err


def test_token_without_the_permission_falls_back_and_names_it(desk: Desk) -> None:
    desk.hub.writable = False
    desk.plan("plan.json", "a")
    result = desk.on_pull("comment", "plan.json")
    in_summary(desk, result)
    assert "pull-requests: write" in result.err


def test_without_a_token_the_summary_has_it(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    in_summary(desk, desk.on_pull("comment", "plan.json", token=""))
    assert desk.hub.requests == []


def test_gh_token_will_do(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json", token="", env={"GH_TOKEN": TOKEN}).code == 0
    assert len(desk.hub.comments(7)) == 1


def test_push_without_a_pull_request_falls_back_to_the_summary(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    in_summary(desk, desk.on_push("comment", "plan.json"))


def test_fallback_is_in_context_the_document(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    found = desk.on_push("comment", "plan.json", "--json").json
    assert (found["action"], found["reason"]) == ("summary", "The commit ccccccc belongs to no pull request.")


def test_outdated_without_permission_says_so_and_goes_on(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json")
    desk.hub.push(7, OLD)
    desk.hub.writable = False
    result = desk.on_pull("outdated")
    assert result.code == 0
    assert "::notice" in result.err
    assert desk.summary == ""


def test_summary_without_room_is_a_warning_and_not_said_to_be_written(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    result = desk.on_push("comment", "plan.json", "--json", env={"GITHUB_STEP_SUMMARY": str(desk.folder)})
    assert result.json["action"] == "none"
    assert "::warning title=no comment::" in result.err


def test_nowhere_to_write_at_all_is_wrong_usage(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    result = desk.on_pull("comment", "plan.json", token="", env={"GITHUB_STEP_SUMMARY": ""})
    assert result.code == 2
    assert "There is no GITHUB_TOKEN." in result.err


def test_github_that_is_down_ends_with_6_a_warning_and_the_summary(desk: Desk) -> None:
    desk.hub.fault("GET", "pulls", 503, times=99)
    desk.plan("plan.json", "a")
    result = desk.on_pull("comment", "plan.json")
    assert result.code == 6
    assert "::warning title=no comment::GitHub answered 503" in result.err
    assert desk.summary.startswith("### 1 broadcast to create")
    assert desk.on_pull("comment", "plan.json", "--json").json["error"]["message"].startswith("GitHub answered 503")


def test_wrong_token_ends_with_6_and_is_shown_nowhere(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    secret = "ghs_wrong_but_secret"
    desk.hub.fault("GET", "user", 401, times=9, body=json.dumps({"message": f"Bad credentials {secret}"}).encode())
    result = desk.on_pull("comment", "plan.json", token=secret)
    assert result.code == 6
    assert "GITHUB_TOKEN is wrong or has expired" in result.err
    assert secret not in result.all + desk.summary


def test_token_that_got_into_a_document_is_not_printed(desk: Desk) -> None:
    result = desk.on_pull("comment", f"{TOKEN}.json")
    assert result.code == 4
    assert TOKEN not in result.all
    assert "***.json cannot be read" in result.err


# ---------------------------------------------------------------- input


@pytest.mark.parametrize("text", ["", "[]", "{", '{"kind": "records"}', '{"kind": "plan"}', '{"kind": "report"}', CUT])
def test_file_that_is_no_document_is_invalid_input(desk: Desk, text: str) -> None:
    (desk.folder / "odd.json").write_text(text, encoding="utf-8")
    assert desk.on_pull("comment", "odd.json", "--json").json["exit_code"] == 4
    assert desk.hub.requests == []


def test_missing_file_is_invalid_input(desk: Desk) -> None:
    result = desk.on_pull("comment", "none.json")
    assert result.code == 4
    assert "skip this step" in result.err


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("GITHUB_REPOSITORY", "", 2),
        ("GITHUB_REPOSITORY", "acme/../x", 2),
        ("GITHUB_REPOSITORY", "acme/..", 2),
        ("GITHUB_SHA", "main", 2),
        ("GITHUB_API_URL", "http://api.github.invalid", 2),
        ("GITHUB_API_URL", "https://user:pw@api.github.invalid", 2),
        ("GITHUB_TOKEN", "two words", 2),
        ("GITHUB_EVENT_PATH", "nowhere.json", 4),
    ],
)
def test_odd_environment_is_refused_before_anything_is_sent(desk: Desk, name: str, value: str, code: int) -> None:
    desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json", "--json", env={name: value}).json["exit_code"] == code
    assert desk.hub.requests == []


@pytest.mark.parametrize("event", ["[]", "{", '{"pull_request": 7}', '{"pull_request": {"number": "7"}}'])
def test_event_that_is_none_is_invalid_input(desk: Desk, tmp_path: Path, event: str) -> None:
    desk.plan("plan.json", "a")
    (tmp_path / "odd-event.json").write_text(event, encoding="utf-8")
    result = desk.on_pull("comment", "plan.json", env={"GITHUB_EVENT_PATH": str(tmp_path / "odd-event.json")})
    assert result.code == 4
    assert "GITHUB_EVENT_PATH" in result.err


def test_outside_of_a_workflow_it_is_wrong_usage(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    assert call(desk.folder, "github", "comment", "plan.json").code == 2
