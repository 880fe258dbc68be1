"""Scenes that need no Invent: validate, plan, init, schema, the help, and wrong usage."""

from __future__ import annotations

import json

from tests.replay.player import Stage
from tests.replay.scenes.projects import campaigns, plain

COMMANDS = (
    *(
        "init",
        "validate",
        "plan",
        "apply",
        "status",
        "calendar",
        "refresh",
        "reconcile",
        "resolve",
        "import",
        "history",
    ),
    *("github", "github comment", "github outdated", "github approved", "github issue", "github check"),
    *("state", "state list", "state show", "state mv", "state rm", "state restore", "state migrate", "state verify"),
    *("segments", "segments list", "segments pull", "schema", "workspaces", "completion", "sandbox"),
)
COLOUR = {"FORCE_COLOR": "1"}
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/campaigns",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
    "GITHUB_STEP_SUMMARY": "summary.md",
    "GITHUB_OUTPUT": "output.txt",
}


def help_pages(stage: Stage) -> None:
    """The help of every command. It changes with its options: then only the lines of these differ."""
    narrow = {"COLUMNS": "80"}
    for arguments in ("", *COMMANDS):
        stage.run(*arguments.split(), "--help", env=narrow)
    stage.run()
    stage.run("state")
    stage.run("--version")


def usage(stage: Stage) -> None:
    """Calls that are wrong in themselves, in both forms."""
    plain(stage, "a")
    for arguments in (
        *("plan --format pdf", "plan --only", "plan no/such/folder", "plan --nothing", "plan broadcasts extra"),
        *(
            "apply --rate 0",
            "apply --concurrency x",
            "apply --plan missing.json --yes",
            "apply --approved nonsense --yes",
        ),
        *("apply --plan a.json --approved x", "resolve a", "resolve a --id b_1 --not-created", "state show nosuchkey"),
        *(
            "state rm a",
            "state mv a b",
            "schema nosuch",
            "completion tcsh",
            "init --timezone Mars/Olympus",
            "-C nowhere plan",
        ),
        *(
            "github comment missing.json",
            "status --soon never",
            "plan --workspace acme",
            "plan --out",
            "sandbox --fault x",
        ),
        *("plan --base-url http://example.test", "plan --org ''", "validate --files nosuch.yaml", "apply --yes"),
    ):
        stage.run(*[word.strip("'") for word in arguments.split()])
    stage.run("plan", "--json", "no/such/folder")
    stage.run("--json", "apply", "--yes")
    stage.run("resolve", "a", "--not-created", "--json")
    stage.run("apply")


INVALID = {
    "shape.yaml": "nmae: Spring\nschedule: 2027-03-01T09:00\nsegments: [VIP, VIP]\nunknown: 1\n",
    "time.yaml": "name: Gap\nschedule: {at: 2027-03-28T02:30, timezone: Europe/Berlin}\nsegments: [VIP]\n",
    "zone.yaml": "name: Zone\nschedule: {at: 2027-03-01T09:00, timezone: Europe/Berlinn}\nsegments: [Newsletters]\n",
    "past.yaml": "name: Past\nschedule: 2020-03-01T09:00\nsegments: [VIP]\n",
    "syntax.yaml": "name: [unclosed\nschedule: 2027-03-01T09:00\n",
    "twice.yaml": "name: Twice\nname: Thrice\nschedule: 2027-13-45\nsegments: []\n",
    "same.yaml": "name: Everyone, at last\nschedule: 2026-12-24T18:00:00+01:00\nsend_to_all: true\n",
    "many.yaml": (
        "key: one\nname: One\nschedule: immediately\nsegments: [VIP]\n---\nname: Two\nschedule: no\nsegments: VIP\n"
    ),
    "comment.yaml": "name: Spring # draft\nschedule: 2027-03-01T09:00\nsegments:\n- Customers #vip\n",
    "SPRING.YAML": "name: Spring\n",
    "ctrl.yaml": (
        'name: "evil \\u202e ::error:: \\u001b[31m"\nschedule: 2027-03-01T09:00\nsegments: [VIP]\nwaive: {nosuch: x}\n'
    ),
}


# Left out after the first pages.
LONG = {"shape.yaml", "zone.yaml", "many.yaml", "comment.yaml", "SPRING.YAML", "twice.yaml", "past.yaml"}


def invalid(stage: Stage) -> None:
    """A project with many problems, in every format; then in the project file and in the catalogue."""
    campaigns(stage)
    for name, text in INVALID.items():
        stage.write(f"broadcasts/{name}", text)
    stage.run("validate")
    stage.run("validate", "--format", "github", env=GITHUB)
    stage.run("validate", "-q")
    for name in LONG:
        stage.remove(f"broadcasts/{name}")
    stage.run("validate", "--json")
    stage.run("validate", "--format", "sarif")
    stage.run("validate", env=COLOUR)
    stage.run("validate", "--files", "broadcasts/time.yaml", "broadcasts/spring.yaml")
    stage.run("validate", "--files", "broadcasts/spring.yaml", "--json")
    stage.run("validate", "--files", "broadcasts/same.yaml", "--format", "sarif")
    stage.run("plan")
    stage.run("plan", "--json", "--out", "plan.json")
    stage.run("plan", "--format", "markdown")
    stage.run("plan", "--format", "github", env=GITHUB)
    stage.run("status", "--json")
    stage.run("apply", "--sandbox", "--yes", "--out", "report.json")
    for name in INVALID.keys() - LONG:
        stage.remove(f"broadcasts/{name}")
    stage.write(
        "invent.yaml",
        "timezone: Mars\nstate: .git/state.json\nsegmets: x\npolicies: {max_creates: -1, audience_jump: lots}\n",
    )
    stage.run("validate")
    stage.run("validate", "--json")
    stage.run("plan", "--json")
    stage.write("invent.yaml", "segments: segments.yaml\ntimezone: UTC\n")
    stage.write("segments.yaml", "VIP: {id: vip, contacts_count: many}\nvip: vip\nOther: 7\n")
    stage.run("validate")
    stage.run("validate", "--format", "sarif")
    stage.run("segments", "list")


def valid(stage: Stage) -> None:
    """A good project, in every format of validate and with notes."""
    campaigns(stage)
    stage.write("broadcasts/note.yaml", "name: Spring # draft\nschedule: 2027-03-02T09:00\nsegments: [VIP]\n")
    for arguments in (
        "validate",
        "validate --json",
        "validate --format github",
        "validate --format sarif",
        "validate -q",
    ):
        stage.run(*arguments.split(), env=GITHUB if "github" in arguments else None)
    stage.run("validate", "broadcasts/news")
    stage.run("validate", "--files", "broadcasts/spring.yaml", "invent.yaml")
    stage.run("validate", env=COLOUR)
    stage.run("segments", "list")
    stage.run("segments", "list", "--json")
    stage.run("workspaces")
    stage.run("workspaces", "--json")
    stage.run("workspaces", "--format", "matrix")


def planned(stage: Stage) -> None:
    """A first plan in every form, offline, and what guards refuse."""
    campaigns(stage)
    stage.run("plan")
    stage.run("plan", "--json")
    stage.run("plan", "--out", "plan.json")
    stage.run("plan", "--exit-code", "-q")
    stage.run("plan", "-v", env=COLOUR)
    stage.run("plan", "--color", "always", "--only", "news/*")
    stage.run("plan", "--only", "spring", "--exit-code", "--json")
    stage.run("plan", "--only", "nosuch*")
    stage.run("plan", "--format", "markdown")
    stage.run("plan", "--format", "github", "--out", "plan.json", env=GITHUB)
    stage.run("plan", env={"COLUMNS": "200"})
    stage.run("plan", env={"COLUMNS": "60"})
    stage.run("plan", "--org", "org_1", "--base-url", "https://invent.example.test", "--exit-code")
    stage.run("plan", folder="broadcasts/news", note="found upwards")
    stage.run("-C", "broadcasts", "plan", "-q")
    stage.write("broadcasts/soon.yaml", "name: Soon\nschedule: 2026-11-20T11:00\nsegments: [VIP]\n")
    stage.write("broadcasts/now.yaml", "name: Now\nschedule: immediately\nsegments: [VIP]\n")
    stage.write("broadcasts/empty.yaml", "name: Empty\nschedule: 2027-01-01T10:00\nsegments: [Nobody yet]\n")
    stage.write("broadcasts/past.yaml", "name: Past\nschedule: 2026-11-19T10:00\nsegments: [VIP]\n")
    stage.write(
        "broadcasts/waived.yaml",
        "name: Waived\nschedule: 2026-11-20T11:30\nsegments: [VIP]\nwaive: {minimum-lead-time: agreed with legal}\n",
    )
    policies = {
        "minimum_lead_time": "2h", "max_creates": 2, "send_to_all_needs_reason": True, "minimum_gap": "24h",
        "quiet_hours": {"from": "17:00", "to": "09:30", "timezone": "Europe/Berlin"},
        "blackout_days": ["2026-12-01", "2026-12-24..2027-01-01"], "audience_cap": 20000,
    }  # fmt: skip
    project = {"timezone": "Europe/Berlin", "segments": "segments.yaml", "policies": policies}
    stage.write("invent.yaml", json.dumps(project))
    stage.run("plan")
    stage.run("plan", "--json")
    stage.run("plan", "--format", "markdown")
    stage.run("plan", "--format", "github", env=GITHUB)
    stage.run("apply", "--sandbox", "--yes")
    stage.run("apply", "--sandbox", "--yes", "--only", "waived", "--json")


def many(stage: Stage) -> None:
    """Fourteen definitions: pages that are shortened, and more annotations than GitHub shows."""
    documents = [
        f"key: k{number:02}\nname: Number {number}\nsegments: [vip]\n"
        f"schedule: 2027-0{1 + number % 9}-{1 + number % 28:02}T09:00:00Z\n"
        for number in range(14)
    ]
    stage.write("broadcasts/many.yaml", "---\n".join(documents))
    stage.run("plan")
    stage.run("plan", "--format", "markdown")
    stage.write("invent.yaml", "policies: {max_creates: 9}\n")
    stage.run("apply", "--sandbox", "--yes")
    stage.run("plan", "--format", "github", env=GITHUB)
    stage.write("invent.yaml", "policies: {max_creates: 100}\n")
    stage.run(
        "apply", "--sandbox", "--yes", "--format", "github", "--concurrency", "1", "--rate", "1000000", env=GITHUB
    )
    stage.run("status", "--sandbox", "--past", "3")


def beginning(stage: Stage) -> None:
    """An empty folder that becomes a project, in each way."""
    stage.run("plan")
    stage.run("status", "--sandbox")
    stage.run("state", "list")
    stage.run("init", "--dry-run")
    stage.run("init", "--timezone", "Europe/Berlin")
    stage.run("init", "--timezone", "Europe/Berlin", "--json")
    stage.run("plan")
    stage.run("validate", "--json")
    stage.run("apply", "--sandbox", "--yes", "--only", "welcome")
    for name in ("invent.yaml", ".gitignore"):
        stage.remove(name)
    stage.run("init", "--editor", "jetbrains", "--editor", "none", "--json", "--dry-run")
    stage.run("init", "--github", "--sandbox", "--branch", "main", "--action", f"acme/invent-gitops@{'a' * 40}")
    stage.commit("Begin")
    stage.run(
        "init",
        "--github",
        "--branch",
        "main",
        "--queue",
        "--action",
        f"acme/invent-gitops@{'b' * 40}",
        "--dry-run",
        "--json",
    )
    stage.run("schema")
    stage.run("schema", "--json")
    for shell in ("bash", "zsh", "fish"):
        stage.run("completion", shell)


SCENES = (help_pages, usage, invalid, valid, planned, many, beginning)
