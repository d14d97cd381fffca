"""nablint speaks: the command line, the language server, reports and configuration."""
