"""Carries out the commands that a check prints, against the stand-in: what `gh` would send for them.

    GH_STAND_IN=http://… python -m tests.github.gh api -X PUT repos/acme/campaigns/environments/broadcasts -F a=1

Knows `gh api` with fields and --input, and `gh secret set|delete`, which it writes into the file GH_SECRETS, since
GitHub takes a secret only encrypted. Anything else is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.github.standin import OLD_API, TOKEN


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    api = commands.add_parser("api")
    api.add_argument("-X", dest="method", required=True)
    api.add_argument("path")
    api.add_argument("-f", dest="fields", action="append", default=[], type=lambda field: (field, False))
    api.add_argument("-F", dest="fields", action="append", type=lambda field: (field, True))
    api.add_argument("--input")
    secret = commands.add_parser("secret")
    secret.add_argument("action", choices=["set", "delete"])
    secret.add_argument("name")
    secret.add_argument("--env", default="")
    secret.add_argument("--repo", required=True)
    options = parser.parse_args(words)
    if options.command == "secret":
        line = f"{options.action} {options.env or '-'} {options.name}\n"
        with Path(os.environ["GH_SECRETS"]).open("a", encoding="utf-8") as file:
            file.write(line)
        return
    body: dict[str, Any] = {}
    if options.input == "-":
        body = json.loads(sys.stdin.read())
    for field, typed in options.fields:
        name, _, value = field.partition("=")
        put(body, name, json.loads(value) if typed and re.fullmatch(r"\d+|true|false|null", value) else value)
    request = urllib.request.Request(
        f"{os.environ['GH_STAND_IN']}/{options.path}",
        json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {TOKEN}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": OLD_API,
        },
        method=options.method,
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


def put(body: dict[str, Any], name: str, value: Any) -> None:
    """Put a field where gh puts it: `a[b]` is nested, `a[][b]` is in the last object of a list that lacks it."""
    if match := re.fullmatch(r"(\w+)\[\]\[(\w+)\]", name):
        entries = body.setdefault(match[1], [{}])
        if match[2] in entries[-1]:
            entries.append({})
        entries[-1][match[2]] = value
    elif match := re.fullmatch(r"(\w+)\[(\w+)\]", name):
        body.setdefault(match[1], {})[match[2]] = value
    else:
        body[name] = value


if __name__ == "__main__":
    main(sys.argv[1:])
