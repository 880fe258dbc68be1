"""A quick yes to data that a schema surely allows; whatever gets no yes is for jsonschema to judge and to explain.

jsonschema takes about twenty times as long, which is most of a plan of thousands of definitions. A test holds
that nothing is waved through here which jsonschema refuses, and any keyword that is not known here means no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]

_NO_MEANING = {"$schema", "$id", "title", "description", "examples", "default", "format"}
# Within `oneOf` and `not` a careful no would turn into a yes, so only what is answered exactly may stand there.
_EXACT = {"required", "properties", "const", "not"}


class _UnknownKeywordError(Exception):
    pass


def compile_check(schema: Mapping[str, Any]) -> Check:
    """True means that the schema allows the data; False means that it may not."""
    try:
        return _compile(schema, exact=False)
    except _UnknownKeywordError:
        return lambda _data: False


def _compile(schema: Mapping[str, Any], *, exact: bool) -> Check:
    keywords = {keyword: value for keyword, value in schema.items() if keyword not in _NO_MEANING}
    if exact and not keywords.keys() <= _EXACT:
        raise _UnknownKeywordError
    kinds = keywords.pop("type", None)
    by_kind: dict[type, list[Check]] = {str: [], int: [], bool: [], float: [], list: [], dict: [], type(None): []}
    general: list[Check] = []
    _for_objects(keywords, by_kind[dict], exact=exact)
    _for_arrays(keywords, by_kind[list])
    _for_scalars(keywords, by_kind)
    _for_all(keywords, general)
    if keywords:
        raise _UnknownKeywordError
    if kinds is not None:
        wanted = [kinds] if isinstance(kinds, str) else kinds
        allowed = {kind for name in wanted for kind in _KINDS.get(name, ())}
        by_kind = {kind: checks for kind, checks in by_kind.items() if kind in allowed}
    checks = {kind: tuple(special + general) for kind, special in by_kind.items()}

    def check(data: Any) -> bool:
        found = checks.get(data.__class__)
        if found is None:
            return False
        for one in found:  # noqa: SIM110  a generator for all() costs more than the checks do
            if not one(data):
                return False
        return True

    return check


# A whole number may be written 5.0, which jsonschema may decide.
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def _for_objects(keywords: dict[str, Any], checks: list[Check], *, exact: bool) -> None:
    fields = {name: _compile(part, exact=exact) for name, part in keywords.pop("properties", {}).items()}
    required = keywords.pop("required", [])
    others = keywords.pop("additionalProperties", True)
    rest: Check = _compile(others, exact=False) if isinstance(others, dict) else lambda _data: bool(others)
    names = keywords.pop("propertyNames", None)
    named = _compile(names, exact=False) if names else None

    def check(data: dict[str, Any]) -> bool:
        for name in required:
            if name not in data:
                return False
        for name, value in data.items():
            if not fields.get(name, rest)(value):
                return False
        return named is None or all(map(named, data))

    checks.append(check)


def _for_arrays(keywords: dict[str, Any], checks: list[Check]) -> None:
    if "items" in keywords:
        each = _compile(keywords.pop("items"), exact=False)
        checks.append(lambda data: all(map(each, data)))
    if "minItems" in keywords:
        least = keywords.pop("minItems")
        checks.append(lambda data: len(data) >= least)
    if "maxItems" in keywords:
        most = keywords.pop("maxItems")
        checks.append(lambda data: len(data) <= most)
    if keywords.pop("uniqueItems", False):
        # Only text has one idea of equality in Python and in JSON.
        checks.append(lambda data: all(item.__class__ is str for item in data) and len(set(data)) == len(data))


def _for_scalars(keywords: dict[str, Any], by_kind: dict[type, list[Check]]) -> None:
    texts = by_kind[str]
    if "minLength" in keywords:
        shortest = keywords.pop("minLength")
        texts.append(lambda data: len(data) >= shortest)
    if "maxLength" in keywords:
        longest = keywords.pop("maxLength")
        texts.append(lambda data: len(data) <= longest)
    if "pattern" in keywords:
        search = re.compile(keywords.pop("pattern")).search
        texts.append(lambda data: search(data) is not None)
    for kind in (int, float):
        if "minimum" in keywords:
            by_kind[kind].append(lambda data, least=keywords["minimum"]: data >= least)  # type: ignore[misc]
        if "maximum" in keywords:
            by_kind[kind].append(lambda data, most=keywords["maximum"]: data <= most)  # type: ignore[misc]
    keywords.pop("minimum", None)
    keywords.pop("maximum", None)


def _for_all(keywords: dict[str, Any], checks: list[Check]) -> None:
    if isinstance(keywords.get("const"), bool):
        constant = keywords.pop("const")
        checks.append(lambda data: data is constant)
    if "oneOf" in keywords:
        branches = [_compile(branch, exact=True) for branch in keywords.pop("oneOf")]
        checks.append(lambda data: sum(branch(data) for branch in branches) == 1)
    if "not" in keywords:
        refused = _compile(keywords.pop("not"), exact=True)
        checks.append(lambda data: not refused(data))
