"""Edits of one expression: the slips that people make, undone.

Each edit replaces one node of the statement by a new one that keeps the user's own operands.  What an edit is good for
is not decided here: candidates are replayed on the recorded operands and only those that give the derived gradient
count.
"""
