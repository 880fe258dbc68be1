"""The pages of the commands, from the tree that the command line is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from docs_build.reference import page, title_of
from docs_build.reference.cells import block, code, codes, prose, table
from docs_build.reference.help_facts import example_of, further_variables, groups, page_of, variables_of
from docs_build.root_context import PROGRAM, root_context
from invent_gitops.cli.program import COMMANDS, cli

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_MOST_VARIABLES = 3


def command_tree() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield each command and each command below it, in the order of the help, with its name and its context."""
    root = root_context()
    for name in cli.list_commands(root):
        yield from _tree(cli, name, root, name)


def _tree(
    group: click.Group, name: str, parent: click.Context, path: str
) -> Iterator[tuple[str, click.Command, click.Context]]:
    command = group.get_command(parent, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=parent)
    yield path, command, context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _tree(command, below, context, f"{path} {below}")


def common_options() -> list[click.Option]:
    """Return the options that every command has."""
    return [option for option in cli.params if isinstance(option, click.Option) and "--version" not in option.opts]


def pages() -> dict[str, str]:
    """Return a page for each command of the program, with those below it, and their index."""
    sections: dict[str, list[str]] = {name: [] for name in COMMANDS}
    for path, command, context in command_tree():
        top = path.partition(" ")[0]
        sections[top].append(_section(path, command, context, title=path != top))
    found = {f"commands/{name}.md": page(f"{PROGRAM} {name}", *parts) for name, parts in sections.items()}
    return {"commands/index.md": _index(), **found}


def _index() -> str:
    listed = [
        f"## {title}\n\n"
        + table(("Command", "What it does"), [(f"[{code(name)}]({name}.md)", prose(COMMANDS[name])) for name in names])
        for title, names in groups().items()
    ]
    root = root_context()
    options = [*common_options(), *(option for option in cli.get_params(root) if isinstance(option, click.Option))]
    unique = list({tuple(option.opts): option for option in options}.values())
    common = "## Options of every command\n\nThey stand before or after the name of a command."
    return page(
        "Commands",
        *listed,
        common,
        _options(unique, "", root),
        "`--version` stands before the name of a command only.",
    )


def _section(path: str, command: click.Command, context: click.Context, *, title: bool) -> str:
    common = {tuple(option.opts) for option in common_options()}
    own = [
        option
        for option in command.params
        if isinstance(option, click.Option) and tuple(option.opts) not in common and not option.hidden
    ]
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [
        f"## {PROGRAM} {path}" if title else "",
        _help(command.help or ""),
        block("text", re.sub(r"\s+", " ", usage)),
        _options(own, path, context)
        or "It has only the [options of every command](index.md#options-of-every-command).",
        _variables(path),
        _example(path),
        _below(path, command, context),
        _guide(path),
    ]
    return "\n\n".join(part for part in parts if part)


def _help(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text.replace("\b\n", "").strip())
    return "\n\n".join(map(prose, paragraphs))


def _options(options: list[click.Option], path: str, context: click.Context) -> str:
    rows = [
        (
            code(_form(option, context)),
            _words(option, context),
            _default(option, context),
            _variables_of(option, path, context),
        )
        for option in options
    ]
    return table(("Option", "What it does", "Default", "Variable"), rows)


def _variables_of(option: click.Option, path: str, context: click.Context) -> str:
    """Return the variables that stand for an option; of many, the first one, and where the others are."""
    found = variables_of(option, path) or list(filter(None, _extras(option, context)[1].get("env", "").split(", ")))
    if len(found) > _MOST_VARIABLES:
        return f"{code(found[0])}, and those of [other CI systems](../environment.md#other-ci-systems)"
    return codes(found)


def _form(option: click.Option, context: click.Context) -> str:
    """Return how an option is written: its names, and a word for its value."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    word = option.metavar or _word(option)
    return f"{names} {word}"


def _word(option: click.Option) -> str:
    kind = option.type
    if isinstance(kind, click.Choice):
        return "WORD"
    if isinstance(kind, click.types._NumberRangeBase | click.types.IntParamType | click.types.FloatParamType):
        return "NUMBER"
    return "FILE" if isinstance(kind, click.Path | click.File) else "TEXT"


def _extras(option: click.Option, context: click.Context) -> tuple[str, dict[str, str]]:
    """Return the help of an option, and what click adds in brackets at its end: default, range, required."""
    record = option.get_help_record(context)
    text = record[1] if record else option.help or ""
    extras: dict[str, str] = {}
    while match := re.search(r"\s+\[([^\[\]]+)\]$", text):
        text = text[: match.start()]
        for part in match[1].split("; "):
            name, separator, value = part.partition(": ")
            extras[name if separator else "range" if "=" in part or "<" in part else part] = (
                value if separator else part
            )
    return text, extras


def _words(option: click.Option, context: click.Context) -> str:
    text, extras = _extras(option, context)
    more = ""
    if isinstance(option.type, click.Choice):
        more += f" One of {codes(option.type.choices)}."
    if "range" in extras:
        more += f" {_range(extras['range'])}"
    if option.multiple and not re.search(r"\b(again|repeated|more than once)\b", text):
        more += " It can be given more than once."
    if "required" in extras:
        more += " It must be given."
    return prose(text) + more


def _range(text: str) -> str:
    match = re.fullmatch(r"(?:(\S+?)<=)?x(?:<=(\S+))?(?:>=(\S+))?", text)
    if not match:
        return f"Range: {code(text)}."
    low, high = match[1] or match[3], match[2]
    if low and high:
        return f"From {low} to {high}."
    return f"At least {low}." if low else f"At most {high}."


def _default(option: click.Option, context: click.Context) -> str:
    _, extras = _extras(option, context)
    if "default" in extras:
        written = extras["default"]
        return code(written) if re.fullmatch(r"\S+", written) else prose(written)
    value = option.get_default(context)
    if option.is_flag or value is None or value in ("", (), [], False) or "Sentinel" in repr(value):
        return ""
    return codes(value) if isinstance(value, list | tuple) else code(value)


def _variables(path: str) -> str:
    return table(
        ("Variable", "What it holds"), [(code(name), prose(sentence)) for name, sentence in further_variables(path)]
    )


def _example(path: str) -> str:
    line = example_of(path)
    return "Example:\n\n" + block("console", f"$ {line}") if line else ""


def _below(path: str, command: click.Command, context: click.Context) -> str:
    if not isinstance(command, click.Group):
        return ""
    names: Mapping[str, click.Command | None] = {
        name: command.get_command(context, name) for name in command.list_commands(context)
    }
    rows = [
        (f"[{code(name)}](#{PROGRAM}-{path.replace(' ', '-')}-{name})", prose(below.get_short_help_str(1000)))
        for name, below in names.items()
        if below
    ]
    return table(("Command", "What it does"), rows)


def _guide(path: str) -> str:
    where = page_of(path)
    if not where:
        return ""
    name = where.partition("#")[0]
    file = _DOCS / name
    return f"Guide: [{title_of(file.read_text(encoding='utf-8')) if file.is_file() else name}](../../{where})."
