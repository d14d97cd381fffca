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
}

const STYLE = `
body { font-family: var(--vscode-font-family); color: var(--vscode-foreground); padding: 0 1.2em 2em; line-height: 1.5; }
h1 { font-size: 1.25em; font-weight: 600; }
.verdict { border-radius: 3px; padding: .1em .5em; color: var(--vscode-badge-foreground); background: var(--vscode-badge-background); }
.verdict.wrong { color: var(--vscode-editor-background); background: var(--vscode-editorWarning-foreground); }
ol { padding-left: 1.4em; } li { margin: 1em 0; }
.why { color: var(--vscode-descriptionForeground); }
pre code { background: none; } math { font-size: 1.2em; } .formula { margin: .4em 0; overflow-x: auto; }
table { border-collapse: collapse; } td { padding: .1em 1.2em .1em 0; }
pre { background: var(--vscode-textCodeBlock-background); padding: .7em; overflow-x: auto; }
code, td { font-family: var(--vscode-editor-font-family); }
`;

/** The page of a derivation; `nonce` admits its style and nothing else. */
export function page(derivation: Derivation, nonce: string): string {
  const { explanation } = derivation;
  const steps = explanation.steps.map(
    (step) => `<li><b>${escaped(step.rule)}</b>
<div class="formula">${mathematics(step.before)}</div><div class="formula">${mathematics(follows(step.after))}</div>
<div class="why">${escaped(step.why)}</div></li>`,
  );
  const shapes = explanation.shapes.map(([name, shape]) => `<tr><td>${escaped(name)}</td><td>${escaped(shape)}</td></tr>`);
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}';">
<title>Derivation</title><style nonce="${nonce}">${STYLE}</style></head><body>
<h1>${escaped(derivation.title)}</h1>
<p><span class="verdict ${escaped(derivation.verdict)}">${escaped(derivation.verdict)}</span> ${escaped(derivation.message)}</p>
${shapes.length ? `<table>${shapes.join("")}</table>` : ""}
<ol>${steps.join("\n")}</ol>
${explanation.gradient ? `<pre><code>${escaped(explanation.gradient)}</code></pre>` : ""}
</body></html>`;
}

/** What stands before the second formula of a step: an equation follows, an expression is equal. */
function follows(after: string): string {
  return `${/[^<>=!]=[^=]/.test(after) && !/\w+=/.test(after) ? "⇒" : "="} ${after}`;
}
