"""The pages of the files that people write, and of the documents that the program prints and keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs_build.reference import page
from docs_build.reference.cells import block, code, codes, prose, table
from docs_build.reference.schema_tables import Tables
from invent_gitops.model.project import JUDGED_IN_INVENT, WAIVABLE
from invent_gitops.schemas import read_schema, schema_names

# The files that people write, each with the name of its schema.
WRITTEN = {"definition.md": "broadcast", "project-file.md": "project", "segments.md": "segments"}
_TITLES = {"definition.md": "Definition"}
_SAMPLES = {
    "definition.md": """\
name: Black Friday – VIP early access
schedule:
  at: 2028-11-23T09:00
  timezone: America/New_York
segments: [vip-customers]
owner: growth-team
description: Early access for VIPs
""",
    "project-file.md": """\
timezone: Europe/Berlin
state: { branch: broadcast-state }
policies:
  quiet_hours: { from: "21:00", to: "08:00" }
  send_to_all_needs_reason: true
""",
    "segments.md": """\
vip-customers: { id: seg_vip, contacts_count: 1240 }
newsletter: seg_news
""",
}


def pages() -> dict[str, str]:
    """Return a page for each schema, that of the policies, and the index of the documents."""
    found = {name: _written(name, schema) for name, schema in WRITTEN.items()}
    documents = [name for name in schema_names() if name not in WRITTEN.values()]
    found |= {f"documents/{name}.md": _document(name) for name in documents}
    rows = [(f"[{code(name)}]({name}.md)", prose(read_schema(name)["description"])) for name in documents]
    start = (
        "Each command prints its document with `--json`, also when it fails. A document names its schema in `kind`. "
        "Keys are added in new versions, and none is renamed or taken away."
    )
    schema = "The schema of a document:"
    line = block("console", "$ invent-gitops schema plan")
    found["documents/index.md"] = page("Documents", start, table(("Document", "What it holds"), rows), schema, line)
    return {**found, "policies.md": _policies()}


def samples() -> Mapping[str, str]:
    """Return the file that each page of a written file shows."""
    return _SAMPLES


def _written(name: str, schema_name: str) -> str:
    schema = read_schema(schema_name)
    return page(
        _TITLES.get(name, schema["title"]),
        prose(schema["description"]),
        block("yaml", _SAMPLES[name]),
        Tables(schema, required="Required").text(),
        f"The schema for an editor is printed by `invent-gitops schema {schema_name}`.",
    )


def _document(name: str) -> str:
    schema = read_schema(name)
    return page(f"Document: {name}", prose(schema["description"]), Tables(schema).text())


def _policies() -> str:
    policies: Mapping[str, Any] = read_schema("project")["properties"]["policies"]
    waive: Mapping[str, Any] = read_schema("broadcast")["properties"]["waive"]["properties"]
    waivers = [
        (code(name), prose(waive[name]["description"]), code(waive[name]["examples"][0]))
        for name in (*WAIVABLE, *JUDGED_IN_INVENT)
    ]
    return page(
        "Policies",
        "The settings of `policies` in the [project file](project-file.md). "
        "[The guide](../policies.md) has an example of each; [refusals](rules/refusals.md) lists what they say.",
        Tables({**read_schema("project"), **policies}, required="Required").text(),
        "## Waivers",
        "A definition sets a policy aside with `waive`, the id of the policy and a reason, which the plan shows. "
        f"These can be waived: {codes((*WAIVABLE, *JUDGED_IN_INVENT))}.",
        table(("Policy", "What the reason answers", "Example of a reason"), waivers),
    )
