"""The commands that read each kind of document, one on a line."""

from __future__ import annotations

import shlex

Words = tuple[str, ...]


def _lines(text: str) -> tuple[Words, ...]:
    return tuple(tuple(shlex.split(line)) for line in text.strip().splitlines())


APPLY = _lines("""
apply --yes --rate 1000000
apply --yes --rate 1000000 --json
""")
DEFINITIONS = (
    *_lines("""
validate
validate --json
validate --format sarif
validate --format github
validate --files broadcasts/b.yaml
plan
plan --json
plan --format markdown
plan --format github
plan --refresh
status --format markdown
calendar
calendar --format html
calendar --out calendar.ics
"""),
    *APPLY,
)
PROJECT = _lines("""
validate
validate --json
plan
plan --json
plan --all
plan --all --json
plan --workspace a
workspaces
workspaces --json
status --all --json
state list
""")
CATALOGUE = _lines("""
validate
validate --json
plan
plan --json
plan --refresh
status
segments pull
segments pull --json
import
import --all
""")
RECORDS = (
    *_lines("""
plan
plan --json
plan --refresh --json
plan --format markdown
status
status --json
status --format markdown
status --recorded
calendar
calendar --json
calendar --format html
calendar --out calendar.ics
state list
state list --json
state show a
state show c --json
state mv a z
state rm a --reason x
state restore d --reason x
history
history --json
refresh
refresh --json
reconcile
reconcile --json
resolve c --id bc_3
resolve c --not-created --reason x
resolve a --id bc_2 --instead-of bc_1 --reason x
import
import --all
"""),
    *APPLY,
)
# What asks Invent.
ASKING = (
    *_lines("""
plan --refresh
plan --refresh --json
status
status --json
calendar --refresh
calendar --refresh --format html
calendar --refresh --out calendar.ics
refresh
refresh --json
reconcile
reconcile --json
import
import --json
import --all
resolve c --id bc_3
resolve c --not-created --reason x
segments pull
segments pull --json
"""),
    *APPLY,
)
PLANNED = tuple((*words, "--plan", "plan.json") for words in APPLY)
# `merged` is no word of ours: it says that the step runs on the push of the merge, and not on the pull request.
COMMENTS = _lines("""
github comment plan.json
github comment plan.json --json
""")
HUB = (
    *COMMENTS,
    *_lines("""
github approved merged
github approved merged --json
github approved merged --required --out approved.json
github outdated
"""),
)
ISSUES = _lines("""
github issue plan.json
github issue plan.json --json
""")
