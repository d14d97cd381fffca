"""Tells from the bare text that a file cannot hold a hand-written gradient or a matrix expression.

Most files of most projects are such files, and parsing one costs a hundred times what this costs.  The test errs on
one side only: it may let a file through that turns out to hold nothing, it must not hold one back.  So it asks for the
*traces* that matrix code leaves: a library of arrays, an operator or method of matrices, or the vocabulary of backprop
(a layer class in a file of its own may import no library at all).
"""

from __future__ import annotations

import re

LIBRARIES = (
    "numpy", "np.", "torch", "jax", "jnp.", "cupy", "scipy", "tensorflow", "mlx", "mxnet", "theano", "autograd",
    "paddle", "tinygrad", "einops",
)  # fmt: skip
"""Words of which one stands in nearly every file with arrays.  Searched as they are: `in` is the fastest search."""

VOCABULARY = re.compile(
    r"""
      [\w\])][ \t]*@=?[ \t]*                                # a @ b: a decorator has nothing before it on its line,
      (?!\w[\w.-]*\.(?:com|org|net|edu|gov|io|de|uk|fr)\b)  # and an address ends in a domain
      [\w(\[-]
    | \.(?:T|mT)\b | \.(?:dot|matmul|mm|bmm|reshape|transpose|permute|einsum)\( | \bxp\.
    | \bdef[ ]+\w*(?:backward|backprop|bprop|(?:_|\b)d?grad|_prime\b|deriv|vjp|jacobian)
    | \b(?:dout|d[wW]\d?|nabla_?\w*|grads?|gradients?|(?:grads?|delta)_?[wWbBxX]\d?|\w+_grads?)\b
    | \#[ ]*nablint:
    """,
    re.VERBOSE,
)


def may_hold_matrix_code(text: str) -> bool:
    """Whether it is worth parsing the text; False is certain, True is a guess."""
    return any(word in text for word in LIBRARIES) or VOCABULARY.search(text) is not None
