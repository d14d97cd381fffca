"""Comments as people write them, and what each says about the name that is assigned."""

from __future__ import annotations

import pytest
from nablint.reading.comments import comment_evidence

SHAPES = [
    ("# (B, nh, T, T) x (B, nh, T, hs) -> (B, nh, T, hs)", "y", "(B, nh, T, hs)"),
    ("# (B, T, 16) @ (B, 16, T) ---> (B, T, T)", "wei", "(B, T, T)"),
    ("# [s, b, h] -> [b, s, h]", "x", "(b, s, h)"),
    ("# (N,D) x (D,M) = (N,M)", "out", "(N, M)"),
    ("# B x T x C -> B x C x T", "x", "(B, C, T)"),
    ("# (B, T, C)", "x", "(B, T, C)"),
    ("#[NxD]", "dx", "(N, D)"),
    ("# NxD", "self.x", "(N, D)"),
    ("# Nx1xQ", "p", "(N, 1, Q)"),
    ("# N x 2048 x 8 x 8", "x", "(N, 2048, 8, 8)"),
    ("# B*H x T x T", "w", "(B * H, T, T)"),
    ("# (B x T) x C", "lprobs", "(B * T, C)"),
    ("# shape: [batch_size, C x H x W]", "x", "(batch_size, C * H * W)"),
    ("# (B, T×C)", "x", "(B, T * C)"),
    ("# (N,)", "y", "(N,)"),
    ("# (*, N1, 4)", "row", "(..., N1, 4)"),
    ("# [..., R, N, N]", "fvar", "(..., R, N, N)"),
    ("# shape: (N, D)", "x", "(N, D)"),
    ("# Shape (2, 3)", "x", "(2, 3)"),
    ("# x.shape = (10, 71, 23)", "x", "(10, 71, 23)"),
    ("# x: (N, D)", "x", "(N, D)"),
    ("# position embeddings of shape (t, n_embd)", "pos_emb", "(t, n_embd)"),
    ("# each (B, T, hs)", "q", "(B, T, hs)"),
    ("# B, num_heads, M, V", "y", "(B, num_heads, M, V)"),
    ("# (B, H, W//k, C), channels last", "x", "(B, H, W // k, C)"),
    ("# (N, head_dim//4) - frequencies of rows", "f", "(N, head_dim // 4)"),
    ("# (B, 9, 1); dL/dB = ...", "g", "(B, 9, 1)"),
    ("# (batch_size * num_beams, vocab_size)", "scores", "(batch_size * num_beams, vocab_size)"),
]

SILENT = [
    ("# y: (N, D)", "x"),
    ("# (X, Y)", "data"),
    ("# BGR -> RGB", "x"),
    ("# small to large -> large to small", "ix"),
    ("# kB -> MiB", "free"),
    ("# (idx, free memory)", "gpus"),
    ("# shape (2p+1, 2p+1) if n >= 2p+1 else (n, n)", "P"),
    ("# (B, T) or (B, T, C)", "x"),
    ("# [K, O] or [I, O]", "x"),
    ("# needed in count model shape[1]", "exog"),
    ("# (10, 3)", "x"),
    ("# (1)", "price"),
    ("# (N)", "price"),
    ("# [0, 1]", "p"),
    ("# [-1, 1]", "p"),
    ("# [False, True]", "p"),
    ("# [F, F, T, F]", "p"),
    ("# 4 x faster", "x"),
    ("# O(N, D)", "x"),
    ("# f(N, D)", "x"),
    ("# N, D = x.shape", "x"),
    ("# (D, N) dot (N, C)", "x"),
    ("# (N, D) * (N, D)", "x"),
    ("# (N, C)", "shape"),
    ("# (N, C)", "self.kernel_size"),
    ("# (N, C)", "n, c"),
    ("# type: ignore[assignment, misc]", "x"),
    ("# W, b = W - lr * dW, b - lr * db", "x"),
    ("# N * D", "x"),
    ("# log2(e)", "s"),
    ("# Bxnum_tokens x Hx head_dim", "x"),
    ("# np.array((samples, dim))", "x"),
    ("# 2, 3", "x"),
    ("#", "x"),
]


@pytest.mark.parametrize(("comment", "assigned", "shape"), SHAPES, ids=[row[0] for row in SHAPES])
def test_read(comment: str, assigned: str, shape: str) -> None:
    found = comment_evidence(comment, assigned)
    assert found is not None
    assert found.show() == shape
    assert (found.name, found.kind, found.source) == (assigned, "array", "comment")


@pytest.mark.parametrize(("comment", "assigned"), SILENT, ids=[row[0] + row[1] for row in SILENT])
def test_silent(comment: str, assigned: str) -> None:
    assert comment_evidence(comment, assigned) is None


def test_a_sentence_above_says_nothing() -> None:
    sentence = "# make it of shape (N, D) for the product below"
    assert comment_evidence(sentence, "x", above=True) is None
    assert comment_evidence(sentence, "x") is not None
    assert comment_evidence("# (N, D)", "x", above=True) is not None


@pytest.mark.parametrize(("comment", "written"), [
    ("# (B, T) @ (T, C) -> (B,C)", "(B,C)"), ("#[NxD]", "[NxD]"), ("# N x D, all of them", "N x D"), ("# B, T, C", ""),
    ("# (B, T) -> (B, T)", ""),
])
def test_what_is_written(comment: str, written: str) -> None:
    found = comment_evidence(comment, "x")
    assert found is not None
    assert found.written == written
