"""Source text as top-level blocks, each parsed by libcst only when it is needed.

Parsing costs tens of milliseconds per thousand lines, and after an edit in one function the others are as they were:
blocks are therefore parsed one by one, and the parsed tree is remembered by the block's text.  `ast` and the text only
find the bounds.
"""

from __future__ import annotations

import ast
import itertools
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from nablint.reading.lazily import regex
from nablint.reading.legacy import readable
from nablint.reading.places import Span, spans
from nablint.results import Place

CACHED_BLOCKS = 4096
LARGEST_BLOCK = 400_000
"""Characters, some ten thousand lines in one piece: that is data, and would take libcst a minute and gigabytes."""


class Tree:
    """A parsed block.

    spans: by identity of a node; rows count from 1 at the block's first line.  They are found when first asked for:
           that takes as long as parsing, and of most blocks nobody asks.
    """

    def __init__(self, module: cst.Module) -> None:
        self.module = module

    @cached_property
    def spans(self) -> dict[int, Span]:
        """The span of every node of the block; none where it is nested too deeply to be walked."""
        try:
            return spans(self.module)
        except RecursionError:
            return {}


@dataclass(slots=True)
class Block:
    """One or more whole top-level statements: their text and the row of its first line.

    sound: whether `ast` could read the file it is from, so that libcst may be given it as it is.
    """

    text: str
    row: int
    error: str | None = None
    sound: bool = True
    parsed: Tree | None = None
    outside: bool = False
    """It is of another file than the one that is judged."""

    def tree(self) -> Tree | None:
        """The parsed block; None, with `error` set, when libcst cannot read it."""
        if self.parsed is None and self.error is None:
            self.parsed = self._tree()
        return self.parsed

    def _tree(self) -> Tree | None:
        found = _trees.get(self.text)
        if found is None:
            if len(self.text) > LARGEST_BLOCK:
                self.error = f"line {self.row}: {len(self.text) // 1000} kB in one piece are data, not code"
                return None
            told = None if self.sound else _told_by_python(self.text, self.row)
            if told == TOO_DEEP:
                self.error = f"line {self.row}: {told}"
                return None
            try:
                module = cst.parse_module(self.text)
                found = Tree(module)
            except cst.ParserSyntaxError as error:
                # libcst counts a block's rows from where its tokens begin, and its words are for those who know it.
                self.error = told or f"line {self.row + error.raw_line - 1}: {error.message.splitlines()[0]}"
                return None
            except (RecursionError, cst.CSTValidationError) as error:
                self.error = f"line {self.row}: cannot be parsed ({type(error).__name__})"
                return None
            _trees[self.text] = found
            if len(_trees) > CACHED_BLOCKS:
                _trees.popitem(last=False)
        else:
            _trees.move_to_end(self.text)
        return found

    def place(self, relative: Place) -> Place:
        """A place of the block as a place of the file."""
        return Place(relative.row + self.row - 1, relative.column)


_trees: OrderedDict[str, Tree] = OrderedDict()


def blocks(text: str) -> list[Block]:
    """Cut a source text into its top-level statements; functions and classes keep their decorators.

    Runs of short statements between definitions form one block.  Where `ast` cannot read the file, it is read as one of
    Python 2 with IPython's magics; where that is none either, the text is cut before every unindented definition, so
    that one broken function leaves the others readable, and a broken run of statements is cut into its statements, so
    that the imports beside a slip of the pen are not lost.
    """
    lines = text.splitlines(keepends=True)
    bounds = _bounds(text, lines)
    if bounds is None:
        text = readable(text)
        lines = text.splitlines(keepends=True)
        bounds = _bounds(text, lines)
    sound = bounds is not None
    if bounds is None:
        bounds = _bounds_from_text(lines)
        for a, b in itertools.pairwise(sorted({1, *bounds, len(lines) + 1})):
            if _bounds_from_ast("".join(lines[a - 1 : b - 1])) is None:
                bounds |= {a + row for row in _statements(lines[a - 1 : b - 1])}
    pairs = itertools.pairwise(sorted({1, *bounds, len(lines) + 1}))
    return [Block("".join(lines[a - 1 : b - 1]), a, sound=sound) for a, b in pairs]


def _bounds(text: str, lines: list[str]) -> set[int] | None:
    """The bounds where the text is Python, else None."""
    bounds = _bounds_by_pieces(lines)
    return _bounds_from_ast(text) if bounds is None else bounds


def _bounds_by_pieces(lines: list[str]) -> set[int] | None:
    """The bounds found piece by piece, as most pieces are remembered; None where some piece is no whole Python.

    Pieces that are Python each by itself are the same statements together: a cut inside a string or a bracket leaves
    what is none.
    """
    rows: set[int] = set()
    cuts = sorted({1, *_bounds_from_text(lines), len(lines) + 1})
    for first, end in itertools.pairwise(cuts):
        text = "".join(lines[first - 1 : end - 1])
        if text in _pieces:
            _pieces.move_to_end(text)
        else:
            found = _bounds_from_ast(text)
            _pieces[text] = None if found is None else frozenset(found)
            if len(_pieces) > CACHED_BLOCKS:
                _pieces.popitem(last=False)
        relative = _pieces[text]
        if relative is None:
            return None
        rows |= {first + row - 1 for row in relative}
    return rows


_pieces: OrderedDict[str, frozenset[int] | None] = OrderedDict()


def _bounds_from_ast(text: str) -> set[int] | None:
    """First rows of blocks, or None where the text is no Python that this interpreter knows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    rows: set[int] = set()
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            first = min([statement.lineno, *(d.lineno for d in statement.decorator_list)])
            end = statement.end_lineno or first
            rows |= {first, end + 1}
    return rows


TOO_DEEP = "nested too deeply"
"""Python itself gives up on such nesting; libcst's parser would overflow its stack, and take us with it."""


def _told_by_python(text: str, row: int) -> str | None:
    """What Python says against a block whose first line is `row`; None when it reads it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (RecursionError, MemoryError):
        return TOO_DEEP
    except SyntaxError as error:
        return TOO_DEEP if "too many" in str(error) else f"line {row + (error.lineno or 1) - 1}: {error.msg}"
    except ValueError as error:
        return f"line {row}: {error}"
    return None


_DEFINITION = regex(r"(?:@|(?:async\s+)?def\s|class\s)")


def _bounds_from_text(lines: list[str]) -> set[int]:
    """First rows of unindented definitions and of what follows them, found without parsing."""
    rows: set[int] = set()
    inside = decorated = False
    for row, line in enumerate(lines, 1):
        if line[:1] in " \t\r\n#)]}" or not line:
            continue
        if _DEFINITION.match(line):
            if not decorated:
                rows.add(row)
            decorated = line.startswith("@")
            inside = True
        elif inside:
            rows.add(row)
            inside = False
    return rows


_GOES_ON = regex(r"[\s#)\]}]|(?:else|elif|except|finally)\b|$")
"""An unindented line that is no statement's first."""


def _statements(lines: list[str]) -> list[int]:
    """The lines, counted from 0, on which an unindented statement begins; none inside a definition or a long string."""
    if _DEFINITION.match(lines[0]):
        return []
    found: list[int] = []
    quoted = False
    for row, line in enumerate(lines):
        if not quoted and not _GOES_ON.match(line):
            found.append(row)
        quoted ^= bool((line.count('"""') + line.count("'''")) % 2)
    return found
