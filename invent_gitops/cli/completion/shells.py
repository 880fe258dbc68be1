"""How each shell asks for completions and takes them: what click knows of it, and scripts that let nothing slip.

click's own scripts leave words unquoted in bash, replace `--only=` in zsh, and forget themselves there on the second
TAB when they come from a file; these do not.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, WrongUsage

PROGRAM = "invent-gitops"
# click's name for it. The scripts set it, and then the program answers the shell and does nothing else.
VARIABLE = "_INVENT_GITOPS_COMPLETE"
# Who waits for a completion thinks that the shell hangs.
PATIENCE = 3.0

_BASH = r"""%(complete_func)s() {
    local IFS=$'\n' answer kind value word="${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=()
    answer=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" %(complete_var)s=bash_complete "$1" 2>/dev/null)
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain)
                case $word in
                    # Within quotes only what means the same there as outside.
                    [\"\']*) case $value in *[\"\'\$\`\\\!]*) continue ;; esac ;;
                    *) printf -v value %%q "$value" ;;
                esac
                COMPREPLY+=("$value")
                ;;
        esac
    done <<< "$answer"
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = r"""#compdef %(prog_name)s
%(complete_func)s() {
    local -a lines plain described
    local answer kind value about
    answer=$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \
        %(complete_var)s=zsh_complete "${(Q)words[1]}" 2>/dev/null)
    lines=("${(@f)answer}")
    [[ $PREFIX == --*=* ]] && compset -P '*='
    for kind value about in "${lines[@]}"; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain)
                if [[ $about == _ ]]; then
                    plain+=("$value")
                else
                    described+=("$value:$about")
                fi
                ;;
        esac
    done
    (( $#described )) && _describe -V %(prog_name)s described
    (( $#plain )) && compadd -V %(prog_name)s -a plain
    return 0
}
# From a file in $fpath this text is itself the body of a function, each time that it is called.
if [[ ${funcstack[1]} == _%(prog_name)s ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = r"""function %(complete_func)s
    set -l words (commandline -cp | string collect)
    set -l word (commandline -ct | string collect)
    set -l before (string match -r -- '^--[^=]+=' "$word")
    for line in (env COMP_WORDS="$words" COMP_CWORD="$word" %(complete_var)s=fish_complete %(prog_name)s 2>/dev/null)
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case dir
                printf '%%s\n' "$before"(__fish_complete_directories $parts[2])
            case file
                printf '%%s\n' "$before"(__fish_complete_path $parts[2])
            case plain
                printf '%%s\n' "$before$parts[2]"
        end
    end
end
complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""


class Bash(BashComplete):
    """bash, which takes `--only=x` for three words."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        joined = [word for before, word in zip(["", *args], args, strict=False) if word != "=" or before[:1] != "-"]
        return _at_home(joined), incomplete


class Zsh(ZshComplete):
    """zsh."""

    source_template = _ZSH

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        return _at_home(args), incomplete


class Fish(FishComplete):
    """fish."""

    source_template = _FISH

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        return _at_home(args), incomplete


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def script(cli: click.Command, shell: str) -> str:
    """Return the script that makes a shell complete the words of this program."""
    return SHELLS[shell](cli, {}, PROGRAM, VARIABLE).source()


def answer(cli: click.Command, session: Session, instruction: str) -> ExitCode:
    """Answer a shell that asks as `instruction`, such as `bash_complete`.

    Whatever goes wrong in the middle of a word that somebody types, the answer is that there is nothing to offer.
    """
    shell, _, step = instruction.partition("_")
    if shell not in SHELLS or step not in ("source", "complete"):
        raise WrongUsage(
            f"{VARIABLE} is {instruction!r}, which no completion script sets.",
            f"Unset it: with it, {PROGRAM} only answers shells.",
        )
    if step == "source":
        session.show(script(cli, shell).rstrip("\n"))
        return ExitCode.DONE
    try:
        with limited(PATIENCE), _offline():
            text = SHELLS[shell](cli, {"obj": session}, PROGRAM, VARIABLE).complete()
    except (Exception, KeyboardInterrupt):  # noqa: BLE001  # a traceback in the middle of a line helps nobody
        return ExitCode.DONE
    if text:
        session.show(text)
    return ExitCode.DONE


def _at_home(arguments: list[str]) -> list[str]:
    """Return the arguments with `~` as a shell would have expanded it."""
    return [os.path.expanduser(word) for word in arguments]


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer; where there is no such timer, on Windows, it takes what it takes."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _offline() -> Iterator[None]:
    """Keep git from fetching what a partial clone lacks."""
    shut = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
    before = {name: os.environ.get(name) for name in shut}
    os.environ.update(shut)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
