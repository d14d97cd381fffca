"""Replaying: what a run would have given had some statements made other values, without running it again."""
