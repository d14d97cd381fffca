"""Files of the project: imports are looked up by a callback that gives source text; nothing else is done with it."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.tracing.project import Project
from nablint.tracing.values import Function

FILES = {
    "common": "",
    "common.functions": "import numpy as np\n\ndef sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n",
    "common.base": "class Layer:\n    def __init__(self):\n        self.grad = None\n",
    "common.config": "GPU = False\n",
    "common.arrays": "from common.config import GPU\n\nif GPU:\n    import cupy as np\n    np.show_config()\nelse:\n"
                     "    import numpy as np\n",
    "pkg.__init__": "",
    "pkg": "",
    "pkg.tools": "from .deeper.more import square\n",
    "pkg.deeper": "",
    "pkg.deeper.__init__": "",
    "pkg.deeper.more": "def square(x):\n    return x * x\n",
}

LAYER = '''
{imports}

class Sigmoid{base}:
    def forward(self, x):
        out = {call}
        self.out = out
        return out

    def backward(self, dout):
        dx = dout * {derivative}
        return dx
'''


@pytest.mark.parametrize(("imports", "base", "call", "derivative", "module"), [
    ("from common.functions import *", "", "sigmoid(x)", "(1.0 - self.out) * self.out", "layers"),
    ("from common.functions import sigmoid", "", "sigmoid(x)", "(1.0 - self.out) * self.out", "layers"),
    ("import common.functions as F", "", "F.sigmoid(x)", "(1.0 - self.out) * self.out", "layers"),
    ("from .functions import sigmoid", "", "sigmoid(x)", "(1.0 - self.out) * self.out", "common.layers"),
    ("from functions import sigmoid", "", "sigmoid(x)", "(1.0 - self.out) * self.out", "common.layers"),
    ("from common.functions import sigmoid\nfrom common.base import Layer", "(Layer)", "sigmoid(x)",
     "(1.0 - self.out) * self.out", "layers"),
    ("from common.arrays import *", "", "1 / (1 + np.exp(-x))", "(1.0 - self.out) * self.out", "layers"),
    ("from .tools import square", "", "square(x + 1)", "2 * (self.out ** 0.5)", "pkg.layers"),
])
def test_imports_are_followed(imports: str, base: str, call: str, derivative: str, module: str) -> None:
    source = LAYER.format(imports=imports, base=base, call=call, derivative=derivative)
    found = analyse(source, "layers.py", resolve=Project(FILES.get).resolver(module))
    verdicts = {c.verdict for c in found.claims}
    if "square" in call:
        assert "unchecked" not in verdicts or not found.diagnostics
    else:
        assert verdicts == {"proved"}, [(c.row, c.verdict, c.reason) for c in found.claims]


def layer(derivative: str) -> str:
    imports = "from common.functions import sigmoid"
    return LAYER.format(imports=imports, base="", call="sigmoid(x)", derivative=derivative)


def test_a_class_may_derive_from_an_import_of_its_own_name() -> None:
    source = """
import numpy as np
from common.parameters import Param

class Scaled:
    def __init__(self, scale=1.0):
        self.scale = Param("scale", scale)

    def K(self, X):
        return self.scale * X.dot(X.T)

    def update_gradients(self, dL_dK, X):
        self.scale.gradient = (dL_dK * X.dot(X.T)).sum()
"""
    files = FILES | {"common.parameters": "from elsewhere import Param\n\nclass Param(Param):\n    pass\n"}
    found = analyse(source, "scaled.py", resolve=Project(files.get).resolver("scaled"))
    assert [c.verdict for c in found.claims] == ["proved"], [c.reason for c in found.claims]


def test_without_the_file_nothing_is_concluded() -> None:
    source = layer(derivative="self.out").replace("sigmoid", "squash")
    assert {c.verdict for c in analyse(source, "layers.py").claims} == {"unchecked"}


def test_a_slip_is_found_through_an_import_and_lies_in_the_file_itself() -> None:
    source = layer(derivative="(1.0 + self.out) * self.out")
    found = analyse(source, "layers.py", resolve=Project(FILES.get).resolver("layers"))
    assert [d.location.row for d in found.diagnostics] == [11]


def test_modules_that_import_each_other() -> None:
    files = {"a": "from b import g\n\ndef f(x):\n    return x\n",
             "b": "from a import f\n\ndef g(x):\n    return f(x)\n"}
    project = Project(files.get)
    module = project.resolver("c")("a")
    assert module is not None and "g" in module.names
    assert "b" not in project.behind("c")  # nobody has looked at what comes from there
    assert isinstance(module.names["g"], Function)
    assert {"a", "b"} <= project.behind("c")
    assert project.behind("d") == set()


CHARACTERS = {
    "losses": """
import numpy as np

def cross_entropy(scores, y):
    m = scores.shape[0]
    shifted = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    prob = shifted / np.sum(shifted, axis=1, keepdims=True)
    return np.sum(-np.log(prob[range(m), y])) / m

def dcross_entropy(scores, y):
    m = scores.shape[0]
    shifted = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    grad = shifted / np.sum(shifted, axis=1, keepdims=True)
    grad[range(m), y] -= 1.0
    return grad / m

def affine_backward(dout, x, W):
    return dout @ W.T, x.T @ dout, np.sum(dout, axis=0)
""",
    "net": """
import numpy as np
import losses

class Recurrent:
    def __init__(self, D, H):
        self.D = D
        self.model = {"Wx": np.random.randn(D, H), "Wh": np.random.randn(H, H), "Wy": np.random.randn(H, D),
                      "bh": np.zeros((1, H)), "by": np.zeros((1, D))}

    def step(self, xs, ys, h):
        m = self.model
        caches, total = [], 0.0
        for x, y in zip(xs, ys):
            hot = np.zeros(self.D)
            hot[x] = 1.0
            hot = hot.reshape(1, -1)
            before = h.copy()
            h = np.tanh(hot @ m["Wx"] + before @ m["Wh"] + m["bh"])
            scores = h @ m["Wy"] + m["by"]
            total += losses.cross_entropy(scores, y)
            caches.append((hot, before, h, scores, y))
        loss = total / len(xs)
        grads = {k: np.zeros_like(v) for k, v in m.items()}
        dnext = np.zeros(h.shape)
        for hot, before, h, scores, y in reversed(caches):
            dscores = losses.dcross_entropy(scores, y) / len(xs)
            dh, dWy, dby = losses.affine_backward(dscores, h, m["Wy"])
            dz = (dh + dnext) * (1 - h ** 2)
            dnext = dz @ m["Wh"].T
            grads["Wy"] += dWy
            grads["by"] += dby
            grads["Wx"] += hot.T @ dz
            grads["Wh"] += before.T @ dz
            grads["bh"] += dz
        return loss, grads
""",
}


def test_what_another_file_does_for_many_rows_is_done_for_one() -> None:
    found = analyse(CHARACTERS["net"], "net.py", resolve=Project(CHARACTERS.get).resolver("net"))
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.role == "result"} <= {"proved", "verified"}
