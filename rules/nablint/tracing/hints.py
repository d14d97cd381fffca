"""What names say about inputs that nothing else tells of.

A hint only orders the hypotheses: every other reading that fits the forward code is still tried before anything is
reported.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nablint.reading.lazily import regex

_remembered = lru_cache(maxsize=8192)
"""Names are asked about again and again: once for each use, in each run."""

_SCALARS = regex(
    r"^_?(lr|lrate|eta|alpha|reg|lam|lambda\w*|lmbda|l[12]|l[12]_\w+|eps|epsilon\w*|learning_?rate|step_?size|momentum|"
    r"mu_?decay|decay\w*|rho|temperature|"
    r"tau|scale|slope|negative_slope|delta|margin|weight_decay|regulari[sz]\w*|reg_\w+|(\w+_)?(penalty|strength|lambda)|"
    r"dropout\w*|keep_?prob|p|rate|"
    r"c|k[12]?|"
    r"threshold|beta[12]|gamma_lr|loss|cost|leak\w*|dt|sigma|nu)$",
    re.I,
)
_SIZES = regex(
    r"^_?(n|m|d|t|h|w|c|k|f|num_?\w*|n_\w+|\w+_(size|dim|dims|len|length|height|width|channels|features|units|count)|"
    r"(in|out)_(features|channels|dim|size)|size|dim|dims|length|batch|batch_?size|hidden\w*|input_?(size|dim|nodes|"
    r"units)?|"
    r"output_?(size|dim|nodes|units)?|vocab\w*|seq_?len\w*|depth|height|width|channels|layers_?\d*|units|classes|y|x|i|"
    r"j)$",
    re.I,
)
_TURNS = regex(r"(epoch|iter|steps?$|num_?steps|n_?steps|trials|times|max_it|repeat|rounds|T_max)", re.I)
_LISTS = regex(
    r"^_?(\w*sizes|\w*layers|\w*dims|layers?_(?:dim|size|unit|width)|weights|biases|ws|bs|activations|caches|params|parameters|grads|\w*shapes|zs|xs|"
    r"ys|inputs_list|"
    r"args|cache|cached?\w*|hs|tensors|saved\w*|structure|architecture|topology|nodes|data_list|units|\w+_list|"
    r"mini_batch|training_data|"
    r"inputs|targets|outputs|layer_\w+)$",
    re.I,
)
_COUNTERS = regex(r"^_?(i|j|k|l|t|n|step|layer|index|idx|row|col|pos)$")
_VECTORS = regex(r"^_?(\w*bias\w*|b\d*|b[a-z]|beta|gamma|mu|mean|var|std|running_\w+|hprev|h0|c0)$")
_ROWS = regex(r"^_?(gamma|beta|weight|scale|shift|g|mean|mu|var|std|sigma|running_\w+|bias\w*|b\w?\d*|w)$", re.I)
_TARGETS = regex(
    r"^_?(y|y_\w+|t|target\w*|label\w*|truth|gt|ground_truth|expected\w*|desired\w*|mask\w*|teach\w*)$", re.I
)
_PREDICTIONS = regex(
    r"^_?(out\w*|output\w*|pred\w*|y_?(hat|pred|prob|proba|probas|out|val)\w*|prob\w*|h_?out|a_?out|al|yh|scores?|"
    r"logits?|activations?|hypothesis|h)$", re.I)
_HYPER = regex(
    r"^_?(stride\w*|pad\w*|kernel_?size|filter_?size|pool\w*|ksize|num_heads|n_?heads?|heads|dilation|groups?|s|f|hf|"
    r"wf|hh|ww)$",
    re.I,
)


_GENERATOR = regex(r"^_?(rng|rs|prng|rnd|random|random_state|generator)$", re.I)


_WEIGHT = regex(r"^_?(w|weights?|kernel|theta|u|v|wq|wk|wv|wo|syn|embed\w*)[\d_]*\w?$|^[wW]_?\w{0,3}$", re.I)


@_remembered
def is_weight(name: str) -> bool:
    """A matrix of parameters, without an axis for samples."""
    return bool(_WEIGHT.match(name)) and name not in ("V", "v")


@_remembered
def is_generator(name: str) -> bool:
    """A generator of random numbers."""
    return bool(_GENERATOR.match(name))


@_remembered
def base(name: str) -> str:
    """The last plain name of a path: `W1` for `parameters['W1']`, `weights` for `self.weights[0]`."""
    found = re.findall(r"[A-Za-z_]\w*", re.sub(r"\[\d+\]", "", name))
    return found[-1] if found else name


@_remembered
def is_scalar(name: str) -> bool:
    """A learning rate, a regularisation strength, a small constant."""
    return bool(_SCALARS.match(name))


@_remembered
def is_size(name: str) -> bool:
    """A count of samples, features, units."""
    return bool(_SIZES.match(name))


_COUNT = regex(r"_?(?:[nNm]|num_\w+|n_\w+|\w+_(?:size|dims?|len|length|channels|features|units|count))")


@_remembered
def is_count(name: str) -> bool:
    """Nothing but a size; `D`, `batch`, `width` may be arrays as well."""
    return bool(_COUNT.fullmatch(name))


@_remembered
def is_turns(name: str) -> bool:
    """How often a training loop runs."""
    return bool(_TURNS.search(name))


_LAYER_SIZES = regex(r"^_?(layers?_?(dims?|sizes?|units?|nodes|structure)|sizes|n_?units|structure|topology|"
                     r"architecture|arch|(n|num)_?(nodes|neurons))$", re.I)


@_remembered
def is_layer_sizes(name: str) -> bool:
    """Names of lists of the sizes of all layers, the input's first."""
    return bool(_LAYER_SIZES.match(name))


@_remembered
def is_list(name: str) -> bool:
    """A list or tuple: of sizes, of weights, of cached values."""
    return bool(_LISTS.match(name))


_TRUNCATION = regex(r"trunc", re.I)


@_remembered
def is_truncation(name: str) -> bool:
    """How many steps back a gradient through time is followed."""
    return bool(_TRUNCATION.search(name))


_LENGTH = regex(r"(^|_)(h|w|rows?|cols?|columns|height|width|len|length|steps|time)(_|\d|$)", re.I)


@_remembered
def is_length(name: str) -> bool:
    """An axis that windows slide along, as documentation names it."""
    return bool(_LENGTH.search(name))


@_remembered
def is_shape(name: str) -> bool:
    """The shape of an array, without its name."""
    return name.lower().endswith(("shape", "_dim", "_dims"))


_OF_INPUT = regex(r"_?(?:input|in|x|img|image)_(?:shape|dims?)", re.I)


@_remembered
def is_shape_of_input(name: str) -> bool:
    """The shape of what a layer is given, without the samples."""
    return _OF_INPUT.fullmatch(name) is not None


@_remembered
def is_counter(name: str) -> bool:
    """A loop counter: an integer without axes."""
    return bool(_COUNTERS.match(name))


_PLACES = regex(r"(^|_)(idx|index|ix|pos|position)$", re.I)


@_remembered
def is_place(name: str) -> bool:
    """Where something stands in an array: `center_idx`."""
    return _PLACES.search(name) is not None


@_remembered
def is_vector(name: str) -> bool:
    """A bias or a statistic per feature."""
    return bool(_VECTORS.match(name))


@_remembered
def is_row(name: str) -> bool:
    """A factor or shift per feature."""
    return bool(_ROWS.match(name))


_PER_FEATURE = regex(r"^_?(gamma|beta|bias(es)?|b\d*)$", re.I)


@_remembered
def is_per_feature(name: str) -> bool:
    """A shift or factor that all samples share."""
    return bool(_PER_FEATURE.match(name))


FUNCTION = regex(
    r"_?(?:activat\w*|act(?:_?(?:fn|func|fun|function))?|non_?lin\w*|transfer\w*|phi|sigma)", re.I)
"""Names of activation functions."""


@_remembered
def is_axis(name: str) -> bool:
    """Which axis a function works along."""
    return name.lower() in ("axis", "dim", "axes", "dims")


@_remembered
def is_target(name: str) -> bool:
    """What predictions are compared with; it has their shape."""
    return bool(_TARGETS.match(name))


@_remembered
def is_prediction(name: str) -> bool:
    """What a forward function returns, under the name that its backward function gives it."""
    return bool(_PREDICTIONS.match(name)) and name not in ("y",)


@_remembered
def is_hyper(name: str) -> bool:
    """A stride, a padding, a window: a small number that code does arithmetic with."""
    return bool(_HYPER.match(name))


@_remembered
def item(name: str) -> str:
    """The name of one item of a list: `weight` of `weights`, `bias` of `biases`, `x` of `xs`."""
    for plural, singular in (("biases", "bias"), ("caches", "cache"), ("ies", "y"), ("s", ""), ("_list", "")):
        if name.endswith(plural) and len(name) > len(plural):
            return name[: -len(plural)] + singular
    return f"{name}_item"


_PARAMETER = regex(r"^_?(W|w|b|U|V|theta|gamma|beta|weights?|bias(es)?|kernel|filters?|syn|embed|blank|params?|"
                   r"lut|coef)", re.I)


def names_parameter(path: str) -> bool:
    """Is an input of this path a parameter by its name?"""
    return bool(_PARAMETER.match(base(path)))
