"""The worlds that are explored: small ones in the tests, large ones by the command, and one for each rule of before.

A `Regression` switches rules off that were not there once; the search must find the promise broken, and with all
rules on the same world must be explored to its end without that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.protocol.rules import Configuration, Protocol
from tests.protocol.values import KEYS
from tests.protocol.world import Left


@dataclass(frozen=True)
class Regression:
    """A world that breaks the promise by the rules of before. `broken` is part of what the search must say."""

    name: str
    configuration: Configuration
    rules: Protocol
    broken: str

    @property
    def as_before(self) -> Configuration:
        return replace(self.configuration, name=f"{self.name}, as before", protocol=self.rules)


def _file(name: str, left: Left, **more: object) -> Configuration:
    return replace(Configuration(name, "file", left=left), **more)  # type: ignore[arg-type]


def _branch(name: str, left: Left, **more: object) -> Configuration:
    return replace(Configuration(name, "branch", clones=(0, 1), left=left), **more)  # type: ignore[arg-type]


REGRESSIONS = (
    Regression(
        "a colleague's state is pulled under a waiting apply",
        _file("pulled", Left(pull=1, crash=1), lag="bounded", clones=(0,)),
        Protocol(compare_file=False),
        "created a second time",
    ),
    Regression(
        "the lock file is deleted and another apply runs",
        _file("lock", Left(lock=1, crash=1, lost=1)),
        Protocol(compare_file=False, compare_lock=False, memory_before_journal=False),
        "created a second time",
    ),
    Regression(
        "the clock begins when the push returns",
        _branch("slow push", Left(word=1), units=3),
        Protocol(clock_before_push=False),
        "after a person had settled it with evidence",
    ),
    Regression(
        "a late call follows a fresh look, however late",
        _branch("slow host", Left(word=1), units=3),
        Protocol(bounded_age=False),
        "after a person had settled it with evidence",
    ),
    Regression(
        "an attempt is settled while its call is in flight",
        _branch("young", Left(word=1)),
        Protocol(settle_needs_age=False, settle_needs_list=False),
        "after a person had settled it with evidence",
    ),
    Regression(
        "the age is judged after the list was read",
        _branch("age", Left(word=1), units=3),
        Protocol(age_before_list=False),
        "with evidence",
    ),
    Regression(
        "an unknown outcome of a settled attempt is left at that",
        _branch("reopen", Left(override=1, lost=1), lag="bounded", units=1),
        Protocol(reopen=False),
        "nobody knows of",
    ),
    Regression(
        "the other's broadcast is adopted beside an absence",
        _branch("adopted", Left(override=1, lost=2, crash=1), lag="bounded"),
        Protocol(reopen=False, absence_stops_adoption=False, check_at_the_end=False),
        "exit 0",
    ),
    Regression(
        "a doubt that was opened again may be settled at once",
        _branch("again", Left(override=1, word=1, lost=1)),
        Protocol(reopened_keeps_time=False),
        "with evidence",
    ),
    Regression(
        "an answer repeats the id of another broadcast",
        _branch("wrong id", Left(wrong_id=1), other=True),
        Protocol(distrust_known_ids=False),
        "exit 0",
    ),
    Regression(
        "an older file is checked out under a run",
        _file("older", Left(older=1), clones=(0,), older="before"),
        Protocol(guard_fold=False, memory_of_content=False),
        "nobody knows of id:earlier",
    ),
    Regression(
        "a pulled open intent is overwritten",
        _file("stranger", Left(pull=1), clones=(0,)),
        Protocol(guard_fold=False, keep_beside=False),
        "nobody knows of id:stranger",
    ),
    Regression(
        "a word without a look",
        _branch("blind", Left(word=1, lost=1), units=3),
        Protocol(settle_needs_list=False),
        "with evidence, and was created",
    ),
    Regression(
        "pushes go to another place than is read",
        _branch("elsewhere", Left(gap=1), elsewhere=True),
        Protocol(read_back=False),
        "created a second time",
    ),
    Regression(
        "an older file and a list that cannot be read",
        _file("rewound file", Left(older=1, gap=1)),
        Protocol(memory=False),
        "created a second time",
    ),
    Regression(
        "a rewound branch and a list that cannot be read",
        _branch("rewound branch", Left(older=1, gap=1), clones=(0, 0)),
        Protocol(memory=False),
        "created a second time",
    ),
    Regression(
        "a journal is taken away",
        _file("journal", Left(journal=1, crash=1, gap=1)),
        Protocol(memory=False),
        "created a second time",
    ),
    Regression(
        "a person's own broadcast is adopted while ours lags",
        _branch("twin", Left(dashboard=1, lost=1), lag="any"),
        Protocol(look_for_twins=False),
        "nobody knows of",
    ),
    Regression(
        "a journal is taken away, and a newer state is pulled",
        _file("journal and pull", Left(journal=1, crash=1, pull=1)),
        Protocol(journal_gone_at_any_serial=False),
        "nobody knows of id:run1",
    ),
    Regression(
        "another file of the same serial, and a list that cannot be read",
        _file("fork", Left(older=1, newest=1, pull=1, gap=1, crash=1), pulled="autumn"),
        Protocol(memory_of_content=False),
        "created a second time",
    ),
    Regression(
        "a run that had nothing to do has remembered nothing",
        _file("nothing to do", Left(pull=1, older=1, gap=1)),
        Protocol(memory_at_the_end=False),
        "created a second time",
    ),
    Regression(
        "a run with a lock that was deleted remembers what it read long ago",
        _file("memory", Left(pull=1, older=1, lock=1, crash=1)),
        Protocol(memory_goes_on=False),
        "nobody knows of id:colleague",
    ),
    Regression(
        "a settled attempt is dropped by a fold into a colleague's file",
        _file("settled", Left(crash=1, older=1, pull=1), lag="bounded"),
        Protocol(guard_settled=False, memory_of_content=False),
        "nobody knows of id:run1",
    ),
    Regression(
        "a journal is begun where another run's was taken away",
        _file("others' journal", Left(lock=1, journal=1, crash=2), clones=(0, 0, 0), keys=KEYS),
        Protocol(memory_before_journal=False),
        "nobody knows of",
    ),
    Regression(
        "a journal that was taken away under a run is not written anew",
        _file("taken away", Left(lock=1, journal=1, crash=2), clones=(0, 0, 0), keys=KEYS),
        Protocol(rewrite_journal=False),
        "nobody knows of",
    ),
    Regression(
        "the end of a run believes what it read before others wrote",
        _branch("end", Left(override=1, lost=1)),
        Protocol(check_at_the_end=False),
        "exit 0",
    ),
)

# The world of each regression, with every rule; some share one.
_MENDED = {
    replace(one.configuration, name=""): replace(one.configuration, name=f"{one.name}, mended") for one in REGRESSIONS
}
SMALL = (
    *_MENDED.values(),
    _file("file: two keys, two kills", Left(crash=2, lost=1), keys=KEYS),
    _file("file: held back, and named", Left(busy=1, id=1, lost=1), units=1),
    _branch("branch: a fresh clone that cannot read the list", Left(crash=1, lost=1, gap=1), fresh=(1,)),
    _branch("branch: two keys, two kills", Left(crash=2, lost=1), keys=KEYS, tries=1),
    _branch("branch: held back, and named", Left(busy=1, push_lost=1, id=1), units=1),
)

LARGE = (
    _file("file: files change, lists lag", Left(crash=1, lost=1, older=1, newest=1, pull=1, gap=1), lag="bounded"),
    _file(
        "file: the version before is checked out",
        Left(crash=2, lost=1, older=2, newest=1, pull=1, gap=1, journal=1),
        lag="bounded",
        older="before",
    ),
    _file("file: forks", Left(crash=1, lost=1, older=1, newest=2, pull=1, gap=1), pulled="autumn"),
    _file(
        "file: locks and journals go, a word",
        Left(crash=1, lost=1, lock=1, journal=1, gap=1, word=1),
        lag="bounded",
        units=3,
    ),
    _file("file: words", Left(crash=2, lost=1, word=1, override=1, id=1), lag="bounded", units=4),
    _file(
        "file: a person's own broadcast, other answers",
        Left(crash=1, lost=2, dashboard=1, wrong_id=1, busy=1, gap=1),
        lag="any",
        units=2,
        other=True,
    ),
    _file("file: two keys", Left(crash=2, lost=2, lock=1, journal=1, older=1), keys=KEYS),
    _file("file: three runs", Left(crash=2, lost=1, lock=1, journal=1, pull=1), clones=(0, 0, 0)),
    _file("file: three runs, two keys", Left(crash=2, lost=1, lock=1, journal=1), clones=(0, 0, 0), keys=KEYS),
    _file(
        "file: three runs, files change",
        Left(crash=2, lost=1, older=1, newest=1, pull=1, gap=1, lock=1),
        clones=(0, 0, 0),
        lag="bounded",
    ),
    _file(
        "file: words while locks and journals go",
        Left(crash=2, lost=1, lock=1, journal=1, gap=1, word=1, override=1),
        lag="bounded",
        units=3,
    ),
    _file(
        "file: two keys, files change",
        Left(crash=2, lost=1, older=1, newest=1, pull=1, lock=1, journal=1),
        keys=KEYS,
    ),
    _branch("branch: words", Left(crash=1, lost=1, word=1, override=1), lag="bounded", units=4),
    _branch(
        "branch: an id is named, a person's own broadcast",
        Left(crash=1, lost=1, word=1, id=1, dashboard=1),
        lag="bounded",
        units=3,
    ),
    _branch("branch: the list lags for ever", Left(crash=1, lost=1, word=1, id=1, gap=1), lag="any", units=3),
    _branch(
        "branch: a person's own broadcast, other answers",
        Left(crash=1, lost=1, dashboard=1, wrong_id=1, busy=1),
        lag="any",
        units=2,
        other=True,
    ),
    _branch(
        "branch: rewound and put back",
        Left(crash=2, lost=1, older=1, newest=1, gap=1, journal=1, push_lost=1),
        clones=(0, 0),
        units=1,
    ),
    _branch("branch: pushes that land unheard", Left(crash=1, lost=1, push_lost=1, gap=1, busy=1, word=1), units=3),
    _branch("branch: two keys", Left(crash=1, lost=1, busy=1), keys=KEYS, tries=1),
    _branch("branch: two keys in one clone", Left(crash=2, lost=1, journal=1), clones=(0, 0), keys=KEYS),
    _branch("branch: three runs", Left(crash=1, lost=1), clones=(0, 1, 2)),
    _branch("branch: three runs and a word", Left(lost=1, override=1), clones=(0, 1, 2), tries=1),
    _branch("branch: three runs and a word with evidence", Left(lost=1, word=1), clones=(0, 1, 2), units=3, tries=1),
    _branch("branch: words and kills", Left(crash=2, lost=2, word=1, override=1), lag="bounded", units=3),
    _branch("branch: two words", Left(lost=1, word=2, override=1), lag="bounded", units=4),
    _branch("branch: pushes go elsewhere", Left(crash=1, lost=1, gap=1), elsewhere=True),
)
