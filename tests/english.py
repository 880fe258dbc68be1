"""Reads prose out of pages, helps and the messages of the package, and finds what breaks the rules of its English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

LONGEST_SENTENCE = 25

# What is not written, with what is written instead. Each pattern is tried on one sentence.
BANNED = {
    # A sentence that begins with a clause as its subject is read twice. A question and a title may begin so.
    r"^What(?:ever)?\b(?!.*[?]).*\b\w+\b.*[.]$": "name the thing: 'The plan shows …', not 'What is planned is …'",
    r"\bwhoever\b": "say who does it: you, a reviewer, apply",
    r"\b(?:is|are|was|were|yet) to be\b": "use must, or the present tense",
    r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b|later\b|earlier\b)": "write 'is not a …'",
    r"\bthere(?: (?:is|are|was|were)|['’]s) none\b": "name what is missing",
    r"\ball the same\b": "leave it out, or write still",
    r"\bfor ever\b": "write forever, or permanently",
    r"\bsome(?:body|one)\b": "say who does it, or write a person",
    r"\bas well[.;:,)]?$": "write also, before the verb",
    (
        r"\btold\b|(?:\btells|\b(?:does|do|did)(?: not|n['’]t) tell|\btell (?:it|them|this|that))\b"
        r"(?! \w+(?: \w+){0,3} apart| apart)"
    ): "write report, show or say",
    r"\bstands\b": "write appears, is or remains",
    r"\bin doubt\b": "write 'outcome unknown'",
    r"\b(?:(?:is|are|was|were)(?:n['’]t| not)?|(?:not )?be) whole\b": "write complete or valid",
    r"\blook(?:s|ed|ing)? (?:at|into) (?:Invent|GitHub|the list)\b|\b(?:is|are|was|were) looked at\b": (
        "write read or check"
    ),
    r"\bmend(?:s|ed|ing)?\b": "write fix or repair",
    r"\blet in\b|\blets you in\b": "write accept or deny",
}
# Words of published documents, which programs compare.
PUBLIC = {"in doubt"}
_RULES = {re.compile(pattern, re.IGNORECASE): advice for pattern, advice in BANNED.items()}
# The end of a sentence: a mark, then space and a beginning. An abbreviation does not end one.
_END = re.compile(
    r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<=[.!?])[\"'”’)*_]*\s+(?=[\"'“(*_`\[]*[\w`…→⚠✓\x00-])",
)
_FOR_PROGRAMS = re.compile(
    r"<option |%\(\w+\)s|\\[bdswS]|\(\?|\$\{\{|^\s*(?:SELECT|CREATE|INSERT|UPDATE|DELETE|PRAGMA)\b"
)
_CODE = "\x00"


def faults_of(sentence: str) -> list[str]:
    """What is wrong with one sentence, each with what to write instead."""
    faults = [f"{match[0].strip()!r}: {advice}" for rule, advice in _RULES.items() if (match := rule.search(sentence))]
    count = len(words_of(sentence))
    return [*faults, f"{count} words: make two sentences of it"] if count > LONGEST_SENTENCE else faults


def words_of(sentence: str) -> list[str]:
    """The words of a sentence. Each word of code counts, a path and a number as one; a dash alone is none."""
    return [word for word in sentence.split() if re.search(r"\w|\x00", word)]


def sentences_in(text: str) -> Iterator[str]:
    """The sentences of plain text in which blank lines and items of a list separate paragraphs."""
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*>→⚠✓]|\d+\.)\s)|:\s*\n", text):
        yield from filter(None, (sentence.strip() for sentence in _END.split(" ".join(paragraph.split()))))


def prose_of(page: str) -> str:
    """The prose of a page in Markdown: without code, tables, titles, HTML, and where links lead."""
    text = re.sub(r"\A---\n.*?\n---\n|<!--.*?-->", "", page, flags=re.DOTALL)
    text = re.sub(r"^( *)(`{3,}|~{3,}).*?^\1\2 *$", "", text, flags=re.DOTALL | re.MULTILINE)
    # Each of these ends a paragraph.
    text = re.sub(r"^\s*(?:\||#{1,6} |!!! |\?\?\? |=== |\[[^]]+\]: ).*$", "\n", text, flags=re.MULTILINE)
    # A reader reads each word of a command.
    text = re.sub(r"(`+)(?!`)(.+?)\1", lambda code: " ".join(_CODE for _ in code[2].split()), text, flags=re.DOTALL)
    text = re.sub(r"!\[[^]]*\](?:\([^)]*\)|\[[^]]*\])", "", text)
    text = re.sub(r"\[([^]]*)\](?:\([^)]*\)|\[[^]]*\])", r"\1", text)
    return re.sub(r"\{[.:#][^}]*\}|</?[a-z][^>]*>|&\w+;", "", text)


def labels_of(page: str) -> Iterator[str]:
    """The titles of a page in Markdown, those of its boxes and tabs, and the cells of its tables, each as prose."""
    text = re.sub(r"\A---\n.*?\n---\n|<!--.*?-->", "", page, flags=re.DOTALL)
    text = re.sub(r"^( *)(`{3,}|~{3,}).*?^\1\2 *$", "", text, flags=re.DOTALL | re.MULTILINE)
    for line in text.splitlines():
        if title := re.fullmatch(r"\s*#{1,6} (.*)", line) or re.fullmatch(r'\s*(?:!!!|\?\?\?|===) .*?"(.*)"\s*', line):
            yield prose_of(title[1])
        elif line.lstrip().startswith("|"):
            # Within code, too, a bar that divides no cells is escaped.
            yield from (prose_of(cell) for cell in re.split(r"(?<!\\)\|", line) if re.search(r"\w", cell))


def labels_of_workflow(text: str) -> Iterator[str]:
    """The comments of a workflow, where those on lines of their own are one text, and the names of its steps and jobs.

    An expression is one sign, and so is what `init` fills in.
    """
    text = re.sub(r"\$\{\{.*?\}\}|<\w+>", _CODE, text)
    comment: list[str] = []
    for line in [*text.splitlines(), ""]:
        if own := re.fullmatch(r"\s*# ?(.*)", line):
            comment.append(own[1])
            continue
        if comment:
            yield "\n".join(comment)
            comment = []
        if name := re.fullmatch(r"\s*(?:- )?name: (.*?)(?:\s+#.*)?", line):
            yield name[1]
        if beside := re.search(r"\s# (.*)", line):
            yield beside[1]


def messages_in(source: str) -> Iterator[tuple[int, str]]:
    """The texts of a module that can reach a person, with their lines: no docstring, no name, no pattern."""
    for node in _texts_below(ast.parse(source)):
        # In a template of YAML each comment and each field is a paragraph.
        text = re.sub(r"\n(?=#|\w+:)", "\n\n", _text_of(node))
        if len(re.findall(r"(?<!\S)[A-Za-z][a-z']*[.,;:!?]?(?!\S)", text)) > 1 and not _is_for_programs(text):
            yield getattr(node, "lineno", 0), text


def _texts_below(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.Constant | ast.JoinedStr):
            yield child
        # Inside of an f-string only what its values hold is a text of its own.
        parts = (
            [it for it in child.values if isinstance(it, ast.FormattedValue)]
            if isinstance(child, ast.JoinedStr)
            else [child]
        )
        for part in parts:
            yield from _texts_below(part)


def _text_of(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text_of(part) if isinstance(part, ast.Constant) else _CODE for part in parts)
        case _:
            return ""


def _is_for_programs(text: str) -> bool:
    """Whether it is a regular expression, a query, a script, XML or a word of a published document."""
    return text in PUBLIC or bool(_FOR_PROGRAMS.search(text))
