"""The pages of the rule ids: what each is about, and an example of what the program says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from docs_build.reference import page
from docs_build.reference.cells import block, code
from docs_build.reference.plan_examples import refusal_text, unreached_text, warning_text
from docs_build.reference.problem_examples import example_of
from docs_build.reference.rule_ids import (
    alarm_ids,
    problem_ids,
    refusal_ids,
    setup_ids,
    unreached_ids,
    warning_ids,
)
from docs_build.reference.status_examples import alarm_text, setup_text
from invent_gitops.model.project import JUDGED_IN_INVENT, WAIVABLE


class Family(NamedTuple):
    """Rules of one kind: the name of their page, its title, where their ids appear, the ids, and one's section."""

    name: str
    title: str
    about: str
    ids: Callable[[], Sequence[str]]
    section: Callable[[str], str]


def _problem(id: str) -> str:
    example = example_of(id)
    shown = block("yaml", f"# {example.file}\n{example.text}") if example.text else f"Example: {_lowered(example.file)}"
    return f"{shown}\n\n{block('text', example.output)}"


def _lowered(file: str) -> str:
    """Return a description of a file within a sentence, or the name of a file that is not shown."""
    return file[0].lower() + file[1:] if " " in file else f"a file {code(file)} with what its message quotes."


def _refusal(id: str) -> str:
    waiver = (
        "A definition can waive it with a reason." if id in (*WAIVABLE, *JUDGED_IN_INVENT) else "It cannot be waived."
    )
    return f"{waiver}\n\n{block('text', refusal_text(id))}"


def _plain(text: Callable[[str], str]) -> Callable[[str], str]:
    return lambda id: block("text", text(id))


FAMILIES = (
    Family(
        "problems",
        "Problems of files",
        "`validate` and every other command report these with file, line and column. Nothing is created while one is "
        "there: exit code 4.",
        problem_ids,
        _problem,
    ),
    Family(
        "refusals",
        "Refusals",
        "A plan shows these, and `apply` creates nothing that is refused: exit code 5. [Policies](../policies.md) "
        "lists the settings.",
        refusal_ids,
        _refusal,
    ),
    Family(
        "warnings",
        "Warnings about an audience",
        "`plan --refresh` compares the audience of each broadcast with Invent. A warning refuses nothing.",
        warning_ids,
        _plain(warning_text),
    ),
    Family(
        "unreached",
        "Changes that do not reach Invent",
        "The API has no update and no cancel. A plan lists each edit and each deletion of a broadcast that is still to "
        "be sent; [change or cancel](../../change-or-cancel.md) has the ways out.",
        unreached_ids,
        _plain(unreached_text),
    ),
    Family(
        "alarms",
        "Alarms of status",
        "`status` lists first what needs a person, with one of these ids. With `--exit-code` it ends with 3 then.",
        alarm_ids,
        _plain(alarm_text),
    ),
    Family(
        "setup",
        "Points of the set-up on GitHub",
        "`github check` reports each point as ok, missing, loose or unknown. An id may go on after a colon with "
        "the name of a file, a secret or an environment.",
        setup_ids,
        _plain(setup_text),
    ),
)


def pages() -> dict[str, str]:
    """Return a page for each family, and the index of all ids."""
    found = {f"rules/{family.name}.md": _page(family) for family in FAMILIES}
    sections = [
        f"## {family.title}\n\n{', '.join(f'[{code(id)}]({family.name}.md#{id})' for id in family.ids())}"
        for family in FAMILIES
    ]
    start = "Rule ids are stable: you can search for them, and a script can filter by them. No id changes its meaning."
    return {"rules/index.md": page("Rule ids", start, *sections), **found}


def _page(family: Family) -> str:
    return page(family.title, family.about, *(f"## {id}\n\n{family.section(id)}" for id in family.ids()))
