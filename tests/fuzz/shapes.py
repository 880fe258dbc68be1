"""Values that a JSON Schema allows, by the keywords that our schemas use; the choices come from a `random.Random`.

No library does this for draft 2020-12. With Hypothesis' own source of chance, Hypothesis shrinks what is made here.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping
from random import Random
from re import _constants as kinds  # type: ignore[attr-defined]  # the parser of patterns, which has no public name
from re import _parser as patterns  # type: ignore[attr-defined]
from typing import Any

import jsonschema
from hypothesis import strategies as st

from invent_gitops.schemas import read_schema

# Keywords that say something about a value, and are known to `value`. Any other one is for people or for editors.
KNOWN = frozenset(
    (
        *("type", "enum", "const", "properties", "required", "additionalProperties", "items", "minItems", "maxItems"),
        *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "anyOf", "oneOf", "allOf"),
        *("if", "then", "else", "$ref", "minProperties", "propertyNames", "uniqueItems", "examples"),
    )
)
TRIES = 20
DEEPEST = 12
# Texts that mean something somewhere, so that documents which were made apart speak of the same things.
WORDS = (
    *(
        "a",
        "b",
        "vip",
        "spring sale",
        "seg_vip",
        "id:seg_vip",
        "Black Friday – VIP",
        "immediately",
        "c",
        "bc_1",
        "SENT",
    ),
    *("SENT", "DRAFT", "quiet-hours", "created", "adopted", "broadcasts", "1h", "25%", "08:00", "Europe/Berlin"),
    *("2099-03-01T09:00:00Z", "2099-03-01T09:00", "2026-11-20T12:00:00Z", "2099-12-24", "sha256:" + "d" * 64, "b" * 40),
)
INSTANTS = ("2099-03-01T09:00:00Z", "2026-11-20T12:00:00Z", "2099-03-01T10:00:00+01:00", "2024-02-29T23:59:59.5Z")


def from_schema(name: str) -> st.SearchStrategy[Any]:
    """A strategy of the values that one of our schemas allows."""
    schema = read_schema(name)
    valid = jsonschema.Draft202012Validator(schema).is_valid
    return st.randoms(use_true_random=False).map(lambda chance: value(schema, chance)).filter(valid)


def value(schema: Mapping[str, Any], chance: Random) -> Any:
    """A value that the schema allows, or after some tries one that it nearly allows."""
    made = _value(schema, schema, chance, 0)
    valid = jsonschema.Draft202012Validator(schema).is_valid
    for _ in range(TRIES):
        if valid(made):
            break
        made = _value(schema, schema, chance, 0)
    return made


def _value(schema: Any, root: Mapping[str, Any], chance: Random, depth: int) -> Any:
    if not isinstance(schema, dict):
        return chance.choice((None, 1, "a"))
    whole = _merged(schema, root, chance)
    if "const" in whole:
        return whole["const"]
    if "enum" in whole:
        return chance.choice(whole["enum"])
    kind = whole.get("type") or ("object" if "properties" in whole else "string")
    if isinstance(kind, list):
        kind = "null" if "null" in kind and depth > DEEPEST else chance.choice(kind)
    match kind:
        case "object":
            return _object(whole, root, chance, depth)
        case "array":
            return _array(whole, root, chance, depth)
        case "string":
            return _text(whole, chance)
        case "boolean":
            return chance.random() < 0.5
        case "null":
            return None
        case _:
            return _number(whole, chance)


def _merged(schema: Mapping[str, Any], root: Mapping[str, Any], chance: Random) -> dict[str, Any]:
    """One schema without references and alternatives: one of each is chosen."""
    parts: list[Mapping[str, Any]] = []
    waiting: list[Any] = [schema]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        parts.append(one)
        if "$ref" in one:
            waiting.append(_referred(one["$ref"], root))
        waiting += one.get("allOf", ())
        for several in ("anyOf", "oneOf"):
            if several in one:
                waiting.append(chance.choice(one[several]))
        if "if" in one:
            waiting += [one["if"], one.get("then")] if chance.random() < 0.5 else [one.get("else")]
    whole: dict[str, Any] = {}
    for part in reversed(parts):
        _add(whole, part)
    return whole


def _add(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    for keyword, said in part.items():
        if keyword == "pattern":
            whole.setdefault("patterns", []).append(said)
        elif keyword == "required":
            whole["required"] = [*whole.get("required", ()), *said]
        elif keyword == "properties":
            both = dict(whole.get("properties", {}))
            for name, schema in said.items():
                both[name] = {"allOf": [both[name], schema]} if name in both else schema
            whole["properties"] = both
        elif keyword in KNOWN:
            whole[keyword] = said


def _referred(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], chance: Random, depth: int) -> dict[str, Any]:
    required = schema.get("required", ())
    # Of the smallest choices the smallest document is made: Hypothesis needs one to begin with.
    seldom = 0.5 if depth < DEEPEST else 1.0
    made = {
        name: _value(below, root, chance, depth + 1)
        for name, below in schema.get("properties", {}).items()
        if below is not False and (name in required or chance.random() > seldom)
    }
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        least = max(schema.get("minProperties", 0), 1 if "propertyNames" in schema else 0)
        for _ in range(chance.randint(least, least + 2)):
            name = _value({"type": "string", **schema.get("propertyNames", {})}, root, chance, depth + 1)
            made[str(name)] = _value(more, root, chance, depth + 1)
    return made


def _array(schema: Mapping[str, Any], root: Mapping[str, Any], chance: Random, depth: int) -> list[Any]:
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", least + 2), least + 2) if depth < DEEPEST else least
    made = [_value(schema.get("items", {}), root, chance, depth + 1) for _ in range(chance.randint(least, most))]
    if schema.get("uniqueItems"):
        made = list({json.dumps(one, sort_keys=True): one for one in made}.values())
    return made


def _number(schema: Mapping[str, Any], chance: Random) -> int:
    least = schema.get("minimum", -3)
    most = schema.get("maximum", least + 1_000)
    return int(chance.choice((least, most, chance.randint(int(least), int(most)))))


def _text(schema: Mapping[str, Any], chance: Random) -> str:
    if "examples" in schema and chance.random() < 0.6:
        return str(chance.choice(schema["examples"]))
    if schema.get("format") == "date-time":
        return chance.choice(INSTANTS)
    wanted = schema.get("patterns", ())
    least, most = schema.get("minLength", 0), schema.get("maxLength", 80)
    if chance.random() < 0.6 or not wanted:
        fitting = [word for word in WORDS if _fits(word, wanted, least, most)]
        if fitting:
            return chance.choice(fitting)
    for _ in range(TRIES):
        pattern = chance.choice(wanted) if wanted else "[a-z]{1,9}"
        text = spelled(patterns.parse(pattern), chance)
        if _fits(text, wanted, least, most):
            return text
    return "".ljust(max(int(least), 1), "a")


def _fits(text: str, wanted: Any, least: int, most: int) -> bool:
    return least <= len(text) <= most and all(re.search(pattern, text) for pattern in wanted)


def spelled(parts: Any, chance: Random) -> str:
    """A text that a parsed pattern may match; what it looks ahead for is not looked at."""
    text = ""
    for kind, said in parts:
        match kind:
            case kinds.LITERAL:
                text += chr(said)
            case kinds.NOT_LITERAL | kinds.ANY:
                text += chance.choice(string.ascii_letters)
            case kinds.IN:
                text += _one_of(said, chance)
            case kinds.MAX_REPEAT | kinds.MIN_REPEAT:
                least, most, below = said
                for _ in range(chance.randint(least, min(most, max(least, 8)))):
                    text += spelled(below, chance)
            case kinds.SUBPATTERN:
                text += spelled(said[-1], chance)
            case kinds.BRANCH:
                text += spelled(chance.choice(said[1]), chance)
            case _:
                pass
    return text


def _one_of(said: Any, chance: Random) -> str:
    if said[0][0] is kinds.NEGATE:
        return chance.choice(string.ascii_letters + string.digits)
    kind, what = chance.choice(said)
    if kind is kinds.RANGE:
        return chr(chance.randint(*what))
    return chr(int(what)) if kind is kinds.LITERAL else chance.choice(string.digits)
