"""`schema`: prints the JSON Schemas that this version works with."""

from __future__ import annotations

import json

import click

from invent_gitops.cli.completion.keys import schemas
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.result import Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, WrongUsage
from invent_gitops.schemas import read_schema, schema_names


@click.command()
@click.argument("name", required=False, shell_complete=schemas)
@common_options
@answers("error")
def schema(session: Session, name: str | None) -> Result:
    """Print the JSON Schema NAME. Without NAME, list all schemas."""
    names = schema_names()
    if name is None:
        return Result("schemas", ExitCode.DONE, lambda: {"schemas": names}, plain("\n".join(names)))
    if name not in names:
        raise WrongUsage(f"There is no schema {name!r}.", f"There are: {', '.join(names)}")
    text = json.dumps(read_schema(name), indent=2, ensure_ascii=False)
    return Result("schemas", ExitCode.DONE, text=plain(text), document=text)
