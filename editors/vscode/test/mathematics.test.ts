import assert from "node:assert/strict";
import { test } from "node:test";
import { mathematics } from "../src/mathematics";
import { type Derivation, page } from "../src/page";

const XT = "<math><msup><mi>X</mi><mi>⊤</mi></msup></math>";
const D = '<math><mrow><mi mathvariant="normal">d</mi><mi>W</mi></mrow></math>';

for (const markup of [XT, D]) test(`mathematics is shown: ${markup}`, () => assert.equal(mathematics(markup, "X"), markup));

const REFUSED: [string | undefined, string][] = [
  [undefined, "nothing was written"],
  ["", "an empty formula"],
  ["<math><mi>x</mi></math><script>alert(1)</script>", "something behind it"],
  ["<math><mi onclick=\"alert(1)\">x</mi></math>", "a handler"],
  ["<math><img src=x></math>", "another element"],
  ["<svg></svg>", "no mathematics at all"],
];
for (const [markup, what] of REFUSED) {
  test(`the text is shown instead: ${what}`, () => assert.equal(mathematics(markup, "a < b"), "<code>a &#60; b</code>"));
}

function derivation(change: Partial<Derivation> = {}): Derivation {
  const steps = [
    { rule: "differential of a product", before: "⟨G, dF⟩", after: "⟨G, X dW⟩", why: "d(A B) = dA B + A dB" },
    { rule: "across the inner product", before: "⟨G, X dW⟩", after: "⟨Xᵀ G, dW⟩", why: "&" },
    { rule: "read off the gradient", before: "⟨Xᵀ G, dW⟩", after: "∂L/∂W = Xᵀ G", why: "" },
  ];
  const explanation = { title: "<b>", steps, gradient: "x<y", shapes: [["W", "(D, M)"]] as [string, string][] };
  return { title: "<b>", verdict: "wrong", message: "a<b", explanation, ...change };
}

test("a page escapes what comes from code", () => {
  const html = page(derivation({ formulas: [] }), "n");
  assert.ok(!html.includes("<b><") && html.includes("x&#60;y") && html.includes("a&#60;b") && html.includes("(D, M)"));
});

test("a side that the step before ended with is not written again", () => {
  const html = page(derivation(), "n");
  assert.equal(html.split("⟨G, X dW⟩").length, 2);
});

test("the gradient is the heading, and follows from the last inner product", () => {
  const formulas: [string, string][] = [[D, D], [D, D], [D, XT]];
  const html = page(derivation({ formulas }), "n");
  assert.ok(html.includes(`<h1>${XT}</h1>`));
  assert.ok(html.includes(`<li class="result"><b>read off the gradient</b>\n<div class="formula"><span class="sign">⇒</span>${XT}`));
});
