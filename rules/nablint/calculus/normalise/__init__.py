"""From terms to normal forms; a file of meanings per kind of operation."""

from nablint.calculus.normalise import arithmetic, choices, contractions, matrices, rearranging
from nablint.calculus.normalise.driver import algebra_of, form_of

__all__ = ["algebra_of", "arithmetic", "choices", "contractions", "form_of", "matrices", "rearranging"]
