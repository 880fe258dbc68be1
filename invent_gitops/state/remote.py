"""The state as the remote's branch has it: read from its tip, and refused where the branch was lost or rewritten."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from invent_gitops.errors import InvalidInput, InventGitopsError, Refused, Unavailable, Unsettled
from invent_gitops.git.repository import PAUSES, Git, GitFailed, sleep
from invent_gitops.model.project import SANDBOX, BranchPlace
from invent_gitops.model.state import Provenance, State
from invent_gitops.state import canonical, document
from invent_gitops.state.addresses import why_apart
from invent_gitops.state.apart import check_apart
from invent_gitops.state.binding import check_binding
from invent_gitops.state.identity import commit_identity, signs
from invent_gitops.state.message import taken_over_message
from invent_gitops.state.packing import pack_loose
from invent_gitops.state.tips import is_cut


class RemoteBranch:
    """The branch `location` of the repository at `folder`, bound to `org` and `api` ("" for either: whatever it says).

    `wait` pauses for so many seconds, and is True as soon as somebody has asked to stop.
    """

    def __init__(
        self, folder: Path, location: BranchPlace, *, org: str, api: str, wait: Callable[[float], bool] = sleep
    ) -> None:
        self.location, self.org, self.api = location, org, api
        self.label = f"{location.path} on {location.remote}/{location.branch}"
        self.git = Git(folder, wait)
        self.folder = self.git.common_folder()
        self.git.check_names(location.remote, location.branch)
        check_apart(self.git, location)
        # Refs of our own, so that nothing that people look at moves: what was seen, and what is still to be judged.
        self._ref = f"refs/invent-gitops/{location.remote}/{location.branch}"
        self._incoming = f"{self._ref}.incoming"
        # And one for what this clone has worked with and not only seen.
        self._vouched = f"refs/invent-gitops/worked-with/{location.remote}/{location.branch}"
        self.vouched = bool(self.git.commit_of(self._vouched))
        self._sure: bool | None = None
        self._wrote = False

    @property
    def way_out(self) -> str:
        """What to do about a state of the sandbox on this branch."""
        return (
            f"An older version has put it there. Delete it: git push {self.location.remote} --delete "
            f"{self.location.branch} . Where a rule forbids that, name another branch under state: in invent.yaml."
        )

    @cached_property
    def _sign(self) -> bool:
        """Asked once: a run makes many commits."""
        return signs(self.git)

    def fetch(self) -> tuple[str, State | None]:
        """Return the commit at the tip and the state in it, or "" and None where there is no branch yet.

        Raises `Refused` for a branch that is gone or rewritten, where this clone has seen it before.
        """
        location = self.location
        ref_tip = self.git.commit_of(self._ref)
        # What was only in a sandbox may be deleted, and begun anew for an account.
        seen_tip = "" if ref_tip and self._is_play(ref_tip) else ref_tip
        tip = self.git.fetch(location.remote, location.branch, self._incoming)
        if seen_tip and not tip:
            raise Refused(
                f"The branch {location.branch} is gone from {location.remote}; this clone has seen it at {seen_tip}.",
                "It is what keeps broadcasts from being created twice. Put it back: "
                f"git push {location.remote} {seen_tip}:refs/heads/{location.branch}",
            )
        if seen_tip and tip != seen_tip and not self._follows(seen_tip, tip):
            raise Refused(
                f"The branch {location.branch} of {location.remote} was rewritten: {tip} does not hold what this clone "
                f"has seen at {seen_tip}.",
                "Find out who did it, and compare the two with git show. Should the older one be right, put it back: "
                f"git push --force-with-lease=refs/heads/{location.branch}:{tip} {location.remote} "
                f"{seen_tip}:refs/heads/{location.branch}",
            )
        state = self._read(tip) if tip else None
        if state:
            self._check_newest(tip, state, since=seen_tip)
        if ref_tip and not tip:
            self.git.ask("update-ref", "-d", self._ref)
        if tip and tip != ref_tip:
            self._see(tip, ref_tip)
        return tip, state

    def _check_newest(self, tip: str, state: State, *, since: str) -> None:
        """Refuse a commit that has put an older state on top of newer ones: the history tells a fresh clone, too."""
        if since != tip:
            self._complete(tip)
        excluded = ["--not", f"{since}^@"] if since else []
        listed = (
            "" if since == tip else self.git.run("log", "--format=%(trailers:key=Serial,valueonly)", tip, *excluded)
        )
        highest = max((int(line) for line in listed.split() if line.isdigit()), default=0)
        if highest > state.serial:
            raise Refused(
                f"{self.label} went back: its serial is {state.serial}, and a commit before it had {highest}. A run "
                "would create the broadcasts in between again.",
                f"Find that commit with git log -p {tip}, and revert it on the branch {self.location.branch}.",
            )

    def _complete(self, tip: str) -> None:
        """Bring what a shallow clone has cut off before `tip`: a serial that is not read is no lower one."""
        if not is_cut(self.git, tip):
            return
        with suppress(GitFailed):
            self.whole_history()
        if is_cut(self.git, tip):
            raise Refused(
                f"The history of {self.label} is cut off here, so it is not certain that this state is the newest.",
                f"Fetch all of it: git fetch --unshallow {self.location.remote}",
            )

    def last_seen(self) -> State | None:
        """Return the state at the tip that this clone has, from a run of this program or of git, if there is any."""
        tracked = f"refs/remotes/{self.location.remote}/{self.location.branch}"
        tip = self.git.commit_of(self._ref) or self.git.commit_of(tracked)
        return self._read(tip) if tip else None

    def whole_history(self) -> None:
        """Bring the commits that a shallow clone has cut off."""
        self.git.deepen(self.location.remote, self.location.branch, self._incoming)

    def write(self, state: State, message: str, *, by: str, parent: str) -> str:
        """Return a commit of `state` in this clone, by the person `by`, after `parent` ("" for none). Nobody sees it
        yet.
        """
        self._wrote = True
        identity = commit_identity(self.git, by)
        scratch = self.folder / "invent-gitops"
        text = document.dump(state)
        return self.git.write(
            parent, self.location.path, text, message, identity=identity, scratch=scratch, sign=self._sign
        )

    def tidy(self, *, settled: bool) -> None:
        """Pack this clone now and then, at the end of a run that wrote and of which all is on the remote."""
        if self._wrote and settled:
            pack_loose(self.git)

    def begin(self, state: State, provenance: Provenance) -> None:
        """Put a state that was kept elsewhere on a branch that is not there yet. Raises `Refused` if it is."""
        tip, _ = self.fetch()
        if tip:
            raise Refused(
                f"There is a state already: {self.label}.", "Keep one of the two, and see what the other has."
            )
        commit = self.write(state, taken_over_message(state, provenance), by=provenance.by, parent="")
        if refusal := self.push(commit, ""):
            raise Unavailable(
                f"{self.label} could not be pushed: {' '.join(refusal.output.split())[:300]}",
                "Check that you may push to the state branch. Nothing was changed.",
            )
        self.check_read_back(commit)

    def push(self, commit: str, expected: str) -> GitFailed | None:
        """None if the remote's tip is, or was, our commit; else why not. A push is never simply repeated."""
        try:
            self.git.push(self.location.remote, self.location.branch, commit, expected)
        except GitFailed as error:
            # It may have arrived, whatever git says, and only the remote knows.
            tip = self.git.fetch(self.location.remote, self.location.branch, self._incoming)
            return None if tip and self.git.is_ancestor(commit, tip) else error
        return None

    def unpushed(self, refusal: GitFailed, kept: str | None) -> InventGitopsError:
        """Return the error for a push that failed; `kept` says where results are, None where nothing was called yet."""
        message = f"{self.label} could not be pushed: {' '.join(refusal.output.split())[:300]}"
        if "stale info" in refusal.output:
            cause, cure = why_apart(self.git, self.location.remote)
            return Refused(f"{message} The branch is as it was read, and not so where pushes go. {cause}.", cure)
        if kept is None:
            return Unavailable(
                message, "Check that this run may push to the state branch. Nothing of this batch was sent."
            )
        return Unsettled(message, kept)

    def check_read_back(self, commit: str) -> None:
        """Refuse to go on where a commit that was pushed does not appear where this and other clones read.

        Asks the remote itself, so that two addresses of one repository are no fault. A mirror that lags gets a few
        tries. Raises `Refused`, and `Unavailable` where the remote cannot be read.
        """
        remote, branch = self.location.remote, self.location.branch
        for pause in (*PAUSES[:3], 0.0):
            tip = self.git.remote_tip(remote, branch)
            if tip == commit or (tip and self._holds(commit)):
                return
            if pause and self.git.wait(pause):
                break
        cause, cure = why_apart(self.git, remote)
        raise Refused(
            f"The push to {branch} of {remote} does not appear where plans read it. {cause}. Other runs would "
            "not know of it, and create everything again.",
            cure,
        )

    def _see(self, tip: str, previous: str) -> None:
        """Keep a tip as seen, in place of `previous`; what another run here has seen meanwhile stays.

        Only after it was judged, or a run that is killed before would have the next one take it for seen.
        """
        try:
            self.git.run("update-ref", self._ref, tip, previous)
        except GitFailed:
            if self.git.commit_of(self._ref) == previous:
                raise

    def _holds(self, commit: str) -> bool:
        """Return whether the remote's branch, as it is read, goes on from our commit."""
        tip = self.git.fetch(self.location.remote, self.location.branch, self._incoming)
        return bool(tip) and self.git.is_ancestor(commit, tip)

    def remember(self, tip: str) -> None:
        """Keep our own commit as seen, so that the next fetch need not bring it back over the network."""
        self.git.run("update-ref", self._ref, tip)

    def vouch(self, tip: str, sure: bool | None) -> None:
        """Keep a commit as one beside which the list was read and showed nothing more, or no commit any more.

        None as `sure` means: as was said last in this run.
        """
        self._sure = self._sure if sure is None else sure
        if self._sure is not None:
            with suppress(GitFailed):
                keep = [self._vouched, tip] if self._sure and tip else ["-d", self._vouched]
                self.git.run("update-ref", *keep)

    def _follows(self, ancestor: str, tip: str) -> bool:
        """Return whether the tip goes on from what was seen; a history that is only cut off is looked at whole."""
        if self.git.is_ancestor(ancestor, tip):
            return True
        self.whole_history()
        return self.git.is_ancestor(ancestor, tip)

    def _is_play(self, commit: str) -> bool:
        """Return whether the state at a commit is one of the sandbox."""
        try:
            text = self.git.read(commit, self.location.path)
            return text is not None and document.parse(text, self.label).api == SANDBOX
        except (GitFailed, InvalidInput):
            return False

    def _read(self, tip: str) -> State:
        text = self.git.read(tip, self.location.path)
        if text is None:
            raise Refused(
                f"The branch {self.location.branch} of {self.location.remote} exists, and has no file "
                f"{self.location.path}.",
                "Check branch and path under state: in the project file. A branch that is only for the state is "
                "created by the first apply.",
            )
        try:
            content = text.encode()
        except UnicodeError:
            raise InvalidInput(f"The state {self.label} is not UTF-8.", "Restore it from an older commit.") from None
        state = canonical.quick_state(content) or document.parse(text, self.label)
        check_binding(state.org, state.api, self.org, self.api, self.label, self.way_out)
        return state
