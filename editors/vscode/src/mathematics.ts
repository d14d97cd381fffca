// Formulas on a page: MathML as the server writes it, or the plain text of one.

const MATHML = /^<math>(?:[^<>]|<\/?m[a-z]+(?: (?:mathvariant|width)="[\w.]+"\/?)?>)*<\/math>$/;

/** A formula as markup: MathML, and nothing but MathML, where there is some, else its text as code. */
export function mathematics(mathml: string | undefined, text: string): string {
  if (mathml !== undefined && MATHML.test(mathml)) return mathml;
  return `<code>${escaped(text)}</code>`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
