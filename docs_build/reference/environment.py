"""The page of the variables of the environment, each of which the program reads somewhere."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import invent_gitops
from docs_build.reference import page
from docs_build.reference.cells import code, prose, table

_PACKAGE = Path(invent_gitops.__file__).parent
_VARIABLE = re.compile(
    r"(?:INVENT|GITHUB|GH|CI|SSL|BITBUCKET|BUILDKITE|CIRCLE|CODEBUILD|CHANGE|BUILD|SYSTEM|GITLAB|JENKINS|TEAMCITY|TF)_\w+"
    r"|CI|BUILDKITE|NO_COLOR|FORCE_COLOR|TERM|COLUMNS|SSLKEYLOGFILE"
)
# What the variables of one purpose hold.
GROUPS: dict[str, dict[str, str]] = {
    "Invent": {
        "INVENT_API_KEY": "The API key. The project file can name another variable that begins so for a workspace.",
        "INVENT_ORG_ID": "The organization, where `--org` is not given.",
        "INVENT_BASE_URL": "The address of the API, where `--base-url` is not given.",
        "INVENT_APPROVALS": "Who approved the plan: the output `approvals` of `github approved`, for the record.",
        "INVENT_UNAPPROVED": "Why nobody approved it: the output `reason` of `github approved`.",
    },
    "The terminal": {
        "NO_COLOR": "Set to anything: no colours.",
        "FORCE_COLOR": "Set to anything: colours without a terminal, unless `NO_COLOR` is set.",
        "TERM": "`dumb` means a terminal without colours.",
        "COLUMNS": "The width of the pages, where it is not the terminal's.",
    },
    "A step of a workflow on GitHub": {
        "GITHUB_ACTIONS": "Whether this is a step of a workflow.",
        "GITHUB_TOKEN": "The token for GitHub's API.",
        "GH_TOKEN": "The token, where `GITHUB_TOKEN` is not set.",
        "GITHUB_API_URL": "The address of GitHub's API.",
        "GITHUB_SERVER_URL": "The address of GitHub.",
        "GITHUB_REPOSITORY": "The repository, as OWNER/NAME.",
        "GITHUB_EVENT_NAME": "The kind of event that started the run.",
        "GITHUB_EVENT_PATH": "The file with the event.",
        "GITHUB_REF": "The branch or the pull request of the run.",
        "GITHUB_BASE_REF": "The branch that a pull request would be merged into.",
        "GITHUB_SHA": "The commit of the run.",
        "GITHUB_RUN_ID": "The number of the run, for the record and the comment.",
        "GITHUB_RUN_ATTEMPT": "Which attempt of the run it is.",
        "GITHUB_ACTOR": "Who started the run, for the record.",
        "GITHUB_TRIGGERING_ACTOR": "Who started this attempt of the run.",
        "GITHUB_OUTPUT": "The file that takes the outputs of a step.",
        "GITHUB_STEP_SUMMARY": "The file that takes the summary of a step.",
    },
    "Connections": {
        "HTTPS_PROXY": "The proxy for addresses that begin with `https`.",
        "HTTP_PROXY": "The proxy for addresses that begin with `http`.",
        "ALL_PROXY": "The proxy for both, where theirs is not set.",
        "NO_PROXY": "Hosts that need no proxy, with commas between them.",
        "SSL_CERT_FILE": "A file with the certificates to trust.",
        "SSL_CERT_DIR": "A folder with the certificates to trust.",
        "SSLKEYLOGFILE": "It is ignored: it would write the keys of connections into a file.",
    },
}
_OTHER_SYSTEMS = "Other CI systems"
# What the variables of other CI systems are read for, by the file that reads them.
_READERS = {
    "operations/base.py": "The base of a change, where `--base` is not given.",
    "state/tips.py": "The branch that is applied, where `--branch` is not given and git cannot tell.",
    "state/packing.py": "Whether this is a run of a CI, whose clone is thrown away.",
}
# Their names are made from the scheme of an address, so none is a text of the code.
FORMED = {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"}
# Secrets that are never printed, and read for nothing else.
HIDDEN = {"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}


@cache
def variables_in_code() -> frozenset[str]:
    """Return each variable of the environment that stands in the program as a text of its own."""
    texts = {
        node.value
        for path in _PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return frozenset(text for text in texts if _VARIABLE.fullmatch(text))


def described() -> set[str]:
    """Return the variables with a sentence of their own."""
    return {name for group in GROUPS.values() for name in group}


def pages() -> dict[str, str]:
    """Return the page of the variables."""
    sections = [
        f"## {title}\n\n"
        + table(("Variable", "What it holds"), [(code(name), prose(sentence)) for name, sentence in group.items()])
        for title, group in GROUPS.items()
    ]
    others = sorted(variables_in_code() - described() - HIDDEN)
    rows = [(code(name), _purpose(name)) for name in others]
    more = f"## {_OTHER_SYSTEMS}\n\n" + table(("Variable", "What it is read for"), rows)
    start = (
        "An option on the command line wins over its variable, and a variable over the project file. The key and the "
        "address of the API are never read from the repository."
    )
    return {"environment.md": page("Environment variables", start, *sections, more)}


def _purpose(name: str) -> str:
    """Return what a variable is read for, by the file of the program that reads it."""
    for path, sentence in _READERS.items():
        if f'"{name}"' in (_PACKAGE / path).read_text(encoding="utf-8"):
            return sentence
    raise LookupError(f"Describe {name} in {Path(__file__).name}.")
