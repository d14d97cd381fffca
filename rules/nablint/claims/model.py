"""The data of a judgement: what a run of a unit found, and what was made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import libcst as cst

from nablint.calculus.terms import Term
from nablint.results import Explanation, Verdict
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Event, Step


@dataclass(eq=False, slots=True)
class Result:
    """A gradient that leaves the backward code: what it is worth, and whose it says it is.

    value:  the term, None where something on the way is unknown (`reason` says what).
    wrt:    the forward values whose gradient it may be, likeliest first.
    formal: its meaning is fixed by a contract (return position, a loss returned beside it), not by a name alone.
    update: it is a step `w += ...`, whose positive scale is free.
    """

    name: str
    value: Term | None
    wrt: list[Term]
    step: Step
    node: cst.CSTNode
    wrt_name: str = ""
    formal: bool = False
    update: bool = False
    reason: str = ""
    event: Event | None = None
    returned: Step | None = None
    """The return statement that it leaves by."""
    guess: bool = False
    """Nothing tells its variable: `wrt` holds all forward values of its shape, and what is not right is unchecked."""
    beside: tuple[Term, ...] = ()
    """What else it may be the gradient of where it has no name: another argument, or several of them joined."""
    rows: tuple[Term, ...] = ()
    """The rows that forward code takes out of its variable, where it has the shape of those alone."""
    doubt: str = ""
    """Why what is not right is unchecked: something that it depends on was guessed."""


@dataclass(eq=False, slots=True)
class Seed:
    """Where the cotangents start: at these forward values, with these cotangents.

    kind: "arriving" (an argument of the backward function), "loss" (a number in sight), "borrowed" (a number that
          another function by the name of a cost computes), "implicit" (an output minus a target, whose loss is in
          nobody's code).
    """

    cotangents: dict[Term, Term]
    kind: str
    step: Step | None = None
    exact: bool = False
    """The class itself shows how the loss is made of the losses of samples: no factor is a convention."""
    elsewhere: bool = False
    """The cotangent would belong to another value than the one returned: believed where more results come out right."""
    turned: bool = False
    """The cotangent is the sum of an output and its target, which is no loss's: a sign is wrong before all else."""


@dataclass(eq=False, slots=True)
class Run:
    """One run of a unit: the interpreter afterwards, possible seeds, results, and where backward code began."""

    it: Interpreter
    results: list[Result] = field(default_factory=lambda: [])
    seeds: list[Seed] = field(default_factory=lambda: [])
    start: int = 0


@dataclass(eq=False, slots=True)
class Unit:
    """Code that is judged together: a forward and a backward function, a class, a function that holds both, a script.

    run:       traces it in an interpreter whose module is loaded.
    functions: qualified names of the functions whose statements it judges.
    """

    name: str
    kind: str
    run: Callable[[Interpreter], Run]
    functions: tuple[str, ...] = ()
    module: bool = False
    family: str = ""
    """Units by one name of a family judge the same statements: what is wrong in one of them is wrong."""
    otherwise: Unit | None = None
    """Another way to run the same code, tried where this one does not come out right."""


@dataclass(slots=True)
class Judged:
    """A result with its verdict in one run.

    derived:   what it should be; ratio: claimed over derived where that is one number.
    explained: by the style of its steps, the derivation; each is worked out once.
    """

    result: Result
    verdict: Verdict
    reason: str = ""
    wrt: Term | None = None
    derived: Term | None = None
    ratio: float | None = None
    transposed: bool = False
    explained: dict[str, Explanation | None] = field(default_factory=lambda: {})


@dataclass(slots=True)
class Judgement:
    """All results of one run, under the seed that fits best."""

    run: Run
    judged: list[Judged]
    seed: Seed | None = None
    together: bool = False
    """The loss and its gradients are returned together: no factor between them is a convention."""
    proofs: bool = False
    """Proofs have been tried."""

    @property
    def good(self) -> int:
        """How many results are right."""
        return sum(j.verdict in ("proved", "verified") for j in self.judged)

    @property
    def wrong(self) -> int:
        """How many results are wrong."""
        return sum(j.verdict == "wrong" for j in self.judged)
