"""A state that others write while somebody settles: it is read again after the list, and before the word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from invent_gitops.sandbox.service import Sandbox
from tests.branch_repository import Hub, hub
from tests.running import FAST, Fault, Received, Result, account, call, run, scripted
from tests.running import http as answer


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "spring")


@contextmanager
def in_doubt(
    remote: Hub, made: bool, *others: tuple[str, ...]
) -> Iterator[tuple[Path, dict[str, str], list[Result], Sandbox]]:
    """A clone in whose next look at the list somebody else runs `others`; `made` is whether the attempt created it."""
    mine, other = remote.clone("mine"), remote.clone("other")
    done: list[Result] = []
    with Sandbox(limit=0) as box:

        def reply(request: Received) -> bytes | Fault:
            if request.method == "POST":
                if made:
                    box.handle("POST", request.path, "", request.headers, request.body)
                return Fault.CLOSE
            if request.headers["authorization"] == "Bearer blind":
                return answer(404, {})
            if request.headers["authorization"] != "Bearer other" and not done:
                ids = [word for one in box.broadcasts() for word in ("--not", one["id"])]
                for words in others:
                    chosen = [word for word in words if word != "ITS-ID"] + (ids if "ITS-ID" in words else [])
                    done.append(run(other, *chosen, env=account(server.url, key="other")))
            found = box.broadcasts()
            return answer(200, found, pagination_count=str(len(found)))

        with scripted(reply) as server:
            env = account(server.url, key="blind")
            assert call(mine, "apply", "--yes", env=env).code == 7
            yield mine, account(server.url, key="mine"), done, box


def test_what_somebody_declared_absent_while_the_list_was_read_is_not_adopted(remote: Hub) -> None:
    words = ("resolve", "spring", "--not-created", "--anyway", "--reason", "it is Bea's", "ITS-ID")
    with in_doubt(remote, True, words) as (mine, env, done, _):
        told = call(mine, "reconcile", env=env)
        assert [one.code for one in done] == [0], done
    assert (told.code, told.out) == (0, "No outcome is unknown.\n")
    assert (remote.intents, remote.ids) == ([], {})


def test_what_somebody_found_while_the_list_was_read_is_not_declared_absent(remote: Hub) -> None:
    words = ("resolve", "spring", "--id", "b_seen", "--anyway")
    with in_doubt(remote, False, words) as (mine, env, done, _):
        told = call(mine, "resolve", "spring", "--not-created", "--anyway", "--reason", "not there", env=env)
        assert [one.code for one in done] == [0], done
    assert (told.code, "recorded as b_seen" in told.err) == (5, True)
    assert (remote.ids, remote.state()["absences"]) == ({"spring": "b_seen"}, {})


def test_a_correction_is_not_made_of_what_somebody_corrected_meanwhile(remote: Hub) -> None:
    words = ("resolve", "spring", "--id", "b_third", "--instead-of", "b_wrong", "--anyway", "--reason", "mine")
    with in_doubt(remote, True, words) as (mine, env, done, box):
        [right] = [one["id"] for one in box.broadcasts()]
        assert call(mine, "resolve", "spring", "--id", "b_wrong", "--anyway", env=env).code == 0
        told = call(
            mine, "resolve", "spring", "--id", right, "--instead-of", "b_wrong", "--reason", "not Bea's", env=env
        )
        assert [one.code for one in done] == [0], done
    assert (told.code, "recorded as b_third, and not as b_wrong" in told.err) == (5, True)
    assert remote.ids == {"spring": "b_third"}


def test_a_word_is_not_taken_for_an_attempt_that_was_made_after_the_look(remote: Hub) -> None:
    settled = ("resolve", "spring", "--not-created", "--anyway", "--reason", "not there")
    with in_doubt(remote, False, settled, ("apply", "--yes", *FAST)) as (mine, env, done, _):
        told = call(mine, "resolve", "spring", "--not-created", "--anyway", "--reason", "not there", env=env)
        assert [one.code for one in done] == [0, 7], done
    assert (told.code, "tried again meanwhile" in told.err) == (5, True)
    assert (remote.intents, len(remote.state()["absences"])) == (["spring"], 1)
