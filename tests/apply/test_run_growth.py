"""What a run adds to a create: the same, however much the state holds. Steps are counted at two sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from invent_gitops.apply import Run
from invent_gitops.model.broadcast import Request
from invent_gitops.model.caller import Caller
from invent_gitops.model.outcome import Answer, Created, Report
from invent_gitops.model.run_pace import RunPace
from invent_gitops.state.document import dump
from invent_gitops.state.file import FileStore
from invent_gitops.values import replace
from tests.making import API, ORG, a_provenance, a_record, a_remote, a_request, a_state, an_item
from tests.test_growth import steps

SOME, MORE = 5, 45


class Answering:
    def create(self, request: Request, fresh: Callable[[], bool]) -> Answer:
        assert fresh()
        return Created(a_remote(f"id of {request.name}", request))


def cost(folder: Path, records: int, creates: int) -> int:
    """The steps of a run, without those of reading the state before and folding the journal after it."""
    folder.mkdir()
    path = folder / "invent.state.json"
    requests = [replace(a_request(), name=f"Old {number}") for number in range(records)]
    recorded = {f"old-{number:05}": a_record(f"bc_{number}", request) for number, request in enumerate(requests)}
    path.write_text(dump(a_state(recorded)), encoding="utf-8")
    items = [an_item(f"k{number}", request=replace(a_request(), name=f"New {number}")) for number in range(creates)]
    numbers = iter(range(1000))
    caller = Caller(
        provenance=lambda key: a_provenance(),
        attempt=lambda: f"attempt-{next(numbers)}",
        stop=lambda: False,
        tell=lambda outcome: None,
    )
    with FileStore(path, label=path.name, org=ORG, api=API) as store:
        run = Run(Answering(), store, caller, RunPace(concurrency=1, batch=1), known_ids=store.state.ids())
        reports: list[Report] = []
        counted = steps(lambda: reports.append(run.create(items)))
    assert len(reports[0].having("created")) == creates
    return counted


def test_a_create_takes_the_same_steps_beside_twenty_records_and_beside_two_thousand(tmp_path: Path) -> None:
    each = {
        records: (cost(tmp_path / f"{records}-more", records, MORE) - cost(tmp_path / f"{records}-some", records, SOME))
        / (MORE - SOME)
        for records in (20, 2000)
    }
    assert each[20] > 100
    assert abs(each[2000] / each[20] - 1) < 0.05
