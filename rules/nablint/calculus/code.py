"""Terms as Python code: numpy, torch, einsum.

What is written evaluates to the term's value with the names in scope; what cannot be written so gives None.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping

import numpy as np

from nablint.calculus.simplify import chain
from nablint.calculus.terms import Term
from nablint.shapes import Polynomial, Size, dim

ADD, MUL, NEG, POW, CALL = 1, 2, 3, 4, 5
Written = tuple[str, int]


class Unwritable(Exception):
    """There is no code for this term."""


def write_code(term: Term, style: str, names: Mapping[Term, str], *, dot: bool = False, expand: bool = True) -> str | None:
    """The term in `numpy`, `torch` or `einsum` code, or None."""
    writer = _Coder(style, names, dot)
    try:
        return writer.write(term, expand)[0]
    except Unwritable:
        return None


class _Coder:
    def __init__(self, style: str, names: Mapping[Term, str], dot: bool) -> None:
        self.style, self.names, self.dot = style, names, dot
        self.torch = style == "torch"
        self.lib = "torch" if self.torch else "np"
        self.done: dict[Term, Written] = {}
        self.sizes: dict[Polynomial, str] = {}
        for term, name in names.items():
            if term.ndim and re.fullmatch(r"[\w.\[\]'\"-]+", name):
                for axis, size in enumerate(term.shape):
                    self.sizes.setdefault(dim(size).expr, f"{name}.shape[{axis}]")

    def write(self, term: Term, expand: bool = False) -> Written:
        if not (expand and term.card is not None):
            if term in self.names:
                return self.names[term], _level(self.names[term])
            if term in self.done:
                return self.done[term]
        found = self.done[term] = self._leaf(term) if term.card is None else self._node(term)
        return found

    def at(self, term: Term, least: int) -> str:
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
        special = _CODE.get(term.card.name)
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
        if not pattern or term.args and not re.search(r"\{(\d|\*)", pattern):
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
                    return f"torch.tensor({float(np.asarray(arg.sample))!r})"  # torch's functions take tensors only
                if before in ("(", ",", "[") and after in (")", ",", "]"):
                    return self.write(term.args[int(key)])[0]
                return self.at(term.args[int(key)], CALL)
            value = params.get(key)
            if value is None:
                raise Unwritable
            if key == "shape":
                return self.shape(value)
            if key == "index":
                return index_code(value, [self.write(a)[0] for a in term.args[1:]])
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


def network(term: Term, names: frozenset[Term]) -> tuple[list[Term], tuple[int, ...], list[tuple[int, ...]]] | None:
    """Operands, output labels and operand labels of the contraction at the top of a term; None where there is none."""
    operands: list[Term] = []
    labels: list[tuple[int, ...]] = []
    count = 0

    def fresh(n: int) -> tuple[int, ...]:
        nonlocal count
        count += n
        return tuple(range(count - n, count))

    def open_(node: Term, axes: tuple[int, ...]) -> None:
        card = None if node in names else node.card
        kind = card.name if card else ""
        args = node.args
        if kind in ("matmul", "dot") and all(1 <= a.ndim <= 2 for a in args):
            inner = fresh(1)
            a, b = args
            open_(a, (*axes[: a.ndim - 1], *inner))
            open_(b, (*inner, *axes[len(axes) - b.ndim + 1:]) if b.ndim == 2 else inner)
        elif kind == "outer" and all(a.ndim == 1 for a in args):
            open_(args[0], axes[:1])
            open_(args[1], axes[1:])
        elif kind == "transpose":
            order = node.params.get("axes")
            order = tuple(range(node.ndim))[::-1] if order is None else tuple(int(i) % node.ndim for i in order)
            inside = [0] * node.ndim
            for place, source in enumerate(order):
                inside[source] = axes[place]
            open_(args[0], tuple(inside))
        elif kind == "sum" and not node.params.get("keepdims"):
            rank, axis = args[0].ndim, node.params.get("axis")
            gone = range(rank) if axis is None else [int(a) % rank for a in (axis if isinstance(axis, tuple) else (axis,))]
            kept = iter(axes)
            open_(args[0], tuple(fresh(1)[0] if i in gone else next(kept) for i in range(rank)))
        elif kind == "multiply" and np.shape(args[0].sample) == np.shape(args[1].sample) and node.ndim:
            for a in args:
                open_(a, axes)
        elif kind == "trace" and len(set(np.shape(args[0].sample))) == 1 and not any(node.params.values()):
            (i,) = fresh(1)
            open_(args[0], (i, i))
        else:
            operands.append(node)
            labels.append(axes)

    output = fresh(term.ndim)
    open_(term, output)
    return (operands, output, labels) if operands != [term] else None


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
    """torch's function takes these arguments: a dimension where it needs one, equal ranks where it does not broadcast."""
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
    return CALL if isinstance(tree, ast.Call | ast.Attribute | ast.Subscript | ast.Name | ast.Constant | ast.Tuple) else 0


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


Special = Callable[[_Coder, Term], Written | None]
_CODE: dict[str, Special] = {}


def _codes(*names: str) -> Callable[[Special], Special]:
    def put(function: Special) -> Special:
        for name in names:
            _CODE[name] = function
        return function

    return put


_codes("add")(lambda w, t: (f"{w.at(t.args[0], ADD)} + {w.at(t.args[1], ADD + (t.args[1].card is not None and t.args[1].card.name != 'add'))}", ADD)
              if w.write(t.args[1])[1] != ADD else (f"{w.at(t.args[0], ADD)} + {w.write(t.args[1])[0]}", ADD))
_codes("subtract")(lambda w, t: (f"{w.at(t.args[0], ADD)} - {w.at(t.args[1], MUL)}", ADD))
_codes("negative")(lambda w, t: (f"-{w.at(t.args[0], MUL)}", NEG if w.write(t.args[0])[1] > MUL else MUL))
_codes("power")(lambda w, t: (f"{w.at(t.args[0], CALL)}**{w.at(t.args[1], POW)}", POW))
_codes("square")(lambda w, t: (f"{w.at(t.args[0], CALL)}**2", POW))
_codes("divide")(lambda w, t: (f"{w.at(t.args[0], MUL)} / {w.at(t.args[1], NEG)}", MUL))


@_codes("multiply")
def _multiply(w: _Coder, t: Term) -> Written:
    a, b = t.args
    if a.ndim and not b.ndim:
        a, b = b, a
    left = w.at(a, MUL)
    # With a scalar in front the order of the operators does not matter.
    right = w.at(b, MUL) if a.ndim == 0 and w.write(a)[1] >= POW else w.at(b, NEG)
    return f"{left} * {right}", MUL


@_codes("matmul", "dot")
def _matmul(w: _Coder, t: Term) -> Written | None:
    assert t.card is not None
    a, b = t.args
    if a.ndim == 0 or b.ndim == 0:
        return _multiply(w, t)
    if t.card.name == "dot" and max(a.ndim, b.ndim) > 2:
        if w.torch:
            raise Unwritable
        return None
    if w.dot and max(a.ndim, b.ndim) <= 2:
        return f"{w.lib}.dot({w.write(a)[0]}, {w.write(b)[0]})" if not w.torch else \
            f"torch.matmul({w.write(a)[0]}, {w.write(b)[0]})", CALL
    plain = len(chain(a)) > 1 or not _is_product(w, a)
    left = w.at(a, MUL) if plain else w.at(a, NEG)
    chained = len(chain(b)) > 1 and b not in w.names and a.ndim == 2 and chain(b)[0].ndim == 2 and chain(b)[-1].ndim == 2
    right = w.at(b, MUL) if chained else w.at(b, NEG)
    return f"{left} @ {right}", MUL


def _is_product(w: _Coder, t: Term) -> bool:
    return t not in w.names and t.card is not None and t.card.name in ("multiply", "divide", "negative")


@_codes("transpose")
def _transpose(w: _Coder, t: Term) -> Written:
    axes, inner = t.params.get("axes"), t.args[0]
    rank = inner.ndim
    order = tuple(range(rank))[::-1] if axes is None else tuple(int(a) % rank for a in axes)
    if rank <= 2:
        return (f"{w.at(inner, CALL)}.T", CALL) if order == (1, 0) else w.write(inner)
    if order == (*range(rank - 2), rank - 1, rank - 2):
        return f"{w.at(inner, CALL)}.mT" if w.torch else f"np.swapaxes({w.write(inner)[0]}, -1, -2)", CALL
    if w.torch:
        return f"{w.at(inner, CALL)}.permute({', '.join(map(str, order))})", CALL
    return f"{w.at(inner, CALL)}.transpose({', '.join(map(str, order))})", CALL


@_codes("sum", "mean", "max", "min", "prod")
def _reduce(w: _Coder, t: Term) -> Written:
    assert t.card is not None
    axis, keep, name = t.params.get("axis"), t.params.get("keepdims"), t.card.name
    words = ("dim", "keepdim") if w.torch else ("axis", "keepdims")
    if w.torch and name in ("max", "min") and axis is not None:
        name = f"a{name}"
    if w.torch and name == "prod" and (isinstance(axis, tuple) or keep):
        raise Unwritable
    if w.torch and axis is None and keep:
        axis = tuple(range(t.args[0].ndim))
    text = f"{w.lib}.{name}({w.write(t.args[0])[0]}"
    if axis is not None:
        text += f", {words[0]}={w.parameter(tuple(map(int, axis)) if isinstance(axis, tuple) else int(axis))}"
    return text + (f", {words[1]}=True)" if keep else ")"), CALL


@_codes("reshape", "ravel")
def _reshape(w: _Coder, t: Term) -> Written:
    shape = w.shape(t.shape)
    return f"{w.at(t.args[0], CALL)}.reshape({shape if shape.endswith('.shape') or t.ndim == 0 else shape[1:-1].rstrip(',')})", CALL


@_codes("expand_dims", "squeeze")
def _expand(w: _Coder, t: Term) -> Written:
    assert t.card is not None
    axis = t.params.get("axis")
    if t.card.name == "squeeze":
        inside = "" if axis is None else w.parameter(axis)
        return f"{w.at(t.args[0], CALL)}.squeeze({inside})", CALL
    axes = {int(a) % t.ndim for a in (axis if isinstance(axis, tuple) else (axis,))}  # type: ignore[arg-type]
    shown = ["None" if i in axes else ":" for i in range(t.ndim)]
    return f"{w.at(t.args[0], CALL)}[{', '.join(shown)}]", CALL


@_codes("broadcast_to")
def _broadcast(w: _Coder, t: Term) -> Written:
    shape, inner = w.shape(t.shape), w.write(t.args[0])[0]
    if t.args[0].is_constant and t.args[0].ndim == 0:
        maker = {"1": "ones", "0": "zeros"}.get(inner)
        return (f"{w.lib}.{maker}({shape})" if maker else f"{w.lib}.full({shape}, {inner})"), CALL
    return f"torch.broadcast_to({inner}, {shape})" if w.torch else f"np.broadcast_to({inner}, {shape})", CALL


@_codes("diag_embed", "diagonal")
def _diag(w: _Coder, t: Term) -> Written | None:
    plain = not any(v for k, v in t.params.items() if k not in ("axis1", "axis2")) and max(t.ndim, t.args[0].ndim) == 2
    square = len(set(np.shape((t if t.ndim == 2 else t.args[0]).sample))) == 1
    if plain and square:
        return f"{w.lib}.diag({w.write(t.args[0])[0]})", CALL
    if t.card is not None and t.card.name == "diag_embed" and t.ndim > 2 and not w.torch:
        raise Unwritable
    return None


@_codes("solve_triangular")
def _solve_triangular(w: _Coder, t: Term) -> Written | None:
    if t.params.get("unit") or t.args[0].ndim > 2 or (w.torch and t.args[1].ndim > 1):
        return None
    part = "tril" if t.params.get("lower", True) else "triu"
    matrix = f"{w.lib}.{part}({w.write(t.args[0])[0]})" + (".T" if t.params.get("trans") else "")
    return f"{w.lib}.linalg.solve({matrix}, {w.write(t.args[1])[0]})", CALL


@_codes("flip")
def _flip(w: _Coder, t: Term) -> Written | None:
    axis = t.params.get("axis")
    if not w.torch or axis is None:
        return None
    return f"torch.flip({w.write(t.args[0])[0]}, {w.parameter(axis if isinstance(axis, tuple) else (int(axis),))})", CALL


@_codes("clip")
def _clip(w: _Coder, t: Term) -> Written:
    low, high, inner = t.params.get("low"), t.params.get("high"), w.write(t.args[0])[0]
    if w.torch:
        bounds = [f"{k}={w.parameter(v)}" for k, v in (("min", low), ("max", high)) if v is not None]
        return f"torch.clamp({', '.join([inner, *bounds])})", CALL
    return f"np.clip({inner}, {w.parameter(low)}, {w.parameter(high)})", CALL


@_codes("cast")
def _cast(w: _Coder, t: Term) -> Written:
    kind, inner = str(t.params.get("kind")), w.at(t.args[0], CALL)
    if w.torch:
        known = {"float": "torch.float64", "int": "torch.int64", "bool": "torch.bool"}
        if kind not in known:
            raise Unwritable
        return f"{inner}.to({known[kind]})", CALL
    return f"{inner}.astype({kind!r})", CALL


@_codes("getitem")
def _getitem(w: _Coder, t: Term) -> Written:
    return f"{w.at(t.args[0], CALL)}[{index_code(t.params['index'], [w.write(a)[0] for a in t.args[1:]])}]", CALL


@_codes("einsum")
def _einsum(w: _Coder, t: Term) -> Written:
    return f"{w.lib}.einsum('{t.params['subscripts']}', {', '.join(w.write(a)[0] for a in t.args)})", CALL
