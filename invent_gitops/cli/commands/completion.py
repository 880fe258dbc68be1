"""`completion`: prints what makes a shell complete commands, options and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from invent_gitops.cli.completion.shells import SHELLS, script
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode

if TYPE_CHECKING:
    from invent_gitops.cli.result import Result


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@common_options
@answers("error")
def completion(session: Session, shell: str) -> Result | ExitCode:
    """Print the script that makes your SHELL complete commands, options and keys.

    Keys come from the definitions and from the local copy of the state. Completion fetches nothing.

    \b
    bash, in ~/.bashrc:
      eval "$(invent-gitops completion bash)"
    or once, where bash-completion is installed:
      invent-gitops completion bash > \\
        ~/.local/share/bash-completion/completions/invent-gitops

    \b
    zsh, in ~/.zshrc after compinit:
      eval "$(invent-gitops completion zsh)"
    or once, into a folder of $fpath:
      invent-gitops completion zsh > ~/.zfunc/_invent-gitops

    \b
    fish, once:
      invent-gitops completion fish > \\
        ~/.config/fish/completions/invent-gitops.fish

    Then start a new shell.
    """
    text = script(click.get_current_context().find_root().command, shell)
    if not session.json:
        # Like the help: the program's own text, which no input reaches. A shell may ask for it at each of its starts.
        session.show(text.rstrip("\n"), searched=False)
        return ExitCode.DONE

    from invent_gitops.cli.result import Result

    return Result("completion", ExitCode.DONE, lambda: {"shell": shell, "script": text})
