/**
 * Parses JSON that people have made.
 *
 * @param name What to call the text in errors, such as `'rows.jsonl'` in quotes.
 * @param line Its number, if the text is one line of a larger one.
 * @throws With the line, if the text is no JSON; NaN and Infinity, which Python writes, by name.
 */
export function parseJson(where: string, name: string, text: string, line?: number): unknown {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (cause) {
    const { message } = cause as Error;
    const constant = findConstant(text);
    const position = constant?.position ?? Number(/position (\d+)/.exec(message)?.[1] ?? Number.NaN);
    const at = line ?? (Number.isNaN(position) ? undefined : lineAt(text, position));
    throw new Error(
      `${where}: ${name} is no JSON${at === undefined ? '' : ` in line ${at}`}: ` +
        (constant
          ? `${constant.name} stands there, expected null or a text in its place. Python writes it: export with allow_nan=False.`
          : `${message.replace(/\s+/g, ' ')}, expected JSON. Is it cut off or damaged?`),
      { cause },
    );
  }
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length;

/** The first NaN or Infinity outside of strings. */
function findConstant(text: string): { name: string; position: number } | undefined {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
      continue;
    }
    if (text[at] !== 'N' && text[at] !== 'I') continue;
    const name = ['NaN', 'Infinity'].find((constant) => text.startsWith(constant, at));
    return name === undefined ? undefined : { name, position: at };
  }
  return undefined;
}
