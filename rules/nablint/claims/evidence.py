"""What a function's source says of its parameters and its result, and what a class's says of its attributes.

Annotations, the strings of shape checkers, docstrings of the function and of its class, comments: the strongest source
speaks first; what it leaves open the next ones add.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import libcst as cst

from nablint.claims.names import is_backward
from nablint.reading.annotations import annotation_evidence
from nablint.reading.comments import comment_evidence
from nablint.reading.docstrings import docstring_evidence, docstring_returns
from nablint.reading.evidence import ShapeEvidence
from nablint.reading.patterns import check_spec
from nablint.reading.prose import prose_evidence
from nablint.tracing.imports import dotted
from nablint.tracing.values import Class, Function
from nablint.tracing.worded import RESULT

KEPT = 5000
_read: OrderedDict[int, tuple[cst.CSTNode, dict[str, ShapeEvidence]]] = OrderedDict()


def parameter_evidence(owner: Function | Class, name: str) -> ShapeEvidence | None:
    """What is said of a parameter of a function of the traced source, of its result (`RESULT`), of an attribute of a
    class; None where nothing is.
    """
    node = owner.node
    if isinstance(node, cst.Lambda):
        return None
    known = _read.get(id(node))
    if known is None or known[0] is not node:
        known = (node, _attributes(owner) if isinstance(owner, Class) else _evidence_of(owner))
        _read[id(node)] = known
        if len(_read) > KEPT:
            _read.popitem(last=False)
    return known[1].get(name)


def told_on_the_way_back(function: Function, name: str) -> ShapeEvidence | None:
    """What the docstring of a class's backward method says of a parameter that its forward method has, too."""
    if function.owner is None or is_backward(function.name):
        return None
    backs = (m for n, m in function.owner.names.items() if isinstance(m, Function) and is_backward(n))
    return next((said for m in backs if (said := parameter_evidence(m, name)) is not None), None)


def _attributes(cls: Class) -> dict[str, ShapeEvidence]:
    """The attributes that a class and its bases annotate or document, those of a base last."""
    found: dict[str, ShapeEvidence] = {}
    for part in cls.order():
        text = part.node.get_docstring()
        annotated = {s.target.value: said for line in part.node.body.body if isinstance(line, cst.SimpleStatementLine)
                     for s in line.body if isinstance(s, cst.AnnAssign) and isinstance(s.target, cst.Name)
                     and (said := _annotation(s.annotation, s.target.value)) is not None}
        found = {**(docstring_evidence(text) if text else {}), **annotated, **found}
    return found


def _evidence_of(function: Function) -> dict[str, ShapeEvidence]:
    node = function.node
    assert isinstance(node, cst.FunctionDef)
    params = node.params
    all_params = [*params.posonly_params, *params.params, *params.kwonly_params]
    names = frozenset(p.name.value for p in all_params)
    texts = [node.get_docstring(), function.owner.node.get_docstring() if function.owner is not None else None]
    sources: list[dict[str, ShapeEvidence]] = [{p.name.value: said for p in all_params
                                                if (said := _annotated(p)) is not None}]
    sources.append(_checked(node))
    sources += [docstring_evidence(text) for text in texts if text]
    sources += [prose_evidence(text, names) for text in texts if text]
    sources.append({p.name.value: said for p in all_params if (said := _commented(p)) is not None})
    found: dict[str, ShapeEvidence] = {}
    for said in sources:
        for name, evidence in said.items():
            if name in names:
                found[name] = _joined(found[name], evidence) if name in found else evidence
    found = {name: _like_another(evidence, found) for name, evidence in found.items()}
    if (result := _result(node, sources[1])) is not None:
        found[RESULT] = _like_another(result, found)
    return found


def _checked(node: cst.FunctionDef) -> dict[str, ShapeEvidence]:
    """What `@check_shapes("x: [N, D]", "return: [N]")` insists on."""
    calls = [d.decorator for d in node.decorators if isinstance(d.decorator, cst.Call)]
    texts = [a.value.evaluated_value for c in calls if dotted(c.func).rpartition(".")[2] == "check_shapes"
             for a in c.args if isinstance(a.value, cst.SimpleString)]
    return {said.name: said for text in texts if isinstance(text, str) and (said := check_spec(text)) is not None}


def _result(node: cst.FunctionDef, checked: dict[str, ShapeEvidence]) -> ShapeEvidence | None:
    """What is said of the value that a function returns; several values are parts of a tuple."""
    said = _annotation(node.returns, RESULT) if node.returns is not None else None
    if said is not None and (said.dims is not None or any(p.dims is not None for p in said.parts)):
        return said
    if RESULT in checked:
        return checked[RESULT]
    text = node.get_docstring()
    parts = tuple(docstring_returns(text)) if text else ()
    return ShapeEvidence(RESULT, None, "tuple", "docstring", parts=parts) if len(parts) > 1 else next(iter(parts), None)


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
    return _annotation(param.annotation, param.name.value) if param.annotation is not None else None


def _annotation(annotation: cst.Annotation, name: str) -> ShapeEvidence | None:
    said = annotation_evidence(cst.Module([]).code_for_node(annotation.annotation))
    return replace(said, name=name) if said is not None else None


def _commented(param: cst.Param) -> ShapeEvidence | None:
    """`x,  # (B, T, C)` in a parameter list of several lines."""
    space = param.comma.whitespace_after if isinstance(param.comma, cst.Comma) else param.whitespace_after_param
    comment = space.first_line.comment if isinstance(space, cst.ParenthesizedWhitespace) else None
    return comment_evidence(comment.value, param.name.value) if comment is not None else None
