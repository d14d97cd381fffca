"""Names of gradients and what only looks like one; the variables that they belong to; which functions are partners."""

from __future__ import annotations

import pytest
from nablint.claims import names
from nablint.claims.program import Program
from nablint.claims.units import find_units
from nablint.reading.source import blocks
from nablint.settings import Settings

GRADIENTS = """dW dw db dX dx dA_prev dZ1 dgamma dbeta dout dscores dlogits grad_W grad_w grad_output W_grad weight_grad
nabla_w nabla_b delta delta_l dWx dWh dh_prev dprev_h d_weights dweights dinputs dmu dvar dq dk dv dL_dW gradient
upstream dhidden dbiases gradient_weights dcost_dw derror_dW dtheta layer2_delta dc_next dc_prev""".split()

LOOK_ALIKES = """dt dtype dim dims data dataset device date day dict df diff distance done dropout drop_prob dummy ddof
debug decay default delimiter depth det domain dot num_grad numerical_gradient requires_grad grad_norm grad_fn
no_grad weight_decay DELTA_MAX x w W loss activations z1 output d d_model d_k learning_rate momentum i total""".split()


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name: str) -> None:
    assert names.is_gradient_name(name)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_what_only_looks_like_a_gradient(name: str) -> None:
    assert not names.is_gradient_name(name)


VARIABLES = {
    "dW": "W", "dW1": "W1", "db": "b", "grad_W": "W", "W_grad": "W", "nabla_w": "weights", "nabla_b": "biases",
    "dx": "x", "dA_prev": "A_prev", "dgamma": "gamma", "dweights": "weights", "dL_dW": "W", "dloss_dx": "x",
    "gradient_weights": "weights", "gradients_w": "w", "derivative_w": "w", "deltas_w": "w", "dcost_dw": "w",
    "dh_prev": "h_prev", "weight_grad": "weight", "d_logits": "logits", "grad_input": "input",
}


@pytest.mark.parametrize("name", VARIABLES)
def test_variables(name: str) -> None:
    assert VARIABLES[name] in names.variables(name)


@pytest.mark.parametrize("name", ["delta", "grad", "dout", "error"])
def test_names_that_do_not_tell_their_variable(name: str) -> None:
    assert "W" not in names.variables(name)
    assert "x" not in names.variables(name)


def test_own_patterns_come_first_and_end_with_their_analysis() -> None:
    assert not names.is_gradient_name("slope_of_w")
    with names.own_names(Settings(claim_patterns=("slope_of_*",))):
        assert names.is_gradient_name("slope_of_w")
        assert names.variables("slope_of_w")[0] == "w"
        assert not names.is_gradient_name("h_w")
    assert not names.is_gradient_name("slope_of_w")


PARTNERS = {
    ("compute_backward_gradient", "__call__"): "update_gradient",
    ("affine_backward", "affine_forward"): "relu_forward affine",
    ("layer_bwd", "layer_fwd"): "layer_init",
    ("batchnorm_backward_alt", "batchnorm_forward"): "layernorm_forward",
    ("conv_backward_naive", "conv_forward_naive"): "conv_forward_im2col max_pool_forward_naive",
    ("backward", "forward"): "predict",
    ("linear_activation_backward", "linear_activation_forward"): "linear_forward",
    ("L_model_backward", "L_model_forward"): "linear_forward",
    ("lstm_step_backward", "lstm_step_forward"): "lstm_forward rnn_step_forward",
    ("backprop", "feedforward"): "predict",
}
"""A backward function, the forward function that it belongs to, and functions that stand beside it."""


@pytest.mark.parametrize(("backward", "forward"), PARTNERS)
@pytest.mark.parametrize("last", [False, True])
def test_partners(backward: str, forward: str, last: bool) -> None:
    others = PARTNERS[backward, forward].split()
    order = [*others, forward] if last else [forward, *others]
    source = "".join(f"def {name}(x, w):\n    return x * w, (x, w)\n\n\n" for name in order)
    source += f"def {backward}(dout, cache):\n    x, w = cache\n    dx, dw = dout * w, dout * x\n    return dx, dw\n"
    program = Program(blocks(source))
    units = find_units(program.loader, program.statements())
    assert [u.functions for u in units if backward in u.functions] == [(forward, backward)]


@pytest.mark.parametrize("name", ["affine_backward", "backprop", "layer_bwd", "backward_pass", "relu_backward"])
def test_backward_functions(name: str) -> None:
    assert names.is_backward(name)
    assert not names.is_forward(name)


@pytest.mark.parametrize("name", ["loss", "cost", "total_loss", "J", "nll", "data_loss", "mse"])
def test_losses(name: str) -> None:
    assert names.is_loss_name(name)


@pytest.mark.parametrize("name", ["x", "weights", "dloss", "epoch", "grad_loss"])
def test_no_losses(name: str) -> None:
    assert not names.is_loss_name(name)
