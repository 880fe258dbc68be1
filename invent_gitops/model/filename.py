"""Names of files as people read them: whatever bytes they are made of, and whatever the program makes of them."""

from __future__ import annotations

import re

SUFFIXES = (".yaml", ".yml")

_SUFFIX = re.compile(r"(.+)\.(ya?ml)", re.IGNORECASE | re.DOTALL)
_SECOND_SUFFIX = re.compile(r"(.+)\.(ya?ml)\.([^.]+)", re.IGNORECASE | re.DOTALL)
# Backups of editors and of git, and what people write when a file is not to be read.
_PARKED = re.compile(
    r".*~|(?:bak|backup|old|orig|rej|save|swo|swp|temp|tmp)\d*|disabled|dist|draft|example|inactive|off|sample|template"
    r"|j2|jinja2?|tmpl|tpl|license|asc|sig",
    re.IGNORECASE,
)


def readable(path: str) -> str:
    r"""Return a path that can be printed and compared: bytes that are not UTF-8 are written as `\xfc`."""
    try:
        path.encode()
    except UnicodeEncodeError:
        try:
            return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        except UnicodeEncodeError:
            return path.encode("utf-8", "backslashreplace").decode()
    return path


def meant_name(name: str) -> str:
    """Return the name that would be read in place of `name`: `spring.yaml` for `SPRING.YAML` or `spring.yaml.txt`.

    "" if the name is read as it is, or promises nothing.
    """
    trimmed = name.rstrip(" .")
    if match := _SUFFIX.fullmatch(trimmed):
        meant = f"{match[1]}.{match[2].lower()}"
        return meant if meant != name else ""
    match = _SECOND_SUFFIX.fullmatch(trimmed)
    return f"{match[1]}.{match[2].lower()}" if match and not _PARKED.fullmatch(match[3]) else ""


def is_set_aside(name: str) -> bool:
    """Whether a name says that its file is no definition, whatever it holds: a backup, a draft, a note in Markdown."""
    suffix = name.rpartition(".")[2]
    return bool(_PARKED.fullmatch(suffix)) or suffix.lower() in ("md", "markdown")


def spelled_like(entry: str, name: str) -> bool:
    """Whether a person could take `entry` for the YAML file `name`, and the program does not."""
    stem, _, suffix = (meant_name(entry) or entry).rpartition(".")
    same = stem.casefold() == name.rpartition(".")[0].casefold() and f".{suffix}" in SUFFIXES
    return same and entry != name
