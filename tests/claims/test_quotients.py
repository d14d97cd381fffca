"""Derivatives whose names are quotients of differentials, and names that only look like that."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from nablint.claims.families.quotients import quotients

HEAD = """
import numpy as np
from scipy import special
from .parts import Likelihood, Link, Param, Positive
"""

COUNTS = """
    class Counts(Likelihood):
        def __init__(self, variance=1.0):
            self.variance = Param("variance", variance, Positive())

        def logpdf(self, f, y):
            return self.logpdf_link(np.exp(f), y)

        def logpdf_link(self, link_f, y, metadata=None):
            held = np.zeros_like(y)
            return (1 - held) * (y * np.log(link_f) - link_f - special.gammaln(y + 1)) / self.variance

        def dlogpdf_dlink(self, link_f, y, metadata=None):
            return (y / link_f - 1) / self.variance

        def d2logpdf_dlink2(self, link_f, y, metadata=None):
            curvature = -y / link_f ** 2
            return curvature / self.variance

        def d3logpdf_dlink3(self, link_f, y, metadata=None):
            return 2 * y / link_f ** 3 / self.variance

        def dlogpdf_link_dvar(self, link_f, y, metadata=None):
            return -self.logpdf_link(link_f, y) / self.variance

        def dlogpdf_dlink_dvar(self, link_f, y, metadata=None):
            return -self.dlogpdf_dlink(link_f, y) / self.variance

        def d2logpdf_dlink2_dvar(self, link_f, y, metadata=None):
            return y / link_f ** 2 / self.variance ** 2
    """

LINKS = """
    class Link:
        def transf(self, f):
            raise NotImplementedError

        def dtransf_df(self, f):
            raise NotImplementedError

    class Softplus(Link):
        def transf(self, f):
            return np.log1p(np.exp(f))

        def dtransf_df(self, f):
            return 1 / (1 + np.exp(-f))

        def d2transf_df2(self, f):
            s = 1 / (1 + np.exp(-f))
            return s * (1 - s)

    class Same(Link):
        def transf(self, f):
            return f

        def dtransf_df(self, f):
            return np.ones_like(f)
    """

SURFACE = """
    def area(radius, height):
        return 2 * np.pi * radius * height + radius ** 2

    def darea_dradius(radius, height):
        return 2 * np.pi * height + 2 * radius

    def darea_dheight(radius, height):
        return 2 * np.pi * radius
    """


def judged(source: str, slip: tuple[str, str] | None = None) -> tuple[list[str], list[str]]:
    """The wrong lines, and the functions whose derivative is right."""
    text = HEAD + textwrap.dedent(source)
    if slip is not None:
        assert text.count(slip[0]) == 1, slip
        text = text.replace(*slip)
    result = analyse(text, "derivatives.py")
    rows = text.splitlines()
    return ([rows[d.location.row - 1].strip() for d in result.diagnostics if d.code.startswith("NAB3")],
            [c.function.rpartition(".")[2] for c in result.claims if c.verdict in ("proved", "verified")])


@pytest.mark.parametrize(("source", "wanted"), [
    (COUNTS, ["dlogpdf_dlink", "d2logpdf_dlink2", "d3logpdf_dlink3", "dlogpdf_link_dvar", "dlogpdf_dlink_dvar",
              "d2logpdf_dlink2_dvar"]),
    (LINKS, ["dtransf_df", "d2transf_df2", "dtransf_df"]),
    (SURFACE, ["darea_dradius", "darea_dheight"]),
])
def test_right_ones_are_judged_right(source: str, wanted: list[str]) -> None:
    assert judged(source) == ([], wanted)


@pytest.mark.parametrize(("source", "slip"), [
    (COUNTS, ("(y / link_f - 1) / self.variance", "(y / link_f + 1) / self.variance")),
    (COUNTS, ("curvature = -y", "curvature = y")),
    (COUNTS, ("return 2 * y / link_f ** 3", "return 6 * y / link_f ** 3")),
    (COUNTS, ("-self.logpdf_link(link_f, y) / self.variance", "-self.logpdf_link(link_f, y)")),
    (COUNTS, ("return y / link_f ** 2", "return -y / link_f ** 2")),
    (LINKS, ("s * (1 - s)", "s * (1 + s)")),
    (LINKS, ("np.ones_like(f)", "2 * np.ones_like(f)")),
    (SURFACE, ("return 2 * np.pi * height + 2 * radius", "return 2 * np.pi * height + radius")),
])
def test_slips_are_found(source: str, slip: tuple[str, str]) -> None:
    wrong, _ = judged(source, slip)
    assert len(wrong) == 1


@pytest.mark.parametrize("source", [
    pytest.param("""
        def cost(x, y):
            return (x - y) ** 2

        def dcost_dy_dropped(x, y):
            return x
        """, id="a word that begins with d"),
    pytest.param("""
        def flow(t, x):
            return np.dot(x, x.T)

        def dflow_dx(t, x):
            return 2 * x
        """, id="a Jacobian"),
    pytest.param("""
        class Bounded:
            def level(self, f):
                return np.exp(np.clip(f, -0.2, 0.2))

            def dlevel_df(self, f):
                return np.exp(f)
        """, id="a value that is kept within bounds"),
    pytest.param("""
        def field(x, scale):
            return x * scale

        def dfield_dt(x, scale):
            return x
        """, id="by something that nobody knows"),
])
def test_what_is_left_alone(source: str) -> None:
    assert judged(source)[0] == []


@pytest.mark.parametrize(("name", "wanted"), [
    ("dlogpdf_dlink", [("logpdf", "link")]),
    ("d2logpdf_dlink2", [("logpdf", "link", "link")]),
    ("dlogpdf_dlink_dvar", [("logpdf_dlink", "var"), ("logpdf", "link", "var")]),
    ("d2logpdf_dlink2_dvar", [("logpdf", "link", "link", "var")]),
    ("dK2_drdr", [("K", "r", "r")]),
    ("dK_dX2", []),
    ("distribute", []),
])
def test_names_are_read(name: str, wanted: list[tuple[str, ...]]) -> None:
    found = [(q.of, *q.by) for q in quotients(name)]
    assert [f for f in found if f in wanted] == wanted
    assert wanted or not found
