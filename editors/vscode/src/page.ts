// A derivation as a page: its shapes, its steps in rendered mathematics, the gradient as code.

import { escaped, mathematics } from "./mathematics";

export interface Step {
  rule: string;
  before: string;
  after: string;
  why: string;
}

export interface Derivation {
  title: string;
  verdict: string;
  message: string;
  explanation: { title: string; steps: Step[]; gradient: string; shapes: [string, string][] };
  /** Both sides of each step in MathML; empty where the server could not write them. */
  formulas?: [string, string][];
}

const STYLE = `
body { font-family: var(--vscode-font-family); color: var(--vscode-foreground); padding: 0 1.2em 2em; line-height: 1.5; }
h1 { font-size: 1.25em; font-weight: 600; overflow-wrap: anywhere; }
.verdict { border-radius: 3px; padding: .1em .5em; color: var(--vscode-badge-foreground); background: var(--vscode-badge-background); }
.verdict.wrong { color: var(--vscode-editor-background); background: var(--vscode-editorWarning-foreground); }
ol { padding-left: 1.6em; } li { margin: .9em 0; } li::marker { color: var(--vscode-descriptionForeground); }
.why { color: var(--vscode-descriptionForeground); }
math { font-size: 1.25em; math-style: normal; }
.formula { display: flex; align-items: center; gap: .5em; margin: .35em 0; padding: .1em 0; overflow-x: auto; }
.sign { flex: none; width: 1.2em; text-align: center; }
li.result .formula { border-left: 3px solid var(--vscode-focusBorder); padding-left: .6em; }
table { border-collapse: collapse; } td { padding: .1em 1.2em .1em 0; }
pre { background: var(--vscode-textCodeBlock-background); padding: .7em; overflow-x: auto; }
pre code { background: none; } code, td { font-family: var(--vscode-editor-font-family); }
`;

/** The page of a derivation; `nonce` admits its style and nothing else. */
export function page(derivation: Derivation, nonce: string): string {
  const { explanation } = derivation;
  const shapes = explanation.shapes.map(([name, shape]) => `<tr><td>${escaped(name)}</td><td>${escaped(shape)}</td></tr>`);
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}';">
<title>Derivation</title><style nonce="${nonce}">${STYLE}</style></head><body>
<h1>${heading(derivation)}</h1>
<p><span class="verdict ${escaped(derivation.verdict)}">${escaped(derivation.verdict)}</span> ${escaped(derivation.message)}</p>
${shapes.length ? `<table>${shapes.join("")}</table>` : ""}
<ol>${explanation.steps.map((_, number) => item(derivation, number)).join("\n")}</ol>
${explanation.gradient ? `<pre><code>${escaped(explanation.gradient)}</code></pre>` : ""}
</body></html>`;
}

/** What is derived: the equation of the last step, where it is one, in mathematics. */
function heading({ title, explanation, formulas }: Derivation): string {
  const last = explanation.steps.length - 1;
  return last >= 0 && isEquation(explanation.steps[last]!.after) ? mathematics(formulas?.[last]?.[1], title) : escaped(title);
}

/** A step: its rule, its reason, and both sides; the left one is not written again where the step before ended with it. */
function item({ explanation, formulas }: Derivation, number: number): string {
  const step = explanation.steps[number]!;
  const written = formulas?.[number];
  const left = explanation.steps[number - 1]?.after === step.before ? "" : line("", mathematics(written?.[0], step.before));
  const sign = isEquation(step.after) ? "⇒" : "=";
  const last = number > 0 && number === explanation.steps.length - 1;
  return `<li${last ? ' class="result"' : ""}><b>${escaped(step.rule)}</b>
${left}${line(sign, mathematics(written?.[1], step.after))}
<div class="why">${escaped(step.why)}</div></li>`;
}

function line(sign: string, formula: string): string {
  return `<div class="formula">${sign && `<span class="sign">${sign}</span>`}${formula}</div>`;
}

/** `∂L/∂W = Xᵀ G` follows from an expression; an expression is equal to another.  `axis=0` has no blanks. */
function isEquation(formula: string): boolean {
  return formula.includes(" = ");
}
