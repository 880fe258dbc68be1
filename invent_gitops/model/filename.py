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
    """Return whether a name says that its file is no definition, whatever it holds: a backup, a draft, a note in
    Markdown.
    """
    suffix = name.rpartition(".")[2]
    return bool(_PARKED.fullmatch(suffix)) or suffix.lower() in ("md", "markdown")


def spelled_like(entry: str, name: str) -> bool:
    """Return whether a person could take `entry` for the YAML file `name`, and the program does not."""
    stem, _, suffix = (meant_name(entry) or entry).rpartition(".")
    same = stem.casefold() == name.rpartition(".")[0].casefold() and f".{suffix}" in SUFFIXES
    return same and entry != name


# What Apple's file system passes over in a name, so that `.g\u200cit` is `.git` there.
_PASSED_OVER = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\xb9\xb2\xb3])(?: *\..*)?", re.IGNORECASE | re.DOTALL
)


def is_git(part: str) -> bool:
    """Return whether a part of a path is git's own folder on some system: `.git`, `.GIT`, `git~1`, `.git.`,
    `.git::$DATA`.
    """
    plain = _PASSED_OVER.sub("", part).partition(":")[0].rstrip(" .").casefold()
    return plain in (".git", "git~1")


def odd_on_windows(part: str) -> str:
    """Return why a part of a path is another file on Windows, or none; "" if it is an ordinary name."""
    if ":" in part:
        return "holds a colon, which names a stream of another file on Windows"
    if part.endswith((".", " ")):
        return "ends with a dot or a blank, which Windows drops"
    if _DEVICE.fullmatch(part):
        return "is the name of a device on Windows"
    if re.search(r"~[0-9]", part):
        return "may be the short form of another name on Windows"
    return ""
