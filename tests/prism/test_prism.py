"""A judge from outside: Prism holds every request of the commands against `openapi.yaml`, and may refuse none.

Skipped where Prism is not installed; `bash tests/prism/run` installs it elsewhere and runs this.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from invent_gitops.api.client import InventApi
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.outcome import Created
from invent_gitops.sandbox.server import serve
from invent_gitops.sandbox.service import Sandbox
from tests.prism.judging import MISSING, PRISM, Judge, free_port, judging
from tests.running import FAST, KEY, account, call, define

DESCRIPTION = Path(__file__).with_name("openapi.yaml")
pytestmark = pytest.mark.skipif(not PRISM, reason=MISSING)


@dataclass(frozen=True, slots=True)
class Case:
    """A command, how it ends, and the routes that it must have called."""

    words: tuple[str, ...]
    code: int
    routes: frozenset[str]


LIST, CREATE, SEGMENTS = "get /orgs/c/broadcasts", "post /orgs/c/broadcasts", "get /orgs/c/segments"
# A new command that talks to Invent is one line here. Each runs in a copy of the same project: `doubt` was begun and
# its answer lost, so it stays blocked, and `Spring sale` is to be created.
CASES = [
    Case(("apply", "--yes", *FAST), 7, frozenset({LIST, SEGMENTS, CREATE})),
    Case(("reconcile",), 7, frozenset({LIST})),
    Case(("resolve", "doubt", "--id", "b_01"), 5, frozenset({LIST})),
    Case(("plan", "--refresh"), 7, frozenset({LIST, SEGMENTS})),
    Case(("resolve", "doubt", "--not-created", "--reason", "looked"), 5, frozenset({LIST})),
    Case(("refresh",), 7, frozenset({LIST})),
    Case(("status", "--exit-code"), 7, frozenset({LIST})),
    Case(("calendar", "--refresh"), 0, frozenset({LIST})),
    Case(("import", "--all"), 7, frozenset({LIST})),
    Case(("segments", "pull"), 0, frozenset({SEGMENTS})),
]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def project(port: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of the cases, whose state is bound to where Prism will be."""
    folder = tmp_path_factory.mktemp("project")
    define(folder, "doubt")
    with Sandbox(limit=0) as box, serve(box, port) as server:
        server.faults.add("error-before@create:1")
        assert call(folder, "apply", "--yes", *FAST, env=account(server.url)).code == 7
    text = "name: Spring sale\nschedule: 2099-03-01T09:00:00Z\nsegments: [vip]\n"
    (folder / "broadcasts" / "spring.yaml").write_text(text, encoding="utf-8")
    (folder / "segments.yaml").write_text("vip: {id: seg_vip, contacts_count: 1240}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def judge(port: int, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    with judging("mock", DESCRIPTION, port=port, log=tmp_path_factory.mktemp("prism") / "log") as found:
        yield found


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.words[:2]))
def test_every_request_of_a_command_is_as_described(judge: Judge, project: Path, case: Case, tmp_path: Path) -> None:
    folder = shutil.copytree(project, tmp_path / "project")
    with judge.hearing() as routes:
        result = call(folder, *case.words, env=account(judge.url))
    assert result.code == case.code, result.all
    assert routes == case.routes


def test_apply_records_what_the_judge_answered(judge: Judge, project: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(project, tmp_path / "project")
    with judge.hearing():
        call(folder, "apply", "--yes", "--only", "spring", *FAST, env=account(judge.url))
    shown = call(folder, "state", "show", "spring", "--json", env=account(judge.url)).json
    assert "b_03" in str(shown)


def test_every_call_of_the_client_is_as_described_and_its_answer_is_understood(judge: Judge) -> None:
    request = Request("x" * 255, datetime(2099, 3, 1, 9, tzinfo=UTC), tuple(f"s_{n}" for n in range(10)), False)
    target = Target(judge.url, "c", judge.url, KEY)
    with judge.hearing() as routes, InventApi(target, rate=1e6, stop=threading.Event()) as api:
        sent, draft = api.broadcasts()
        assert api.readable_broadcasts().entries == (sent, draft)
        assert [segment.contacts for segment in api.segments()] == [1240, 3000]
        answers = [api.create(request), api.create(Request("Now", None, (), True))]
    assert [type(answer) for answer in answers] == [Created, Created]
    assert routes == {LIST, CREATE, SEGMENTS}
    check_understood(sent)
    assert (draft.request.scheduled_at, draft.request.send_to_all) == (None, True)
    assert (draft.sending.templates, draft.unread) == (0, ())


def check_understood(sent: Remote) -> None:
    assert (sent.segments, sent.sending.templates, sent.unread) == ((("seg_vip", "VIP customers"),), 1, ())
    assert (sent.sending.counts.sent, sent.sending.counts.click, sent.sending.counts.unsubscribed) == (1190, 90, 3)


@pytest.mark.parametrize(
    ("method", "query", "body"),
    [
        ("GET", "?status=ACTIVE", None),
        ("GET", "?take=101", None),
        ("GET", "?page=0", None),
        ("POST", "", {"name": ""}),
        ("POST", "", {"name": "x" * 256}),
        ("POST", "", {"name": "x", "scheduled_at": "2099-03-01T09:00:00"}),
        ("POST", "", {"name": "x", "segment_ids": ["s"] * 11}),
        ("POST", "", {"name": "x", "key": "spring"}),
        ("POST", "", {}),
    ],
)
def test_the_judge_does_say_no(judge: Judge, method: str, query: str, body: object) -> None:
    url, headers = f"{judge.url}/orgs/c/broadcasts{query}", {"Authorization": f"Bearer {KEY}"}
    with pytest.raises(AssertionError, match="Violation"), judge.hearing():
        httpx.request(method, url, json=body, headers=headers, trust_env=False)


@pytest.mark.parametrize("path", ["/orgs/c/broadcasts/b_01", "/orgs/c/broadcasts/b_01/send"])
def test_the_judge_knows_no_other_route(judge: Judge, path: str) -> None:
    with pytest.raises(AssertionError, match="terminated with error"), judge.hearing():
        httpx.post(judge.url + path, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False)
