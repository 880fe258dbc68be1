"""`reconcile`: looks in Invent for broadcasts whose outcome is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.options import common_options
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError, Unavailable
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.listing import Listing
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.project import Project
from invent_gitops.model.state import Intent, Recorded
from invent_gitops.operations.account import DEFAULT_RATE, Account, Store, connect
from invent_gitops.operations.project import checked_project
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.unsettled import unsettled_code
from invent_gitops.provenance import Origin, find_origin
from invent_gitops.text.clean import clean


@click.command()
@account_options
@common_options
@click.pass_obj
def reconcile(session: Session, account: Account) -> ExitCode:
    """Look for broadcasts whose outcome is unknown.

    Reads the whole list in Invent. A broadcast that is exactly as it was requested, is recorded
    nowhere and is the only one of its kind is adopted, unless somebody has declared before that an attempt of
    it created nothing. Anything else stays blocked, with what was found beside it, until `resolve` settles it.
    What was adopted within a day is looked at again: another one exactly like it is told first. Exit code 7 as
    long as anything is in doubt or exists twice. Nothing is written to Invent.
    """
    from invent_gitops.live.unsettled import twins, watched
    from invent_gitops.render.documents.machine import report_json
    from invent_gitops.render.text.report import report_text

    session.kind = "report"
    root, project = checked_project()
    origin, flags = find_origin(root), account.flags(session)
    with account.store(root, project, strict=True) as store, Stopping(session) as stopping:
        outcomes: tuple[Outcome, ...] = ()
        listing: Listing[Remote] = Listing(())
        failure: InventGitopsError | None = None
        if store.state.intents or watched(store.state, origin.now().at):
            doubts = store.state.intents
            try:
                listing = Listing(_listed(account, root, project, stopping))
            except Unavailable as error:
                failure = error
            else:
                outcomes = settle(session, store, listing.entries, origin, doubts)
        state = store.state
    left = [Outcome(key, "unknown", intent.request.name) for key, intent in sorted(state.intents.items())]
    found = twins(state, listing, origin.now().at)
    report = Report(tuple(sorted([*outcomes, *left], key=lambda outcome: outcome.key)), failure, twins=found)
    code = unsettled_code(session, account, state, listing, told=bool(left or found))
    if failure and code is ExitCode.DONE:
        # Nothing is in doubt, and what was adopted lately could not be looked at again.
        code = failure.exit_code
    if session.json:
        made = origin.now()
        body = report_json(report, None, store.shown, made, state.intents, workspace=project.name, flags=flags)
        session.answer("report", code, body, error=failure)
    elif report.outcomes or report.twins or failure:
        session.result(report_text(report, session.style, place=store.shown, flags=flags))
    else:
        session.result("Nothing is in doubt.")
    return code


def _listed(account: Account, root: Path, project: Project, stopping: Stopping) -> tuple[Remote, ...]:
    with connect(account, root, project, None, rate=DEFAULT_RATE, stop=stopping.event) as api:
        return tuple(api.broadcasts())


def settle(
    session: Session, store: Store, remotes: Sequence[Remote], origin: Origin, doubts: Mapping[str, Intent]
) -> tuple[Outcome, ...]:
    """Record what the whole list settles, and say what was adopted.

    `doubts` are the intents that were open before the list was read: what was begun later may have
    been created later. The state is read again first: somebody may have settled them meanwhile.
    """
    from invent_gitops.live.reconcile import reconcile as settled_by

    if not doubts:
        return ()
    store.refresh()
    state = store.state
    attempts = {intent.attempt for intent in doubts.values()}
    earlier = {name: intent for name, intent in state.intents.items() if intent.attempt in attempts}
    events = settled_by(replace(state, intents=earlier), remotes, origin.now())
    if events:
        store.append(events)
        store.sync()
    adopted = []
    # Somebody else may have recorded the same broadcast while ours was pushed.
    recorded = {record.attempt for record in store.state.broadcasts.values()}
    for event in events:
        if isinstance(event, Recorded) and event.record.attempt in recorded:
            record = event.record
            found = f"Found in Invent, exactly as requested, and adopted: {event.key} is {record.id}."
            session.note(clean(found))
            adopted.append(Outcome(event.key, "adopted", record.request.name, record.id))
    return tuple(adopted)
