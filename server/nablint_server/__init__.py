"""Speaks: the command line, the language server, reports, configuration."""
