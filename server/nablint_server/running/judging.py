"""One source text: what is found in it, after rule selection and suppressions.

The command line and the editor both judge through here, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Callable

from nablint.reading.screen import may_hold_matrix_code
from nablint.results import Diagnostic, FileResult
from nablint.settings import Settings

from nablint_server.running.declaring import import_nodes


def judge(source: str, filename: str, settings: Settings, *, repair: bool = True,
          tell: Callable[[list[Diagnostic]], None] | None = None) -> FileResult:
    """Findings that the settings and the comments in the source let pass, in order; claims and shapes as they are.

    source: with line feeds only.  A text that holds no matrix code is not parsed, and nothing heavy is imported.
    tell: called with the findings about gradients as soon as these are known.
    """
    if not may_hold_matrix_code(source):
        return FileResult(analysed=True)
    import_nodes()
    from nablint.analysis import analyse

    from nablint_server.files.modules import resolver

    def first(found: list[Diagnostic]) -> None:
        if tell is not None and (said := spoken(source, found, settings, whole=False)):
            tell(said)

    result = analyse(source, filename, settings, repair=repair, resolve=resolver(filename), tell=first)
    result.diagnostics = spoken(source, result.diagnostics, settings)
    return result


def spoken(source: str, found: list[Diagnostic], settings: Settings, *, whole: bool = True) -> list[Diagnostic]:
    """The findings that neither the settings nor a comment silence, by place.

    whole: these are all findings of the text, so that those about idle comments belong to them.
    """
    found = [d for d in found if settings.enabled(d.code, d.name)]
    if "noqa" in source.lower() or "nablint:" in source:
        from nablint.reading import suppressions

        comments = suppressions.suppressions(source)
        found, used = suppressions.apply(found, comments)
        if whole and settings.enabled(suppressions.UNUSED_CODE, suppressions.UNUSED_NAME):
            awake = [c for c in comments if all(_may_speak(s.text, settings) for s in c.selectors)]
            # A comment that silences everything would silence the finding about itself.
            plain = [c for c in comments if c.selectors or (c.kind == "ignore-file" and (c, None) in used)]
            idle, _ = suppressions.apply(suppressions.unused(awake, used, source), plain)
            found += idle
    return sorted(found, key=lambda d: (d.location, d.end_location, d.code))


def _may_speak(selector: str, settings: Settings) -> bool:
    """Whether a suppression's selector is about rules that are switched on: others cannot be used, nor idle."""
    if not settings.ignore and not settings.file_ignores and "ALL" in settings.select:
        return True
    if selector[:3].upper() == "NAB":
        return settings.enabled(selector.upper(), selector)
    from nablint.checks import rule_names

    code = next((code for code, name in rule_names().items() if name == selector), "")
    return settings.enabled(code, selector)
