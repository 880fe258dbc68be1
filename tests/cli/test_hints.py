"""A mistyped name gets the nearest one, a habit of another tool its name here, and another word gets no guess."""

import json
from pathlib import Path

import pytest

from tests.running import call

PLAN = "invent-gitops plan shows what would happen, and writes nothing."
YES = "Write --yes: it creates without a question."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("aply", "No such command 'aply'. Did you mean 'apply'?"),
        ("validte", "No such command 'validte'. Did you mean 'validate'?"),
        ("state lst", "No such command 'lst'. Did you mean 'list'?"),
        ("segments puull", "No such command 'puull'. Did you mean 'pull'?"),
        ("segments pul", "No such command 'pul'. Did you mean 'pull'?"),
        ("val", "No such command 'val'. Did you mean 'validate'?"),
        ("re", "No such command 're'."),
        ("res", "No such command 'res'. Did you mean 'resolve'?"),
        ("destroy", "No such command 'destroy'."),
        ("help", "No such command 'help'. Write: invent-gitops --help"),
        ("state help", "No such command 'help'. Write: invent-gitops state --help"),
        ("version", "No such command 'version'. Write: invent-gitops --version"),
        ("diff", f"No such command 'diff'. {PLAN}"),
        ("state diff", "No such command 'diff'."),
        ("lint", "No such command 'lint'. Write: invent-gitops validate"),
        ("apply --aproved x", "No such option '--aproved'. Did you mean '--approved'?"),
        ("plan --jsn", "No such option '--jsn'. Did you mean '--json'?"),
        ("apply --auto-approve", f"No such option '--auto-approve'. {YES}"),
        ("apply -y", f"No such option '-y'. {YES}"),
        ("validate -y", "No such option '-y'."),
        ("apply --dry-run", f"No such option '--dry-run'. {PLAN}"),
        ("refresh --dry-run", f"No such option '--dry-run'. {PLAN}"),
        ("plan --nothing", "No such option '--nothing'."),
    ],
)
def test_name_that_does_not_exist_is_answered_with_the_one_that_was_meant(
    tmp_path: Path, words: str, message: str
) -> None:
    result = call(tmp_path, *words.split())
    assert result.code == 2
    assert f"Error: {message}\n" in result.err
    document = json.loads(call(tmp_path, "--json", *words.split()).out)
    assert (document["exit_code"], document["error"]["message"]) == (2, message)
