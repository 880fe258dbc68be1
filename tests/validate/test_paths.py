"""Where a state may not be: under a name that tools obey, and in a place that only looks like another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from invent_gitops.validate.paths import reserved
from tests.running import call


@pytest.mark.parametrize(
    "name",
    [
        *(
            "package.json",
            "a/tsconfig.build.json",
            "Composer.json",
            "renovate.json",
            "vercel.json",
            "devcontainer.json",
        ),
        *("app.json", "jsconfig.json", "nx.json", "schemas/mine.json", "x.json/"),
        *(
            "\uff0e\uff0e/x.json",
            "\u2024git/x.json",
            "a/\uff0egithub/x.json",
            "\uff50ackage.json",
            "schemas/broadcast.schema.json",
        ),
    ],
)
def test_state_is_refused_under_a_name_that_tools_obey(name: str) -> None:
    fault = reserved(name, "state")
    assert fault
    assert fault[0] == "path-reserved"


@pytest.mark.parametrize(
    "name",
    [
        "invent.state.json",
        "state/prod.json",
        "größe.json",
        "my-package.json",
        "a.state.json",
        "state.json",
        "settings.json",
    ],
)
def test_any_other_json_may_be_the_state(name: str) -> None:
    assert reserved(name, "state") is None


@pytest.mark.parametrize("folder", ["broadcasts", "schemas"])
def test_init_says_that_a_folder_itself_has_to_be_there(tmp_path: Path, folder: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / folder).symlink_to(tmp_path / "elsewhere")
    result = call(tmp_path / "p", "init")
    assert f"Put a folder itself in the place of {folder}" in result.all
    assert not list((tmp_path / "elsewhere").iterdir())


def test_link_to_a_state_that_is_not_there_yet_says_how_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "broadcasts").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "invent.state.json").symlink_to("sub/st.json")
    result = call(tmp_path, "plan")
    assert "`state: sub/st.json`" in result.all
    assert not [name for name in os.listdir(tmp_path / "sub") + os.listdir(tmp_path) if name.endswith(".lock")]
    result = call(tmp_path, "apply", "--yes")
    assert "`state: sub/st.json`" in result.all
    assert not [name for name in os.listdir(tmp_path / "sub") + os.listdir(tmp_path) if name.endswith(".lock")]
