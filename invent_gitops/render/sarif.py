"""Problems of the input as a SARIF 2.1.0 log, in the form and within the limits of GitHub code scanning."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from invent_gitops import __version__
from invent_gitops.errors import InventGitopsError
from invent_gitops.model.problem import Position, Problem
from invent_gitops.text.clean import cut

Address = Callable[[str], str]

# GitHub refuses a log with more results and one that is longer once it is compressed, and shows fewer than it takes.
MOST = 25_000
MOST_SHOWN = 5_000
MOST_BYTES = 9_500_000
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_CURES = 5


def problems_sarif(
    problems: Sequence[Problem],
    address: Address,
    exit_code: int,
    *,
    failures: Sequence[InventGitopsError] = (),
    most_bytes: int = MOST_BYTES,
) -> tuple[str, list[str]]:
    """Return the log, and what was left out of it as sentences, which the log holds as well.

    `address` gives the URI of a file of a `Position`: relative to the root of the git repository, or absolute;
    `failures` are why a part of the project could not be looked at.
    """
    kept = problems[:MOST]
    log, notes = _log(kept, len(problems), address, exit_code, failures)
    while kept and len(log) > most_bytes and len(zlib.compress(log.encode())) > most_bytes:
        kept = kept[: len(kept) // 2]
        log, notes = _log(kept, len(problems), address, exit_code, failures)
    return log, notes


def failure_sarif(error: InventGitopsError, exit_code: int) -> str:
    """Return the log of a run that ended before it could look for problems: no results, and why."""
    return _log([], 0, str, exit_code, [error])[0]


def _told(kept: int, count: int) -> list[str]:
    notes = []
    if kept < count:
        notes.append(f"Cut to what GitHub takes: {kept:,} of {count:,} problems are in this log.")
    if kept > MOST_SHOWN:
        notes.append(f"GitHub shows {MOST_SHOWN:,} of the {kept:,} problems in this log.")
    return notes


def _log(
    kept: Sequence[Problem], count: int, address: Address, exit_code: int, failures: Sequence[InventGitopsError]
) -> tuple[str, list[str]]:
    notes = _told(len(kept), count)
    reasons = [f"{error.message} {error.cure}".strip() for error in failures]
    notifications = [("error", sentence) for sentence in reasons] + [("warning", sentence) for sentence in notes]
    invocation = {
        "executionSuccessful": not failures,
        "exitCode": exit_code,
        "toolExecutionNotifications": [
            {"level": level, "message": _message(sentence)} for level, sentence in notifications
        ],
    }
    return _dump(_results(kept, address), _rules(kept), invocation), notes


def _dump(
    results: Sequence[dict[str, object]], rules: Sequence[dict[str, object]], invocation: dict[str, object]
) -> str:
    driver = {"name": "invent-gitops", "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the git repository."}}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\r", "\n"],
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    # "##[" can stand only inside a string here, so the escape keeps its meaning.
    return json.dumps(log, indent=2).replace("##[", "##\\u005b")


def _rules(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Return the rules that occur, sorted by their ids; the help of each is what cures its problems here."""
    cures: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for problem in problems:
        cures[problem.rule].setdefault(problem.cure)
    return [_rule(rule, [cure for cure in cures[rule] if cure]) for rule in sorted(cures)]


def _rule(rule: str, cures: Sequence[str]) -> dict[str, object]:
    title = cut(rule.replace("-", " ").capitalize(), 200)
    listed = [f"- {cut(cure, 1000)}" for cure in cures[:_CURES]]
    more = [f"- … and {len(cures) - _CURES:,} more, each in the message of its problem."] if cures[_CURES:] else []
    return {
        "id": cut(rule, 200),
        "shortDescription": {"text": f"{title}."},
        "fullDescription": {
            "text": f"{title}: a rule of `invent-gitops validate`. Nothing is created while it is broken."
        },
        "help": {"text": _plain("\n".join(["Fix it here:", *listed, *more] if listed else ["Fix the input."]))},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["broadcasts"], "precision": "very-high", "problem.severity": "error"},
    }


def _results(problems: Sequence[Problem], address: Address) -> list[dict[str, object]]:
    index = {rule: number for number, rule in enumerate(sorted({problem.rule for problem in problems}))}
    alike: Counter[tuple[str, ...]] = Counter()
    on_line: Counter[tuple[str, str, int]] = Counter()
    results: list[dict[str, object]] = []
    for problem in problems:
        uri = address(problem.position.file)
        own = (problem.rule, uri, problem.source.strip())
        alike[own] += 1
        fingerprint = f"{hashlib.sha256(json.dumps(own).encode()).hexdigest()[:32]}:{alike[own]}"
        fingerprints = {"inventGitops/v1": fingerprint}
        # upload-sarif computes this one from the line, and warns of every other value. But two problems of one rule on
        # one line would be one and the same to GitHub.
        line = (problem.rule, uri, problem.position.line or 1)
        on_line[line] += 1
        if on_line[line] > 1:
            fingerprints["primaryLocationLineHash"] = fingerprint
        result: dict[str, object] = {
            "ruleId": cut(problem.rule, 200),
            "ruleIndex": index[problem.rule],
            "level": "error",
            "message": _message(f"{problem.message} {problem.cure}".strip()),
            "locations": [{"physicalLocation": _place(problem.position, uri, _end(problem))}],
            "partialFingerprints": fingerprints,
        }
        if problem.related:
            result["relatedLocations"] = [
                {"id": number, "physicalLocation": _place(other, address(other.file), other.column)}
                for number, other in enumerate(problem.related, 1)
            ]
        results.append(result)
    return results


def _place(position: Position, uri: str, end: int) -> dict[str, object]:
    """Return where something is. GitHub wants a region even where the file as a whole is meant."""
    line, column = position.line or 1, max(position.column, 1)
    # Only an absolute address has a scheme: the colons of the others are written as %3A.
    base = {} if ":" in uri else {"uriBaseId": _ROOT}
    region = {"startLine": line, "startColumn": column, "endLine": line, "endColumn": max(end, column)}
    return {"artifactLocation": {"uri": uri, **base}, "region": region}


def _end(problem: Problem) -> int:
    """Return the column after the last one that is meant, and not beyond the end of the line, as far as that is
    known.
    """
    end = problem.position.column + problem.length
    length = len(problem.source)
    return min(end, length + 1) if problem.source and problem.position.column <= length else end


def _message(sentence: str) -> dict[str, object]:
    return {"text": _plain(cut(sentence, 1000)) or "?"}


def _plain(sentence: str) -> str:
    """`sentence` without a link: in the plain text of SARIF, `[words](address)` is one, and a backslash prevents it."""
    return re.sub(r"[\[\]\\]", r"\\\g<0>", sentence) if re.search(r"\]\s*\(", sentence) else sentence
