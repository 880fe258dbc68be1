"""The outputs in the tutorial and the recipes are those of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page_outputs import lasting, outputs_in, pages_with_outputs, renewed, run_page
from tests.running import ROOT

PAGES = pages_with_outputs()


def test_the_tutorial_and_recipes_show_outputs() -> None:
    names = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES}
    assert {"tutorial.md", "recipes/weekly-letter.md", "recipes/quiet-hours-and-approvals.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    printed = run_page(text, tmp_path)
    for output in outputs_in(text):
        assert lasting(output.text) == lasting(printed[output.part]), "python -m tests.page_outputs writes it anew."


PAGE = """\
```sh
cd .
```

```sh
echo now
```

```text
then
```

Text between, so this is no output.

```text
free
```

<!-- not run: needs a key -->
```sh
exit 1
```

```text
unknown
```

```sh
echo in 3 years
```

```text
in 2 days
```

```console
$ ls gone
```
"""


def test_an_output_belongs_to_the_block_right_above_it(tmp_path: Path) -> None:
    assert [(output.part, output.text) for output in outputs_in(PAGE)] == [
        (1, "then\n"),
        (2, "in 2 days\n"),
        (3, "$ ls gone\n"),
    ]
    assert run_page(PAGE, tmp_path)[:3] == ["", "now\n", "in 3 years\n"]


def test_a_command_that_is_shown_with_its_output_may_fail(tmp_path: Path) -> None:
    command, answer = run_page(PAGE, tmp_path)[3].splitlines()
    assert command == "$ ls gone"
    assert "gone" in answer


def test_a_page_that_shows_no_output_below_a_block_is_left_alone() -> None:
    assert outputs_in("```sh\ntrue\n```\n\n```console\n$ invent-gitops sandbox\n```\n") == []


def test_only_an_output_that_changed_is_written_anew() -> None:
    assert renewed(PAGE, ["", "now\n", "in 3 years\n", "$ ls gone\n"]) == PAGE.replace("then", "now")


def test_a_block_that_fails_is_reported_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="end with 3:\nbefore"):
        run_page("```sh\necho before; exit 3\n```\n", tmp_path)
