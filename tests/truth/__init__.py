"""The case files proved right, and their slips wrong, by an outside oracle: numbers."""
