"""The values that a traced program works on.

Python's own numbers, strings, lists, tuples and dicts stand for themselves.  Everything else has a stand-in: an `Array`
holds a term, a `Pending` is an input that no use has shown the nature of yet, `Unknown` is what the interpreter cannot
follow, with the reason.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.reading.source import Block


def note_past(past: list[tuple[int, Any]], moment: int, value: Any) -> None:
    """Note what was held before a step, which may change it more than once; what is replayed changes nothing."""
    if not past or moment > past[-1][0]:
        past.append((moment, value))


class Array:
    """A mutable array: a cell whose term changes when the program writes into it.

    A view has a `base`; what is written to the view reaches the base through `unview(base_term, new_term)`, and what is
    written to the base is seen through `rebuild(base_term)`.

    current: the term as last computed, without a look at the base; `term` brings it up to date.
    fresh:  the array was just made by `zeros` or `ones`; with a name of its own it becomes blank.
    blank:  the array was made by `zeros` or `ones` and has not been written to; read as an operand of forward
            arithmetic it is a parameter, and gets generic values (a gradient buffer does not).
    begun:  the frame that set entries of it to numbers while it was blank, as `b[H:2 * H] = 1` of a forget gate does;
            for all other frames it is still blank.
    """

    __slots__ = ("_seen", "base", "begun", "blank", "current", "dialect", "fresh", "past", "rebuild", "unview",
                 "version")

    def __init__(self, term: Term, dialect: str = "numpy", *, blank: bool = False, base: Array | None = None,
                 rebuild: Callable[[Term], Term] | None = None,
                 unview: Callable[[Term, Term], Term] | None = None) -> None:
        self.current = term
        self.dialect = dialect
        self.blank = blank
        self.fresh = False
        self.begun: Scope | None = None
        self.base = base
        self.rebuild = rebuild
        self.unview = unview
        self.version = 0
        self.past: list[tuple[int, Term]] = []
        """What was overwritten, with the number of the step that did it."""
        self._seen = base.version if base is not None else 0

    @property
    def term(self) -> Term:
        """The present value."""
        if self.base is not None and self.rebuild is not None:
            base = self.base.term
            if self._seen != self.base.version:
                self.current = self.rebuild(base)
                self._seen = self.base.version
                self.version += 1
        return self.current

    def write(self, term: Term) -> None:
        """Overwrite the whole array (and, for a view, its part of the base)."""
        note_past(self.past, self.current.graph.moment, self.current)
        self.current = term
        self.blank = False
        self.begun = None
        self.version += 1
        if self.base is not None and self.unview is not None:
            self.base.write(self.unview(self.base.term, term))
            self._seen = self.base.version

    def before(self, moment: int) -> Term:
        """The value before the step of this number; a view of what has changed since is seen as it is."""
        at = bisect_left(self.past, moment, key=lambda entry: entry[0])
        return self.past[at][1] if at < len(self.past) else self.term

    def __repr__(self) -> str:
        return f"Array({self.current!r})"


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the interpreter cannot follow."""

    reason: str
    tainted: bool = False
    misfit: bool = False
    """Shapes in backward code did not fit: known to be wrong, whatever the value would be."""
    length: bool = False
    """The length of something outside: what it is assigned to is a size."""


@dataclass(frozen=True, slots=True)
class OpenShape(Unknown):
    """The shape of an array that may have more axes than it is read with: its first size is known."""

    first: Any = None


class Pending:
    """An input whose nature its uses will tell: an array, a size, a list, a dict ...

    path:  where it comes from, `x`, `self.W1`, `parameters['W1']`.
    hint:  the name at the end of the path.
    """

    __slots__ = ("default", "evidence", "hint", "optional", "path", "space", "tainted", "value")

    def __init__(self, path: str, hint: str, *, default: Any = None, tainted: bool = False, evidence: Any = None,
                 space: str = "") -> None:
        self.evidence = evidence
        self.space = space
        self.path = path
        self.hint = hint
        self.value: Any = None
        self.default = default
        self.optional = False
        """It may be left out, and mostly is."""
        self.tainted = tainted

    def __repr__(self) -> str:
        return f"Pending({self.path})"


class Flag(int):
    """The default of a flag, `True` or `False`; code that tests it in backward was written for both."""

    path: str = ""


class Mode(str):
    """The value of a mode, a string; backward code that compares it was written for what it compares it with."""

    __slots__ = ("path",)
    path: str


class PendingShape:
    """The shape of a pending input before its rank is known."""

    __slots__ = ("of",)

    def __init__(self, of: Pending) -> None:
        self.of = of


class OpenDict(dict[Any, Any]):
    """A dict of an input: keys appear when they are asked for.

    left_out: the keys that were asked for with a default, and taken to be left out.
    counted:  how many keys it has, where code counts them before it asks for any.
    """

    path: str = ""
    counted: int = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.left_out: set[Any] = set()


class OpenList(list[Any]):
    """A list of an input whose length was guessed."""

    path: str = ""


@dataclass(eq=False, slots=True)
class Scope:
    """Names of one frame, with the scope that it was defined in."""

    names: dict[str, Any] = field(repr=False)
    outer: Scope | None = field(default=None, repr=False)
    function: str = ""
    outer_names: dict[str, Scope] = field(default_factory=lambda: {}, repr=False)
    comprehension: bool = False

    def find(self, name: str) -> Scope | None:
        """The nearest scope that has the name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope


class Deferred:
    """What a name of a module stands for, found when somebody asks: an import, or a definition of another file."""

    __slots__ = ("_find", "_value")

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find: Callable[[], Any] | None = find
        self._value: Any = None

    def value(self) -> Any:
        """The value; something unknown while it is being found, as where modules import each other."""
        if self._find is not None:
            find, self._find, self._value = self._find, None, Unknown("an import that leads back to itself")
            self._value = find()
        return self._value


class Names(dict[str, Any]):
    """The names of a module; what is deferred is found when it is asked for.  A copy holds it as it stands."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return value.value() if type(value) is Deferred else value

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name."""
        return self[name] if name in self else default  # noqa: SIM401

    def values(self) -> list[Any]:  # type: ignore[override]
        """All values, each found."""
        return [v.value() if type(v) is Deferred else v for v in list(super().values())]

    def items(self) -> list[tuple[str, Any]]:  # type: ignore[override]
        """All names with their values, each found."""
        return [(n, v.value() if type(v) is Deferred else v) for n, v in list(super().items())]


def as_they_stand(names: dict[str, Any]) -> dict[str, Any]:
    """A copy in which what is deferred is still to be found."""
    return dict.copy(names)


@dataclass(eq=False, slots=True)
class Function:
    """A function, method or lambda of the traced source."""

    node: cst.FunctionDef | cst.Lambda = field(repr=False)
    scope: Scope = field(repr=False)
    name: str
    kind: str = "function"
    """function, static, class, property"""
    owner: Class | None = None
    generator: bool = False
    context: bool = False
    """A generator that `contextmanager` makes a context manager of: what it yields first is the context."""
    defaults: dict[str, Any] = field(default_factory=lambda: {}, repr=False)
    """Defaults of a function made inside another one: they have the values of the moment when it was made."""
    block: Block | None = field(default=None, repr=False)
    """The block of source that it stands in."""
    decorated: Any = field(default=None, repr=False)
    """What decorators of the source make of it; calls by its name go there."""


@dataclass(eq=False, slots=True)
class Class:
    """A class of the traced source."""

    node: cst.ClassDef = field(repr=False)
    name: str
    names: dict[str, Any] = field(repr=False)
    bases: list[Any] = field(repr=False)
    scope: Scope = field(repr=False)
    dataclass: bool = False

    def lookup(self, name: str) -> Any:
        """A member by the order of bases; None where nothing of this source has it."""
        return next((cls.names[name] for cls in self.order() if cls.names.get(name) is not None), None)

    def order(self) -> list[Class]:
        """The class and its bases of this source in the order in which members are looked up.

        For classes that Python accepts this is its order (C3): a base stands behind every class that derives from it.
        """
        found = [self]
        for base in self.bases:
            if isinstance(base, Class):
                found += base.order()
        last = {id(cls): place for place, cls in enumerate(found)}
        return [cls for place, cls in enumerate(found) if last[id(cls)] == place]

    def external_base(self) -> str | None:
        """The dotted name of the first base outside the source."""
        for base in self.bases:
            if isinstance(base, External):
                return base.name
            if isinstance(base, Class) and (found := base.external_base()):
                return found
        return None


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a traced class, or a nameless bag of attributes (`cls` is None)."""

    cls: Class | None
    names: dict[str, Any] = field(repr=False)
    path: str = ""
    past: dict[str, list[tuple[int, Any]]] = field(default_factory=lambda: {}, repr=False)
    """What attributes held before they were given something else, with the numbers of the steps that did it."""

    def put(self, name: str, value: Any, moment: int) -> None:
        """Give an attribute a value, in the step of this number."""
        if name in self.names:
            note_past(self.past.setdefault(name, []), moment, self.names[name])
        self.names[name] = value

    def before(self, name: str, moment: int) -> Any:
        """What an attribute held before the step of this number."""
        past = self.past.get(name, ())
        at = bisect_left(past, moment, key=lambda entry: entry[0])
        return past[at][1] if at < len(past) else self.names[name]


@dataclass(eq=False, slots=True)
class Bound:
    """A method together with its object; `receiver` is passed first."""

    function: Function
    receiver: Any


@dataclass(eq=False, slots=True)
class Method:
    """A method of a stand-in array or of a Python container, by name."""

    receiver: Any
    name: str


@dataclass(eq=False, slots=True)
class Native:
    """A function of the tool's own that traced code calls: call(it, *args, **keywords)."""

    call: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the source, by its dotted name: `numpy.sum`, `torch.nn.Module`."""

    name: str


external = lru_cache(maxsize=8192)(External)
"""The same, made once for each name."""


@dataclass(eq=False, slots=True)
class Super:
    """`super()` in a method of `cls`."""

    cls: Class
    receiver: Any


class Signal(Exception):
    """Control flow of the traced program."""


class ReturnSignal(Signal):
    """`return`."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class BreakSignal(Signal):
    """`break`."""


class ContinueSignal(Signal):
    """`continue`."""


class RaiseSignal(Signal):
    """`raise`, or an exception that the traced code would raise."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Restart(Exception):
    """The present hypothesis does not fit the forward code; `equations` would make it fit."""

    def __init__(self, reason: str, equations: tuple[tuple[str, Any], ...] = (), *,
                 decisions: tuple[tuple[str, int], ...] = (), positive: tuple[str, ...] = (),
                 small: tuple[str, ...] = (), asserted: bool = False,
                 alike: tuple[tuple[str, Any], ...] = ()) -> None:
        super().__init__(reason)
        self.alike = alike
        self.asserted = asserted
        self.small = small
        self.reason = reason
        self.equations = equations
        self.decisions = decisions
        self.positive = positive
        self.at: Any = None
        """The statement in which the run stopped."""
        self.choices: dict[str, Any] = {}
        """The questions that the run had asked by then, as its world holds them."""
        self.asked: set[str] = set()
        """The keys of all decisions that it had looked for."""

    @property
    def answerable(self) -> bool:
        """Is it known what would make the hypothesis fit?"""
        return bool(self.equations or self.decisions or self.positive or self.small)


class Undecided(Exception):
    """In a run without guesses, a question that nothing answers."""


class TooMuch(Exception):
    """A bound was reached: steps, nodes, depth or time."""


def is_tainted(value: Any) -> bool:
    """Does any array in the value depend on a cotangent?"""
    if isinstance(value, Array):
        return value.term.tainted
    if isinstance(value, Unknown | Pending):
        return value.tainted
    if isinstance(value, list | tuple):
        return any(map(is_tainted, value))
    return False
