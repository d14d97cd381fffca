"""Repairing: from a wrong result to the statement to blame and the one edit that mends it."""
