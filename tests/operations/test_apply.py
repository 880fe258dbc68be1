"""The protocol of an apply, run in this process against a built-in Invent, with a console that is no terminal."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode, Interrupted, InvalidInput, Refused
from invent_gitops.model.deadline import Deadline
from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Plan
from invent_gitops.model.step import Step
from invent_gitops.operations.account import Account
from invent_gitops.operations.apply import Applied, apply_definitions
from invent_gitops.operations.apply_values import Apply, ApplyOptions
from invent_gitops.operations.project import open_workspace
from invent_gitops.operations.signals import Stopping
from invent_gitops.plan.approval import Approval
from invent_gitops.render.text.style import Style
from invent_gitops.sandbox.server import Server
from tests.dashboard import create_by_hand
from tests.forked import PATIENCE
from tests.running import KEY, define, ids, invent, live, posted, state_of

FAST = 1_000_000.0
ANYTHING = Approval(lambda plan: None, lambda plan: ())


@dataclass
class Console:
    """Keeps what it hears, and answers the question; `meanwhile` happens while the question is open."""

    answer: bool = True
    interactive: bool = True
    meanwhile: Callable[[], object] = lambda: None
    aside: Style = field(default_factory=lambda: Style(False))
    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.lines.append(text)

    def remark(self, notes: Sequence[str]) -> None:
        self.lines += notes

    def progress(self, text: str, step: Step) -> None:
        self.lines += [text] if text else []
        self.steps.append(step)

    def confirm(self, question: str) -> bool:
        self.questions.append(question)
        self.meanwhile()
        return self.answer

    def stop(self, text: str) -> None:
        self.stops.append(text)


@dataclass
class View:
    """Keeps the reports that a run would leave behind."""

    shown: list[str] = field(default_factory=list)
    report: Callable[[], Report] = lambda: Report(())
    cut_off: Report = field(default_factory=lambda: Report(()))
    unwritable: bool = False

    def known(self, plan: Plan, report: Callable[[], Report]) -> None:
        self.report = report

    def nothing_to_create(self, plan: Plan) -> None:
        self.shown.append("nothing to create")

    def to_create(self, plan: Plan) -> None:
        self.shown.append(f"to create: {plan.counts['create']}")

    def may_be_cut_off(self, plan: Plan, report: Report) -> None:
        if self.unwritable:
            raise InvalidInput("The report cannot be written.")
        self.cut_off = report


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An Invent whose key is set, and a current folder without definitions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INVENT_API_KEY", KEY)
    with invent() as server:
        yield server


def applied(
    server: Server,
    console: Console,
    view: View | None = None,
    *,
    approval: Approval = ANYTHING,
    yes: bool = False,
) -> Applied:
    account, loaded = Account(base_url=server.url), open_workspace(None).checked()
    options = ApplyOptions(yes=yes, rate=FAST)
    with account.store(loaded.root, loaded.project, strict=True) as store, Stopping(console) as stopping:
        apply = Apply(console, account, loaded, store, stopping, loaded.origin(), options)
        return apply_definitions(apply, approval, view or View())


def fates(report: Report) -> dict[str, str]:
    return {outcome.key: outcome.fate for outcome in report.outcomes}


def test_apply_looks_asks_creates_and_records_without_a_terminal(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a", "b")
    console, view = Console(), View()
    result = applied(server, console, view)
    assert (result.code, fates(result.report)) == (ExitCode.DONE, {"a": "created", "b": "created"})
    assert live(server) == {f"Campaign {key}": id for key, id in ids(tmp_path).items()}
    assert len(console.questions) == 1
    assert "Create 2 broadcasts in org c" in console.questions[0]
    assert view.shown == ["to create: 2"]
    assert sorted(line[:6] for line in console.lines) == ["[1/2] ", "[2/2] "]
    again = applied(server, console, view)
    assert (again.code, again.report.outcomes, len(posted(server))) == (ExitCode.DONE, (), 2)
    assert (len(console.questions), view.shown[-1]) == (1, "nothing to create")


def test_console_hears_how_far_it_is_from_the_beginning_on(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a", "b")
    console = Console()
    applied(server, console, yes=True)
    assert [(step.done, step.total) for step in console.steps] == [(0, 2), (1, 2), (2, 2)]
    moments = [step.elapsed for step in console.steps]
    assert moments == sorted(moments)


def test_with_yes_nobody_is_asked(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a")
    console = Console(interactive=False)
    assert applied(server, console, yes=True).code is ExitCode.DONE
    assert (console.questions, posted(server)) == ([], ["Campaign a"])


@pytest.mark.parametrize(
    ("console", "message"),
    [
        (Console(answer=False), "Not confirmed. Nothing was created."),
        (Console(interactive=False), "There is 1 broadcast to create, and no terminal to ask on."),
    ],
)
def test_without_a_yes_nothing_is_sent(tmp_path: Path, server: Server, console: Console, message: str) -> None:
    define(tmp_path, "a")
    with pytest.raises(Refused, match=message):
        applied(server, console)
    assert posted(server) == []


def test_what_somebody_creates_while_the_question_is_open_is_not_created_again(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a", "b")
    console = Console(meanwhile=lambda: create_by_hand(server, "Campaign a"))
    result = applied(server, console)
    assert fates(result.report) == {"a": "not-attempted", "b": "created"}
    assert (result.code, sorted(live(server))) == (ExitCode.REFUSED, ["Campaign a", "Campaign b"])


def test_what_somebody_defines_while_the_question_is_open_is_left_to_the_next_run(
    tmp_path: Path, server: Server
) -> None:
    define(tmp_path, "a")
    console = Console(meanwhile=lambda: define(tmp_path, "b"))
    result = applied(server, console)
    assert (fates(result.report), posted(server)) == ({"a": "created"}, ["Campaign a"])


def test_deadline_before_anything_was_created_is_named() -> None:
    with Stopping(Console(), Deadline(60, spent=59.99)) as stopping:
        assert stopping.event.wait(PATIENCE)
        with pytest.raises(Interrupted, match="The deadline of 60 seconds was over"):
            stopping.check()
    with Stopping(Console(), Deadline(60)) as stopping:
        assert stopping.overdue is None
        stopping.check()


def test_signal_at_the_question_stops_before_anything_is_created(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a")
    console = Console(meanwhile=lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(Interrupted, match="Stopped at the question"):
        applied(server, console)
    assert (posted(server), console.stops) == ([], [])


def test_signal_before_the_first_create_stops_the_run(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a")
    approval = Approval(lambda plan: os.kill(os.getpid(), signal.SIGTERM), lambda plan: ())
    console = Console()
    with pytest.raises(Interrupted, match="Stopped before anything was created"):
        applied(server, console, approval=approval, yes=True)
    assert posted(server) == []
    assert [line.partition(":")[0] for line in console.stops] == ["Stopping"]


def test_plan_that_is_not_the_approved_one_is_refused_before_anybody_is_asked(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a")

    def refuse(plan: Plan) -> None:
        raise Refused("Not what was approved.")

    console, view = Console(), View()
    with pytest.raises(Refused, match="Not what was approved"):
        applied(server, console, view, approval=Approval(refuse, lambda plan: ()))
    assert (console.questions, view.shown, posted(server)) == ([], [], [])


def test_report_that_cannot_be_kept_for_a_kill_prevents_every_create(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a")
    with pytest.raises(InvalidInput, match="cannot be written"):
        applied(server, Console(), View(unwritable=True))
    assert posted(server) == []


def test_report_of_a_killed_run_calls_every_create_unknown(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a", "b")
    view = View()
    applied(server, Console(), view)
    assert fates(view.cut_off) == {"a": "unknown", "b": "unknown"}


def test_broadcast_whose_answer_was_lost_is_adopted_from_the_list(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "a")
    server.faults.add("close-after@create:1")
    result = applied(server, Console(), yes=True)
    assert (fates(result.report), len(posted(server))) == ({"a": "adopted"}, 1)
    assert ids(tmp_path) == {"a": live(server)["Campaign a"]}
    assert state_of(tmp_path)["intents"] == {}


def test_run_that_fails_after_its_creates_still_knows_their_report(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(tmp_path, "a")
    view = View()
    from invent_gitops.operations import apply as protocol

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(protocol, "finished", fail)
    with pytest.raises(ZeroDivisionError):
        applied(server, Console(), view, yes=True)
    assert fates(view.report()) == {"a": "created"}
