"""A short part of the chaos suite for every day, and the proof that it would notice a broken promise."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.careful.fast_paths import python_path
from tests.chaos.__main__ import main
from tests.chaos.history import History
from tests.chaos.judge import Row
from tests.chaos.others import APPLY
from tests.chaos.project import Broken, Place, name_of
from tests.chaos.runs import ROOT
from tests.chaos.scenes import FEW, count_steps, one_death
from tests.chaos.seeded import play
from tests.chaos.world import ALONE, Death, world

PLACES: list[Place] = ["file", "branch"]


def test_seeded_histories_of_deaths_and_lies_create_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    seeds: dict[Place, int] = {"file": 23, "branch": 26}
    steps: dict[Place, int] = {"file": 60, "branch": 140}

    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda place: play(seeds[place], place, tmp_path / place, steps[place], storms=2), PLACES))
    assert [row.broken for row in rows] == ["", ""]
    assert sum(row.happened["faults"] for row in rows) > 0
    assert sum(row.happened["held at a push that is not received yet"] for row in rows) > 0


def test_a_forked_run_takes_the_steps_of_a_fresh_interpreter_and_really_dies(tmp_path: Path) -> None:
    with world(tmp_path / "forked", "file", *FEW) as found:
        listed = tmp_path / "forked-steps"
        assert found.run(*APPLY, "--concurrency", "1", count=listed).code == 0
    with world(tmp_path / "fresh", "file", *FEW) as found:
        order = ["--count", str(tmp_path / "fresh-steps"), "--", *APPLY, "--concurrency", "1"]
        settings = found.environment | {"PYTHONPATH": python_path(), "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([sys.executable, "-m", "tests.chaos.dying", *order], cwd=found.runner, env=settings, check=True)
        dead = found.start(*APPLY, death=Death(1))
        assert (found.end(dead).killed, Path(f"/proc/{dead.pid}").exists()) == (True, False)
    assert listed.read_text() == (tmp_path / "fresh-steps").read_text()


def test_time_passes_faster_in_a_run_and_a_held_one_has_slept_for_as_long_as_its_clock_says(tmp_path: Path) -> None:
    told = run_python("hurry(1000); at = time.monotonic(); time.sleep(60); print(time.monotonic() - at >= 60)")
    assert told == "True"
    told = run_python("hurry(1000); at = time.time(); threading.Event().wait(60); print(time.time() - at >= 60)")
    assert told == "True"


def test_the_system_refuses_the_call_that_was_ordered_below_its_folder_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    code = f"""
Refusals("open", 2, errno.ENOSPC, {str(tmp_path / "in")!r}, lasting=False).wrap()
for name in ("in/a", "out", "in/b", "in/c"):
    try:
        open(f"{tmp_path}/{{name}}", "w").close()
    except OSError as error:
        print(name, error.errno == errno.ENOSPC)
"""
    assert run_python(code) == "in/b True"
    assert sorted(path.name for path in tmp_path.glob("**/*")) == ["a", "c", "in", "out"]


def run_python(code: str) -> str:
    """What a process prints in which the wrapping of calls does no harm to these tests."""
    given = f"import errno, threading, time\nfrom tests.chaos.dying import Refusals, hurry\n{code}"
    done = subprocess.run([sys.executable, "-c", given], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("place", PLACES)
def test_an_intent_is_durable_before_a_byte_is_sent_and_a_death_around_that_is_survived(
    tmp_path: Path, place: Place
) -> None:
    names = count_steps(tmp_path / "count", place, FEW, 1)
    # The first of each is the look at the list, before anything is intended.
    sent = names.index("connect", names.index("connect") + 1)
    answered = names.index("recv", sent)
    assert ("end" if place == "branch" else "fsync") in names[sent - 2 : sent]
    assert names.count("recv") == 4, "one answer to the look, and one to each create"
    with ThreadPoolExecutor(2) as pool:
        deaths = [Death(sent + 1, "before"), Death(answered + 1, "after")]
        unsent, lost = pool.map(lambda death: one_death(place, tmp_path / str(death), death), deaths)
    assert (unsent.broken, lost.broken) == ("", "")
    assert (unsent.happened["killed"], lost.happened["killed"]) == (1, 1)
    assert unsent.happened["resolved"] == 1, "only a person can say that it does not exist"
    assert lost.happened["adopted"] == 1, "and this one is found in the list"


def test_the_steps_of_an_undisturbed_apply_are_the_same_each_time(tmp_path: Path) -> None:
    first, second = (count_steps(tmp_path / "count", "file", FEW, 1) for _ in range(2))
    assert first == second


# The look before the first create hides much of what would be wrong without it.
BLIND = """
from invent_gitops.api.client import InventApi
from invent_gitops.errors import NotOffered
def away(self, *, tries=5):
    raise NotOffered("The list is away.")
InventApi.broadcasts = InventApi.readable_broadcasts = away
"""

SPOILED = {
    "calls again when the answer was lost": """
from invent_gitops.api.client import InventApi, Unknown
once = InventApi.create
def create(self, request, *rest):
    answer = once(self, request, *rest)
    return once(self, request, *rest) if isinstance(answer, Unknown) else answer
InventApi.create = create
""",
    "takes a lost answer for a no": BLIND
    + """
from invent_gitops.api.client import InventApi, NotCreated, Unknown
once = InventApi.create
def create(self, request, *rest):
    answer = once(self, request, *rest)
    return NotCreated("surely") if isinstance(answer, Unknown) else answer
InventApi.create = create
""",
    "ends with 0 although a key is in doubt": """
import invent_gitops.operations.apply as apply
from invent_gitops.errors import ExitCode
apply.report_code = apply.plan_code = apply.open_code = lambda found: ExitCode.DONE
""",
    "ends with a bug": """
import invent_gitops.operations.apply as apply
def finished(*args):
    raise ZeroDivisionError
apply.finished = finished
""",
}
NOTICED = ["more than once", "more than once", "ended with 0, with ['three'] in doubt", "ended with 70"]
# Found in the list, all would be well; so the second create is one that the list does not settle.
ANSWERS = ["close-after", "close-after", "error-before=503", ""]


@pytest.mark.parametrize(("name", "words", "answer"), list(zip(SPOILED, NOTICED, ANSWERS, strict=True)))
def test_a_product_that_breaks_the_promise_is_noticed(tmp_path: Path, name: str, words: str, answer: str) -> None:
    row = one_death("file", tmp_path / "world", ALONE, answer, meddling=SPOILED[name])
    assert words in row.broken


@pytest.mark.parametrize("place", PLACES)
def test_a_product_that_writes_no_intents_is_noticed_when_it_dies_after_sending(tmp_path: Path, place: Place) -> None:
    spoiled = f"""{BLIND}
from invent_gitops.model.state import Intended
from invent_gitops.state.{place} import {place.capitalize()}Store as Store
kept = Store.append
Store.append = lambda self, events: kept(self, [event for event in events if not isinstance(event, Intended)])
"""
    with world(tmp_path / "count", place, *FEW) as found:
        found.meddle(spoiled)
        listed = tmp_path / "steps"
        assert found.run(*APPLY, "--concurrency", "1", count=listed).code == 0
    at = listed.read_text(encoding="utf-8").splitlines().index("recv") + 1
    row = one_death(place, tmp_path / "world", Death(at), meddling=spoiled)
    assert "more than once" in row.broken


def test_an_id_that_no_record_and_no_candidate_knows_is_noticed(tmp_path: Path) -> None:
    with world(tmp_path / "world", "file", "one") as found:
        history = History(found, Row("file", "by hand"))
        history.run(*APPLY)
        (id,) = found.live()[name_of("one")]
        found.server.sandbox.delete("c", id)
        found.click("one")
        found.by_hand.clear()
        with pytest.raises(Broken, match="ids of ours are unknown"):
            history.until_quiet()


@pytest.mark.parametrize("broken", ["", "it was created more than once"])
def test_the_command_prints_a_row_for_each_history_and_ends_with_1_if_one_broke(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, broken: str
) -> None:
    def played(seed: int, place: Place, *rest: object) -> Row:
        return Row(place, f"seed {seed}", broken=broken if seed == 4 else "")

    monkeypatch.setattr("tests.chaos.jobs.play", played)
    monkeypatch.setattr("tests.chaos.__main__.count_steps", lambda *given: ["write"])
    log = tmp_path / "log"
    order = ["--histories", "3", "--seed", "3", "--place", "file", "--jobs", "1", "--log", str(log)]
    assert main(order) == (1 if broken else 0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:4] == ["PLACE", "HISTORY", "RUNS", "KILLED"]
    shown = [line for line in lines if line.startswith("file    seed")]
    assert [line[:14] for line in shown] == ["file    seed 3", "file    seed 4", "file    seed 5"]
    assert [line.split()[-1] for line in shown] == ["kept", "BROKEN" if broken else "kept", "kept"]
    assert broken in "".join(lines)
    assert lines[-1].endswith("broke in 1 of them." if broken else "held in every one.")
    monkeypatch.setattr("tests.chaos.jobs.play", None)
    assert main(order) == (1 if broken else 0), "all of them are in the log, and none is played again"
    assert "in all 3 histories" in capsys.readouterr().out or broken
