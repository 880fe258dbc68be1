"""What whole commands cost grows with their input, and not with the square of it: work is counted at two sizes.

Work is a function that is entered, a statement of the sandbox's database, a process, or a byte that is written. Where
the fixed part of a command is large, the growth is that of what two sizes add to it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from invent_gitops.apply import Run
from invent_gitops.errors import Refused
from invent_gitops.model.broadcast import Request
from invent_gitops.model.caller import Caller
from invent_gitops.model.outcome import Created
from invent_gitops.model.project import Policies
from invent_gitops.model.run_pace import RunPace
from invent_gitops.plan.approval import by_digest
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.sandbox.server import Server
from invent_gitops.state.document import dump
from invent_gitops.state.file import FileStore
from invent_gitops.values import replace
from tests.branch_repository import BRANCH, Hub, git, hub
from tests.making import API, ORG, a_definition, a_provenance, a_record, a_remote, a_request, a_state, an_item, plan_of
from tests.running import KEY, STATE, account, call, define, invent
from tests.test_growth import steps

SMALL = 60
# Each size is four times the one before, and what they add to each other should be as well; a sort adds a little.
GROWTH = 4.6
MANY = Policies(max_creates=100_000)

_events: list[str] = []
_listening = [False]


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if _listening[0] and event == "subprocess.Popen":
        _events.append(event)


sys.addaudithook(_hear)


@contextmanager
def processes() -> Iterator[list[str]]:
    """The processes that are started meanwhile."""
    _events.clear()
    _listening[0] = True
    try:
        yield _events
    finally:
        _listening[0] = False


def grows_alike(cost: Callable[[int], int], small: int = SMALL) -> None:
    """Assert that what sixteen times as much adds to four times as much is four times what that adds to one."""
    cost(2)  # what is made ready once
    first, second, third = (cost(small * factor) for factor in (1, 4, 16))
    assert first < second, "something is counted for each"
    assert third - second < GROWTH * (second - first), (first, second, third)


def keys(count: int) -> list[str]:
    return [f"k{number:05}" for number in range(count)]


def project(
    folder: Path, count: int, *, recorded: bool = False, api: str = API, ids: Mapping[str, str] | None = None
) -> Path:
    """A project in a folder of its own, with so many definitions; all are in the state, if they are `recorded`."""
    place = folder / f"{count}"
    place.mkdir(parents=True)
    define(place, *keys(count))
    if recorded:
        records = {
            key: a_record(
                (ids or {}).get(key, f"bc_{key}"), a_request(f"Campaign {key}", segments=("vip",)), attempt=key
            )
            for key in keys(count)
        }
        (place / STATE).write_text(dump(replace(a_state(records), api=api)), encoding="utf-8")
    return place


COMMANDS: dict[str, tuple[bool, tuple[str, ...]]] = {
    "validate": (False, ("validate",)),
    "validate --json": (False, ("validate", "--json")),
    "plan of new ones": (False, ("plan",)),
    "plan --json": (False, ("plan", "--json")),
    "plan of recorded ones": (True, ("plan",)),
    "plan for a pull request": (False, ("plan", "--format", "markdown")),
    "status": (True, ("status",)),
    "status of the records": (True, ("status", "--recorded")),
    "calendar of new ones": (False, ("calendar",)),
    "calendar of recorded ones": (True, ("calendar",)),
    "calendar as a page": (True, ("calendar", "--format", "html")),
    "calendar as a feed": (True, ("calendar", "--format", "ics")),
    "state list": (True, ("state", "list")),
    "history of a file": (True, ("history",)),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_costs_as_much_for_each_definition_of_a_large_project(tmp_path: Path, name: str) -> None:
    recorded, words = COMMANDS[name]

    def cost(count: int) -> int:
        place = project(tmp_path, count, recorded=recorded)
        return steps(lambda: call(place, *words))

    grows_alike(cost)


def test_unknown_segments_are_not_compared_with_all_others_each(tmp_path: Path) -> None:
    def cost(count: int) -> int:
        place = project(tmp_path, count)
        for number, key in enumerate(keys(count)):
            path = place / "broadcasts" / f"{key}.yaml"
            path.write_text(path.read_text(encoding="utf-8").replace("vip", f"aa-x-{number}"), encoding="utf-8")
        entries = "".join(f"aa-{number}-x: seg_{number}\n" for number in range(count))
        (place / "segments.yaml").write_text(entries, encoding="utf-8")
        (place / "invent.yaml").write_text("segments: segments.yaml\n", encoding="utf-8")
        return steps(lambda: call(place, "validate"))

    # Few enough, so that the most comparisons of a run are no bound yet.
    grows_alike(cost, 15)


def test_workspaces_cost_as_much_each(tmp_path: Path) -> None:
    def cost(count: int) -> int:
        place = tmp_path / f"{count}"
        names = [f"w{number}" for number in range(count // 4 + 1)]
        for name in names:
            define(place, "a", below=f"{name}/broadcasts")
        orgs = ", ".join(f"{name}: {{org: org_{name}}}" for name in names)
        (place / "invent.yaml").write_text(f"workspaces: {{{orgs}}}\n", encoding="utf-8")
        return steps(lambda: call(place, "plan", "--all"))

    grows_alike(cost)


@pytest.mark.parametrize("approved", [lambda n: n, lambda n: n // 2 + 1], ids=["all of it", "the first half"])
def test_digest_that_was_approved_is_found_without_a_try_for_each_pair(approved: Callable[[int], int]) -> None:
    def cost(count: int) -> int:
        definitions = [a_definition(key) for key in keys(count)]
        digest = str(plan_json(plan_of(definitions[: approved(count)], policies=MANY))["digest"])
        plan = plan_of(definitions, policies=MANY)

        def work() -> None:
            # Whether it is the digest of this plan is not the point here.
            with suppress(Refused):
                by_digest(digest).check(plan)

        return steps(work)

    grows_alike(cost)


# ---------------------------------------------------------------- what Invent shows


def filled(server: Server, count: int) -> dict[str, str]:
    """Create so many broadcasts in Invent, and return their ids by key."""
    ids = {}
    for key in keys(count):
        body = json.dumps({"name": f"Campaign {key}", "segment_ids": ["vip"]}).encode()
        answer = server.sandbox.handle(
            "POST", f"/orgs/{ORG}/broadcasts", headers={"Authorization": f"Bearer {KEY}"}, body=body
        )
        assert answer.status == 200
        ids[key] = json.loads(answer.body)["id"]
    return ids


LIVE = [("import", "--all"), ("status",), ("refresh",), ("plan", "--refresh"), ("calendar", "--refresh")]


@pytest.mark.parametrize("words", LIVE, ids=" ".join)
def test_live_broadcasts_cost_as_much_each(tmp_path: Path, words: tuple[str, ...]) -> None:
    def cost(count: int) -> int:
        with invent() as server:
            ids = filled(server, count)
            place = tmp_path / f"{count}"
            place.mkdir()
            if words[0] != "import":
                place = project(place, count, recorded=True, api=server.url, ids=ids)
            return steps(lambda: call(place, *words, env=account(server.url)))

    grows_alike(cost)


def test_list_is_read_with_one_request_for_each_page(tmp_path: Path) -> None:
    def requests(count: int) -> int:
        with invent() as server:
            ids = filled(server, count)
            place = project(tmp_path, count, recorded=True, api=server.url, ids=ids)
            assert call(place, "status", env=account(server.url)).code in (0, 7)
            return len([request for request in server.sandbox.requests if request.method == "GET"])

    assert requests(401) - requests(101) <= 3 + 1


# ---------------------------------------------------------------- the state


class Answering:
    """An API that creates whatever is asked for."""

    def create(self, request: Request, fresh: Callable[[], bool]) -> Created:
        return Created(a_remote(f"id of {request.name}", request))


def test_create_costs_the_same_beside_any_number_of_records(tmp_path: Path) -> None:
    def cost(records: int, creates: int) -> tuple[int, int]:
        """What a run that creates so many enters, and writes into its journal."""
        path = project(tmp_path / f"{creates}", records, recorded=True) / STATE
        numbers = iter(range(1_000))
        caller = Caller(
            provenance=lambda key: a_provenance(),
            attempt=lambda: f"attempt-{next(numbers):03}",
            stop=lambda: False,
            tell=lambda outcome: None,
        )
        with FileStore(path, label=path.name, org=ORG, api=API) as store:
            run = Run(Answering(), store, caller, RunPace(concurrency=1, batch=1), store.state.ids())
            entered = steps(lambda: run.create([an_item(f"new-{number:03}") for number in range(creates)]))
            return entered, path.with_name(f"{path.name}.journal").stat().st_size

    def for_twenty(records: int) -> tuple[int, int]:
        (entered, written), (more_entered, more_written) = cost(records, 20), cost(records, 40)
        return more_entered - entered, more_written - written

    for_twenty(2)  # what is made ready once
    small, large = for_twenty(SMALL), for_twenty(16 * SMALL)
    assert 0 < large[0] <= small[0] * 1.02
    assert 0 < large[1] <= small[1] * 1.02


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one")


def commit_states(remote: Hub, count: int) -> str:
    """A branch with so many commits of a state of one size; each has refreshed its record."""
    lines = []
    for number in range(1, count + 1):
        record = a_record("bc_1", a_request("Campaign one"))
        state = dump(a_state({"one": record}, serial=number))
        message = f"Refresh\n\nSerial: {number}\n"
        lines += [
            f"commit refs/heads/{BRANCH}-{count}",
            f"committer Test Author <author@example.test> {1790000000 + number} +0000",
            f"data {len(message.encode())}\n{message}",
            f"M 100644 inline {STATE}\ndata {len(state.encode())}\n{state}",
        ]
    git(remote.bare, "fast-import", "--quiet", data="\n".join(lines) + "\n")
    return f"{BRANCH}-{count}"


@pytest.mark.parametrize("words", [("history",), ("state", "verify")], ids=" ".join)
def test_history_costs_as_much_for_each_commit_and_a_few_processes_in_all(
    tmp_path: Path, remote: Hub, words: tuple[str, ...]
) -> None:
    started: dict[int, int] = {}

    def cost(count: int) -> int:
        branch = commit_states(remote, count)
        clone = remote.clone(f"clone-{count}")
        (clone / "invent.yaml").write_text(json.dumps({"state": {"branch": branch}}), encoding="utf-8")
        with processes() as seen:
            entered = steps(lambda: call(clone, *words))
            started[count] = len(seen)
        return entered

    cost(2)
    first, second, third = cost(10), cost(40), cost(160)
    assert third - second < GROWTH * (second - first), (first, second, third)
    assert started[160] <= started[40] + 2, started
