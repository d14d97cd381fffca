"""Scenarios: how the code of a unit is brought to run, and what of it is a result.

Each function walks a unit in a loaded interpreter: forward first, then backward with the cotangents that arrive, caches
and attributes flowing from one to the other as the code itself has them.
"""
