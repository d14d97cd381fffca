"""Writing the backward pass that a forward function lacks, in the style of its file.

`forward` traces the function and says what backward code can reach by name; `statements` derives the cotangents of all
named values in reverse order and writes them; `styles` puts them into a function as the file writes its own.
"""

from nablint.claims.backward.forward import CannotWrite
from nablint.claims.backward.styles import Backward, compose

__all__ = ["Backward", "CannotWrite", "compose"]
