"""Commands that cures print: whatever the key is, the options before and after it stay options."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.model.command import reasoned_command
from tests.running import call


@pytest.mark.parametrize("key", ["spring", "-spring", "--reason", "two words", "it's"])
def test_printed_commands_that_take_a_key_can_be_pasted_whatever_the_key_is(tmp_path: Path, key: str) -> None:
    definitions = tmp_path / "broadcasts"
    definitions.mkdir()
    body = f'key: "{key}"\nname: Spring\nschedule: 2099-03-01T09:00:00Z\nsend_to_all: true\n'
    (definitions / "spring.yaml").write_text(body)
    assert call(tmp_path, "apply", "--sandbox", "--yes").code == 0

    def pasted(line: str) -> int:
        return call(tmp_path, *shlex.split(line.replace("…", "'sent by hand'"))[1:]).code

    def listed() -> Any:
        return call(tmp_path, "state", "list", "--json", "--sandbox").json

    assert pasted(reasoned_command("state rm", key).text(" --sandbox")) == 0
    assert [entry["key"] for entry in listed()["removed"]] == [key]
    assert pasted(reasoned_command("state restore", key).text(" --sandbox")) == 0
    assert [entry["key"] for entry in listed()["broadcasts"]] == [key]
