"""The writer of code: names, constants, sizes, templates of cards, contractions."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping

import numpy as np

from nablint.calculus.code.contraction import network
from nablint.calculus.terms import Term
from nablint.shapes import Polynomial, Size, dim

ADD, MUL, NEG, POW, CALL = 1, 2, 3, 4, 5
Written = tuple[str, int]
LONGEST = 10_000
"""Code of more characters than this is not written."""


class Unwritable(Exception):
    """There is no code for this term."""


Special = Callable[["Coder", Term], "Written | None"]
CODE: dict[str, Special] = {}


def codes(*names: str) -> Callable[[Special], Special]:
    """Register how these cards are written where their template is not enough."""

    def put(function: Special) -> Special:
        for name in names:
            CODE[name] = function
        return function

    return put


class Coder:
    """Writes terms of one graph in one style; what was written is remembered.

    names: terms that are written by name.  dot: matrix products as `np.dot`.
    """

    def __init__(self, style: str, names: Mapping[Term, str], dot: bool) -> None:
        self.style, self.names, self.dot = style, names, dot
        self.torch = style == "torch"
        self.lib = "torch" if self.torch else "np"
        self.done: dict[Term, Written] = {}
        self.unwritable: set[Term] = set()
        self.sizes: dict[Polynomial, str] = {}
        for term, name in names.items():
            if term.ndim and re.fullmatch(r"[\w.\[\]'\"-]+", name):
                for axis, size in enumerate(term.shape):
                    self.sizes.setdefault(dim(size).expr, f"{name}.shape[{axis}]")

    def write(self, term: Term, expand: bool = False) -> Written:
        """Code and how strongly it binds."""
        if not (expand and term.card is not None):
            if term in self.names:
                return self.names[term], _level(self.names[term])
            if term in self.done:
                return self.done[term]
            if term in self.unwritable:
                raise Unwritable
        self._below(term)
        found = self._leaf(term) if term.card is None else self._node(term)
        if len(found[0]) > LONGEST:  # shared parts are written out again and again: without a bound that is exponential
            self.unwritable.add(term)
            raise Unwritable
        self.done[term] = found
        return found

    def _below(self, term: Term) -> None:
        """Write what is below from the leaves up: graphs are deeper than the stack."""

        def known(node: Term) -> bool:
            return not node.args or node in self.done or node in self.names or node in self.unwritable

        waiting = [a for a in term.args if not known(a)]
        while waiting:
            node = waiting[-1]
            unknown = [a for a in node.args if not known(a)]
            if unknown and not known(node):
                waiting.extend(unknown)
                continue
            waiting.pop()
            if not known(node):
                try:
                    self.write(node)
                except Unwritable:
                    self.unwritable.add(node)

    def at(self, term: Term, least: int) -> str:
        """Code, in brackets where it binds less than `least`."""
        text, level = self.write(term)
        return text if level >= least else f"({text})"

    def _leaf(self, term: Term) -> Written:
        if "size" in term.params:
            return self.size(term.params["size"])
        sample = np.asarray(term.sample)
        if not term.is_constant or sample.dtype.kind not in "biuf":
            raise Unwritable
        if sample.ndim == 0:
            value = sample.item()
            text = repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
            return (text, CALL) if value >= 0 else (text, NEG)
        shape = self.shape(term.shape)
        if sample.ndim == 2 and sample.shape[0] == sample.shape[1] > 1 and np.array_equal(sample, np.eye(len(sample))):
            return f"{self.lib}.eye({self.size(term.shape[0])[0]})", CALL
        if sample.size and bool(np.all(sample == sample.flat[0])):
            value = float(sample.flat[0])
            maker = {1.0: "ones", 0.0: "zeros"}.get(value)
            return (f"{self.lib}.{maker}({shape})" if maker else f"{self.lib}.full({shape}, {value!r})"), CALL
        if sample.ndim == 1 and sample.dtype.kind in "iu" and np.array_equal(sample, np.arange(len(sample))):
            return f"{self.lib}.arange({self.size(term.shape[0])[0]})", CALL
        if sample.size > 12:
            raise Unwritable
        return f"{self.lib}.{'tensor' if self.torch else 'array'}({sample.tolist()})", CALL

    def size(self, value: int) -> Written:
        """A size as code: a number, or read off the shape of a name."""
        expr = dim(value).expr
        if expr.number is not None:
            return str(int(value)), CALL
        if expr in self.sizes:
            return self.sizes[expr], CALL
        parts: list[str] = []
        for monomial, coefficient in expr.terms:
            factors = [str(abs(coefficient))] if abs(coefficient) != 1 or not monomial else []
            for name, power in monomial:
                found = self.sizes.get(Polynomial.symbol(name))
                if found is None:
                    raise Unwritable
                factors += [found] * power
            parts.append(("-" if coefficient < 0 else "+") + " * ".join(factors))
        text = " ".join(f"{p[0]} {p[1:]}" for p in parts)
        return (text[2:] if text.startswith("+ ") else text), (MUL if len(parts) == 1 else ADD)

    def shape(self, shape: tuple[Size, ...]) -> str:
        """A shape as a tuple in code, read off a name with just this shape where there is one."""
        for term, name in self.names.items():
            if term.ndim and tuple(term.shape) == tuple(shape) and re.fullmatch(r"[\w.]+", name) \
                    and [dim(a).expr for a in term.shape] == [dim(b).expr for b in shape]:
                return f"{name}.shape"
        inside = ", ".join(self.size(s)[0] for s in shape)
        return f"({inside},)" if len(shape) == 1 else f"({inside})"

    def _node(self, term: Term) -> Written:
        assert term.card is not None
        if self.style == "einsum" and (found := self._einsum(term)) is not None:
            return found
        special = CODE.get(term.card.name)
        found = special(self, term) if special else None
        if found is not None:
            return found
        try:
            return self._template(term)
        except Unwritable:
            if term.card.define is None:
                raise
            defined = term.card.define(*term.args, **term.params)
            if not isinstance(defined, Term) or defined.card is term.card:
                raise
            return self.write(defined, expand=True)

    # Templates --------------------------------------------------------------------------------------------------------

    def _template(self, term: Term) -> Written:
        card = term.card
        assert card is not None
        pattern = card.template("torch" if self.torch else "numpy", term.args, term.params)
        if not pattern or (term.args and not re.search(r"\{(\d|\*)", pattern)):
            raise Unwritable
        defaults = {**_defaults(card.adjoint), **_defaults(card.shape), **_defaults(card.evaluate)}
        params = {**defaults, **term.params}
        chosen = callable(card.torch if self.torch else card.numpy)  # by a function, which has seen the parameters
        silent = [k for k, v in term.params.items()
                  if not chosen and f"{{{k}}}" not in pattern and v is not None and v != defaults.get(k)]
        if silent or ("{*}" not in pattern and f"{{{len(term.args) - 1}}}" not in pattern):
            raise Unwritable  # the pattern does not say all that the term is
        if self.torch and not _torch_takes(term, params):
            raise Unwritable
        for key in re.findall(r"\{([a-z]\w*)\}", pattern):
            if params.get(key) is None:  # a parameter left out is left out
                pattern = re.sub(rf",\s*(\w+=)?\{{{key}\}}", "", pattern)

        def put(found: re.Match[str]) -> str:
            key = found.group(1)
            if key == "*":
                return ", ".join(self.write(a)[0] for a in term.args)
            if key.isdigit():
                if int(key) >= len(term.args):
                    raise Unwritable
                before, after = pattern[: found.start()].rstrip()[-1:], pattern[found.end():].lstrip()[:1]
                arg = term.args[int(key)]
                if self.torch and pattern.startswith("torch.") and arg.is_constant and arg.ndim == 0 \
                        and card.name not in ("where", "power") and arg not in self.names:
                    value = f"float({self.size(arg.params['size'])[0]})" if "size" in arg.params else \
                        repr(float(np.asarray(arg.sample)))
                    return f"torch.tensor({value})"  # torch's functions take tensors only
                if before in ("(", ",", "[") and after in (")", ",", "]"):
                    return self.write(term.args[int(key)])[0]
                return self.at(term.args[int(key)], CALL)
            value = params.get(key)
            if value is None:
                raise Unwritable
            if key == "shape":
                return self.shape(tuple(term.params["shape"]))
            if key == "index":
                index: tuple[object, ...] = term.params["index"]
                return index_code(index, [self.write(a)[0] for a in term.args[1:]])
            return self.parameter(value)

        text = re.sub(r"\{(\*|\w+)\}", put, pattern.replace("{{", "\0").replace("}}", "\1"))
        text = re.sub(r", (keepdims|keepdim)=False|, ddof=0", "", text)
        text = text.replace("\0", "{").replace("\1", "}")
        level = _code_level(text, self.torch)
        if level is None:
            raise Unwritable
        return text, level

    def parameter(self, value: object) -> str:
        """A parameter of a card, as code."""
        if isinstance(value, bool | str | type(None)):
            return repr(value)
        if isinstance(value, Size):
            return self.size(value)[0]
        if isinstance(value, int | float):
            return repr(value)
        if isinstance(value, tuple | list):
            inside = ", ".join(self.parameter(v) for v in value)
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        raise Unwritable

    # Contractions -----------------------------------------------------------------------------------------------------

    def _einsum(self, term: Term) -> Written | None:
        found = network(term, frozenset(self.names) - {term})
        if found is None:
            return None
        operands, output, labels = found
        if all(names == output for names in labels):
            return None
        letters: dict[int, str] = {}
        spare = iter("ijklmnopqrstuvwxyzabcdefgh")
        formula = ",".join("".join(letters.setdefault(i, "") or letters.__setitem__(i, next(spare)) or letters[i]
                                   for i in names) for names in labels)
        if any(i not in letters for i in output):
            return None
        formula += "->" + "".join(letters[i] for i in output)
        return f"np.einsum('{formula}', {', '.join(self.write(o)[0] for o in operands)})", CALL


def _level(text: str) -> int:
    """How strongly a name that is really an expression binds."""
    return CALL if re.fullmatch(r"[\w.]+(\[[^\[\]]*\])*(\.T)?", text) else 0


def _defaults(function: Callable[..., object]) -> dict[str, object]:
    """The parameters of a card that need not be given."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p.default for p in found if p.default is not p.empty and not p.name.startswith("_")}


def _torch_takes(term: Term, params: Mapping[str, object]) -> bool:
    """torch's function takes these: a dimension where it needs one, equal ranks where it does not broadcast."""
    assert term.card is not None
    name, ranks = term.card.name, [a.ndim for a in term.args]
    if name in ("softmax", "log_softmax", "cumsum", "cumprod", "flip", "logsumexp") and params.get("axis") is None:
        return False
    if name in ("cross", "solve_triangular") and len(set(ranks)) > 1:
        return False
    if name == "tile":
        return len(tuple(params.get("reps", ()))) >= ranks[0]  # type: ignore[arg-type]
    return name != "bce_with_logits" or len({np.shape(a.sample) for a in term.args}) == 1


_LEVELS: dict[type, int] = {ast.Add: ADD, ast.Sub: ADD, ast.Mult: MUL, ast.Div: MUL, ast.MatMult: MUL, ast.Mod: MUL,
                            ast.FloorDiv: MUL, ast.Pow: POW}


def _code_level(text: str, torch: bool) -> int | None:
    """How strongly code binds; None where it does not parse or calls what is not there."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (
                node.value.id == "scipy" or (node.value.id == "np" and (torch or not hasattr(np, node.attr)))):
            return None
    if isinstance(tree, ast.BinOp):
        return _LEVELS.get(type(tree.op), 0)
    if isinstance(tree, ast.UnaryOp):
        return NEG
    return (
        CALL if isinstance(tree, ast.Call | ast.Attribute | ast.Subscript | ast.Name | ast.Constant | ast.Tuple) else 0
    )


def index_code(index: tuple[object, ...], arrays: list[str]) -> str:
    """What stands between the brackets of an index, in code."""
    shown: list[str] = []
    for part in index:
        if part is Ellipsis:
            shown.append("...")
        elif isinstance(part, tuple) and part[0] == "slice":
            start, stop, step = (("" if v is None else str(int(v))) for v in part[1:])
            shown.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        elif isinstance(part, tuple):
            shown.append(arrays[part[1]])
        else:
            shown.append(str(part))
    return ", ".join(shown)
