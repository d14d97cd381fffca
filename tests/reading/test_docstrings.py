"""Docstrings in the styles people write, and what each says."""

from __future__ import annotations

import pytest
from nablint.reading.docstrings import docstring_evidence, docstring_returns
from nablint.reading.evidence import ShapeEvidence
from nablint.reading.prose import prose_evidence


def shown(evidence: ShapeEvidence) -> str:
    """Shape, else kind; parts in braces."""
    text = evidence.show() if evidence.kind == "array" else evidence.kind
    if evidence.parts:
        text += " {" + ", ".join(f"{p.name}: {shown(p)}" for p in evidence.parts) + "}"
    return text


BULLETS = """
    Backward pass of a linear layer on a minibatch.

    The input has D features; there are C classes.

    Inputs:
    - dout: Upstream gradients, of shape (N, M)
    - x: A numpy array with the input, of shape (N, d_1, ..., d_k)
    - y: Vector of labels, of shape (N,) where y[i] is the class of x[i] and
      0 <= y[i] < C
    - param: Dictionary with the following keys:
      - 'stride': The step in pixels
      - running: Array of shape (D,) with the running mean
    - mask: Boolean array of shape (N, T) where mask[i, t] tells
      whether or not x[i, t] counts.
    - cache: Tuple of:
      - x: Input data, of shape (N, d_1, ... d_k)
      - w: Weights, of shape (D, 4H)
    - reg: (float) strength of regularization
    - p: scalar

    Returns a tuple of:
    - dx: Gradient with respect to x, of shape (N, d1, ..., d_k)
    - db: Gradient with respect to b, same shape as b
    - cache: (x, w, b)
    - extra: Whatever the caller wants
    """

DASHES = '''
    One step of a cell (layer l).

    Arguments:
    A -- activations of the layer before (or the input): (size of previous layer, number of examples)
    W -- weights matrix: numpy array of shape (size of current layer, size of previous layer)
    Y -- true "label" vector (0 if cat, 1 if not), of size (1, number of examples)
    X -- data of size (num_px * num_px * 3, number of examples)
    cache -- tuple of values (A_prev, W, b) coming from the forward pass
    parameters -- python dictionary containing:
                        Wf -- Weight matrix of a gate, numpy array of shape (n_a, n_a + n_x)
                        bf -- Bias of a gate, numpy array of shape (n_a, 1)
    rate -- how fast, scalar
    layers_dims -- list containing the input size and each layer size, of length (number of layers + 1).

    Returns:
    a_next -- next hidden state, of shape (n_a, m)
    cache -- tuple of values, contains (a_next, a_prev, xt)
    '''

NUMPYDOC = """Fit.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Training vectors.
    y : array-like, shape = [n_samples]
        Target.
    w : ndarray of shape (n_features,) or (n_outputs, n_features)
        Coefficients.
    Z : :py:class:`ndarray <numpy.ndarray>` of shape `(n_ex, n_in)`
        Anything of shape (N, D).
    a, b : (M, N) array_like
    v : 1-D array
    alpha : float, default=1.0
    solver : {'a', 'b'}
    reset : bool

    Returns
    -------
    loss : float
        The loss.
    grad : ndarray, shape (n_features,)

    Notes
    -----
    x : (N, D)
    """

GOOGLE = """Do.

    Args:
        x (np.ndarray): Input of shape (N, D).
        W (torch.Tensor, shape [D, M]): weights
        eps (float): small
        fn (Callable[[int], int]): does it
        mask: [B, T] boolean tensor
        n (int, optional): how many (default: 3)

    Returns:
        np.ndarray: Output of shape (N, M).
    """

SPHINX = """
    :param x: the data, shape (n, d)
    :type x: np.ndarray
    :param int k: count
    :param y: a vector of length n
    :returns: array of shape (n,)
    :rtype: np.ndarray
    """


@pytest.mark.parametrize(("docstring", "expected"), [
    (BULLETS, {
        "dout": "(N, M)", "x": "(N, *d)", "y": "(N,)", "mask": "(N, T)",
        "param": "dict {stride: unknown, running: (D,)}",
        "cache": "tuple {x: (N, *d), w: (D, 4 * H)}", "reg": "float", "p": "float",
    }),
    (DASHES, {
        "A": "(size of previous layer, number of examples)", "W": "(size of current layer, size of previous layer)",
        "Y": "(1, number of examples)", "X": "(num_px * num_px * 3, number of examples)",
        "cache": "tuple {A_prev: unknown, W: unknown, b: unknown}",
        "parameters": "dict {Wf: (n_a, n_a + n_x), bf: (n_a, 1)}", "rate": "float", "layers_dims": "list",
    }),
    (NUMPYDOC, {
        "X": "(n_samples, n_features)", "y": "(n_samples,)", "w": "array", "Z": "(n_ex, n_in)", "a": "(M, N)",
        "b": "(M, N)", "v": "(_,)", "alpha": "float", "reset": "bool",
    }),
    (GOOGLE, {
        "x": "(N, D)", "W": "(D, M)", "eps": "float", "fn": "function", "mask": "(B, T)", "n": "int",
    }),
    (SPHINX, {"x": "(n, d)", "k": "int", "y": "(n,)"}),
])
def test_parameters(docstring: str, expected: dict[str, str]) -> None:
    assert {name: shown(e) for name, e in docstring_evidence(docstring).items()} == expected


@pytest.mark.parametrize(("docstring", "expected"), [
    (BULLETS, [("dx", "(N, *d)"), ("db", "like b"), ("cache", "tuple {x: unknown, w: unknown, b: unknown}"),
               ("extra", "unknown")]),
    (DASHES, [("a_next", "(n_a, m)"), ("cache", "tuple {a_next: unknown, a_prev: unknown, xt: unknown}")]),
    (NUMPYDOC, [("loss", "float"), ("grad", "(n_features,)")]),
    (GOOGLE, [("", "(N, M)")]),
    (SPHINX, [("", "(n,)")]),
])
def test_returns(docstring: str, expected: list[tuple[str, str]]) -> None:
    assert [(e.name, shown(e)) for e in docstring_returns(docstring)] == expected


def test_labels_are_integers_with_a_bound() -> None:
    labels = docstring_evidence(BULLETS)["y"]
    assert labels.elements == "int"
    assert str(labels.below) == "C"
    assert docstring_evidence(BULLETS)["mask"].elements == "bool"


ONE_LINERS = [
    ("w", "w, b: Arrays of shape (D, M) and (M,) giving weight and bias", "(D, M)"),
    ("b", "w, b: Arrays of shape (D, M) and (M,) giving weight and bias", "(M,)"),
    ("c", "c, d, e: Arrays of shape (D, M) and (M,)", "array"),
    ("img", "img: image of shape [1xCxHxW]", "(1, C, H, W)"),
    ("img", "img: image of shape 3x4. Another of shape (2,)", "(3, 4)"),
    ("P", "P: (steps+1, state_dim, state_dim) 3D array", "(steps + 1, state_dim, state_dim)"),
    ("v", "v: a length-N vector", "(N,)"),
    ("v", "v: vector of length n_in", "(n_in,)"),
    ("us", "us: initial control path [N, action_size].", "(N, action_size)"),
    ("A", "A: matrix in :math:`\\mathbb{R}^{m \\times n}`", "(m, n)"),
    ("A", "A: matrix in :math:`\\mathbb{R}^{m \times n}`", "(m, n)"),
    ("x", "x: input of shape :math:`(*, 3, H, W)`", "(..., 3, H, W)"),
    ("m", "m: mask where entries are kept. Has shape (N, T)", "(N, T)"),
    ("dz", "dz: Gradient, same shape as Z_prev.", "like Z_prev"),
    ("y", "y: labels, of size (1, m)", "(1, m)"),
    ("o", "o: (N, C, H', W') where H' = H + 1", "(N, C, H', W')"),
    ("y", "X, y : [n_samples, n_features], [n_samples]", "(n_samples,)"),
    ("v", "v : 1-D array or None", "(_,)"),
    ("W", "W: (D, C), X: (N, D), y: (N, C)", "(D, C)"),
    # Near misses.
    ("m", "m (bool 2D array): a binary mask", "(_, _)"),
    ("Y", "Y : matrix or vector or 3D array", "array"),
    ("p", "p: a packed vector or a 2-tuple of a `k x r` array and more", "array"),
    ("K", "K: [N, P, N, P], [N, P, P], [N, P]", "array"),
    ("o", "o: array of the same shape as x, but with the last axis set to m", "array"),
    ("s", "s (int or tuple[int, int]): output size (height, width).", None),
    ("s", "s: the output size (height, width).", None),
    ("e", "e : 1D or 2D array_like, variable(s)", "array"),
    ("k", "k : {'a', 'b'} or array_like", None),
    ("p", "p: array, of length exog.shape[1] * (k - 1)", "array"),
    ("x", "x: data, of shape (N, D) or (N, C, H, W)", "array"),
    ("x", "Args:\n    x ((M,) or (M, K) ndarray): data", "array"),
    ("x", "x: data, where each x[i] has shape (d_1, ..., d_k)", None),
    ("f", "f: function that returns an array of shape (N,)", "function"),
    ("q", "q: data. Has the same shape as the original.", None),
    ("g", "g: goal position [m]", None),
    ("r", "r: values in the range (a, b)", None),
    ("l", "l: list of arrays of shape (N, D)", "list {: (N, D)}"),
]


@pytest.mark.parametrize(("name", "line", "expected"), ONE_LINERS, ids=[f"{r[0]}-{r[1][:40]}" for r in ONE_LINERS])
def test_one_line(name: str, line: str, expected: str | None) -> None:
    found = docstring_evidence(f"Do it.\n\n    Args:\n        {line}\n    ").get(name)
    assert (found and shown(found)) == expected


def test_a_type_is_no_name() -> None:
    found = docstring_returns("Do it.\n\n    Returns:\n        Tuple[Tensor, Tensor]: what comes out\n    ")
    assert [(e.name, e.kind) for e in found] == [("", "tuple")]


def test_what_is_written() -> None:
    found = docstring_evidence(BULLETS)
    assert found["x"].written == "(N, d_1, ..., d_k)"
    assert found["reg"].written == ""
    assert docstring_evidence(NUMPYDOC)["y"].written == "[n_samples]"


def test_what_is_returned_says_nothing_of_what_is_given() -> None:
    """In running text behind the heading a parameter's name stands beside the shape of the result."""
    text = "Edges of `polygon`.\n\nReturns:\n    The left and right edges of the polygon of shape (B, B).\n"
    assert prose_evidence(text, frozenset({"polygon"})) == {}
    assert set(prose_evidence("with polygon of shape (B, N, 2)\n", frozenset({"polygon"}))) == {"polygon"}
