"""Files of the project: imports are looked up by a callback that gives source text; nothing else is done with it."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.tracing.project import Project

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
    module = project.module("a")
    assert module is not None and "g" in module.names
