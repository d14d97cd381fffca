"""Judging: a search over readings of a unit, each run compared with what is derived, what holds confirmed."""
