"""Spellings that ask for the machine: devices, streams, compilers and other processes; there are none of them."""

from __future__ import annotations

from typing import Any

from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value
from nablint.tracing.values import External


@spelled("torch.device", "torch.cuda.device", "torch.cuda.current_device", "torch.cuda.current_stream",
         "torch.cuda.Stream", "torch.cuda.stream", "torch.get_autocast_gpu_dtype", "torch.get_autocast_dtype")
def somewhere(*args: Any, **_: Any) -> External:
    """A device or a stream: where something is computed, not what."""
    return External("torch.device()")


@spelled("torch.cuda.is_available", "torch.is_autocast_enabled", "torch.jit.is_scripting", "torch.jit.is_tracing",
         "torch.compiler.is_compiling", "torch._dynamo.is_compiling", "torch.distributed.is_initialized",
         "torch.distributed.is_available", "torch.cuda.is_bf16_supported")
def no(*args: Any, **_: Any) -> bool:
    """What a single processor has none of."""
    return False


@spelled("triton.cdiv")
def cdiv(x: Value, y: Value) -> Value:
    """The quotient of two sizes, rounded up."""
    return -(-x // y)


@spelled("triton.next_power_of_2")
def next_power_of_2(n: Value) -> int:
    """The least power of two that is no smaller."""
    return 1 << max(int(n) - 1, 0).bit_length()
