"""What is left to do after `init --github`, as one numbered list in which nothing has to be undone."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.first_steps import FirstSteps, StateMove
from invent_gitops.model.setup import SetupTarget
from invent_gitops.text.clean import clean
from invent_gitops.text.commands import quoted
from invent_gitops.text.mending import enabled_pages, restricted_environment, set_secret

# So many environments are named in a sentence; the commands are those of all.
MOST_LISTED = 6


def first_steps_text(steps: FirstSteps) -> str:
    """Return the list; a command stands alone on its line, so that it can be pasted."""
    sections = [*_before(steps), *_on_github(steps)]
    lines = ["Next, in this order:"]
    for number, (sentence, *commands) in enumerate(sections, 1):
        lines += [f"{number}. {sentence}", *commands]
    return "\n".join(lines)


def _before(steps: FirstSteps) -> Iterator[list[str]]:
    """Yield what comes before the first push of the workflows: apply must not miss a state, nor find the example."""
    target = steps.target
    if steps.action:
        owner = steps.action.partition("/")[0]
        tag = (
            "" if " # " in steps.action else " That is a tag, which can be moved: put the SHA of its commit there too."
        )
        yield [
            (
                f"The workflows install {steps.action}: replace {owner} with the account that has this program's "
                f"repository on GitHub. Or delete the workflows, and run init with --action OWNER/REPOSITORY@SHA.{tag}"
            )
        ]
    by_hand = [move for move in steps.moves if not move.inserted]
    if by_hand:
        yield [_by_hand(by_hand)]
    moved = [move for move in steps.moves if move.file]
    if moved and not steps.pushed:
        yield [
            "Push what was committed before these files: the first branch that GitHub gets becomes its default.",
            f"git push -u origin {quoted(target.branch)}",
        ]
    for move in moved:
        workspace = f" --workspace {move.name}" if move.name else ""
        yield [
            (
                f"Put the state{f' of {move.name}' if move.name else ''} on its branch, and delete the file. "
                "Until then plan and apply refuse."
            ),
            f"invent-gitops state migrate{workspace}",
            f"rm {quoted(clean(move.file))}",
        ]
    if steps.example:
        yield [f"Change or delete {clean(steps.example)}, which would be created."]
    yield [
        (
            "Name code owners for invent.yaml, the segment catalogue and .github/, which hold the rules, in "
            ".github/CODEOWNERS: docs/github.md has the lines."
        )
    ]


def _by_hand(moves: list[StateMove]) -> str:
    """Return what a person has to write, since the project file keeps these states in files."""
    if not moves[0].name:
        return (
            "Your invent.yaml keeps the state in a file, which a workflow forgets. Write into it, in place of that:\n"
            f"state: {{branch: {moves[0].branch}}}"
        )
    lines = "\n".join(f"  {move.name}: {{…, state: {{branch: {move.branch}}}}}" for move in moves)
    return (
        "These workspaces keep their state in a file, which a workflow forgets. Write into invent.yaml, for each:\n"
        f"{lines}"
    )


def _environments(target: SetupTarget) -> str:
    """Return which environments to make, and what each has to hold."""
    needed = target.environments
    if not needed[0].workspace:
        secrets = f", and the secret {', '.join(needed[0].keys)} in it" if needed[0].keys else ""
        return f"Make the environment {needed[0].name} for the branch {target.branch} only{secrets}."
    has_keys = any(environment.keys for environment in needed)
    purpose = ", so that no job sees another's key" if has_keys else ""
    listed = needed if len(needed) <= MOST_LISTED else needed[: MOST_LISTED - 1]
    holders = [
        f"{environment.name}{f' with the secret {key}' if (key := ', '.join(environment.keys)) else ''}"
        for environment in listed
    ]
    more = f" and {len(needed) - len(listed)} more" if len(listed) < len(needed) else ""
    pasting = " Paste the commands of the secrets one by one: gh asks for each key." if has_keys else ""
    return (
        f"Make an environment for each workspace, for the branch {target.branch} only{purpose}: "
        f"{', '.join(holders)}{more}.{pasting}"
    )


def _on_github(steps: FirstSteps) -> Iterator[list[str]]:
    target = steps.target
    yield [
        _environments(target),
        *(command for needed in target.environments for command in restricted_environment(target, needed.name, None)),
        *(set_secret(target, needed.name, key) for needed in target.environments for key in needed.keys),
    ]
    yield [
        (
            f"Commit the files and push them to {target.branch}; if it asks for a pull request, by one. The workflow "
            f"applies what is on {target.branch}."
        ),
        f"git push -u origin {quoted(target.branch)}",
    ]
    yield [
        (
            "Let GitHub say what is missing: the rules of the branches. It prints the commands for them. Paste "
            "these, and run it again."
        ),
        "export GITHUB_TOKEN=$(gh auth token)",
        "invent-gitops github check",
    ]
    if steps.pages:
        yield [
            (
                "Let GitHub Pages take the calendar from the workflow. Do this in a public repository only: a private "
                "one keeps an artifact instead, since its pages would be public."
            ),
            enabled_pages(target),
        ]
    yield [f"Open a pull request with a new file in {steps.definitions}: a comment shows who would be messaged."]
