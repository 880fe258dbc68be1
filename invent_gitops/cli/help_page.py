"""The page that --help prints: a command, its options with their variables, an example, and its documentation."""

from __future__ import annotations

import click

from invent_gitops.installation import docs_address
from invent_gitops.model.variables import KEY_VARIABLE

# An example of each command that can be run as it is written, by its name.
EXAMPLES = {
    "init": "invent-gitops init --timezone Europe/Berlin",
    "validate": "invent-gitops validate --format github",
    "plan": "invent-gitops plan --sandbox --out plan.json",
    "apply": "invent-gitops apply --sandbox --plan plan.json --yes",
    "status": "invent-gitops status --sandbox --soon 3d",
    "calendar": "invent-gitops calendar --month 2028-11",
    "refresh": "invent-gitops refresh --sandbox",
    "reconcile": "invent-gitops reconcile --sandbox",
    "resolve": "invent-gitops resolve black-friday-vip --id b_7f3a --reason 'found in Invent'",
    "import": "invent-gitops import --sandbox --all",
    "history": "invent-gitops history --sandbox welcome",
    "github": "invent-gitops github check --format markdown",
    "github comment": "invent-gitops github comment plan.json",
    "github outdated": "invent-gitops github outdated --workspace acme",
    "github approved": "invent-gitops github approved --out approved.json",
    "github issue": "invent-gitops github issue status.json --title 'Broadcasts need a person'",
    "github check": "invent-gitops github check --branch main",
    "state": "invent-gitops state list --sandbox",
    "state list": "invent-gitops state list --sandbox --json",
    "state show": "invent-gitops state show --sandbox welcome",
    "state mv": "invent-gitops state mv --sandbox welcome spring/welcome",
    "state rm": "invent-gitops state rm --sandbox welcome --reason 'deleted in Invent'",
    "state restore": "invent-gitops state restore --sandbox welcome --reason 'removed by mistake'",
    "state migrate": "invent-gitops state migrate --workspace acme",
    "state verify": "invent-gitops state verify --sandbox",
    "segments": "invent-gitops segments list",
    "segments pull": "invent-gitops segments pull --sandbox",
    "segments list": "invent-gitops segments list --json",
    "schema": "invent-gitops schema broadcast",
    "workspaces": "invent-gitops workspaces --format json",
    "completion": "invent-gitops completion zsh",
    "sandbox": "invent-gitops sandbox --port 0 --fault close-after@create:3",
}
# The page below docs/ for each command; a group's page serves the commands below it that have none.
PAGES = {
    "init": "start.md",
    "validate": "definitions.md",
    "plan": "change-or-cancel.md",
    "apply": "never-twice.md",
    "status": "live-account.md",
    "calendar": "calendar.md",
    "refresh": "live-account.md",
    "reconcile": "recovery/exit-7.md",
    "resolve": "recovery/exit-7.md",
    "import": "live-account.md",
    "history": "state.md",
    "github": "github.md",
    "github check": "github.md",
    "state": "state.md",
    "state mv": "change-or-cancel.md",
    "segments": "live-account.md",
    "schema": "editor.md",
    "workspaces": "workspaces.md",
    "completion": "editor.md",
    "sandbox": "sandbox.md",
}
_CALLERS = ("plan", "apply", "status", "calendar", "refresh", "reconcile", "resolve", "import", "segments pull")
_EVENT_STEPS = ("github comment", "github outdated", "github approved", "github issue")
_STEPS = (*_EVENT_STEPS, "github check")
# These read the state, and so the branch that it may be on.
_STATE_READERS = (
    *(name for name in _CALLERS if name != "segments pull"),
    "history",
    *(f"state {name}" for name in ("list", "show", "mv", "rm", "restore", "migrate", "verify")),
)
# The variables that no option stands for: what each holds, and the commands that read it.
VARIABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    KEY_VARIABLE: ("API key of the account. A workspace can name another variable.", _CALLERS),
    "INVENT_APPROVALS": ("Who approved the plan: the output approvals of github approved.", ("apply",)),
    "INVENT_UNAPPROVED": ("Why nobody approved it: the output reason of github approved.", ("apply",)),
    "GITHUB_TOKEN": (
        "Token for GitHub's API, and in a workflow for git. If it is not set, GH_TOKEN is read.",
        (*_STATE_READERS, *_STEPS),
    ),
    "GITHUB_REPOSITORY": ("OWNER/NAME of the repository. A workflow sets it.", _STEPS),
    "GITHUB_SHA": ("Commit that the run is of. A workflow sets it.", _EVENT_STEPS),
    "GITHUB_EVENT_PATH": ("File with the event, such as a pull request. A workflow sets it.", _EVENT_STEPS),
    "GITHUB_SERVER_URL": (
        "Address of GitHub. A workflow sets it.",
        ("init", "github comment", "github approved", "github issue"),
    ),
    "GITHUB_RUN_ID": ("Number of the run, for links to it. A workflow sets it.", ("github comment", "github issue")),
    "GITHUB_API_URL": ("Address of GitHub's API. A workflow sets it.", _STEPS),
    "HTTPS_PROXY": ("Proxy for HTTPS. NO_PROXY lists the hosts that need none.", (*_CALLERS, *_STEPS)),
    "SSL_CERT_FILE": ("Certificates to trust. SSL_CERT_DIR names a folder of them.", (*_CALLERS, *_STEPS)),
}
# A space at which no line is broken.
_UNBROKEN = "\u00a0"
# More variables than these are those of many CI systems, which the reference lists.
_MOST_LISTED = 3


def write_page(command: click.Command, command_name: str, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the help of the command of that name, such as `state mv`."""
    command.format_usage(ctx, formatter)
    command.format_help_text(ctx, formatter)
    with formatter.section("Options"):
        formatter.write_dl([row for option in command.get_params(ctx) if (row := _row(option, command_name, ctx))])
        # A variable stays on the line of its label, which is easier to find then.
        formatter.buffer[:] = [text.replace(_UNBROKEN, " ") for text in formatter.buffer]
    if isinstance(command, click.Group):
        _write_commands(command, ctx, formatter)
    variables = [(name, sentence) for name, (sentence, readers) in VARIABLES.items() if command_name in readers]
    if variables:
        with formatter.section("Environment"):
            formatter.write_dl(variables)
    if example := EXAMPLES.get(command_name):
        with formatter.section("Example"):
            formatter.write(f"{'':{formatter.current_indent}}{example}\n")
    if page := page_of(command_name):
        with formatter.section("Documentation"):
            formatter.write(f"{'':{formatter.current_indent}}{docs_address(page)}\n")


def page_of(command_name: str) -> str:
    """Return the page of a command below docs/, or that of its group; "" for a command that has none."""
    return PAGES.get(command_name) or PAGES.get(command_name.partition(" ")[0], "")


def variables_of(option: click.Parameter, command_name: str) -> tuple[str, ...]:
    """Return the variables of the environment that are read where `option` of a command is not given."""
    if option.envvar:
        return (option.envvar,) if isinstance(option.envvar, str) else tuple(option.envvar)
    if option.name == "base":
        from invent_gitops.operations.base import NAMES_OF_BASE

        return NAMES_OF_BASE
    if option.name == "branch" and command_name == "apply":
        from invent_gitops.state.tips import HINTS

        return HINTS
    return ()


def _row(option: click.Parameter, command_name: str, ctx: click.Context) -> tuple[str, str] | None:
    """Return how an option is written and its help, with the variables that serve in its place."""
    record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
    variables = variables_of(option, command_name)
    if record is None or not variables:
        return record
    listed = f",{_UNBROKEN}".join(variables)
    if len(variables) > _MOST_LISTED:
        listed = f"{variables[0]}{_UNBROKEN}and {len(variables) - 1} of other CI systems"
    return record[0], f"{record[1]}  [env:{_UNBROKEN}{listed}]"


def _write_commands(group: click.Group, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write a row for each command of a group, with the whole first sentence of its help."""
    rows = []
    for name in group.list_commands(ctx):
        below = group.get_command(ctx, name)
        assert below is not None
        rows.append((name, below.get_short_help_str(limit=1000)))
    with formatter.section("Commands"):
        formatter.write_dl(rows)
