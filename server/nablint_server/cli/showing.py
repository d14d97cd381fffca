"""What `--show-files` and `--show-settings` tell."""

from __future__ import annotations

import json
from typing import Any

from nablint_server.cli.options import Selection
from nablint_server.cli.output import CLEAN, FAILED, complain
from nablint_server.configuration import Configuration
from nablint_server.files.walking import walk


def show(chosen: Selection, *, settings: bool) -> int:
    """Print the files, or the settings of the first; the exit status."""
    status = CLEAN
    for found in walk(chosen.paths, chosen.configurations(), force_exclude=chosen.force_exclude):
        if found.configuration is None:
            complain(f"{found.path}: {found.error}")
            status = FAILED
        elif settings:
            print(json.dumps({"file": str(found.path), **told(found.configuration)}, indent=2, ensure_ascii=False))
            break
        else:
            print(found.path)
    return status


def told(configuration: Configuration) -> dict[str, Any]:
    """A configuration in the words of its file."""
    settings = configuration.settings
    return {
        "configuration": None if configuration.source is None else str(configuration.source),
        "select": settings.select,
        "ignore": settings.ignore,
        "per-file-ignores": dict(configuration.file_ignores),
        "exclude": configuration.exclude,
        "respect-gitignore": configuration.respect_gitignore,
        "gradient-names": settings.claim_patterns,
        "time-limit": settings.seconds,
    }
