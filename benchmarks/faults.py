"""The faults of broken definitions: each takes a valid definition and returns an invalid one."""

from __future__ import annotations

import re
from collections.abc import Callable

FAULTS: dict[str, Callable[[str], str]] = {
    "a character that YAML does not allow": lambda text: text.replace("description: ", "description: \x07"),
    "a missing field": lambda text: text.replace("name: ", "# name: "),
    "a list that is not closed": lambda text: text.replace("]\n", "\n"),
    "a misspelled field": lambda text: text.replace("owner:", "ownr:"),
    "a segment twice": lambda text: re.sub(r"\[([^],]+)", r"[\1, \1", text),
    "a year without its digits": lambda text: text.replace("2040-", "240-").replace("immediately", "imediately"),
    "one field twice": lambda text: text + "owner: another\n",
    "the wrong kind of value": lambda text: text.replace("description: What", "description:\n  what: What"),
}
# Those after which nothing else in the file can be read.
WHOLE_FILE = frozenset(["a character that YAML does not allow", "a list that is not closed"])
