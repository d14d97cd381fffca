"""Reading: source text to blocks, blocks to libcst trees with places; annotations, docstrings and comments."""
