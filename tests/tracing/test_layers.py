"""The layers of `torch.nn` as the tracer reads them, against the layers themselves."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from nablint.calculus.terms import Term
from nablint.claims.program import Program
from nablint.claims.sure.runs import run_sure
from nablint.claims.sure.units import sure_units
from nablint.reading.source import blocks
from nablint.tracing.values import Array

IMAGES, SERIES, STEPS, ROWS = "torch.randn(2, 8, 12, 10)", "torch.randn(2, 8, 12)", "torch.randn(5, 2, 8)", (
    "torch.randn(6, 8)")
VOLUMES, TOKENS = "torch.randn(2, 8, 6, 6, 4)", "torch.randint(0, 20, (2, 7))"
CALLS = f"""
nn.Linear(8, 3)({ROWS})
nn.Linear(8, 3, bias=False)({STEPS})
nn.Bilinear(8, 8, 5)({ROWS}, {ROWS})
nn.Identity(3)({ROWS})
nn.Embedding(20, 6)({TOKENS})
nn.Embedding.from_pretrained(torch.randn(20, 6))({TOKENS})
nn.Flatten()({IMAGES})
nn.Flatten(0, 1)({IMAGES})
nn.Unflatten(1, (2, 4))({IMAGES})
nn.ReLU(inplace=True)({IMAGES})
nn.LeakyReLU(0.2)({ROWS})
nn.GELU(approximate="tanh")({ROWS})
nn.Dropout2d(0.3)({IMAGES})
nn.PReLU()({ROWS})
nn.GLU(dim=1)({IMAGES})
nn.Softmax(dim=-1)({ROWS})
nn.LogSoftmax(1)({ROWS})
nn.Softmax2d()({IMAGES})
nn.LayerNorm(8)({STEPS})
nn.LayerNorm([12, 10])({IMAGES})
nn.RMSNorm(8)({STEPS})
nn.GroupNorm(4, 8)({IMAGES})
nn.BatchNorm1d(8)({ROWS})
nn.BatchNorm1d(8)({SERIES})
nn.BatchNorm2d(8)({IMAGES})
nn.BatchNorm3d(8)({VOLUMES})
nn.InstanceNorm2d(8)({IMAGES})
nn.Conv1d(8, 4, 3, padding="same")({SERIES})
nn.Conv2d(8, 6, 3)({IMAGES})
nn.Conv2d(8, 6, (3, 5), stride=2, padding=(1, 2))({IMAGES})
nn.Conv2d(8, 16, 3, groups=4, dilation=2)({IMAGES})
nn.Conv3d(8, 2, 3, padding=1)({VOLUMES})
nn.ConvTranspose1d(8, 3, 4, stride=2)({SERIES})
nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)({IMAGES})
nn.ConvTranspose2d(8, 3, 3, 2, 1, output_padding=1)({IMAGES})
nn.ZeroPad2d((1, 2, 3, 4))({IMAGES})
nn.ReflectionPad2d(2)({IMAGES})
nn.ReplicationPad1d(1)({SERIES})
nn.Upsample(scale_factor=2)({IMAGES})
nn.Upsample(size=(5, 7), mode="bilinear")({IMAGES})
nn.PixelShuffle(2)({IMAGES})
nn.Unfold(3, padding=1)({IMAGES})
nn.Fold((5, 5), 2)(torch.randn(2, 12, 16))
nn.MaxPool1d(2)({SERIES})
nn.MaxPool2d(3, stride=2, padding=1)({IMAGES})
nn.MaxPool2d(2, ceil_mode=True)({IMAGES})
nn.AvgPool2d(2)({IMAGES})
nn.AvgPool1d(3, 1, 1)({SERIES})
nn.AdaptiveAvgPool2d(1)({IMAGES})
nn.AdaptiveAvgPool2d((3, 2))({IMAGES})
nn.AdaptiveMaxPool1d(4)({SERIES})
nn.RNN(8, 3)({STEPS})[0]
nn.RNN(8, 3, batch_first=True)({STEPS})[1]
nn.GRU(8, 3, 2, bidirectional=True)({STEPS})[0]
nn.GRU(8, 3, 2, bidirectional=True)({STEPS})[1]
nn.GRU(8, 3)({ROWS})[1]
nn.LSTM(8, 3, num_layers=2, batch_first=True)({STEPS})[0]
nn.LSTM(8, 3, num_layers=2, batch_first=True)({STEPS})[1][1]
nn.LSTM(8, 6, proj_size=2)({STEPS})[1][0]
nn.GRUCell(8, 3)({ROWS})
nn.LSTMCell(8, 3)({ROWS})[1]
nn.MultiheadAttention(8, 2)({STEPS}, {STEPS}, {STEPS})[0]
nn.MultiheadAttention(8, 2)({STEPS}, {STEPS}, {STEPS})[1]
nn.MultiheadAttention(8, 2, batch_first=True)({STEPS}, {STEPS}, {STEPS}, average_attn_weights=False)[1]
nn.MultiheadAttention(8, 2, kdim=4, vdim=4)({STEPS}, torch.randn(3, 2, 4), torch.randn(3, 2, 4))[1]
nn.TransformerEncoderLayer(8, 2, 16)({STEPS})
nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, batch_first=True), 2, nn.LayerNorm(8))({STEPS})
nn.TransformerDecoderLayer(8, 2)({STEPS}, torch.randn(3, 2, 8))
nn.Transformer(8, 2, 1, 1)({STEPS}, torch.randn(3, 2, 8))
nn.Sequential(nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 2))({ROWS})
nn.Sequential(nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 2))[:2]({ROWS})
nn.ModuleList([nn.Linear(8, 4), nn.Linear(8, 5)])[1]({ROWS})
nn.ModuleDict({{"a": nn.Linear(8, 4)}})["a"]({ROWS})
nn.MSELoss(reduction="none")({ROWS}, {ROWS})
nn.CrossEntropyLoss()({ROWS}, torch.randint(0, 8, (6,)))
nn.Linear(8, 3).to("cpu").eval().weight
nn.utils.spectral_norm(nn.Linear(8, 3))({ROWS})
""".strip().splitlines()


def shape_of(call: str) -> tuple[int, ...] | None:
    """The shape of `y = call` in a run for shapes; None where it is not known."""
    program = Program(blocks(f"import torch\nfrom torch import nn\n\ny = {call}\n"))
    run = run_sure(program, next(iter(sure_units(program))), 0)
    assert run is not None
    value: Any = program.scope.names["y"]
    value = value.term if isinstance(value, Array) else value
    return tuple(map(int, value.shape)) if isinstance(value, Term) else None


@pytest.mark.parametrize("call", CALLS)
def test_a_layer_does_to_shapes_what_the_layer_does(call: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = eval(call, {"torch": torch, "nn": torch.nn})  # noqa: S307 - the test's own text
    assert shape_of(call) == tuple(wanted.shape)
