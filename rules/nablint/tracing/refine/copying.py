"""Copies of inputs, and of containers of inputs."""

from __future__ import annotations

from typing import Any

from nablint.tracing.values import Array, Instance, OpenDict


def copied(value: Any) -> Any:
    """A copy: containers anew, arrays detached from their base, their contents the same."""
    if isinstance(value, Array):
        new = Array(value.term, value.dialect)
        new.blank = value.blank
        return new
    if isinstance(value, OpenDict):
        out = OpenDict((k, copied(v)) for k, v in value.items())
        out.path = value.path
        return out
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, list):
        return [copied(v) for v in value]
    if isinstance(value, Instance):
        return Instance(value.cls, {k: copied(v) for k, v in value.names.items()}, value.path)
    return value


def shallow(value: Any) -> Any:
    """A copy whose items are the same; arrays are copied as a whole."""
    if isinstance(value, Array):
        return copied(value)
    if isinstance(value, OpenDict):
        out = OpenDict(value)
        out.path = value.path
        return out
    if isinstance(value, dict | list | set):
        return (
            type(value)(value)
            if type(value) in (dict, list, set)
            else dict(value)
            if isinstance(value, dict)
            else list(value)
        )
    if isinstance(value, Instance):
        return Instance(value.cls, dict(value.names), value.path)
    return value
