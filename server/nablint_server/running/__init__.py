"""Running: one text, one file, many files side by side, and the fixes of a file."""
