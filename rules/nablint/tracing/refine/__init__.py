"""Refinement on demand: what the uses of an input tell of its nature.

Where uses leave more than one reading, the reading is a choice of the world (`World.choose`), likeliest first.  An
input that is first met in backward code is only ever a number or of the shape that it meets: backward code is what is
on trial, so it may not testify.
"""

from __future__ import annotations

from nablint.tracing.refine.beside import operands, product_operands
from nablint.tracing.refine.called import arguments, sizes_in_a_row
from nablint.tracing.refine.copying import copied, shallow
from nablint.tracing.refine.keys import (
    as_index,
    as_key,
    attribute_of,
    booleans,
    flag_of,
    has_key,
    indexed,
    integers,
    is_instance,
    is_string,
    iterated,
    measured,
    sparse,
    truncated,
    truth_of,
)
from nablint.tracing.refine.kinds import (
    LIST_LENGTH,
    RANKS,
    UNBOUND,
    a_number,
    as_axes,
    as_axis,
    as_dict,
    as_integer,
    as_list,
    as_object,
    as_operand,
    as_size,
    as_sizes,
    default_rank,
    free_shape,
    is_none,
    make_array,
    scalar,
)
from nablint.tracing.refine.shapes import (
    counted,
    items_wanted,
    known_shape,
    line_wanted,
    rank_wanted,
    shape_entry,
    single_wanted,
    unpacked,
    vectors_wanted,
    whole_shape,
    wrong_rank,
)
from nablint.tracing.refine.spans import gone_along, inside, settle_spans, spanned, unpadded

__all__ = [
    "LIST_LENGTH", "RANKS", "UNBOUND", "a_number", "arguments", "as_axes", "as_axis", "as_dict", "as_index",
    "as_integer", "as_key", "as_list", "as_object", "as_operand", "as_size", "as_sizes", "attribute_of",
    "booleans", "copied", "counted", "default_rank", "flag_of", "free_shape", "gone_along", "has_key", "indexed",
    "inside", "integers", "is_instance", "is_none", "is_string", "items_wanted", "iterated", "known_shape",
    "line_wanted", "make_array", "measured",
    "operands", "product_operands", "rank_wanted", "scalar", "settle_spans", "shallow", "shape_entry",
    "single_wanted", "sizes_in_a_row", "spanned", "sparse",
    "truncated", "truth_of", "unpacked", "unpadded", "vectors_wanted", "whole_shape", "wrong_rank",
]
