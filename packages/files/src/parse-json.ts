/** Files nest a few levels deep. Whatever walks through a value calls itself once a level, and a stack ends. */
const DEEPEST = 100;

/**
 * Parses JSON that people have made.
 *
 * @param name What to call the text in errors, such as `'rows.jsonl'` in quotes.
 * @param line Its number, if the text is one line of a larger one.
 * @throws With the line, if the text is no JSON; NaN and Infinity, which Python writes, by name. Also if it nests deeper than 100.
 */
export function parseJson(where: string, name: string, text: string, line?: number): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
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
  if (fits(value, DEEPEST)) return value;
  throw new Error(
    `${where}: ${name} nests deeper than ${DEEPEST}${line === undefined ? '' : ` in line ${line}`}, expected JSON as people ` +
      'write it. Is it damaged?',
  );
}

function fits(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => fits(inner, levels - 1));
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
