"""Delivers the result of a command, once: into the file of --out, and in the form that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from invent_gitops.cli.delivery import REVIEWED, Delivery, WorkspacePart
from invent_gitops.cli.document_options import FormatOption, OutOption, PageOutOption, option_of
from invent_gitops.cli.formats import FORMATS
from invent_gitops.cli.result import Body, Result, failure, no_text, plain
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, Interrupted, InvalidInput, InventGitopsError, WrongUsage, worst
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct, replace

if TYPE_CHECKING:
    from invent_gitops.cli.out_file import OutFile
    from invent_gitops.cli.pages import PageFile


class Wish(Struct, frozen=True):
    """What the options of one call say of its result: the form, the file of --out, and the kind that both are for.

    With `drafts` the command itself writes to that file meanwhile. `page` is the file of a page, None without one.
    With `path_only`, stdout names the file of --out instead of showing the text, too.
    """

    kind: str = "error"
    form: str = "text"
    out: str = ""
    drafts: bool = False
    page: PageFile | None = None
    path_only: bool = False


def taken_from(command: click.Command, values: dict[str, Any]) -> Wish:
    """Return what the values of a command's options say of its result; they are taken out of `values`."""
    if pages := option_of(command, PageOutOption):
        from invent_gitops.cli.pages import chosen_page

        out, opened = values.pop(pages.name or "") or "", values.pop(pages.opener)
        return Wish(pages.kind, *chosen_page(values.pop("form"), out, opened=opened), path_only=True)
    form, out = option_of(command, FormatOption), option_of(command, OutOption)
    named = form or out
    return Wish(
        named.kind if named else "error",
        values.pop(form.name or "") if form else "text",
        (values.pop(out.name or "") or "") if out else "",
        bool(out and out.drafts),
    )


def of_workspace() -> Body:
    """Return what each document of a plan or of what became of one says, whatever happens."""
    from invent_gitops.operations.project import working

    opened = working()
    return {"workspace": (opened.project.name if opened else "") or None}


def delivered(function: Callable[..., Result]) -> Callable[..., ExitCode]:
    """Return the decorator of a command that has a --format and no choice of workspaces to run in: it delivers the
    result.
    """

    @wraps(function)
    def run(**values: Any) -> ExitCode:
        context = click.get_current_context()
        session = context.find_object(Session)
        assert session is not None
        output = Output(session, taken_from(context.command, dict(values)))
        return output.deliver(output.run(function, values))

    return run


class Output:
    """The way of one result to all who wait for it; `sharing` is how many workspaces have one, 0 without any."""

    def __init__(self, session: Session, wish: Wish | None = None, *, workspace: str = "", sharing: int = 0) -> None:
        self._session, self._wish = session, wish or Wish()
        self._workspace, self._sharing = workspace, sharing
        self._file = _file_of(self._wish) if self._wish.out else None
        self._over = False

    def run(self, command: Callable[..., Result], values: Mapping[str, Any]) -> Result:
        """Call a command, whose errors are results, too."""
        try:
            self.begin()
            drafts = {"draft": self.draft} if self._wish.drafts else {}
            return command(**values, **drafts)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # whatever it is, it is a result
            return self.failed(error)

    def failed(self, error: BaseException) -> Result:
        """Return the result of a command that an exception has ended."""
        return failure(self._wish.kind, error, self._known)

    def begin(self) -> None:
        """Put a document in place that says that there is none yet: an older one must not be taken for this run's.

        So nobody creates anything first and finds out then that the report cannot be written. Raises `WrongUsage` where
        the options cannot be combined.
        """
        kind, form = self._wish.kind, self._wish.form
        contradiction = self._session.json and form not in ("text", "json") and kind not in FORMATS[form].beside_json
        self._session.json = self._session.json or form == "json"
        if self._file:
            self._file.begin(self._cut_off(self._known, "The state has the record of it; invent-gitops plan shows it."))
        if contradiction:
            raise WrongUsage(f"--json and --format {form} cannot be combined.", "Give one of them.")

    def draft(self, body: Callable[[], Body]) -> None:
        """Put in place what is true from now on of a run that is killed. Raises what `begin` raises."""
        if self._file:
            cure = "Run it again: it looks in Invent first, and creates nothing twice."
            self._file.write(self._cut_off(body, cure), last=False)

    def leave(self, result: Result) -> None:
        """Write the result into the file only; it is told elsewhere."""
        if self._file:
            self._save(self._file, _document(result, result.code), result)

    def deliver(self, result: Result) -> ExitCode:
        """Deliver what came of the command, the file first; returns the code to leave with.

        A file that cannot be written is no success, and takes nothing away from a worse outcome.
        """
        return self._deliver(result, self._write)[0]

    def deliver_part(self, result: Result) -> WorkspacePart:
        """Return the same for one of several workspaces; returns what the result of all needs of it."""
        code, part = self._deliver(result, self._write_part)
        return replace(part, code=code) if part else WorkspacePart(self._workspace, code, error=result.error)

    def _deliver(
        self, result: Result, write: Callable[[Delivery], WorkspacePart | None], *, again: bool = False
    ) -> tuple[ExitCode, WorkspacePart | None]:
        try:
            return self._delivered(result, write)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # whatever it is, it is a result
            ended = failure(result.kind, error, self._known)
            if not (self._over or again):
                return self._deliver(ended, write, again=True)
            self._complain(ended)
            return worst([result.code, ended.code]), None

    def _delivered(
        self, result: Result, write: Callable[[Delivery], WorkspacePart | None]
    ) -> tuple[ExitCode, WorkspacePart | None]:
        session, code = self._session, result.code
        form = self._form(result)
        page = None if result.failed else self._wish.page
        documented = self._file or page or session.json or result.kind in FORMATS[form].documented
        document = _document(result, code) if documented else ""
        unwritten = self._save(self._file, document, result) if self._file else None
        if unwritten and not result.failed:
            code = worst([code, unwritten.exit_code])
            document = _document(result, code)
        if self._file and self._wish.path_only and not result.failed:
            result = replace(result, text=no_text if unwritten else plain(clean(self._wish.out)))
        if page:
            code, result = self._paged(page, document, replace(result, code=code))
        part: WorkspacePart | None = None
        delivery = Delivery(session, form, result, document, self._workspace, self._sharing)
        try:
            part = write(delivery)
        except InvalidInput as error:
            # A page that cannot be made of our own document is a bug, and what was created counts for more.
            session.complain(error)
            code = worst([code, ExitCode.BUG])
        self._over = True
        for note in result.notes:
            session.note(note)
        if result.failed:
            self._complain(result)
        if result.afterwards:
            result.afterwards()
        return code, part

    def _paged(self, page: PageFile, document: str, result: Result) -> tuple[ExitCode, Result]:
        """Write the page to its file; returns the code, and the result whose text is the path."""
        from invent_gitops.cli.pages import open_page, write_page

        path, unwritten = write_page(self._session, page, [document])
        if unwritten:
            return worst([result.code, unwritten.exit_code]), replace(result, text=no_text)
        opening = partial(open_page, self._session, path) if page.opened else None
        return result.code, replace(result, text=plain(clean(path)), afterwards=opening)

    def _write(self, delivery: Delivery) -> None:
        FORMATS[delivery.form].write(delivery)

    def _write_part(self, delivery: Delivery) -> WorkspacePart:
        return FORMATS[delivery.form].write_part(delivery)

    def _form(self, result: Result) -> str:
        """Return the form, which --json has decided, unless it contradicts a page for reviewers."""
        form = self._wish.form
        if not self._session.json or (form not in ("text", "json") and result.kind in REVIEWED and not self._sharing):
            return form
        return "json"

    def _complain(self, result: Result) -> None:
        error = result.error
        if error and error.exit_code is ExitCode.BUG and isinstance(error.__cause__, Exception):
            self._session.bug(error.__cause__)
        elif error:
            self._session.complain(error)

    def _known(self) -> Body:
        return of_workspace() if self._wish.kind in REVIEWED else {}

    def _cut_off(self, body: Callable[[], Body], cure: str) -> str:
        kind = self._wish.kind
        error = Interrupted(f"This {kind} is not done: what writes it still runs, or was killed.", cure)
        return _document(Result(kind, error.exit_code, body, error=error), error.exit_code)

    def _save(self, file: OutFile, document: str, result: Result) -> InventGitopsError | None:
        """Write the document to the file; says and returns why that failed."""
        patient = not (result.failed and isinstance(result.error, Interrupted))
        try:
            file.write(document, patient=patient)
        except InventGitopsError as error:
            self._session.complain(error)
            return error
        return None


def _document(result: Result, code: ExitCode) -> str:
    if result.document:
        return result.document
    from invent_gitops.render.documents.envelope import document

    try:
        body = result.body()
    except Exception:
        # The failure that is being told must not be lost to another one.
        if not result.failed:
            raise
        body = {}
    return document(result.kind, code, body, problems=result.problems, error=result.error)


def _file_of(wish: Wish) -> OutFile:
    from invent_gitops.cli.out_file import OutFile

    return OutFile(wish.out, wish.kind)
