"""The shell blocks of the pages: which run, in what order, and why the others do not.

A page is one script. Its `sh` blocks run in their order; a `yaml` or `json` block whose first line is a comment with a
path and nothing else is written to that path, where the script is by then. `console` shows a command with its output,
and does not run. A `sh` block that cannot run has `<!-- not run: REASON -->` before it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click

from docs_build.markdown import Block, blocks, prose
from docs_build.root_context import PROGRAM, root_context
from invent_gitops.cli.program import cli

# What a reason begins with: each is a thing that a test has not got.
REASONS = (
    "has placeholders",
    "needs a clone",
    "needs a key",
    "needs another program",
    "needs GitHub",
    "needs Invent",
    "needs the network",
    "needs the server",
    "needs your team's repository",
    "takes minutes",
)
_FILE = re.compile(r"# ([\w./-]+\.(?:ya?ml|json))")
_NOT_RUN = "not run:"
# The commands that a script of the checks takes from the README and runs: they install the program, or run the tests.
_ELSEWHERE = ("test command", "try command")
# What a line with a command begins with, by the language of its block. In a text, a command stands alone to be copied.
_PROMPTS = {"sh": "", "console": "$ ", "text": f"{PROGRAM} "}
_OPERATORS = {"|", "||", "&&", ";", "&", ">", ">>", "<", "<<", "(", ")", "2>"}


def reason(block: Block) -> str | None:
    """Return why a block does not run, or None where no comment says so."""
    return next((text.removeprefix(_NOT_RUN).strip() for text in block.comments if text.startswith(_NOT_RUN)), None)


def runs(block: Block) -> bool:
    """Return whether a block is part of the script of its page."""
    return block.language == "sh" and reason(block) is None and not set(block.comments) & set(_ELSEWHERE)


def script(text: str) -> str:
    """Return the script of a page; "" for a page on which nothing runs."""
    found = blocks(text)
    if not any(map(runs, found)):
        return ""
    return "\n".join(filter(None, map(_part, found)))


def _part(block: Block) -> str:
    if runs(block):
        return block.text
    first, _, rest = block.text.partition("\n")
    path = _FILE.fullmatch(first)
    if block.language not in ("yaml", "json") or not path or reason(block) is not None:
        return ""
    content = block.text if block.language == "yaml" else rest
    return f"mkdir -p -- \"$(dirname -- {path[1]})\"\ncat > {path[1]} <<'END OF THE FILE'\n{content}END OF THE FILE\n"


# ---------------------------------------------------------------- what the commands say


def faults(text: str) -> Iterator[str]:
    """Yield each call of the program in a page that it would not understand, with the line.

    A block may show such a call on purpose, with the answer of the program.
    """
    for line, words, block_text in _command_lines(text):
        wrong = misunderstood(words)
        if wrong and wrong.partition(". ")[0] not in block_text:
            yield f"{line}: {PROGRAM} {shlex.join(words)}: {wrong}"


def _command_lines(text: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield the words of each call in blocks and in code, with the line of the block, and its text."""
    for block in blocks(text):
        prompt = _PROMPTS.get(block.language)
        if prompt is not None:
            for line in block.text.replace("\\\n", " ").split("\n"):
                if line.startswith(prompt):
                    yield from ((block.line, words, block.text) for words in _calls(line.removeprefix("$ ")))
    plain = prose(text)
    for match in re.finditer(rf"(?<!`)`({PROGRAM} [^`]+)`(?!`)", plain):
        number = plain.count("\n", 0, match.start()) + 1
        yield from ((number, words, "") for words in _calls(re.sub(r"\s+", " ", match[1])))


def _calls(line: str) -> Iterator[list[str]]:
    """Yield the words after the name of the program, of each command of a line that is a call of it."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.wordchars += "…:@%+^'\\"
    try:
        words = list(lexer)
    except ValueError:
        # A quotation that goes on in the next line: a text, and no call.
        return
    current: list[str] = []
    for word in [*words, ";"]:
        if word in _OPERATORS or set(word) <= set("();<>|&"):
            while current and re.fullmatch(r"[A-Za-z_]\w*=.*", current[0]):
                current.pop(0)
            if current and current[0].rpartition("/")[2] == PROGRAM:
                yield current[1:]
            current = []
        else:
            current.append(word)


def misunderstood(words: list[str]) -> str:
    """Return what the program does not understand of a call, or "". Capitals and an ellipsis stand for a command."""
    command: click.Command = cli
    context = root_context()
    try:
        while True:
            options, rest, _ = command.make_parser(context).parse_args(list(words))
            _check_choices(command, options, context)
            if not isinstance(command, click.Group) or not rest:
                return ""
            below = command.get_command(context, rest[0])
            if rest[0] == "…" or rest[0].isupper():
                return ""
            if below is None:
                return f"There is no command {rest[0]}."
            context = click.Context(below, info_name=rest[0], parent=context)
            command, words = below, rest[1:]
    except click.UsageError as error:
        return error.format_message()


def _check_choices(command: click.Command, options: dict[str, object], context: click.Context) -> None:
    """Raise click's error for a word that an option does not offer."""
    for option in command.params:
        value = options.get(str(option.name))
        if isinstance(option.type, click.Choice) and isinstance(value, str) and value.isascii() and value.islower():
            option.type.convert(value, option, context)
