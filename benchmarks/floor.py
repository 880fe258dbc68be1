"""The floor: the least that a `plan` or a `validate` in Python can do, as a script of its own.

`python -P benchmarks/floor.py plan FOLDER` reads every file, parses it with PyYAML's C parser into nodes, whose
positions are there for the message of a fault, and validates it. jsonschema-rs says yes, and jsonschema words the rest.
`plan` then compares with the state by `==`, and has deepdiff explain what is unequal. It knows no zones, no policies,
no duplicate keys, no second broadcast with the same request, and no cure.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(os.path.dirname(HERE), "schemas", "broadcast.schema.json")


def content(node: yaml.Node) -> Any:
    """Return what a node spells; dates stay texts."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: content(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [content(value) for value in node.value]
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value in ("true", "True", "TRUE")
    if node.tag == "tag:yaml.org,2002:null":
        return None
    return node.value


def read(folder: str) -> tuple[dict[str, Any], list[str]]:
    """Return the valid documents below a folder by their keys, and a line for each fault."""
    with open(SCHEMA, "rb") as file:
        schema = json.loads(file.read())
    is_valid = jsonschema_rs.validator_for(schema).is_valid
    documents, problems = {}, []
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    pending.append(entry.path)
                    continue
                with open(entry.path, "rb") as file:
                    raw = file.read()
                key = entry.path[len(folder) + 1 : -len(".yaml")]
                try:
                    for node in yaml.compose_all(raw, yaml.CSafeLoader):
                        document = content(node)
                        if is_valid(document):
                            documents[document.get("key", key)] = document
                        else:
                            problems += explain(schema, document, node, entry.path)
                except yaml.YAMLError as error:
                    problems.append(f"{entry.path}: {error}")
    return documents, problems


def explain(schema: dict[str, Any], document: Any, node: yaml.Node, path: str) -> list[str]:
    """Return the faults of a document, each with its line and column."""
    from jsonschema import Draft202012Validator

    lines = []
    for error in Draft202012Validator(schema).iter_errors(document):
        spot = node
        for step in error.absolute_path:
            if isinstance(spot, yaml.MappingNode):
                spot = next(value for name, value in spot.value if name.value == step)
            else:
                spot = spot.value[step]
        lines.append(f"{path}:{spot.start_mark.line + 1}:{spot.start_mark.column + 1}: {error.message}")
    return lines


def wish(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a definition asks for, in the form of `recorded`."""
    schedule = document["schedule"]
    at: Any = None
    if isinstance(schedule, dict):
        at = (schedule["at"], schedule.get("timezone"))
    elif schedule != "immediately":
        at = datetime.fromisoformat(schedule).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    segments = sorted(document.get("segments", []))
    return {"name": document["name"], "at": at, "segments": segments, "all": document.get("send_to_all", False)}


def recorded(record: dict[str, Any]) -> dict[str, Any]:
    request, local = record["request"], record.get("local")
    at = (local["at"][:16], local["timezone"]) if local else request["scheduled_at"]
    return {"name": request["name"], "at": at, "segments": request["segment_ids"], "all": request["send_to_all"]}


def plan(documents: dict[str, Any], state: str) -> list[str]:
    """Return a line for each definition that is new or was edited, and for each record without a definition."""
    with open(state, "rb") as file:
        records = json.loads(file.read())["broadcasts"]
    lines = []
    for key, document in documents.items():
        record = records.get(key)
        if record is None:
            lines.append(f"+ {key}")
            continue
        before, after = recorded(record), wish(document)
        if before != after:
            from deepdiff import DeepDiff

            lines.append(f"~ {key} {DeepDiff(before, after).to_dict()}")
    return lines + [f"? {key}" for key in records.keys() - documents.keys()]


def main() -> int:
    command, folder = sys.argv[1:]
    documents, lines = read(os.path.join(folder, "broadcasts"))
    broken = bool(lines)
    if command == "plan" and not broken:
        lines = plan(documents, os.path.join(folder, "invent.state.json"))
    print("\n".join([*lines, f"{len(documents)} valid, {len(lines)} to show"]))
    return 4 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
