"""Questions as people type them: the answer's form, and its code and its steps against numbers."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from calculus.questions import QUESTIONS
from calculus.reckoning import Question, close, run_code
from nablint.deriving import answer, spelled

IDS = [f"{q[0][:50]} d{q[1]}" for q in QUESTIONS]


@pytest.mark.parametrize(("text", "wrt", "shapes", "wanted"), QUESTIONS, ids=IDS)
def test_the_gradient_is_what_one_would_write(text, wrt, shapes, wanted):
    found = answer(text, wrt, shapes)
    if wanted is not None:
        assert found.gradient["text"] == wanted


@pytest.mark.parametrize(("text", "wrt", "shapes", "wanted"), QUESTIONS, ids=IDS)
def test_code_and_steps_hold(text, wrt, shapes, wanted):
    found, asked = answer(text, wrt, shapes), Question(text, wrt, shapes, library=spelled)
    if asked.setting.structures.get(wrt) in ("symmetric", "diagonal"):
        return  # the free entries are another question than the complex step's
    samples = dict(asked.samples)
    if found.kind == "gradient":
        assert asked.derivation().check() == []
        expected = asked.complex_step()
    else:
        samples["G"] = np.random.default_rng(5).uniform(0.5, 1.5, np.shape(asked.output.sample))
        expected = asked.complex_step(cotangent=samples["G"])
    for style in ("numpy", "einsum"):
        code = found.gradient[style]
        if code is None:  # zeros with a slice filled in is no expression
            assert found.gradient["text"].startswith("scatter")
            return
        assert close(run_code(code, samples), expected), code
    torch = pytest.importorskip("torch")
    tensors = {n: torch.as_tensor(np.array(v)) for n, v in samples.items()}
    assert close(np.asarray(run_code(found.gradient["torch"], tensors, {"torch": torch})), expected, 1e-7)


@pytest.mark.parametrize(("text", "wrt", "shapes", "wanted"), QUESTIONS, ids=IDS)
def test_every_form_is_well_formed(text, wrt, shapes, wanted):
    found = answer(text, wrt, shapes)
    assert json.loads(json.dumps(found.to_json()))["steps"]
    latex = [found.gradient["latex"], *(side for s in found.latex_steps for side in (s.before, s.after))]
    assert all(t.count("{") == t.count("}") and t.count("\\left") == t.count("\\right") for t in latex)
    for mathml in [found.gradient["mathml"], *(side for s in found.mathml_steps for side in (s.before, s.after))]:
        ElementTree.fromstring(mathml)
