"""Creates what was confirmed, round by round, and settles what it can of the answers that were lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.caller import Caller
from invent_gitops.model.command import cure_text
from invent_gitops.model.order import soonest
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Item
from invent_gitops.model.run_pace import RunPace
from invent_gitops.model.state import Intent, Listed
from invent_gitops.operations.apply_values import Apply, Confirmed, ListEvidence, Progress, headcounts, plan_now
from invent_gitops.operations.console import Console
from invent_gitops.operations.list_guard import renew
from invent_gitops.operations.meter import Meter
from invent_gitops.operations.reconcile import settle
from invent_gitops.operations.stopwatch import stopwatch
from invent_gitops.text.clean import clean
from invent_gitops.values import replace

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi
    from invent_gitops.apply import Api, Run

# Each lost race means that another run got on, so this many in a row are no accident.
ROUNDS = 200
# Seconds in which a call must follow its intent. A person who looks, finds nothing and says so takes longer.
FRESH = 10.0


def create(apply: Apply, confirmed: Confirmed, hear: Callable[[Progress], None]) -> Progress:
    """Create what was confirmed, and return what became of it; `hear` is called with all that is known on the way.

    When another writer moves the state on, plan again and go on with the rest.
    """
    progress = confirmed.progress
    items = {item.key: item for item in confirmed.plan.having("create")}
    if not progress.looked.blind and not progress.looked.recent():
        with apply.stopping.before_creates():
            for newer in renew(apply, progress.looked):
                hear(progress := replace(progress, looked=newer))
    looked = progress.looked
    if looked.blind:
        return replace(progress, report=_blinded(looked, list(items.values())))
    # Planned afresh: the question may have been open for hours.
    afresh = plan_now(apply, looked)
    waiting = soonest(item for item in afresh.having("create") if item.key in items)
    late = items.keys() - {item.key for item in waiting}
    newest = {item.key: item for item in afresh.items}
    flags = apply.account.flags()
    skipped = (
        Outcome(key, "not-attempted", items[key].request.name, reason=_changed_mind(newest.get(key), flags))
        for key in late
    )
    apply.stopping.check()
    hear(progress := replace(progress, report=Report(tuple(skipped))))
    if waiting and looked.first.complete and not apply.store.state.listed:
        apply.store.append([Listed()])
    with apply.connect() as api:
        progress, doubts = _create_in_rounds(apply, api, waiting, items.keys(), progress, hear)
        stop = apply.stopping.event
        if progress.report.having("unknown") and not stop.is_set():
            adopted = _adopt(apply, api)
            looked = replace(progress.looked, adopted=(*progress.looked.adopted, *adopted))
            hear(progress := replace(progress, looked=looked))
        report = _open_again(apply, progress.report, doubts).seen_in(apply.store.state)
        return replace(progress, report=replace(report, stopped=stop.is_set(), deadline=apply.stopping.overdue))


def _changed_mind(item: Item | None, flags: str) -> str:
    """Return why a confirmed create is none by now, with the numbers and the cure of each refusal."""
    if item is None or item.action != "refused":
        return "By now there is nothing to create of it; invent-gitops plan says why."
    texts = (f"{refusal.policy}: {refusal.message} {cure_text(refusal.cure, flags)}" for refusal in item.refusals)
    return f"By now it is refused. {' '.join(texts)}"


def _create_in_rounds(
    apply: Apply,
    api: Api,
    waiting: list[Item],
    confirmed: Collection[str],
    progress: Progress,
    hear: Callable[[Progress], None],
) -> tuple[Progress, dict[str, Intent]]:
    """Create until nothing waits or nothing more may begin; also returns the attempts whose outcome is unknown.

    Before each further round the evidence is renewed. `confirmed` are the keys that may be created at all.
    """
    doubts: dict[str, Intent] = {}
    tell = _teller(apply.console, Meter(len(confirmed), apply.clock))
    lost_races = 0
    while lost_races < ROUNDS:
        run = _run(apply, api, progress.looked, tell)
        report = run.create(waiting)
        doubts |= run.doubts
        hear(progress := replace(progress, report=progress.report.followed_by(report)))
        if not report.moved or apply.stopping.event.is_set():
            break
        lost_races = lost_races + 1 if len(report.having("not-attempted")) == len(waiting) else 0
        try:
            for newer in renew(apply, progress.looked):
                hear(progress := replace(progress, looked=newer))
        except InventGitopsError as error:
            # Whatever it is, the report of what was created comes first.
            progress = replace(progress, report=replace(progress.report, failure=error))
            break
        # Only what was confirmed: a key that somebody freed meanwhile waits for the next run.
        creates = plan_now(apply, progress.looked).having("create")
        waiting = soonest(item for item in creates if item.key in confirmed)
        if progress.looked.blind:
            report = progress.report.followed_by(_blinded(progress.looked, waiting))
            progress = replace(progress, report=report)
            break
    return progress, doubts


def _blinded(looked: ListEvidence, items: Sequence[Item]) -> Report:
    outcomes = (Outcome(item.key, "not-created", item.request.name, reason=looked.blind) for item in items)
    return Report(tuple(outcomes))


def _run(apply: Apply, api: Api, looked: ListEvidence, tell: Callable[[Outcome], None]) -> Run:
    from invent_gitops.api.limits import LONGEST_EXCHANGE
    from invent_gitops.apply import Run

    store, options = apply.store, apply.options
    pace = RunPace(
        concurrency=options.concurrency,
        batch=store.batch(options.concurrency),
        clock=stopwatch,
        window=FRESH + 2 * options.concurrency * 60 / options.rate,
        exchange=LONGEST_EXCHANGE,
    )
    caller = Caller(
        provenance=apply.origin.now,
        attempt=_new_attempt,
        stop=apply.stopping.event.is_set,
        tell=tell,
        headcount=headcounts(apply).headcount,
    )
    return Run(api, store, caller, pace, known_ids=store.state.ids() | {remote.id for remote in looked.live})


def _adopt(apply: Apply, api: InventApi) -> tuple[Outcome, ...]:
    """Look once more for broadcasts whose answer was lost; what is not found stays in doubt."""
    try:
        doubts, live = apply.store.state.intents, api.broadcasts()
        # Whoever settled something while the list was read was first.
        apply.store.refresh()
        return settle(apply.console, apply.store, live, apply.origin, doubts)
    except InventGitopsError as error:
        # Whatever it is, the report of what was created comes first.
        apply.console.note(clean(f"The unknown outcomes stay unknown. {error.message}"))
        return ()


def _open_again(apply: Apply, report: Report, doubts: dict[str, Intent]) -> Report:
    """Write down as unknown again what somebody has settled while its call was in flight."""
    from invent_gitops.live.reconcile import reopened

    if not doubts:
        return report
    store = apply.store
    try:
        store.refresh()
        events = reopened(store.state, doubts, _new_attempt, apply.origin.now().at)
        if events:
            store.append(events)
            store.sync()
    except InventGitopsError as error:
        return replace(report, failure=report.failure or error)
    return report


def _new_attempt() -> str:
    return uuid.uuid4().hex


def _teller(console: Console, meter: Meter) -> Callable[[Outcome], None]:
    from invent_gitops.render.text.report import outcome_line

    console.progress("", meter.now())

    def tell(outcome: Outcome) -> None:
        step = meter.count()
        console.progress(f"[{step.done}/{step.total}] {outcome_line(outcome, console.aside)}", step)

    return tell
