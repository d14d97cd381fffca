"""For each case file, the calls that make it compute its gradients, and the scalars that they are gradients of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from truth import layers, networks
from truth.oracle import Oracle

PROBES: dict[str, Callable[[Any, Oracle], None]] = {
    probe.__name__: probe
    for probe in (
        networks.column_network,
        layers.layer_classes,
        layers.forward_backward_pairs,
        networks.features_first,
        networks.loss_and_grads,
        layers.autograd_functions,
        networks.training_script,
        networks.char_rnn_script,
        layers.book_layers,
        layers.gated_cells,
        layers.attention_blocks,
    )
}

NEEDS_TORCH = {"autograd_functions"}
"""Cases that cannot run without torch."""
