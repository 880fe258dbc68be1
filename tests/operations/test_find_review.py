"""`github approved` where the base branch has `review:`: whose approval counts, and that nothing is created without."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.github.reviewed_project import HEAD, MERGE, OLD, Desk
from tests.github.standin import BEFORE, BOT, CAROL
from tests.running import Result, account, call, define, live, state_of

PROJECT = "my-campaigns/invent.yaml"
ONE = "review: {approvals: 1}\n"


@pytest.fixture
def digest(desk: Desk) -> str:
    """A reviewed plan in the comment of a merged pull request, and a rule on main that asks for one approval."""
    desk.hub.files[PROJECT] = ONE
    found = desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json").code == 0
    return found


def everyone(desk: Desk) -> None:
    """The pull request sends to everyone."""
    path = desk.folder / "broadcasts" / "a.yaml"
    text = path.read_text(encoding="utf-8")
    head, _, _ = text.partition("segments:")
    path.write_text(f"{head}send_to_all: true\n", encoding="utf-8")
    assert (
        call(desk.folder, "plan", "--out", "plan.json", env=account(desk.server.url if desk.server else "")).code == 0
    )
    assert desk.on_pull("comment", "plan.json").code == 0


def merged(desk: Desk, *options: str) -> Result:
    if desk.hub.pulls[7]["state"] == "open":
        desk.hub.merge(7, MERGE)
    return desk.on_push("approved", *options)


def refused(desk: Desk, reason: str) -> None:
    """Nothing is approved, with the reason, and apply creates nothing with what it says."""
    result = merged(desk)
    assert (result.code, result.out) == (0, "unapproved\n"), result.all
    assert reason in result.err
    assert reason in desk.outputs["reason"]
    assert desk.outputs["approvals"] == ""
    assert merged(desk, "--required").code == 5
    assert desk.server
    applied = call(desk.folder, "apply", "--yes", "--approved", "unapproved", env=account(desk.server.url))
    assert applied.code == 5
    assert "No approved plan was found, and 1 would be created (a)" in applied.err


def test_approval_by_another_person_is_enough_and_is_named(desk: Desk, digest: str) -> None:
    desk.hub.review(7, "alice")
    result = merged(desk)
    assert (result.code, result.out) == (0, f"{digest}\n"), result.all
    assert "Approved by alice." in result.err
    assert json.loads(desk.outputs["approvals"]) == [
        {"pull_request": "https://github.com/acme/campaigns/pull/7", "author": CAROL, "reviewers": ["alice"]}
    ]
    assert desk.on_push("approved", "--json").json["reviewers"] == ["alice"]


def test_no_review_is_refused(desk: Desk, digest: str) -> None:
    refused(desk, "Pull request #7 needs 1 more approval.")


def test_approval_by_the_author_does_not_count(desk: Desk, digest: str) -> None:
    desk.hub.push(7, HEAD, "dave")
    desk.hub.review(7, "Carol")
    refused(desk, "needs 1 more approval (Carol opened it).")


def test_approval_by_who_pushed_last_does_not_count_whatever_the_commit_says(desk: Desk, digest: str) -> None:
    desk.hub.push(7, HEAD, "Alice")
    desk.hub.commit_people[HEAD] = "boss"
    desk.hub.review(7, "alice")
    refused(desk, "needs 1 more approval (alice pushed or wrote the last commit).")


def test_approval_by_who_wrote_the_last_commit_does_not_count(desk: Desk, digest: str) -> None:
    desk.hub.commit_people[HEAD] = "alice"
    desk.hub.review(7, "alice")
    refused(desk, "alice pushed or wrote the last commit")


def test_unknown_pusher_is_refused(desk: Desk, digest: str) -> None:
    desk.hub.activity.clear()
    desk.hub.review(7, "alice")
    refused(desk, "GitHub does not say who pushed the last commit of pull request #7")


def test_pusher_is_found_behind_hundreds_of_other_pushes(desk: Desk, digest: str) -> None:
    for number in range(250):
        desk.hub.moved("campaign-7", f"{number:040x}", OLD, "alice")
    desk.hub.moved("other", HEAD, OLD, "alice")
    desk.hub.review(7, "alice")
    assert merged(desk).out == f"{digest}\n"


@pytest.mark.parametrize("activity", ["branch_creation", "force_push", "push"])
@pytest.mark.parametrize("between", [0, 150])
def test_who_restores_a_branch_does_not_take_the_place_of_who_pushed_it(
    desk: Desk, digest: str, activity: str, between: int
) -> None:
    desk.hub.activity.clear()
    desk.hub.push(7, HEAD, "alice")
    for number in range(between):
        desk.hub.moved("campaign-7", f"{number:040x}", HEAD)
    desk.hub.push(7, HEAD, CAROL, activity=activity)
    desk.hub.review(7, "alice")
    refused(desk, "needs 1 more approval (alice pushed or wrote the last commit).")


def test_push_by_an_account_that_is_gone_is_refused_also_behind_a_known_one(desk: Desk, digest: str) -> None:
    desk.hub.push(7, HEAD, CAROL, activity="branch_creation")
    desk.hub.activity[-1]["actor"] = None
    desk.hub.review(7, "alice")
    refused(desk, "GitHub does not say who pushed the last commit of pull request #7")


def test_list_of_pushes_without_an_end_in_reach_is_refused(desk: Desk, digest: str) -> None:
    for _ in range(5_000):
        desk.hub.moved("campaign-7", OLD, HEAD)
    desk.hub.push(7, HEAD, CAROL)
    desk.hub.review(7, "alice")
    desk.hub.merge(7, MERGE)
    assert "GitHub does not say who pushed the last commit" in desk.on_push("approved").err


def test_pull_request_from_another_repository_has_no_known_pusher(desk: Desk, digest: str) -> None:
    desk.hub.pulls[7]["head"]["repo"] = {"id": 2, "full_name": "mallory/campaigns"}
    desk.hub.review(7, "alice")
    refused(desk, "GitHub does not say who pushed the last commit")


@pytest.mark.parametrize("restored", [False, True], ids=["", "restored by a person"])
def test_pull_request_of_a_bot_needs_one_approval_more(desk: Desk, digest: str, restored: bool) -> None:
    desk.hub.pulls[7]["user"] = {"login": BOT, "type": "Bot"}
    desk.hub.push(7, HEAD, BOT)
    if restored:
        desk.hub.push(7, HEAD, CAROL, activity="branch_creation")
    assert desk.on_pull("comment", "plan.json").code == 0
    said = "👤 **Needs 2 approvals** of this commit, since a bot opened and pushed it."
    assert said in desk.hub.bodies(7)[0]
    desk.hub.review(7, "alice")
    refused(desk, "needs 1 more approval: 2 in all, since a bot opened and pushed it.")
    desk.hub.review(7, "bob")
    assert merged(desk).out == f"{digest}\n"


@pytest.mark.parametrize(("author", "pusher"), [(BOT, "dave"), ("dave", BOT)])
def test_pull_request_of_a_bot_and_a_person_needs_no_approval_more(
    desk: Desk, digest: str, author: str, pusher: str
) -> None:
    desk.hub.pulls[7]["user"]["login"] = author
    desk.hub.activity.clear()
    desk.hub.push(7, HEAD, pusher)
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "**Needs 1 approval**" in desk.hub.bodies(7)[0]
    desk.hub.review(7, "alice")
    assert merged(desk).out == f"{digest}\n"


def test_author_that_is_gone_is_refused(desk: Desk, digest: str) -> None:
    desk.hub.pulls[7]["user"] = None
    desk.hub.review(7, "alice")
    refused(desk, "GitHub does not say who opened pull request #7")


@pytest.mark.parametrize("commit", [OLD, "forgotten"])
def test_approval_of_an_older_commit_does_not_count(desk: Desk, digest: str, commit: str) -> None:
    desk.hub.review(7, "alice", commit=OLD)
    if commit == "forgotten":
        desk.hub.reviews[7][0]["commit_id"] = None
    refused(desk, "needs 1 more approval (alice approved commit")


def test_approval_of_an_older_commit_counts_where_the_rule_says_so(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {dismiss_stale: false}\n"
    desk.hub.review(7, "alice", commit=OLD)
    assert merged(desk).out == f"{digest}\n"


def test_dismissed_review_does_not_count(desk: Desk, digest: str) -> None:
    desk.hub.review(7, "alice", "DISMISSED")
    refused(desk, "needs 1 more approval (the review of alice was dismissed).")


def test_requested_changes_block_whoever_else_approves(desk: Desk, digest: str) -> None:
    desk.hub.review(7, "alice")
    desk.hub.review(7, "bob", "CHANGES_REQUESTED")
    refused(desk, "Pull request #7 has no approval: bob requests changes.")


def test_latest_word_of_a_person_counts_and_a_comment_is_none(desk: Desk, digest: str) -> None:
    desk.hub.review(7, "bob", "CHANGES_REQUESTED")
    desk.hub.review(7, "Bob", "APPROVED")
    desk.hub.review(7, "bob", "COMMENTED")
    assert merged(desk).out == f"{digest}\n"
    desk.hub.review(7, "bob", "CHANGES_REQUESTED")
    refused(desk, "bob requests changes")


@pytest.mark.parametrize(("login", "kind"), [("robot[bot]", "Bot"), ("robot", "Bot"), ("ghost", "Organization")])
def test_bot_is_no_person(desk: Desk, digest: str, login: str, kind: str) -> None:
    desk.hub.review(7, login, kind=kind)
    refused(desk, "Pull request #7 needs 1 more approval.")


def test_person_who_may_not_write_here_neither_approves_nor_blocks(desk: Desk, digest: str) -> None:
    desk.hub.permissions = {"eve": "read", "mallory": "none"}
    desk.hub.review(7, "eve")
    desk.hub.review(7, "mallory", "CHANGES_REQUESTED")
    refused(desk, "needs 1 more approval (eve has no right to write here).")
    desk.hub.review(7, "alice")
    assert merged(desk).out == f"{digest}\n"


def test_review_on_the_second_page_counts(desk: Desk, digest: str) -> None:
    for _ in range(120):
        desk.hub.review(7, "bob", "COMMENTED")
    desk.hub.review(7, "alice")
    assert merged(desk).out == f"{digest}\n"
    desk.hub.review(7, "bob", "CHANGES_REQUESTED")
    refused(desk, "bob requests changes")


def test_send_to_everyone_needs_one_of_the_team(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {send_to_all: [legal, acme/pr]}\n"
    desk.hub.teams = {("acme", "legal"): {"lena"}, ("acme", "pr"): {"paul"}}
    everyone(desk)
    desk.hub.review(7, "alice")
    refused(desk, "Pull request #7 needs 1 more approval: from legal or acme/pr, since it goes to everyone.")
    desk.hub.review(7, "paul")
    assert merged(desk).code == 0
    assert "Approved by alice, paul." in merged(desk).err


def test_login_may_be_named_instead_of_a_team(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {send_to_all: [Lena]}\n"
    desk.hub.teams_shown = False
    everyone(desk)
    desk.hub.review(7, "lena")
    assert "Approved by lena." in merged(desk).err


def test_team_that_the_token_may_not_see_is_refused_with_what_the_token_needs(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {send_to_all: [acme/legal]}\n"
    desk.hub.teams = {("acme", "legal"): {"alice"}}
    desk.hub.teams_shown = False
    everyone(desk)
    desk.hub.review(7, "alice")
    refused(desk, "GitHub does not show acme/legal as a team to this token.")
    assert "with the permission members of the organization: read" in merged(desk).err


def test_who_may_send_to_everyone_is_not_asked_for_anything_else(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {send_to_all: [legal]}\n"
    desk.hub.review(7, "alice")
    assert merged(desk).out == f"{digest}\n"


@pytest.mark.parametrize(
    ("catalogue", "reason"),
    [
        ("", "2 in all, since the base branch has no number of contacts for a"),
        ("vip: {id: vip}\n", "2 in all, since the base branch has no number of contacts for a"),
        ("vip: {id: vip, contacts_count: 20001}\n", "2 in all, since a goes to more than 20,000 contacts"),
    ],
)
def test_more_contacts_need_more_approvals_by_the_numbers_of_the_base_branch(
    desk: Desk, digest: str, catalogue: str, reason: str
) -> None:
    desk.hub.files |= {PROJECT: "review: {over: {20000: 2}}\n", "my-campaigns/segments.yaml": catalogue}
    desk.hub.review(7, "alice")
    refused(desk, f"Pull request #7 needs 1 more approval: {reason}")
    desk.hub.review(7, "bob")
    assert merged(desk).out == f"{digest}\n"


def test_few_contacts_need_no_more_approvals(desk: Desk, digest: str) -> None:
    desk.hub.files |= {
        PROJECT: "review: {over: {20000: 2}}\n",
        "my-campaigns/segments.yaml": "vip: {id: vip, contacts_count: 20000}\n",
    }
    desk.hub.review(7, "alice")
    assert merged(desk).out == f"{digest}\n"


def test_pull_request_that_lowers_the_rule_is_judged_by_the_old_one(desk: Desk, digest: str) -> None:
    (desk.folder / "invent.yaml").write_text("timezone: UTC\n", encoding="utf-8")
    desk.hub.files[MERGE, PROJECT] = "timezone: UTC\n"
    refused(desk, "Pull request #7 needs 1 more approval.")


def test_pull_request_that_deletes_the_project_file_is_judged_by_the_old_one(desk: Desk, digest: str) -> None:
    desk.hub.files = {"invent.yaml": "review: {approvals: 2}\n"}
    refused(desk, "Pull request #7 needs 2 more approvals.")


def test_project_file_of_the_base_that_cannot_be_read_is_refused(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {aprovals: 1}\n"
    desk.hub.review(7, "alice")
    refused(desk, "invent.yaml of the base branch, at 9999999, cannot be read, so nobody knows who has to approve")


def test_run_without_a_push_is_judged_by_where_github_says_that_the_branch_was(desk: Desk, digest: str) -> None:
    desk.hub.files = {(OLD, PROJECT): ONE}
    desk.hub.merge(7, MERGE, before=OLD)
    assert "needs 1 more approval" in desk.on_push("approved", event="workflow_dispatch").err


def test_run_without_a_push_is_judged_by_every_commit_that_the_branch_came_from(desk: Desk, digest: str) -> None:
    desk.hub.files = {(OLD, PROJECT): ONE}
    desk.hub.merge(7, MERGE, before=OLD)
    # Somebody moved the branch away and back.
    desk.hub.moved("main", "1" * 40, MERGE, activity="force_push")
    desk.hub.moved("main", MERGE, "1" * 40, activity="force_push")
    assert "needs 1 more approval" in desk.on_push("approved", event="workflow_dispatch").err
    desk.hub.review(7, "alice")
    assert desk.on_push("approved", event="workflow_dispatch").out == f"{digest}\n"


def test_branch_that_merged_main_and_was_pushed_to_it_does_not_lower_the_rule_by_hand(desk: Desk, digest: str) -> None:
    lowering = "1" * 40
    # The first parent is the pull request's own commit, which takes the rule away; the second is main.
    desk.hub.parents |= {HEAD: [lowering, BEFORE], lowering: [OLD]}
    for commit in (lowering, HEAD):
        desk.hub.files[commit, PROJECT] = "timezone: UTC\n"
    desk.hub.merge(7, HEAD)
    for event in ("push", "workflow_dispatch"):
        result = desk.on_push("approved", commit=HEAD, event=event)
        assert "Pull request #7 needs 1 more approval" in result.err, result.all
        assert result.out == "unapproved\n"


def test_queue_that_pushed_the_lowered_rule_first_does_not_lower_it_by_hand(desk: Desk, digest: str) -> None:
    desk.hub.add_pull(8, OLD)
    desk.hub.add_comment(8, desk.hub.bodies(7)[0].replace(HEAD, OLD))
    desk.hub.parents[MERGE] = ["1" * 40]
    desk.hub.files["1" * 40, PROJECT] = "timezone: UTC\n"
    desk.hub.merge(8, MERGE)
    for event in ("push", "workflow_dispatch"):
        result = desk.on_push("approved", event=event)
        assert (result.out, "Pull request #8 needs 1 more approval" in result.err) == ("unapproved\n", True), event


@pytest.mark.parametrize("listed", ["nothing", "a new branch", "another branch"])
def test_run_without_a_push_that_github_does_not_list_approves_nothing(desk: Desk, digest: str, listed: str) -> None:
    desk.hub.merge(7, MERGE)
    desk.hub.review(7, "alice")
    place = next(number for number, entry in enumerate(desk.hub.activity) if entry["after"] == MERGE)
    del desk.hub.activity[place]
    if listed != "nothing":
        desk.hub.moved("main" if listed == "a new branch" else "other", MERGE, "0" * 40, activity="branch_creation")
    result = desk.on_push("approved", event="workflow_dispatch")
    assert result.out == "unapproved\n"
    assert "GitHub does not say where main was before the commit ccccccc was pushed" in result.err
    assert "Run the job of the push again" in result.err


@pytest.mark.parametrize(
    "path", [r"/reviews$", r"/activity$", r"/contents/", r"/permission$", rf"/commits/{HEAD}$"], ids=str
)
@pytest.mark.parametrize("status", [500, 403])
def test_evidence_that_cannot_be_read_ends_the_step_and_approves_nothing(
    desk: Desk, digest: str, path: str, status: int
) -> None:
    desk.hub.review(7, "alice")
    desk.hub.fault("GET", path, status, times=99)
    result = merged(desk)
    assert (result.code, result.out) == (6, ""), result.all
    assert desk.outputs.get("digest", "") == ""


def test_contents_that_the_token_may_not_read_are_not_taken_for_no_rule(desk: Desk, digest: str) -> None:
    desk.hub.fault("GET", r"/contents/", 404, times=99)
    desk.hub.fault("GET", rf"/commits/{BEFORE}$", 404, times=99)
    assert (merged(desk).code, merged(desk).out) == (6, "")


def test_without_a_rule_no_review_is_asked_for(desk: Desk, digest: str) -> None:
    desk.hub.files.clear()
    assert merged(desk).out == f"{digest}\n"
    assert json.loads(desk.outputs["approvals"])[0]["reviewers"] == []
    assert not [seen for seen in desk.hub.requests if seen.path.endswith("/reviews")]


def test_push_without_a_pull_request_approves_nothing_where_people_have_to_approve(desk: Desk, digest: str) -> None:
    result = desk.on_push("approved", commit="e" * 40)
    assert (result.code, result.out) == (0, "unapproved\n")


# ---------------------------------------------------------------- what the comment says from the start


def comment(desk: Desk) -> str:
    [body] = desk.hub.bodies(7)
    return str(body)


def test_comment_says_who_has_to_approve(desk: Desk, digest: str) -> None:
    said = "👤 **Needs 1 approval** of this commit. Neither the author nor who pushed last counts."
    assert said in comment(desk)
    desk.hub.files[PROJECT] = "review: {send_to_all: [legal, acme/pr], over: {20000: 2}}\n"
    everyone(desk)
    said = (
        "👤 **Needs 2 approvals** of this commit, since a goes to everyone. One of them has to come from `legal` or "
        "`acme/pr`, since it goes to everyone. Neither the author nor who pushed last counts."
    )
    assert said in comment(desk)


def test_plan_of_a_fork_in_the_summary_says_that_no_approval_can_count(desk: Desk, digest: str) -> None:
    said = "👤 **No approval can count**: this pull request comes from a fork. After the merge, have a person"
    desk.hub.drop_comments()
    desk.hub.writable = False
    assert desk.on_pull("comment", "plan.json", fork=True).code == 0
    assert said in desk.summary
    assert "Needs 1 approval" not in desk.summary


def test_comment_on_a_pull_request_of_a_fork_says_so_only_where_people_have_to_approve(desk: Desk, digest: str) -> None:
    desk.hub.pulls[7]["head"]["repo"] = {"id": 2, "full_name": "mallory/campaigns"}
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "**No approval can count**" in comment(desk)
    desk.hub.files.clear()
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "Nobody's approval is checked" in comment(desk)


def test_comment_names_a_stale_approval_only_where_it_does_not_count(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {dismiss_stale: false, send_to_all: [legal]}\n"
    everyone(desk)
    assert "**Needs 1 approval**. It has to come from `legal`, since it goes to everyone." in comment(desk)


def test_comment_says_in_one_line_that_nobodys_approval_is_checked(desk: Desk, digest: str) -> None:
    desk.hub.files.clear()
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "Nobody's approval is checked: `invent.yaml` on `main` has no `review:`." in comment(desk)


def test_comment_says_that_the_rule_is_not_known_where_github_does_not_show_it(desk: Desk, digest: str) -> None:
    desk.hub.fault("GET", r"/contents/", 403, body=b'{"message": "Resource not accessible by integration"}')
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "⚠️ **Who has to approve is not known**: GitHub answered 403" in comment(desk)


def test_comment_of_a_plan_that_creates_nothing_asks_for_nobody(desk: Desk, digest: str) -> None:
    (desk.folder / "broadcasts" / "a.yaml").unlink()
    assert call(desk.folder, "plan", "--out", "plan.json").code == 0
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "approval" not in comment(desk)


def test_comment_goes_by_the_base_branch_and_not_by_the_pull_request(desk: Desk, digest: str) -> None:
    (desk.folder / "invent.yaml").write_text("review: {approvals: 5}\n", encoding="utf-8")
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "**Needs 1 approval**" in comment(desk)


# ---------------------------------------------------------------- where the branch was before


@pytest.mark.parametrize("before", ["", "x", "0" * 40, 7, None, ["9" * 40]], ids=str)
def test_push_that_does_not_say_where_the_branch_was_goes_by_the_list_of_activities(
    desk: Desk, digest: str, before: Any
) -> None:
    desk.hub.files = {(OLD, PROJECT): ONE}
    desk.hub.merge(7, MERGE, before=OLD)
    assert "needs 1 more approval" in desk.on_push("approved", before=before).err


def test_first_commit_of_all_has_no_rule_before_it(desk: Desk, digest: str) -> None:
    desk.hub.parents[MERGE] = []
    assert desk.on_push("approved", before="0" * 40).out == "\n"


def test_queue_that_pushes_several_pull_requests_is_judged_by_the_rule_before_all_of_them(
    desk: Desk, digest: str
) -> None:
    desk.hub.add_pull(8, OLD)
    desk.hub.add_comment(8, desk.hub.bodies(7)[0].replace(HEAD, OLD))
    for number, commit in ((8, OLD), (7, MERGE)):
        desk.hub.merge(number, commit)
    # The first of them takes the rule away.
    desk.hub.files[OLD, PROJECT] = "timezone: UTC\n"
    desk.hub.review(7, "alice")
    result = desk.on_push("approved", commits=[OLD, MERGE])
    assert "Pull request #8 needs 1 more approval." in result.err
    desk.hub.review(8, "bob")
    (desk.step / "output.txt").unlink()
    assert desk.on_push("approved", commits=[OLD, MERGE]).out == f"{digest}\n"
    signed = json.loads(desk.outputs["approvals"])
    assert [(entry["reviewers"], entry["keys"]) for entry in signed] == [(["alice"], ["a"]), (["bob"], ["a"])]


@pytest.mark.parametrize("form", ["--plan", "--approved"])
def test_refusal_names_why_a_pull_request_of_the_same_push_is_not_approved(desk: Desk, digest: str, form: str) -> None:
    desk.hub.add_pull(8, OLD)
    desk.hub.add_comment(8, desk.hub.bodies(7)[0].replace(HEAD, OLD))
    define(desk.folder, "b")
    desk.hub.merge(8, OLD)
    desk.hub.merge(7, MERGE)
    desk.hub.review(7, "alice")
    plan = desk.folder / "approved.json"
    assert desk.server
    assert desk.on_push("approved", "--out", plan.name, commits=[OLD, MERGE]).out == f"{digest}\n"
    assert desk.outputs["reason"] == "Pull request #8 needs 1 more approval."
    env = account(desk.server.url) | {"INVENT_UNAPPROVED": desk.outputs["reason"]}
    result = call(desk.folder, "apply", "--yes", form, str(plan) if form == "--plan" else digest, env=env)
    assert (result.code, live(desk.server)) == (5, {}), result.all
    assert "Pull request #8 needs 1 more approval." in result.err
    assert "Settle that, and run this job again. Otherwise: Have a person review the plan." in result.err
    assert "Plan again" not in result.err


def test_plan_that_has_no_room_in_its_comment_counts_as_one_to_everyone(desk: Desk, digest: str) -> None:
    desk.hub.files[PROJECT] = "review: {send_to_all: [lena], over: {20000: 2}}\n"
    assert desk.on_pull("comment", "plan.json").code == 0
    own = desk.hub.comments(7)[0]
    own["body"] = "\n".join(line for line in own["body"].split("\n") if "invent-gitops: approved" not in line)
    desk.hub.review(7, "alice")
    refused(
        desk,
        "Pull request #7 needs an approval from lena, since its plan has no room in the comment and may go to "
        "everyone. Whether that of alice is one cannot be known: GitHub does not show lena as a team to this token.",
    )
    desk.hub.teams["acme", "lena"] = set()
    refused(
        desk, "from lena, since its plan has no room in the comment and may go to everyone; 2 in all, since its plan"
    )
    desk.hub.review(7, "lena")
    assert merged(desk).out == f"{digest}\n"


def test_workspace_has_the_rule_of_the_project_and_the_contacts_of_its_own_catalogue(desk: Desk) -> None:
    text = "review: {over: {20000: 2}}\nworkspaces: {acme: {org: c}}\n"
    (desk.folder / "invent.yaml").write_text(text, encoding="utf-8")
    desk.hub.files |= {PROJECT: text, "my-campaigns/acme/segments.yaml": "vip: {id: vip, contacts_count: 20001}\n"}
    define(desk.folder, "a", below="acme/broadcasts")
    assert desk.server
    plan = ("plan", "--workspace", "acme", "--out", "plan.json")
    assert call(desk.folder, *plan, env=account(desk.server.url)).code == 0, "the plan of the workspace"
    assert desk.on_pull("comment", "plan.json").code == 0
    assert "**Needs 2 approvals** of this commit, since a goes to more than 20,000 contacts." in comment(desk)
    desk.hub.review(7, "alice")
    assert "needs 1 more approval: 2 in all" in merged(desk, "--workspace", "acme").err


def test_who_approved_is_taken_only_beside_an_approval_and_in_its_form(desk: Desk, digest: str) -> None:
    assert desk.server
    env = account(desk.server.url) | {"INVENT_APPROVALS": "alice"}
    result = call(desk.folder, "apply", "--yes", "--approved", digest, env=env)
    assert (result.code, live(desk.server)) == (2, {})
    assert "INVENT_APPROVALS is not what github approved writes." in result.err
    assert call(desk.folder, "apply", "--yes", env=env).code == 0
    assert "signoff" not in (desk.folder / "invent.state.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("author", [0, False, [], None, {}], ids=str)
def test_author_that_is_no_text_is_refused_before_anything(desk: Desk, digest: str, author: Any) -> None:
    assert desk.server
    entry = {"pull_request": "https://github.com/acme/campaigns/pull/7", "author": author, "reviewers": ["alice"]}
    env = account(desk.server.url) | {"INVENT_APPROVALS": json.dumps([entry])}
    result = call(desk.folder, "apply", "--yes", "--approved", digest, env=env)
    assert (result.code, live(desk.server)) == (2, {}), result.all
    assert not (desk.folder / "invent.state.json").exists()


def test_crowd_of_approvals_is_cut_for_the_record_and_apply_takes_it(desk: Desk, digest: str) -> None:
    for number in range(101):
        desk.hub.review(7, f"person-{number:03}")
    result = merged(desk)
    assert "The output approvals names 100 of them; the record will not name 1 more." in result.err
    assert desk.server
    env = account(desk.server.url) | {"INVENT_APPROVALS": desk.outputs["approvals"]}
    assert call(desk.folder, "apply", "--yes", "--approved", digest, env=env).code == 0
    record = state_of(desk.folder)["broadcasts"]["a"]
    assert len(record["provenance"]["signoff"]["reviewers"]) == 100


def test_state_in_a_file_has_who_wrote_and_who_approved(desk: Desk, digest: str) -> None:
    desk.hub.review(7, "alice")
    merged(desk, "--out", "approved.json")
    assert desk.server
    env = account(desk.server.url) | {"INVENT_APPROVALS": desk.outputs["approvals"]}
    assert call(desk.folder, "apply", "--yes", "--plan", "approved.json", env=env).code == 0
    record = state_of(desk.folder)["broadcasts"]["a"]
    address = "https://github.com/acme/campaigns/pull/7"
    signoff = {"pull_request": address, "author": CAROL, "reviewers": ["alice"]}
    assert record["provenance"]["signoff"] == signoff
    [change] = call(desk.folder, "history", "--json").json["changes"]
    assert (change["pull_request"], change["written_by"], change["reviewed_by"]) == (7, CAROL, ["alice"])
