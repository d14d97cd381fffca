"""Names of gradients, and the names of the variables that they belong to."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from nablint.reading.lazily import regex
from nablint.settings import Settings

_ALONE = regex(
    r"^(delta|deltas|error|errors|err|grad|grads|gradient|gradients|dout|upstream|nabla|dscores?|dlogits|dloss)s?\d*$",
    re.I,
)
_D_UPPER = regex(r"^_?d_?([A-Z]\w*)$")
_D_LOWER = regex(
    r"^_?d_?(x|y|z|w|b|h|a|o|c|f|g|i|q|k|v|u|s|r|p|t|e|out|in|inp|input|inputs|output|outputs|gamma|beta|mu|var|xhat|x_hat|xn|xc|std|"
    r"mean|sigma|score|scores|logits|probs|prev_h|prev_c|next_h|next_c|hprev|hnext|hraw|h_raw|wx|wh|weights?|bias(?:es)?|inputs|theta|alpha|"
    r"loss|pred|slope|intercept|coefs?|emb|embed|hidden|act|pre|params|values?|keys?|query|queries|attn|kernel|filters?|col|cols|padded|x_?pad(?:ded)?|"
    r"[a-z]\d+|[a-z]_?(?:prev|next)|[xwbhazqkvo]_?\w+)$")
_G = regex(r"^_?g_?(W\w{0,2}|[A-FH-Z]\d?|[wb]\d|(?<=_)[wb]|weights?|bias|gamma|beta)$")
_PREFIX = regex(
    r"^_?(?:gradients?|grads?(?!ient)|nabla|deltas(?=_)|delta(?!s_)|partial|derivatives?|deriv(?!ative))_?"
    r"(?:wrt_?|of_?|for_?|loss_(?:wrt_?)?|L_)?(\w+)$", re.I
)
_SUFFIX = regex(r"^_?(\w+?)_?(?:grads?|gradients?|delta|deltas|derivs?|error|errors|err|bar|adj)$", re.I)
_NEVER = regex(
    r"^(dt|dtype|dim|dims|data\w*|dataset\w*|device\w*|date|dates|day|days|dir|dirs|directory|dict\w*|df|diff\w*|dist\w*|divisor|doc\w*|done|"
    r"down\w*|draw\w*|drop\w*|dropout\w*|dummy|dump|duration|dx_num\w*|dw_num\w*|dev|dev_\w+|denom\w*|den|deg\w*|depth\w*|desc\w*|det|"
    r"default\w*|ddof|delimiter|debug|decay\w*|decode\w*|dense\w*|do|domain|dot\w*|double|dpi|dz_dim|d_model|d_k|d_v|d_ff|d_in|d_out|d|"
    r"grad_num\w*|num_grad\w*|numeric\w*|numerical\w*|\w*_num|\w*_numeric\w*|\w*_numerical\w*|\w*_dim|\w*_size|\w*_shape|\w*_fn|"
    r"requires_grad\w*|no_grad|grad_fn|grad_check|gradient_check|grad_norm\w*|grad_clip\w*|clip_grad\w*|rel_error\w*|abs_error\w*|error_rate|"
    r"\w*needs\w*grad\w*|standard_error|stderr|std_err|train_err\w*|val_err\w*|test_err\w*|avg_err\w*|total_err\w*|num_\w*|max_err\w*|"
    r"index_error|value_error|weight_decay)$", re.I)
CONTAINERS = frozenset(
    {
        "grad",
        "grads",
        "gradient",
        "gradients",
        "grad_dict",
        "dparams",
        "derivatives",
        "dgrads",
        "new_grads",
        "deltas",
        "delta",
    }
)


_chosen: ContextVar[Settings | None] = ContextVar("the user's own names of gradients", default=None)


@contextmanager
def own_names(settings: Settings) -> Generator[None]:
    """While this is open, names that the user's patterns read are gradients too, before all others."""
    token = _chosen.set(settings if settings.claim_patterns else None)
    try:
        yield
    finally:
        _chosen.reset(token)


def patterns() -> tuple[str, ...]:
    """The user's patterns that are in force, for whoever remembers what depends on them."""
    settings = _chosen.get()
    return settings.claim_patterns if settings is not None else ()


def _own(name: str) -> str | None:
    settings = _chosen.get()
    return None if settings is None else settings.variable_named_by(name)


def is_gradient_name(name: str) -> bool:
    """Does an assignment to this name claim to be a gradient, or a part of one?"""
    return _own(name) is not None or _is_gradient_name(name)


@lru_cache(maxsize=8192)
def _is_gradient_name(name: str) -> bool:
    if _NEVER.match(name):
        return False
    return bool(
        _ALONE.match(name) or _D_BY_D.match(name) or _D_UPPER.match(name) or _D_LOWER.match(name)
        or _PREFIX.match(name) or _SUFFIX.match(name) or _G.match(name)
    ) and not (name.isupper() and len(name) > 3)


def variables(name: str) -> tuple[str, ...]:
    """The names that the variable of a gradient may have, likeliest first: `W1` for `dW1`, `grad_W1` and `W1_grad`.

    Empty for a name that does not tell (`delta`, `grad`).
    """
    own = _own(name)
    return _variables(name) if own is None else tuple(dict.fromkeys((own, *synonyms(own), *_variables(name))))


_D_BY_D = regex(r"^_?d_?(?:L|J|E|C|[Ll]oss|[Cc]ost|[Ee]rror)_?d_?(\w+)$")


def cotangent_of(name: str) -> str:
    """What a quotient of differentials is the cotangent of: `K` for `dL_dK`; "" for other names."""
    match = _D_BY_D.match(name)
    return match.group(1) if match is not None else ""


@lru_cache(maxsize=8192)
def _variables(name: str) -> tuple[str, ...]:
    found: list[str] = []
    for pattern in (_D_BY_D, _D_UPPER, _PREFIX, _SUFFIX, _D_LOWER, _G):
        match = pattern.match(name)
        if match and match.group(1):
            found.append(match.group(1))
    out: list[str] = []
    for word in found:
        out += [word, *synonyms(word)]
    return tuple(dict.fromkeys(out))


_STEMS = {
    "w": ("weights", "weight", "W", "Ws", "ws", "kernel"),
    "b": ("biases", "bias", "B", "bs"),
    "x": ("X", "inputs", "input"),
    "weights": ("W", "w", "weight", "Ws"),
    "biases": ("b", "bias", "bs"),
    "weight": ("W", "w", "weights"),
    "bias": ("b", "biases"),
    "ws": ("weights", "W", "Ws"),
    "bs": ("biases", "b"),
    "W": ("weights", "w", "weight"),
    "B": ("biases", "b"),
    "inputs": ("x", "X", "inp", "input"),
    "input": ("x", "X", "inputs"),
    "xhat": ("x_hat", "x_norm", "xhat", "xn", "x_normalized"),
    "prev_h": ("prev_h", "h_prev", "hprev"),
    "h_prev": ("prev_h",),
    "prev_c": ("c_prev",),
}


def synonyms(word: str) -> tuple[str, ...]:
    """Other spellings of a variable's name: `weights` for `w`, `x_hat` for `xhat`, `W1` for `w1`."""
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", word)
    stem, digits = (match.group(1), match.group(2)) if match else (word, "")
    out = [s + digits for s in _STEMS.get(stem, ())]
    swapped = word[0].swapcase() + word[1:] if word else word
    return (*out, swapped, word.replace("_", ""), word.lower(), word.upper(), f"{word}_")


_BACKWARD = {
    "backward",
    "backwards",
    "bwd",
    "backprop",
    "back",
    "backpropagate",
    "backpropagation",
    "bprop",
    "backpass",
    "vjp",
    "pullback",
    "bp",
}
_FORWARD = {
    "forward",
    "forwards",
    "fwd",
    "feedforward",
    "ff",
    "fprop",
    "predict",
    "call",
    "fp",
    "propagate",
    "forwardpass",
    "forwardprop",
}
_NOISE = {"prop", "propagation", "pass", "propagate", "step", "compute", "calculate", "calc", "perform", "run", "do",
          "gradient", "gradients", "grad", "grads", ""}


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """A name's words, in lower case: `linear`, `backward` for `linear_backward`, `linearBackward`."""
    spread = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return tuple(w for w in spread.lower().split("_") if w)


@lru_cache(maxsize=8192)
def is_backward(name: str) -> bool:
    """The name of a function that carries cotangents back."""
    return bool(set(words(name)) & _BACKWARD) or any(w.startswith(("backprop", "backward")) for w in words(name))


_MIRRORED = (("backward", "forward"), ("Backward", "Forward"), ("bprop", "fprop"), ("bwd", "fwd"))


@lru_cache(maxsize=8192)
def mirrored(name: str) -> str:
    """The name that a forward function has whose backward function goes by this one; "" where no word tells."""
    return next((name.replace(back, ahead) for back, ahead in _MIRRORED if back in name), "")


@lru_cache(maxsize=8192)
def is_forward(name: str) -> bool:
    """The name of a function that a backward function may belong to."""
    return bool(set(words(name)) & _FORWARD) or name == "__call__"


@lru_cache(maxsize=8192)
def partner_key(name: str) -> tuple[str, ...]:
    """What a forward function's name and its backward function's have in common."""
    drop = _BACKWARD | _FORWARD | _NOISE
    return tuple(w for w in words(name) if w not in drop and not w.startswith(("backprop", "backward", "forwardprop")))


@lru_cache(maxsize=8192)
def stem(name: str) -> tuple[str, ...]:
    """The words of a backward function's name but for those that say so: `gru_step_backward` is of `gru_step`."""
    return tuple(w for w in words(name) if w not in _BACKWARD)


_LOSS = regex(
    r"^_?(\w*loss\w*|\w*cost\w*|j|nll|obj|objective|\w*energy|mse|ce|xent|log_?lik\w*|ll|l|fun|fval|f)\d*$", re.I
)


@lru_cache(maxsize=8192)
def is_loss_name(name: str) -> bool:
    """The name of a number that is minimised."""
    return bool(_LOSS.match(name)) and not is_gradient_name(name)
