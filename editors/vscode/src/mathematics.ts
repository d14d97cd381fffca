// Formulas as MathML, from the plain text in which the server writes them: `⟨Xᵀ δ, dW⟩`, `sum(A, axis=0)`, `1/N`.

const SUPERSCRIPTS: Record<string, string> = {
  "ᵀ": "<mi mathvariant='normal'>T</mi>",
  "⁻¹": "<mrow><mo>−</mo><mn>1</mn></mrow>",
  "²": "<mn>2</mn>",
  "³": "<mn>3</mn>",
};
const OPERATORS: Record<string, string> = { "*": "·", "@": "⁢", "-": "−", "->": "→" };
const TOKEN =
  /\s+|[ᵀ²³]|⁻¹|\*\*|->|\d+(?:\.\d+)?(?:e-?\d+)?|(?!ᵀ)[\p{L}_](?:(?![ᵀ²³])[\p{L}\p{N}_.])*|[∂∇]|"[^"]*"|'[^']*'|[^\s]/gu;

/** A formula as a MathML element; what is no formula comes out as the same characters in order. */
export function mathematics(text: string): string {
  const out: string[] = [];
  let raise = false;
  for (const token of text.match(TOKEN) ?? []) {
    if (!token.trim()) continue;
    if (token === "(" && out.at(-1) === "<mi>d</mi>") out[out.length - 1] = '<mi mathvariant="normal">d</mi>';
    const power = SUPERSCRIPTS[token];
    if (power !== undefined) {
      out.push(`<msup>${base(out)}${power}</msup>`);
    } else if (token === "**") {
      raise = true;
      continue;
    } else {
      const element = atom(token);
      out.push(raise ? `<msup>${base(out)}${element}</msup>` : element);
    }
    raise = false;
  }
  return `<math>${out.join("")}</math>`;
}

/** The factor before a superscript: a bracketed group, or the last symbol. */
function base(out: string[]): string {
  const last = out.pop();
  if (last === undefined) return "<mrow></mrow>";
  if (!/^<mo[^>]*>[)\]⟩]<\/mo>$/.test(last)) return last;
  const group = [last];
  for (let depth = 1; depth > 0 && out.length > 0; ) {
    const element = out.pop() as string;
    group.unshift(element);
    if (/^<mo[^>]*>[)\]⟩]<\/mo>$/.test(element)) depth += 1;
    if (/^<mo[^>]*>[([⟨]<\/mo>$/.test(element)) depth -= 1;
  }
  return `<mrow>${group.join("")}</mrow>`;
}

function atom(token: string): string {
  if (/^\d/.test(token)) return `<mn>${token}</mn>`;
  if (/^[\p{L}_]/u.test(token)) return identifier(token);
  if (/^[()[\]⟨⟩]$/.test(token)) return `<mo stretchy="false">${token}</mo>`;
  return `<mo>${escaped(OPERATORS[token] ?? token)}</mo>`;
}

function identifier(name: string): string {
  const differential = /^d(\p{Lu}|[xzyabwfLθσ](?!\p{L}))/u.exec(name);
  if (differential) return `<mrow><mi mathvariant="normal">d</mi>${identifier(name.slice(1))}</mrow>`;
  const long = /^.[\p{L}_.]/u.test(name);
  return long ? `<mi mathvariant="normal">${escaped(name)}</mi>` : `<mi>${escaped(name)}</mi>`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
