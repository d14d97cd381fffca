import assert from "node:assert/strict";
import { test } from "node:test";
import { mathematics } from "../src/mathematics";
import { page } from "../src/page";

const plain = (markup: string) => markup.replace(/<[^>]*>/g, "").replace(/&#(\d+);/g, (_, c) => String.fromCharCode(c));

const CASES: [string, string][] = [
  ["Xᵀ", "<math><msup><mi>X</mi><mi mathvariant='normal'>T</mi></msup></math>"],
  ["x**2", "<math><msup><mi>x</mi><mn>2</mn></msup></math>"],
  ["(A B)ᵀ",
    "<math><msup><mrow><mo stretchy=\"false\">(</mo><mi>A</mi><mi>B</mi><mo stretchy=\"false\">)</mo></mrow>" +
    "<mi mathvariant='normal'>T</mi></msup></math>"],
  ["dW", '<math><mrow><mi mathvariant="normal">d</mi><mi>W</mi></mrow></math>'],
  ["d(b)", '<math><mi mathvariant="normal">d</mi><mo stretchy="false">(</mo><mi>b</mi><mo stretchy="false">)</mo></math>'],
  ["a < b", "<math><mi>a</mi><mo>&#60;</mo><mi>b</mi></math>"],
];

for (const [text, markup] of CASES) test(text, () => assert.equal(mathematics(text), markup));

for (const text of ["⟨Xᵀ δ, dW⟩", "sum(dout, axis=0)", "A⁻¹ (B - C)ᵀ / N", "ᵀ", ")²", "grads['W' + str(l)]", "<script>"]) {
  test(`nothing is lost of ${text}`, () => {
    const written = [["⁻¹", "-1"], ["ᵀ", "T"], ["²", "2"]].reduce((t, [a, b]) => t.replaceAll(a!, b!), text.replace(/\s/g, ""));
    assert.equal(plain(mathematics(text)).replace(/−/g, "-"), written);
  });
}

test("a page escapes what comes from code", () => {
  const html = page({ title: "<b>", verdict: "wrong", message: "a<b",
    explanation: { title: "", steps: [{ rule: "r", before: "<", after: "a", why: "&" }], gradient: "x<y", shapes: [["W", "(D, M)"]] } }, "n");
  assert.ok(!html.includes("<b>\n") && html.includes("&#60;b&#62;") && html.includes("x&#60;y") && html.includes("(D, M)"));
});
