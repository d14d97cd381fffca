"""Vector-Jacobian products that are registered: autograd's `defvjp` with makers, jax's with residuals."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

MAKERS = """
    import autograd.numpy as np
    import numpy as onp
    import scipy.special as sp
    from autograd.extend import defvjp, primitive

    @primitive
    def soft_maximum(x):
        top = onp.max(x)
        return top + onp.log(onp.sum(onp.exp(x - top)))

    def soft_maximum_vjp(ans, x):
        shape = x.shape
        return lambda g: onp.full(shape, g) * onp.exp(x - onp.full(shape, ans))

    defvjp(soft_maximum, soft_maximum_vjp)

    @primitive
    def ratio(x, y):
        return x / y

    defvjp(ratio,
           lambda ans, x, y: lambda g: g / y,
           lambda ans, x, y: lambda g: -g * ans / y)
    defvjp(sp.expit, lambda ans, x: lambda g: g * ans * (1 - ans))
    defvjp(np.dot, lambda ans, A, B: lambda g: np.dot(g, B.T), lambda ans, A, B: lambda g: np.dot(A.T, g))

    @primitive
    def raised(x, n):
        return x ** n

    defvjp(raised, lambda ans, x, n: lambda g: g * n * x ** (n - 1), argnums=(0,))
    """
RESIDUALS = """
    from functools import partial
    import jax
    import jax.numpy as jnp

    @jax.custom_vjp
    def soft(x, scale):
        return x / (scale + jnp.abs(x))

    def soft_start(x, scale):
        d = scale + jnp.abs(x)
        return x / d, (x, d, scale)

    def soft_end(kept, g):
        x, d, scale = kept
        return g * scale / d ** 2, jnp.sum(-g * x / d ** 2)

    soft.defvjp(soft_start, soft_end)

    @partial(jax.custom_vjp, nondiff_argnums=(1,))
    def weigh(x, weight):
        return x * weight

    def weigh_start(x, weight):
        return weigh(x, weight), None

    def weigh_end(weight, _, g):
        return (g * weight,)

    weigh.defvjp(weigh_start, weigh_end)
    """


def _analysed(source: str) -> tuple[list[str], list[str]]:
    found = analyse(textwrap.dedent(source), "vjps.py")
    assert not found.error
    return [c.verdict for c in found.claims if c.role == "result"], [d.message for d in found.diagnostics]


@pytest.mark.parametrize(("source", "statements"), [(MAKERS, 5), (RESIDUALS, 2)])
def test_registered_functions_are_judged(source: str, statements: int) -> None:
    verdicts, messages = _analysed(source)
    assert not messages
    assert len(verdicts) >= statements
    assert set(verdicts) <= {"proved", "verified"}


@pytest.mark.parametrize(("source", "old", "new"), [
    (MAKERS, "onp.exp(x - onp.full(shape, ans))", "onp.exp(x)"),
    (MAKERS, "-g * ans / y", "g * ans / y"),
    (MAKERS, "np.dot(A.T, g)", "np.dot(A, g)"),
    (MAKERS, "g * ans * (1 - ans)", "g * ans * (1 - x)"),
    (MAKERS, "n * x ** (n - 1)", "n * x ** n"),
    (RESIDUALS, "g * scale / d ** 2", "g / d ** 2"),
    (RESIDUALS, "(g * weight,)", "(g / weight,)"),
])
def test_slips_in_them_are_found(source: str, old: str, new: str) -> None:
    assert old in source
    assert _analysed(source.replace(old, new))[1]


STRETCHED = """
    import autograd.numpy as np
    from autograd.extend import defvjp, primitive
    from autograd.numpy.numpy_vjps import unbroadcast_f

    moved = primitive(np.add)
    defvjp(moved, lambda ans, x, y: unbroadcast_f(x, lambda g: g), lambda ans, x, y: unbroadcast_f(y, lambda g: g))
    """
GUESSED = """
    import autograd.numpy as np
    from autograd.extend import defvjp
    from shapes import facts

    def back(ans, A, B):
        rows, vector = facts(A), facts(B)
        def carry(g):
            if vector == 1:
                g = np.expand_dims(g, 1)
            if rows == 1:
                g = np.expand_dims(g, 0)
            out = np.dot(A.T, g)
            return np.squeeze(out, 1) if vector == 1 else out
        return carry

    defvjp(np.dot, lambda ans, A, B: lambda g: np.dot(g, B.T), back)
    """


@pytest.mark.parametrize("source", [STRETCHED, GUESSED])
def test_what_depends_on_unknown_conditions_is_never_wrong(source: str) -> None:
    assert not _analysed(source)[1]
