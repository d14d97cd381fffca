"""What a function's source says of its parameters: annotations, docstrings of the function and of its class, comments.

The strongest source speaks first (annotation, docstring, comment); what it leaves open the next ones add.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import libcst as cst

from nablint.reading.annotations import annotation_evidence
from nablint.reading.comments import comment_evidence
from nablint.reading.docstrings import docstring_evidence
from nablint.reading.evidence import ShapeEvidence
from nablint.reading.prose import prose_evidence
from nablint.tracing.values import Function

KEPT = 5000
_read: OrderedDict[int, tuple[cst.CSTNode, dict[str, ShapeEvidence]]] = OrderedDict()


def parameter_evidence(function: Function, name: str) -> ShapeEvidence | None:
    """What is said of a parameter of a function of the traced source; None where nothing is."""
    node = function.node
    if isinstance(node, cst.Lambda):
        return None
    known = _read.get(id(node))
    if known is None or known[0] is not node:
        known = (node, _evidence_of(function, node))
        _read[id(node)] = known
        if len(_read) > KEPT:
            _read.popitem(last=False)
    return known[1].get(name)


def _evidence_of(function: Function, node: cst.FunctionDef) -> dict[str, ShapeEvidence]:
    params = node.params
    all_params = [*params.posonly_params, *params.params, *params.kwonly_params]
    names = frozenset(p.name.value for p in all_params)
    texts = [node.get_docstring(), function.owner.node.get_docstring() if function.owner is not None else None]
    sources: list[dict[str, ShapeEvidence]] = [{p.name.value: said for p in all_params
                                                if (said := _annotated(p)) is not None}]
    sources += [docstring_evidence(text) for text in texts if text]
    sources += [prose_evidence(text, names) for text in texts if text]
    sources.append({p.name.value: said for p in all_params if (said := _commented(p)) is not None})
    found: dict[str, ShapeEvidence] = {}
    for said in sources:
        for name, evidence in said.items():
            if name in names:
                found[name] = _joined(found[name], evidence) if name in found else evidence
    return {name: _like_another(evidence, found) for name, evidence in found.items()}


def _joined(strong: ShapeEvidence, weak: ShapeEvidence) -> ShapeEvidence:
    """What the weaker source adds where it speaks of the same kind of thing."""
    if strong.kind not in (weak.kind, "unknown") or strong.dims is not None:
        return strong
    kind = weak.kind if strong.kind == "unknown" else strong.kind
    return replace(strong, kind=kind, dims=weak.dims, elements=strong.elements or weak.elements,
                   below=strong.below or weak.below,
                   like=strong.like or weak.like, parts=strong.parts or weak.parts, source=weak.source, row=weak.row,
                   written=weak.written)


def _like_another(evidence: ShapeEvidence, found: dict[str, ShapeEvidence]) -> ShapeEvidence:
    """"Same shape as x" is x's shape, where that is known."""
    other = found.get(evidence.like or "")
    return (
        replace(evidence, dims=other.dims)
        if evidence.dims is None and other is not None and other.dims is not None
        else evidence
    )


def _annotated(param: cst.Param) -> ShapeEvidence | None:
    if param.annotation is None:
        return None
    said = annotation_evidence(cst.Module([]).code_for_node(param.annotation.annotation))
    return replace(said, name=param.name.value) if said is not None else None


def _commented(param: cst.Param) -> ShapeEvidence | None:
    """`x,  # (B, T, C)` in a parameter list of several lines."""
    space = param.comma.whitespace_after if isinstance(param.comma, cst.Comma) else param.whitespace_after_param
    comment = space.first_line.comment if isinstance(space, cst.ParenthesizedWhitespace) else None
    return comment_evidence(comment.value, param.name.value) if comment is not None else None
