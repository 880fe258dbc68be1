"""Completion: what is offered where, offline and in silence; and that real shells take it, whatever a key holds."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from invent_gitops.cli.completion import shells
from invent_gitops.cli.completion.shells import SHELLS, limited
from invent_gitops.cli.program import COMMANDS
from invent_gitops.errors import ExitCode
from invent_gitops.schemas import schema_names
from tests.branch_repository import applied, commit, git, hub
from tests.forked import PATIENCE
from tests.running import FAST, Result, account, call, define, environment, invent, until

# Each is a file name, a key and a trap for a shell.
HOSTILE = [
    *("$(touch pwned)", "`touch pwned`", "a&b", "back\\slash", "black friday", "co:lon", "com,ma", "eq=ual", "hist!x"),
    *("it's", 'quo"te', "semi;touch pwned", "tilde~", "~root", "#hash", "{br,ace}", "pipe|x", "grüße"),
]
UNSEEN = ["line\nfeed", "escape\x1b[31m", "-dash", "bidi\u202e"]


def ask(folder: Path, *words: str, shell: str = "bash") -> Result:
    """What the program answers a shell, when the last of the words is about to be completed."""
    line = {"bash": "\n", "zsh": " ", "fish": " "}[shell].join(["invent-gitops", *words])
    asked = {"COMP_WORDS": line, "COMP_CWORD": words[-1] if shell == "fish" else str(len(words))}
    return call(folder, env={**asked, "_INVENT_GITOPS_COMPLETE": f"{shell}_complete"})


def offered(folder: Path, *words: str) -> list[str]:
    result = ask(folder, *words)
    assert (result.code, result.err) == (ExitCode.DONE, "")
    return [line.removeprefix("plain,") for line in result.out.splitlines()]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is given the time that a person at the shell would not wait."""
    monkeypatch.setattr(shells, "PATIENCE", PATIENCE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two keys are recorded, one of which has no file any more, one is in doubt, one is removed, and two are new."""
    define(tmp_path, "newsletter/2027/spring", "newsletter/weekly", "spare", "welcome")
    with invent("close-after@create:2", "error-before=404@list:*") as server:
        call(tmp_path, "apply", "--yes", *FAST, "--concurrency", "1", env=account(server.url))
    (tmp_path / "broadcasts" / "spare.yaml").unlink()
    told = call(tmp_path, "state", "rm", "welcome", "--reason", "made by mistake")
    assert (told.code, "Outcome unknown: newsletter/weekly." in told.err) == (ExitCode.UNSETTLED, True)
    define(tmp_path, "fresh", "newsletter/fresh")
    return tmp_path


# ---------------------------------------------------------------- what is offered


def test_commands_options_and_choices_are_offered(tmp_path: Path) -> None:
    assert offered(tmp_path, "") == list(COMMANDS)
    assert offered(tmp_path, "ini") == ["init"]
    assert offered(tmp_path, "state", "m") == ["migrate", "mv"]
    assert offered(tmp_path, "apply", "--co") == ["--concurrency", "--color"]
    assert offered(tmp_path, "plan", "--format", "") == ["text", "json", "markdown", "github"]
    assert offered(tmp_path, "completion", "") == list(SHELLS)
    assert offered(tmp_path, "schema", "s") == [name for name in schema_names() if name.startswith("s")]


@pytest.mark.parametrize("words", [("plan", "--out"), ("apply", "--plan"), ("state", "list", "--state"),
                                   ("sandbox", "--file")])  # fmt: skip
def test_the_shell_is_asked_for_files_where_a_file_is_wanted(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert offered(tmp_path, *words, "in") == ["file,in"]


@pytest.mark.parametrize("words", [("-C",), ("plan", "-C"), ("plan",), ("apply",), ("validate",), ("state", "verify")])
def test_the_shell_is_asked_for_folders_where_a_folder_is_wanted(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert offered(tmp_path, *words, "in") == ["dir,in"]


def test_each_command_is_offered_the_keys_that_it_can_use(project: Path) -> None:
    spring, weekly = "newsletter/2027/spring", "newsletter/weekly"
    assert offered(project, "resolve", "") == [weekly]
    assert offered(project, "resolve", weekly, "") == []
    assert offered(project, "state", "show", "") == [spring, weekly, "spare", "welcome"]
    assert offered(project, "history", "s") == ["spare"]
    assert offered(project, "state", "rm", "") == [spring, "spare"]
    assert offered(project, "state", "mv", "") == [spring, "spare"]
    assert offered(project, "state", "mv", "spare", "") == ["fresh", "newsletter/fresh"]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_only_is_offered_keys_and_a_pattern_for_each_folder(project: Path, command: str) -> None:
    below = ["newsletter/2027/*", "newsletter/2027/spring"]
    every = ["newsletter/*", *below, "newsletter/fresh", "newsletter/weekly"]
    assert offered(project, command, "--only", "newsletter/") == every
    assert offered(project, command, "--only", "=", "newsletter/2") == below
    assert offered(project, command, "--only", "") == ["fresh", *every, "spare", "welcome"]
    assert offered(project, command, str(project / "broadcasts" / "newsletter"), "--only", "2") == [
        "2027/*",
        "2027/spring",
    ]


def test_keys_are_those_of_the_documents_not_of_the_file_names(tmp_path: Path) -> None:
    body = "name: N{}\nschedule: immediately\nsegments: [a]\n"
    (define(tmp_path, "alone") / "two.yaml").write_text(
        f"key: first\n{body.format(1)}---\nkey: second\n{body.format(2)}", encoding="utf-8"
    )
    assert offered(tmp_path, "plan", "--only", "") == ["alone", "first", "second"]


def test_folder_and_state_that_were_given_before_are_honoured(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / "other.json").write_bytes((project / "invent.state.json").read_bytes())
    (project / "invent.state.json").unlink()
    there = str(project)
    assert offered(elsewhere, "resolve", "") == []
    assert offered(elsewhere, "-C", there, "plan", "--only", "f") == ["fresh"]
    assert offered(elsewhere, "plan", "-C", there, "--only", "f") == ["fresh"]
    assert offered(project, "resolve", "") == []
    assert offered(project, "resolve", "--state", "other.json", "") == ["newsletter/weekly"]
    assert offered(project, "resolve", "--state", "=", "other.json", "") == ["newsletter/weekly"]
    assert offered(elsewhere, "-C", there, "resolve", "--state", "other.json", "") == ["newsletter/weekly"]
    assert offered(project, "-C", "nowhere", "plan", "--only", "") == []


def test_keys_that_a_terminal_cannot_show_or_that_look_like_options_are_left_out(tmp_path: Path) -> None:
    define(tmp_path, *HOSTILE, "-dash")
    for number, key in enumerate(UNSEEN):
        text = "".join(f"\\U{ord(letter):08x}" for letter in key)
        body = f'key: "{text}"\nname: Odd {number}\nschedule: immediately\nsegments: [a]\n'
        (tmp_path / "broadcasts" / f"odd{number}.yaml").write_text(body, encoding="utf-8")
    assert offered(tmp_path, "plan", "--only", "") == sorted(HOSTILE)


# ---------------------------------------------------------------- offline, and silent


def test_keys_of_a_state_branch_are_those_that_were_fetched_last(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one")
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        fresh = remote.clone("fresh")
        late = remote.clone("late")
        define(late, "two")
        commit(late, "Plan another one")
        assert applied(late, server).code == 0
    before = git(fresh, "for-each-ref")
    shutil.move(remote.bare, tmp_path / "gone.git")
    assert offered(clone, "state", "show", "") == ["one"]
    assert offered(fresh, "state", "show", "") == ["one"], "what git clone itself has brought"
    assert offered(late, "state", "show", "") == ["one", "two"]
    assert git(fresh, "for-each-ref") == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("invent.yaml", "{{{"),
        ("invent.yaml", "nonsense: true\n"),
        ("invent.yaml", "state: {branch: broadcast-state}\n"),
        ("invent.yml", ""),
        ("invent.state.json", "{"),
        ("invent.state.json", '{"version": 99}'),
        ("invent.state.json.journal", "nonsense\n"),
    ],
)
@pytest.mark.parametrize("shell", SHELLS)
def test_what_cannot_be_read_offers_nothing_and_says_nothing(project: Path, path: str, text: str, shell: str) -> None:
    (project / path).write_text(text, encoding="utf-8")
    for words in (("resolve", ""), ("state", "show", ""), ("history", "")):
        assert ask(project, *words, shell=shell) == Result(ExitCode.DONE, "", "")


def test_a_broken_definition_takes_only_its_own_keys_away(project: Path) -> None:
    (project / "broadcasts" / "fresh.yaml").write_text("name: [\n", encoding="utf-8")
    assert offered(project, "plan", "--only", "f") == []
    assert offered(project, "plan", "--only", "spare") == ["spare"]


@pytest.mark.parametrize("words", ["''", "'", '"', "nonsense ", "-C", "plan --nonsense ", "state nonsense ", "plan \\"])
@pytest.mark.parametrize("shell", SHELLS)
def test_words_that_make_no_sense_are_met_with_silence(tmp_path: Path, words: str, shell: str) -> None:
    result = ask(tmp_path, *words.split(" "), shell=shell)
    assert (result.code, result.err) == (ExitCode.DONE, "")


def test_what_takes_too_long_is_interrupted_and_the_alarm_is_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyboardInterrupt), limited(0.01):
        time.sleep(30)
    with limited(30):
        pass
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)) == (before, (0.0, 0.0))


def test_what_a_partial_clone_lacks_is_not_fetched(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one")
    git(remote.bare, "config", "uploadpack.allowFilter", "true")
    with invent() as server:
        assert applied(remote.clone("clone"), server).code == 0
    partial = remote.clone("partial", "--filter=blob:none", address=f"file://{remote.bare}")
    lacking = git(partial, "rev-list", "--objects", "--all", "--missing=print")
    assert "?" in lacking
    assert offered(partial, "state", "show", "") == []
    assert git(partial, "rev-list", "--objects", "--all", "--missing=print") == lacking


def test_a_question_that_is_none_says_nothing(tmp_path: Path) -> None:
    assert call(tmp_path, env={"_INVENT_GITOPS_COMPLETE": "bash_complete"}) == Result(ExitCode.DONE, "", "")


@pytest.mark.parametrize("instruction", ["1", "tcsh_complete", "bash", "bash_nonsense"])
def test_an_instruction_that_no_script_gives_is_wrong_usage(tmp_path: Path, instruction: str) -> None:
    result = call(tmp_path, "plan", env={"_INVENT_GITOPS_COMPLETE": instruction})
    assert (result.code, result.out) == (ExitCode.USAGE, "")
    assert "_INVENT_GITOPS_COMPLETE" in result.err


# ---------------------------------------------------------------- the scripts


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_as_it_is_and_as_a_document(tmp_path: Path, shell: str) -> None:
    script = call(tmp_path, "completion", shell)
    assert (script.code, script.err) == (ExitCode.DONE, "")
    found = call(tmp_path, "completion", shell, "--json").json
    assert (found["kind"], found["shell"], found["script"]) == ("completion", shell, script.out)
    assert call(tmp_path, env={"_INVENT_GITOPS_COMPLETE": f"{shell}_source"}).out == script.out


def test_a_shell_that_is_not_known_is_wrong_usage(tmp_path: Path) -> None:
    result = call(tmp_path, "completion", "tcsh", "--json")
    assert result.code == ExitCode.USAGE
    assert "tcsh" in result.json["error"]["message"]


# The program as a shell finds it. It answers completion; else it writes down which words the shell gave it.
COMMAND = f"""#!/bin/sh
if [ -n "$_INVENT_GITOPS_COMPLETE" ] || [ "$1" = completion ]; then
    exec '{sys.executable}' -m invent_gitops "$@"
fi
printf '%s\\n' "$@" > words.new && mv words.new words
"""


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that finds the program."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "invent-gitops").write_text(COMMAND, encoding="utf-8")
    (folder / "invent-gitops").chmod(0o755)
    return environment({"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TERM": "xterm"})


def needs(shell: str) -> str:
    found = shutil.which(shell)
    if not found:
        pytest.skip(f"{shell} is not installed here")
    return found


# Completes the words that it is given, and prints what each proposal means as a word of a command.
ASK_BASH = """
eval "$(invent-gitops completion bash)"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_invent_gitops_completion invent-gitops "${!#}" ""
for each in "${COMPREPLY[@]}"; do
    eval "set -- $each"
    printf '%s\\n' "$#:$1"
done
"""


def in_bash(folder: Path, path: dict[str, str], *words: str) -> list[str]:
    done = subprocess.run(
        [needs("bash"), "--norc", "-c", ASK_BASH, "bash", "invent-gitops", *words],
        cwd=folder, env=path, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return [line.removeprefix("1:") for line in done.stdout.splitlines()]


def test_bash_takes_every_key_as_one_word_and_executes_none(tmp_path: Path, path: dict[str, str]) -> None:
    define(tmp_path, *HOSTILE, "newsletter/weekly")
    before = sorted(tmp_path.rglob("*"))
    expected = sorted([*HOSTILE, "newsletter/*", "newsletter/weekly"])
    assert in_bash(tmp_path, path, "plan", "--only", "") == expected
    assert in_bash(tmp_path, path, "plan", "--only", "=", "newsletter/") == ["newsletter/*", "newsletter/weekly"]
    assert sorted(tmp_path.rglob("*")) == before


def test_bash_within_quotes_is_offered_what_means_the_same_there(tmp_path: Path, path: dict[str, str]) -> None:
    needs("bash")
    define(tmp_path, *HOSTILE)
    script = ASK_BASH.partition("for each")[0] + 'printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", "invent-gitops", "plan", "--only", '"'],
        cwd=tmp_path, env=path, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == sorted(key for key in HOSTILE if not set(key) & set("\"'$`\\!"))


SET_UP = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(invent-gitops completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -Uz compinit; compinit -u -D; eval "$(invent-gitops completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "invent-gitops completion fish | source"),
    "bash, from a file": (
        ["bash", "--norc", "--noprofile", "-i"],
        "invent-gitops completion bash > .script; source .script",
    ),
    "zsh, from a file": (
        ["zsh", "-f", "-i"],
        "mkdir f; invent-gitops completion zsh > f/_invent-gitops; fpath+=$PWD/f; autoload -Uz compinit; compinit -uD",
    ),
}


class Typing:
    """A real shell in a real terminal, into which somebody types."""

    def __init__(self, shell: str, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.shown = folder, ""
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, 0x5414, struct.pack("HHHH", 40, 200, 0, 0))  # TIOCSWINSZ: lines are not wrapped
        words, setup = SET_UP[shell]
        take = "import fcntl, os, sys; fcntl.ioctl(0, 0x540E, 0); os.execvp(sys.argv[1], sys.argv[1:])"  # TIOCSCTTY
        self.process = subprocess.Popen(
            [sys.executable, "-c", take, *words],
            cwd=folder, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.type(f"{setup}; invent-gitops ready\r")
        assert self.words() == ["ready"]

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def until(self, text: str) -> None:
        """Wait until the terminal shows `text`."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < end, f"the terminal never showed {text!r}: {self.shown!r}"
            self.read()

    def read(self) -> None:
        if select.select([self.master], [], [], 0.02)[0]:
            self.shown += os.read(self.master, 65536).decode(errors="replace")

    def words(self) -> list[str]:
        """The words that the command which was just typed gave to the program."""
        file = self.folder / "words"

        def written() -> bool:
            self.read()
            return file.exists()

        until(written)
        found = file.read_text(encoding="utf-8").splitlines()
        file.unlink()
        return found

    def complete(self, line: str, shows: str) -> list[str]:
        """Type a line, press the tab key, wait until it shows what was expected, and press enter."""
        self.shown = ""
        self.type(line + "\t")
        self.until(shows)
        self.type("\r")
        return self.words()


@pytest.fixture(params=list(SET_UP))
def typing(request: pytest.FixtureRequest, tmp_path: Path, path: dict[str, str]) -> Iterator[Typing]:
    needs(request.param.partition(",")[0])
    define(tmp_path, *HOSTILE, "newsletter/weekly")
    made = Typing(request.param, tmp_path, path)
    yield made
    made.process.kill()
    made.process.wait()
    os.close(made.master)


def test_the_tab_key_completes_in_a_real_shell(typing: Typing) -> None:
    only = ["plan", "--only"]
    assert typing.complete("invent-gitops val", "idate") == ["validate"]
    assert typing.complete("invent-gitops plan --only=newsletter/w", "eekly") == ["plan", "--only=newsletter/weekly"]
    assert typing.complete("invent-gitops plan --only bla", "friday") == [*only, "black friday"]
    assert typing.complete("invent-gitops plan --only 'bla", "friday'") == [*only, "black friday"]
    assert typing.complete("invent-gitops plan --only \\$", "pwned") == [*only, "$(touch pwned)"]
    assert typing.complete("invent-gitops plan --only com", ",ma") == [*only, "com,ma"]
    # zsh takes the slash back when a line ends with it.
    assert typing.complete("invent-gitops plan broad", "casts") in (["plan", "broadcasts/"], ["plan", "broadcasts"])
    assert not (typing.folder / "pwned").exists()
