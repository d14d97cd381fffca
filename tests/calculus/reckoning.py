"""What the tests of the calculus share: code evaluated without eval, complex step, a question with its parts."""

from __future__ import annotations

import ast
import operator

import numpy as np
from nablint.calculus.derivation import derive
from nablint.calculus.evaluate import Evaluator
from nablint.calculus.notation import read
from nablint.calculus.recognise import recognise_all
from nablint.calculus.setting import settle
from nablint.calculus.terms import Graph

BINARY = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
          ast.MatMult: operator.matmul, ast.Pow: operator.pow, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
          ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor}
COMPARE = {ast.Gt: operator.gt, ast.Lt: operator.lt, ast.GtE: operator.ge, ast.LtE: operator.le, ast.Eq: operator.eq,
           ast.NotEq: operator.ne}


def run_code(text, names, libraries=None):
    """The value of generated code, with `names` and numpy in scope, by walking its syntax tree."""
    libraries = libraries or {"np": np}

    def value(node):
        match node:
            case ast.Expression(body):
                return value(body)
            case ast.Constant(constant):
                return constant
            case ast.Name(name):
                return libraries[name] if name in libraries else names[name]
            case ast.BinOp(left, op, right):
                return BINARY[type(op)](value(left), value(right))
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand)
            case ast.UnaryOp(ast.Not(), operand):
                return not value(operand)
            case ast.Compare(left, [op], [right]):
                return COMPARE[type(op)](value(left), value(right))
            case ast.Attribute(inner, attribute):
                assert not attribute.startswith("_")
                return getattr(value(inner), attribute)
            case ast.Subscript(inner, index):
                return value(inner)[value(index)]
            case ast.Slice(low, high, step):
                return slice(*(None if v is None else value(v) for v in (low, high, step)))
            case ast.Tuple(items) | ast.List(items):
                found = [value(i) for i in items]
                return found if isinstance(node, ast.List) else tuple(found)
            case ast.Call(function, args, keywords):
                listed = [v for a in args for v in (value(a.value) if isinstance(a, ast.Starred) else [value(a)])]
                return value(function)(*listed, **{k.arg: value(k.value) for k in keywords})
        raise AssertionError(f"unexpected code: {ast.dump(node)}")

    return value(ast.parse(text, mode="eval"))


class Question:
    """An expression with its shapes settled, its value as a function of one name, and its derivation."""

    def __init__(self, text, wrt, shapes, library=None):
        self.problem = read(text)
        self.known = {n: card for n, (card, _) in recognise_all(self.problem, library).items()}
        self.setting = settle(self.problem, shapes, self.known, library)
        self.wrt, self.library = wrt, library
        self.output, self.variable = self.setting.result, self.setting.names[wrt]
        self.names = {t: n for n, t in self.setting.names.items() if t.card is not None or t.label}

    @property
    def samples(self):
        """The value of every name; labels stay integers."""
        return {n: np.asarray(t.sample, float if t.sample.dtype.kind == "f" or not t.label else None)
                for n, t in self.setting.names.items()}

    def derivation(self):
        return derive(self.output, None, self.variable, self.names)

    def at(self, value, extra=()):
        """The expression where the variable has another value; complex values allowed."""
        graph = Graph()
        leaves = {n: graph.constant(t.sample, t.shape) if t.is_constant else
                  graph.leaf(n, value if n == self.wrt else t.sample, t.shape)
                  for n, t in self.setting.leaves.items()}
        for n, t in self.setting.names.items():
            if n not in leaves and t.is_constant:
                leaves[n] = graph.constant(t.params.get("size", t.sample), t.shape)
        return Evaluator(graph, leaves, self.problem, self.known, self.library).run().sample

    def complex_step(self, step=1e-25, cotangent=1.0):
        """The derivative of the sum of all entries, each times its cotangent, by every entry of the variable."""
        base = np.asarray(self.variable.sample, float)
        out = np.zeros(base.shape)
        for place in np.ndindex(base.shape):
            moved = base.astype(complex)
            moved[place] += 1j * step
            out[place] = np.sum(np.imag(self.at(moved)) * cotangent) / step
        return out

    def closed_form(self, text, **more):
        """Another expression over the same names, as a term of the same graph."""
        names = {**self.setting.names, **more}
        return Evaluator(self.setting.graph, names, read(text)).run()


def close(a, b, tolerance=1e-9):
    """Equal to the tolerance, relative to the largest entry, after dropping axes of size 1."""
    a, b = (np.squeeze(np.asarray(x)) for x in (a, b))
    a, b = (x.astype(float) if x.dtype.kind == "b" else x for x in (a, b))
    scale = max(float(np.max(np.abs(b), initial=0)), 1e-12)
    return a.shape == b.shape and bool(np.all((np.abs(a - b) <= tolerance * scale) | (np.isnan(a) & np.isnan(b))))
