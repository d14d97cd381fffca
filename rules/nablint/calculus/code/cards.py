"""Cards whose template is not enough: operators with their brackets, shapes, what torch calls otherwise."""

from __future__ import annotations

import numpy as np

from nablint.calculus.chains import is_entry
from nablint.calculus.code.writer import ADD, CALL, MUL, NEG, POW, Coder, Unwritable, Written, codes, index_code
from nablint.calculus.simplify import chain, labels_of
from nablint.calculus.terms import Term


@codes("add")
def _add(w: Coder, t: Term) -> Written:
    return f"{w.at(t.args[0], ADD)} + {w.at(t.args[1], ADD)}", ADD  # a + (b - c) is a + b - c


@codes("sigmoid")
def _sigmoid(w: Coder, t: Term) -> Written | None:
    if w.torch:
        return None
    x = t.args[0]
    negative = x not in w.names and x.card is not None and x.card.name == "negative"
    exponent = w.write(x.args[0])[0] if negative else f"-{w.at(x, MUL)}"
    return f"1 / (1 + np.exp({exponent}))", MUL


@codes("sqrt")
def _sqrt(w: Coder, t: Term) -> Written | None:
    """A size is no tensor."""
    return (f"{w.at(t.args[0], CALL)}**0.5", POW) if w.torch and "size" in t.args[0].params else None


@codes("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
def _comparison(w: Coder, t: Term) -> Written:
    assert t.card is not None
    sign = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==",
            "not_equal": "!="}[t.card.name]
    labels = labels_of(t) if w.torch else None
    if labels is not None:
        return f"torch.nn.functional.one_hot({w.write(labels)[0]}, {w.size(t.shape[-1])[0]})", CALL
    return f"{w.at(t.args[0], ADD)} {sign} {w.at(t.args[1], ADD)}", 0


@codes("subtract")
def _subtract(w: Coder, t: Term) -> Written:
    a, b = (f"1.0 * {w.at(x, NEG)}" if w.torch and x.sample.dtype.kind == "b" and labels_of(x) is None else
            w.at(x, level) for x, level in zip(t.args, (ADD, MUL), strict=True))  # torch takes no truth values here
    return f"{a} - {b}", ADD


codes("negative")(lambda w, t: (f"-{w.at(t.args[0], MUL)}", NEG if w.write(t.args[0])[1] > MUL else MUL))
codes("power")(lambda w, t: (f"{w.at(t.args[0], CALL)}**{w.at(t.args[1], POW)}", POW))
codes("square")(lambda w, t: (f"{w.at(t.args[0], CALL)}**2", POW))
codes("divide")(lambda w, t: (f"{w.at(t.args[0], MUL)} / {w.at(t.args[1], NEG)}", MUL))


@codes("multiply")
def _multiply(w: Coder, t: Term) -> Written:
    a, b = t.args
    if a.ndim and not b.ndim:
        a, b = b, a
    left = w.at(a, MUL)
    # With a scalar in front the order of the operators does not matter.
    right = w.at(b, MUL) if a.ndim == 0 and w.write(a)[1] >= POW else w.at(b, NEG)
    return f"{left} * {right}", MUL


@codes("matmul", "dot")
def _matmul(w: Coder, t: Term) -> Written | None:
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
    chained = (
        len(chain(b)) > 1 and b not in w.names and a.ndim == 2 and chain(b)[0].ndim == 2 and chain(b)[-1].ndim == 2
    )
    right = w.at(b, MUL) if chained else w.at(b, NEG)
    return f"{left} @ {right}", MUL


def _is_product(w: Coder, t: Term) -> bool:
    return t not in w.names and t.card is not None and t.card.name in ("multiply", "divide", "negative")


@codes("transpose")
def _transpose(w: Coder, t: Term) -> Written:
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


@codes("sum", "mean", "max", "min", "prod")
def _reduce(w: Coder, t: Term) -> Written:
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


@codes("reshape", "ravel")
def _reshape(w: Coder, t: Term) -> Written:
    if is_entry(t):
        return w.write(t.args[0])  # a matrix of one entry does what a number does
    if t.ndim == 1 and t.args[0].ndim == 2 and np.shape(t.args[0].sample)[1] == 1:
        return f"{w.at(t.args[0], CALL)}.ravel()", CALL
    shape = w.shape(t.shape)
    if t.ndim and not shape.endswith(".shape"):
        shape = shape[1:-1].rstrip(",")
    return f"{w.at(t.args[0], CALL)}.reshape({shape})", CALL


@codes("expand_dims", "squeeze")
def _expand(w: Coder, t: Term) -> Written:
    assert t.card is not None
    axis = t.params.get("axis")
    if t.card.name == "squeeze":
        inside = "" if axis is None else w.parameter(axis)
        return f"{w.at(t.args[0], CALL)}.squeeze({inside})", CALL
    axes = {int(a) % t.ndim for a in (axis if isinstance(axis, tuple) else (axis,))}  # type: ignore[arg-type]
    shown = ["None" if i in axes else ":" for i in range(t.ndim)]
    return f"{w.at(t.args[0], CALL)}[{', '.join(shown)}]", CALL


@codes("broadcast_to")
def _broadcast(w: Coder, t: Term) -> Written:
    shape, inner = w.shape(t.shape), w.write(t.args[0])[0]
    if t.args[0].is_constant and t.args[0].ndim == 0:
        maker = {"1": "ones", "0": "zeros"}.get(inner)
        return (f"{w.lib}.{maker}({shape})" if maker else f"{w.lib}.full({shape}, {inner})"), CALL
    return f"torch.broadcast_to({inner}, {shape})" if w.torch else f"np.broadcast_to({inner}, {shape})", CALL


@codes("diag_embed", "diagonal")
def _diag(w: Coder, t: Term) -> Written | None:
    plain = not any(v for k, v in t.params.items() if k not in ("axis1", "axis2")) and max(t.ndim, t.args[0].ndim) == 2
    square = len(set(np.shape((t if t.ndim == 2 else t.args[0]).sample))) == 1
    if plain and square:
        inner = t.args[0]
        if inner not in w.names and inner.card is not None and inner.card.name == "reshape" and \
                np.shape(inner.args[0].sample)[1:] == (1,):
            return f"{w.lib}.diagflat({w.write(inner.args[0])[0]})", CALL  # of a column
        return f"{w.lib}.diag({w.write(inner)[0]})", CALL
    if t.card is not None and t.card.name == "diag_embed" and t.ndim > 2 and not w.torch:
        raise Unwritable
    return None


@codes("solve_triangular")
def _solve_triangular(w: Coder, t: Term) -> Written | None:
    if t.params.get("unit") or t.args[0].ndim > 2 or (w.torch and t.args[1].ndim > 1):
        return None
    part = "tril" if t.params.get("lower", True) else "triu"
    matrix = f"{w.lib}.{part}({w.write(t.args[0])[0]})" + (".T" if t.params.get("trans") else "")
    return f"{w.lib}.linalg.solve({matrix}, {w.write(t.args[1])[0]})", CALL


@codes("flip")
def _flip(w: Coder, t: Term) -> Written | None:
    axis = t.params.get("axis")
    if not w.torch or axis is None:
        return None
    return (
        f"torch.flip({w.write(t.args[0])[0]}, {w.parameter(axis if isinstance(axis, tuple) else (int(axis),))})",
        CALL,
    )


@codes("clip")
def _clip(w: Coder, t: Term) -> Written:
    low, high, inner = t.params.get("low"), t.params.get("high"), w.write(t.args[0])[0]
    if w.torch:
        bounds = [f"{k}={w.parameter(v)}" for k, v in (("min", low), ("max", high)) if v is not None]
        return f"torch.clamp({', '.join([inner, *bounds])})", CALL
    return f"np.clip({inner}, {w.parameter(low)}, {w.parameter(high)})", CALL


@codes("cast")
def _cast(w: Coder, t: Term) -> Written:
    kind, inner = str(t.params.get("kind")), w.at(t.args[0], CALL)
    if w.torch:
        known = {"float": "torch.float64", "int": "torch.int64", "bool": "torch.bool"}
        if kind not in known:
            raise Unwritable
        return f"{inner}.to({known[kind]})", CALL
    return f"{inner}.astype({kind!r})", CALL


@codes("getitem")
def _getitem(w: Coder, t: Term) -> Written:
    return f"{w.at(t.args[0], CALL)}[{index_code(t.params['index'], [w.write(a)[0] for a in t.args[1:]])}]", CALL


@codes("scatter")
def _scatter(w: Coder, t: Term) -> Written | None:
    """Rows added up where an array of indices points; in numpy a product with the one-hot indices."""
    value, index = t.args[0], t.args[1:]
    if t.params["index"] != (("term", 0),) or index[0].ndim != 1 or value.ndim > 2:
        return None
    places = w.write(index[0])[0]
    if w.torch:
        zeros = f"{w.at(value, CALL)}.new_zeros({w.shape(t.shape)})"
        return f"{zeros}.index_add(0, {places}, {w.write(value)[0]})", CALL
    return f"np.eye({w.size(t.shape[0])[0]})[{places}].T @ {w.at(value, NEG)}", MUL


@codes("einsum")
def _einsum(w: Coder, t: Term) -> Written:
    return f"{w.lib}.einsum('{t.params['subscripts']}', {', '.join(w.write(a)[0] for a in t.args)})", CALL
