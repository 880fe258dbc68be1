"""No secret that the run holds gets out, in whatever dress it came, and whatever form the output has."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode
from invent_gitops.text import secret
from invent_gitops.text.held import hold
from invent_gitops.text.invisible import INVISIBLE
from invent_gitops.text.secret import hide
from tests.running import WHEN, call
from tests.steps import Step

KEY = 'k-5f0c_2b7d9e"/+&x'
FOREIGN = "ghs_" + "aB3dE9" * 6
PERSONAL = "github_pat_" + "aB3_dE" * 10
HELD = {"INVENT_API_KEY": KEY, "GITHUB_TOKEN": "t0ken_of_this-run"}
IN_BASE64 = base64.b64encode(f"x-access-token:{KEY}".encode()).decode()

DRESSES = {
    "as it is": KEY,
    "the token of the run": HELD["GITHUB_TOKEN"],
    "a token of another run": FOREIGN,
    "a personal token": PERSONAL,
    "a refreshed token in capitals": FOREIGN.upper(),
    "in an address": f"https://x-access-token:{KEY}@github.com",
    "somebody else's in an address": "https://x-access-token:s0me-0ther@github.com",
    "encoded for an address": quote(KEY, safe=""),
    "encoded in small letters": quote(KEY, safe="").lower(),
    "in a header": f"Authorization: basic {IN_BASE64}",
    "in base64 behind something": base64.b64encode(b"ab" + KEY.encode() + b"c").decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(b"a" + KEY.encode()).decode(),
    "as JSON": json.dumps(KEY),
    "as HTML": html.escape(KEY),
    "with something invisible in it": f"{KEY[:5]}\u200b{KEY[5:9]}\u202e{KEY[9:]}",
    "a token with something invisible in it": f"{FOREIGN[:9]}\u2060{FOREIGN[9:]}",
    "with what was invisible written out": f"{KEY[:5]}\\u200b{KEY[5:]}",
    "as Markdown has it": FOREIGN.replace("_", "&#95;"),
    **{
        f"with {unicodedata.name(sign)} in it": f"{KEY[:5]}{sign}{KEY[5:9]}{sign}{KEY[9:]}"
        for sign in "\u200c\u200d\ufe0f\ufe00\U000e0100\u034f\u3164\u180b\u180e\xad\U000e0041"
    },
    "a token with joiners in it": "\u200d".join(FOREIGN),
    "with a joiner written out for an address": f"{KEY[:5]}%E2%80%8D{KEY[5:]}",
    "with a joiner written out for HTML": f"{KEY[:5]}&#8205;{KEY[5:]}",
    "with every byte encoded": "".join(f"%{ord(sign):02X}" for sign in KEY),
    "with every byte encoded in small letters": "".join(f"%{ord(sign):02x}" for sign in KEY),
    "with some bytes encoded twice": "".join(f"%25{ord(sign):02X}" for sign in KEY),
    "as numbers of HTML": "".join(f"&#{ord(sign)};" for sign in KEY),
    "as long numbers of HTML": "".join(f"&#{ord(sign):07d};" for sign in KEY),
    "as hexadecimal numbers of HTML": "".join(f"&#x{ord(sign):X};" for sign in KEY),
    "as long hexadecimal numbers of HTML": "".join(f"&#X00{ord(sign):x};" for sign in KEY),
    "as numbers of JSON, written": "".join(f"\\u{ord(sign):04x}" for sign in KEY),
    "as bytes of a shell, written": "".join(f"\\x{ord(sign):02X}" for sign in KEY),
    "as quoted-printable": "".join(f"={ord(sign):02X}" for sign in KEY),
    "a token with every byte encoded": "".join(f"%{ord(sign):02X}" for sign in FOREIGN),
}
GAPS = re.compile(
    r"\\u\{[0-9a-f]+\}|\\[ux]20[0-9a-f]{2}|%E2%80%8D"
    "|[\xad\u034f\u180b\u180e\u200b-\u200d\u202e\u2060\u3164\ufe00-\ufe0f\U000e0000-\U000e0fff]"
)


def shown(text: str) -> str:
    """The same in every reading of it: undone what markup, JSON, addresses and invisible characters do."""
    plain = html.unescape(GAPS.sub("", text))
    readings = [text, plain, unquote(plain), unquote(unquote(plain)), plain.replace("\\", ""), html.unescape(plain)]
    readings += [re.sub(r"(?:\\+u00|\\+x|=)([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), plain)]
    for word in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for cut in range(4):
            part = word[cut:].replace("-", "+").replace("_", "/")
            readings.append(base64.b64decode(part[: len(part) // 4 * 4]).decode("latin-1"))
    return "\n".join(readings)


def assert_hidden(text: str) -> None:
    readings = shown(text)
    for one in (KEY, HELD["GITHUB_TOKEN"], FOREIGN, FOREIGN.upper(), PERSONAL, "s0me-0ther"):
        # Not even most of it.
        assert one[2:-2] not in readings
    assert FOREIGN[5:] not in readings
    assert quote(KEY, safe="").lower() not in readings


@pytest.mark.parametrize("dress", DRESSES)
def test_secret_is_found_in_every_dress(dress: str) -> None:
    hold(HELD)
    text = f"before {DRESSES[dress]} after"
    found = hide(text)
    assert_hidden(found)
    assert found.startswith("before ")
    assert found.endswith(" after")
    assert "***" in found
    assert len(hide(text, in_place=True)) == len(text)
    assert_hidden(hide(text, in_place=True))


@pytest.mark.parametrize(
    "text",
    ["light ghosts of the github", "gh_a", "ghs_short", "basic training", "github_pattern", "a\\nb", "k-5f0c_2b7"],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    hold(HELD)
    assert hide(f"Spring – {text}") == f"Spring – {text}"


def test_very_short_secret_garbles_nothing_and_no_secret_costs_nothing() -> None:
    hold({"INVENT_API_KEY": "k"})
    assert hide("look") == "look"
    hold({})
    assert hide(KEY) == KEY
    assert hide(KEY, [KEY]) == "***"


# ---------------------------------------------------------------- through every form of the output


@pytest.fixture
def step(tmp_path: Path) -> Step:
    (tmp_path / "step").mkdir()
    return Step(tmp_path / "step")


def leaking(folder: Path) -> Path:
    """A project with a good definition for each dress, which holds the secret in all its texts."""
    (folder / "broadcasts").mkdir(parents=True, exist_ok=True)
    for number, found in enumerate(DRESSES.values()):
        words = json.dumps(f"{number} Leak {found}", ensure_ascii=False)
        # What nobody sees, no name may hold.
        name = json.dumps(f"Plain {number}") if INVISIBLE.search(found) else words
        text = f"name: {name}\nschedule: {WHEN}\nsegments: [vip]\ndescription: {words}\nowner: {words}\n"
        path = folder / "broadcasts" / f"a{number}.yaml"
        path.write_text(f"{text}waive: {{quiet-hours: {words}}}\n", encoding="utf-8")
    return folder


FORMS = (
    ("plan",),
    ("plan", "--json"),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "github"),
    ("plan", "-v", "--out", "plan.json"),
    ("status", "--sandbox", "--json"),
    ("status", "--sandbox", "--format", "markdown"),
)


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_no_form_of_a_plan_shows_a_secret(tmp_path: Path, step: Step, form: tuple[str, ...]) -> None:
    leaking(tmp_path)
    result = call(tmp_path, *form, env=HELD | step.env)
    assert result.code == ExitCode.DONE
    assert_hidden(result.all)
    for path in (tmp_path / "plan.json", step.summary, step.output):
        if path.exists():
            assert_hidden(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_no_form_of_a_problem_shows_a_secret(tmp_path: Path, step: Step, form: str) -> None:
    for path, found in zip(sorted(leaking(tmp_path).rglob("*.yaml")), DRESSES.values(), strict=True):
        words = json.dumps(found, ensure_ascii=False)
        path.write_text(f"{path.read_text('utf-8')}{words}: {words}\nsegments: [{words}]\n", encoding="utf-8")
    result = call(tmp_path, "validate", "--format", form, env=HELD | step.env)
    assert result.code == ExitCode.INVALID
    assert result.out.count("***") >= (9 if form == "github" else len(DRESSES))
    assert_hidden(result.all)


@pytest.mark.parametrize("at", range(30, 90, 3))
def test_secret_that_a_quote_or_a_window_would_cut_in_two_is_hidden_before(tmp_path: Path, at: int) -> None:
    (tmp_path / "broadcasts").mkdir()
    words = "x" * at + PERSONAL
    text = f"name: A\nschedule: {WHEN}\nsegments: [vip]\n{words}: {words}\n"
    (tmp_path / "broadcasts" / "a.yaml").write_text(text, encoding="utf-8")
    result = call(tmp_path, "validate")
    assert PERSONAL[:12] not in result.all
    assert "***" in result.out


def test_trace_of_a_bug_shows_no_secret(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    hold({})
    for name, value in HELD.items():
        monkeypatch.setenv(name, value)
    for dress, words in DRESSES.items():
        session = Session()
        session.verbose = True
        try:
            raise RuntimeError(words)
        except RuntimeError as error:
            session.bug(error)
        told = capsys.readouterr().err
        assert "Traceback" in told, dress
        assert_hidden(told)


def test_one_place_takes_secrets_out_before_anything_is_marked_up() -> None:
    # Every renderer cleans, and cleaning hides: a second way would be one that can forget it.
    package = Path(secret.__file__).parent.parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"^from invent_gitops.text.secret import .*\bhide\b", path.read_text("utf-8"), re.MULTILINE)
    }
    assert users == {
        "http/answers.py",
        "github/repository.py",
        "review/evidence.py",
        "text/clean.py",
        "render/markdown/markup.py",
        "render/text/problems.py",
        "text/quoting.py",
    }
