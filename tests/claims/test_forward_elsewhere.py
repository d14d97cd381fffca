"""Backward code whose forward code, or the maker of whose parameters, stands in another file."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from nablint.tracing.project import Project

AHEAD = """
    import numpy as np

    def dense_forward(A, W, b):
        Z = W @ A + b
        return Z, (A, W, b)

    def net_forward(X, parameters):
        caches = []
        A = X
        L = len(parameters) // 2
        for l in range(1, L + 1):
            Z, dense = dense_forward(A, parameters["W" + str(l)], parameters["b" + str(l)])
            A = np.tanh(Z) if l < L else 1 / (1 + np.exp(-Z))
            caches.append((dense, A))
        return A, caches
    """
BACK = """
    import numpy as np

    def dense_backward(dZ, cache):
        A, W, b = cache
        dW = dZ @ A.T
        db = np.sum(dZ, axis=1, keepdims=True)
        dA = W.T @ dZ
        return dA, dW, db

    def net_backward(AL, Y, caches):
        grads = {}
        L = len(caches)
        dA = -(Y / AL - (1 - Y) / (1 - AL))
        for l in reversed(range(L)):
            dense, A = caches[l]
            dZ = dA * (A * (1 - A) if l == L - 1 else 1 - A ** 2)
            dA, grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = dense_backward(dZ, dense)
        return grads
    """
KEYS = ['["{0}" + str(l)]', '[f"{0}{{l}}"]', '["{0}%d" % l]', '["{0}{{}}".format(l)]']


def _verdicts(name: str, files: dict[str, str]) -> tuple[set[str], int]:
    texts = {file: textwrap.dedent(text) for file, text in files.items()}
    found = analyse(texts[name], f"{name}.py", resolve=Project(texts.get).resolver(name))
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, len(found.diagnostics)


@pytest.mark.parametrize(("ahead", "back"), [("forward", "backward"), ("net_forward2", "net_backward2"),
                                             ("feedforwardprop", "backprop")])
def test_a_file_that_goes_back_is_judged_with_the_one_that_goes_forward(ahead: str, back: str) -> None:
    assert _verdicts(back, {ahead: AHEAD, back: BACK}) == ({"verified", "proved"}, 0)
    verdicts, messages = _verdicts(back, {ahead: AHEAD, back: BACK.replace("dZ @ A.T", "A @ dZ.T")})
    assert "wrong" in verdicts and messages == 1


@pytest.mark.parametrize("ahead", ["ahead", "forward"])
def test_a_file_by_another_name_says_nothing(ahead: str) -> None:
    with_own = BACK + "\n    def forward(x):\n        return x\n"
    verdicts, messages = _verdicts("backward", {ahead: AHEAD, "backward": with_own if ahead == "forward" else BACK})
    assert verdicts <= {"unchecked"} and not messages


@pytest.mark.parametrize("key", KEYS)
def test_keys_with_numbers_tell_how_many_parameters_there_are(key: str) -> None:
    whole = AHEAD + BACK
    for letter in "Wb":
        whole = whole.replace(f'parameters["{letter}" + str(l)]', f"parameters{key.format(letter)}")
    assert _verdicts("net", {"net": whole}) == ({"verified", "proved"}, 0)
    assert _verdicts("net", {"net": whole.replace("1 - A ** 2", "1 - A")})[1] == 1


OUTPUT = """
    import numpy as np

    def layer_forward(A_prev, W, b, activation):
        Z = np.dot(W, A_prev) + b
        A = np.tanh(Z) if activation == "tanh" else 1 / (1 + np.exp(-Z))
        return A, (A_prev, W, b, A)

    def layer_backward(dA, cache, activation):
        A_prev, W, b, A = cache
        if activation == "tanh":
            dZ = dA * (1 - A ** 2)
        else:
            dZ = dA
        dW = np.dot(dZ, A_prev.T) / A_prev.shape[1]
        db = np.sum(dZ, axis=1, keepdims=True) / A_prev.shape[1]
        dA_prev = np.dot(W.T, dZ)
        return dA_prev, dW, db

    def net_forward(X, parameters):
        A, first = layer_forward(X, parameters["W1"], parameters["b1"], "tanh")
        AL, second = layer_forward(A, parameters["W2"], parameters["b2"], "sigmoid")
        return AL, [first, second]

    def compute_cost(AL, Y):
        return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / Y.shape[1]

    def net_backward(AL, Y, caches):
        grads = {}
        dA, grads["dW2"], grads["db2"] = layer_backward(AL - Y, caches[1], "sigmoid")
        dA, grads["dW1"], grads["db1"] = layer_backward(dA, caches[0], "tanh")
        return grads
    """


def test_what_a_caller_hands_over_for_the_layer_of_the_output_is_taken_as_meant() -> None:
    assert _verdicts("net", {"net": OUTPUT})[1] == 0
    assert _verdicts("net", {"net": OUTPUT.replace("(1 - A ** 2)", "(1 - A)")})[1] == 1
    assert _verdicts("net", {"net": OUTPUT.replace("AL - Y", "-Y / AL + (1 - Y) / (1 - AL)")})[1] == 1


NORM = """
    import numpy as np

    class Norm:
        def forward(self, x):
            self.s = np.sqrt((x ** 2).sum(axis=1, keepdims=True) + 1.0)
            self.x = x
            return x / self.s

        def backward(self, dout):
            dx = dout / self.s - self.x * (self.x ** 3).sum(axis=1, keepdims=True) / self.s ** 5
            return dx
    """
BLOCK = """
    class Block:
        def __init__(self):
            self.norm = Norm()

        def forward(self, x):
            return x + self.norm.forward(x)

        def backward(self, dout):
            dx = dout + self.norm.backward(dout)
            return dx
    """


def test_what_backward_code_of_another_file_gets_wrong_is_not_blamed_here() -> None:
    assert _verdicts("norm", {"norm": NORM}) == ({"wrong"}, 1)
    verdicts, messages = _verdicts("block", {"norm": NORM, "block": "\n    from norm import Norm\n" + BLOCK})
    assert verdicts == {"wrong"} and not messages
