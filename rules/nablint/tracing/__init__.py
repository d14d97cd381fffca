"""Tracing: an interpreter that walks parsed functions with stand-in arrays; nothing of the user's code is ever run."""
