"""Configuration: `[tool.nablint]` in pyproject.toml, or nablint.toml, the nearest one upward of each file."""

from nablint_server.configuration.finding import Configurations
from nablint_server.configuration.options import Configuration, ConfigurationError, Overrides

__all__ = ["Configuration", "ConfigurationError", "Configurations", "Overrides"]
