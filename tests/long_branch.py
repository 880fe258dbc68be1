"""Makes a long state branch with one git process: `python -m tests.long_branch FOLDER PAIRS [RECORDS] [SOURCES]`.

Each pair of commits is an intent and its record, as `apply` pushes them one by one; every state holds what all before
it recorded. RECORDS are recorded at once by the second commit. SOURCES is the number of commits that the definitions
came from (1).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from invent_gitops.model.state import Event, Intended, Intent, Provenance, Record, Recorded, State
from invent_gitops.state.document import dump, write_intent, write_record
from invent_gitops.state.message import commit_message
from tests.branch_repository import BRANCH, STATE, Hub, definition, git
from tests.making import API, LINEAGE, NOW, ORG, a_request
from tests.running import WHEN

SENT = datetime.fromisoformat(WHEN.replace("Z", "+00:00"))
BEGAN = 1_790_000_000


@dataclass
class _Stream:
    """What fast-import reads, written as it is made."""

    process: subprocess.Popen[bytes]
    count: int = 0
    tips: dict[str, int] = field(default_factory=dict)

    def commit(self, branch: str, message: str, files: dict[str, str]) -> None:
        assert self.process.stdin
        self.count += 1
        head = f"commit refs/heads/{branch}\nmark :{self.count}\n"
        head += f"committer Test Author <author@example.test> {BEGAN + self.count} +0000\n{_data(message)}"
        head += f"from :{self.tips[branch]}\n" if branch in self.tips else ""
        self.process.stdin.write(head.encode())
        for name, text in files.items():
            self.process.stdin.write(f"M 100644 inline {name}\n{_data(text)}".encode())
        self.tips[branch] = self.count

    def commit_id(self, branch: str) -> str:
        """Return the commit at the tip of a branch, which fast-import has written by then."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"get-mark :{self.tips[branch]}\n".encode())
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()


@dataclass
class _Growing:
    """The text of a state, of which each entry is written once."""

    entries: dict[str, str] = field(default_factory=dict)
    serial: int = 0

    def add(self, key: str, record: Record) -> None:
        self.entries[key] = _entry(key, write_record(record))

    def text(self, intents: dict[str, Intent]) -> str:
        opened = ",\n".join(_entry(key, write_intent(intent)) for key, intent in sorted(intents.items()))
        state = dump(State(LINEAGE, self.serial, ORG, API))
        if self.entries:
            held = ",\n".join(self.entries[key] for key in sorted(self.entries))
            state = state.replace('"broadcasts": {}', f'"broadcasts": {{\n{held}\n  }}')
        return state.replace('"intents": {}', f'"intents": {{\n{opened}\n  }}') if opened else state


def long_branch(folder: Path, pairs: int, *, records: int = 0, sources: int = 1) -> Hub:
    """Return a remote with such a branch."""
    bare = folder / "remote.git"
    git(folder, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(bare))
    process = subprocess.Popen(
        ["git", "-C", str(bare), "fast-import", "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    stream = _Stream(process)
    _write(stream, pairs, records, sources)
    process.communicate()
    assert process.returncode == 0
    return Hub(bare)


def _write(stream: _Stream, pairs: int, records: int, sources: int) -> None:
    first = [f"bulk{number:05}" for number in range(records)]
    keys = [_key(number) for number in range(pairs)]
    files = {"invent.yaml": f"state: {{branch: {BRANCH}}}\n"}
    files |= {f"broadcasts/{key}.yaml": definition(key) for key in first}
    shares = [keys[part::sources] for part in range(sources)]
    origins: dict[str, str] = {}
    for number, share in enumerate(shares):
        files |= {f"broadcasts/{key}.yaml": definition(key) for key in share}
        stream.commit("main", f"Plan more campaigns (#{number + 1})", files)
        origins |= dict.fromkeys([*share, *(first if number == 0 else [])], stream.commit_id("main"))
        files = {}
    growing = _Growing()
    if first:
        events = list(_events(first, origins))
        _push(stream, growing, [intended for intended, _ in events])
        _push(stream, growing, [recorded for _, recorded in events])
    for intended, recorded in _events(keys, origins):
        _push(stream, growing, [intended])
        _push(stream, growing, [recorded])


def _key(number: int) -> str:
    """Return the keys in an order in which new ones land anywhere among the older ones."""
    return f"c{number * 7919 % 99991:05}"


def _events(keys: list[str], origins: dict[str, str]) -> Iterator[tuple[Intended, Recorded]]:
    for number, key in enumerate(keys):
        when = NOW + timedelta(seconds=number)
        provenance = Provenance(when, "alice", origins[key], "https://ci.test/runs/1")
        request = a_request(f"Campaign {key}", SENT, ["vip"])
        attempt = f"attempt-{key}"
        record = Record(f"bc_{key}", request, "scheduled", "created", provenance, attempt)
        yield Intended(key, Intent(request, attempt, provenance)), Recorded(key, record)


def _push(stream: _Stream, growing: _Growing, events: list[Intended] | list[Recorded]) -> None:
    growing.serial += 1
    intents = {event.key: event.intent for event in events if isinstance(event, Intended)}
    for event in events:
        if isinstance(event, Recorded):
            growing.add(event.key, event.record)
    listed: list[Event] = [*events]
    message = commit_message(listed, growing.serial, Provenance(NOW, "alice", "", "https://ci.test/runs/1"))
    stream.commit(BRANCH, message, {STATE: growing.text(intents)})


def _entry(key: str, written: dict[str, object]) -> str:
    text = json.dumps({"": {key: written}}, indent=2, sort_keys=True, ensure_ascii=False)
    return text.removeprefix('{\n  "": {\n').removesuffix("\n  }\n}")


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


if __name__ == "__main__":
    target, count, *more = sys.argv[1:]
    recorded, commits = [*map(int, more), 0, 1][:2] if len(more) != 1 else (int(more[0]), 1)
    Path(target).mkdir(parents=True, exist_ok=True)
    long_branch(Path(target), int(count), records=recorded, sources=commits).clone("clone")
