"""`reconcile`: looks in Invent for broadcasts whose outcome is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from invent_gitops.cli.account import DEFAULT_RATE, Account, Store, account_options, connect
from invent_gitops.cli.options import common_options
from invent_gitops.cli.session import Session
from invent_gitops.cli.stopping import Stopping
from invent_gitops.cli.workspace import checked_project
from invent_gitops.errors import ExitCode, InventGitopsError, Unavailable
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.project import Project
from invent_gitops.model.state import Intent, Recorded
from invent_gitops.provenance import Origin, find_origin


@click.command()
@account_options
@common_options
@click.pass_obj
def reconcile(session: Session, account: Account) -> ExitCode:
    """Look for broadcasts whose outcome is unknown.

    Reads the whole list in Invent. A broadcast that is exactly as it was requested, is recorded
    nowhere and is the only one of its kind is adopted. Anything else stays blocked, with what was
    found beside it, until `resolve` settles it. Nothing is written to Invent.
    """
    from invent_gitops.render.machine import report_json
    from invent_gitops.render.report_text import report_text

    session.kind = "report"
    root, project = checked_project()
    origin = find_origin(root)
    with account.store(root, project, strict=True) as store, Stopping(session) as stopping:
        outcomes: tuple[Outcome, ...] = ()
        failure: InventGitopsError | None = None
        if store.state.intents:
            outcomes, failure = _looked(session, account, root, project, store, stopping, origin)
        state = store.state
    left = [Outcome(key, "unknown", intent.request.name) for key, intent in sorted(state.intents.items())]
    report = Report(tuple(sorted([*outcomes, *left], key=lambda outcome: outcome.key)), failure)
    code = ExitCode.UNSETTLED if left else ExitCode.DONE
    if session.json:
        body = report_json(report, None, store.shown, origin.now(), state.intents, workspace=project.name)
        session.answer("report", code, body, error=failure)
    elif report.outcomes:
        session.result(report_text(report, session.style, place=store.shown, flags=account.flags(session)))
    else:
        session.result("Nothing is in doubt.")
    return code


def _looked(
    session: Session, account: Account, root: Path, project: Project, store: Store, stopping: Stopping, origin: Origin
) -> tuple[tuple[Outcome, ...], InventGitopsError | None]:
    """What was adopted; and why the list could not be read, if so: what is in doubt is in doubt all the same."""
    doubts = store.state.intents
    try:
        with connect(account, root, project, None, rate=DEFAULT_RATE, stop=stopping.event) as api:
            remotes = api.broadcasts()
    except Unavailable as error:
        return (), error
    store.refresh()
    return settle(session, store, remotes, origin, doubts), None


def settle(
    session: Session, store: Store, remotes: Sequence[Remote], origin: Origin, doubts: Mapping[str, Intent]
) -> tuple[Outcome, ...]:
    """Record what the whole list settles, and say what was adopted.

    `doubts` are the intents that were open before the list was read: what was begun later may have
    been created later.
    """
    from invent_gitops import reconcile as core

    state = store.state
    earlier = {key: intent for key, intent in state.intents.items() if key in doubts}
    events = core.reconcile(replace(state, intents=earlier), remotes, origin.now())
    if events:
        store.append(events)
        store.sync()
    adopted = []
    # Somebody else may have recorded the same broadcast while ours was pushed.
    recorded = {record.attempt for record in store.state.broadcasts.values()}
    for event in events:
        if isinstance(event, Recorded) and event.record.attempt in recorded:
            record = event.record
            session.note(f"Found in Invent, exactly as requested, and adopted: {event.key} is {record.id}.")
            adopted.append(Outcome(event.key, "adopted", record.request.name, record.id))
    return tuple(adopted)
