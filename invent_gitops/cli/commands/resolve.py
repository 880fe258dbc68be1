"""`resolve`: a person's word on a blocked key, recorded."""

from __future__ import annotations

from collections.abc import Sequence

import click

from invent_gitops.api.answer import usable_id
from invent_gitops.cli.account_options import one_account_options
from invent_gitops.cli.completion.keys import blocked
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import a_reason, common_options
from invent_gitops.cli.result import Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.errors import Refused, WrongUsage
from invent_gitops.operations.account import Account
from invent_gitops.operations.project import checked_project
from invent_gitops.operations.resolve import Resolving
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.unsettled import unsettled_code
from invent_gitops.provenance import find_origin
from invent_gitops.values import replace


@click.command()
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=blocked)
@one_account_options
@click.option("--id", "id", metavar="ID", help="ID of the broadcast, if it was created.")
@click.option("--instead-of", "wrong", metavar="WRONG", help="With --id: the wrong ID that is recorded now.")
@click.option(
    "--not-created", is_flag=True, help="Declare that it was not created, and that Invent's list does not show it."
)
@click.option(
    "--not",
    "others",
    metavar="ID",
    multiple=True,
    help="With --not-created: ID of a similar broadcast that is a different one.",
)
@click.option(
    "--reason",
    metavar="TEXT",
    callback=a_reason(needed=False),
    help="Reason for the record. Required with --not-created and --instead-of.",
)
@click.option(
    "--anyway",
    is_flag=True,
    help="With --id: accept an ID that Invent does not show, or shows with other values. With --not-created: accept "
    "a call that may still be in flight, or a list that cannot be read.",
)
@common_options
@answers("records")
def resolve(
    session: Session,
    account: Account,
    keys: tuple[str, ...],
    id: str | None,
    wrong: str | None,
    not_created: bool,
    others: tuple[str, ...],
    reason: str,
    anyway: bool,
) -> Result:
    """Settle a blocked KEY by hand.

    With --id, resolve finds the broadcast in Invent's list and records its ID. This also records an
    ID that the state has lost, and repairs a wrong --not-created. With --instead-of, it replaces a
    wrong ID.

    With --not-created, resolve reads Invent's whole list. It frees the KEYs if the list shows nothing
    of the attempt and the call is certainly over. It records your name, your reason and the warnings
    that you overrode.
    """
    from invent_gitops.render.documents.records import records_json

    _check_words(keys, id, not_created, reason)
    _check_options(id, wrong, not_created, others, reason)
    root, project = checked_project()
    origin = find_origin(root)
    with account.store(root, project, strict=True) as store, Stopping(session) as stopping:
        resolving_ = Resolving(session, account, root, project, store, stopping, origin, anyway)
        try:
            if id is None:
                lines = resolving_.declare(keys, reason, frozenset(others))
            elif wrong is not None:
                lines = [resolving_.correct(keys[0], id, wrong, reason)]
            else:
                lines = [resolving_.record(keys[0], id, reason)]
        except Refused:
            # Other doubts are said; the code stays that of the refusal: a script must see that the word did not count.
            others_open = {name: intent for name, intent in store.state.intents.items() if name not in keys}
            unsettled_code(session, account, replace(store.state, intents=others_open))
            raise
        state = store.state
    code = unsettled_code(session, account, state, resolving_.listing)
    return Result("records", code, lambda: records_json(state), plain("\n".join(lines)))


def _check_words(keys: tuple[str, ...], id: str | None, not_created: bool, reason: str) -> None:
    if (id is not None) == not_created:
        raise WrongUsage("Declare the outcome.", "Give either --id ID or --not-created --reason TEXT.")
    if not_created and not reason:
        raise WrongUsage("--not-created needs a reason.", 'Add --reason "…", and say in words how you know.')
    if id is not None and not usable_id(id):
        raise WrongUsage("This is not an id.", "Copy the id from Invent, without blanks around it.")
    if id is not None and len(keys) > 1:
        raise WrongUsage("One id belongs to one key.", "Resolve the keys one by one.")


def _check_options(id: str | None, wrong: str | None, not_created: bool, others: Sequence[str], reason: str) -> None:
    if wrong is not None and (id is None or not reason):
        raise WrongUsage("--instead-of needs --id and --reason.", "Give the right id with --id, and say why.")
    if wrong is not None and wrong == id:
        raise WrongUsage("--id and --instead-of name the same id.", "Give the right id with --id.")
    if others and not not_created:
        raise WrongUsage("--not needs --not-created.", "Give --id ID for the one that it is.")
