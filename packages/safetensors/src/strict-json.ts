/** JSON as it stands in the text: objects as maps, since a `__proto__` may be among their keys; numbers as text. */
export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

/** A number as written, since `4.0` and `4` differ in a header and `JSON.parse` hides it. */
export class JsonNumber {
  constructor(readonly text: string) {}
  /** The whole number from 0 to 2⁵³ − 1 that is written here, without sign, point or exponent. */
  get whole(): number | undefined {
    const value = /^(0|[1-9]\d{0,15})$/.test(this.text) ? Number(this.text) : Number.NaN;
    return Number.isSafeInteger(value) ? value : undefined;
  }
}

const MAX_DEPTH = 32;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Parses JSON strictly: a key that occurs twice in one object is an error, and objects never become JavaScript objects.
 *
 * @throws SyntaxError, with the position, if the text is not JSON, nests deeper than 32, or repeats a key.
 */
export function parseStrictJson(text: string): Json {
  let at = 0;
  const fail = (what: string): never => {
    throw new SyntaxError(`${what} at character ${at}`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const space = () => void match(SPACE);
  const expect = (character: string) => {
    if (text[at] !== character) fail(`expected '${character}'`);
    at++;
    space();
  };
  const string = (): string => {
    const found = match(STRING) ?? fail('expected a string');
    space();
    return JSON.parse(found) as string;
  };
  /** Items between brackets, separated by commas. */
  const items = (open: string, close: string, item: () => void) => {
    expect(open);
    if (text[at] !== close) {
      item();
      while (text[at] === ',') {
        expect(',');
        item();
      }
    }
    expect(close);
  };
  const object = (depth: number): JsonObject => {
    const entries: JsonObject = new Map();
    items('{', '}', () => {
      const key = string();
      if (entries.has(key)) fail(`the key ${JSON.stringify(key)} occurs twice, before`);
      expect(':');
      entries.set(key, value(depth));
    });
    return entries;
  };
  const array = (depth: number): Json[] => {
    const values: Json[] = [];
    items('[', ']', () => void values.push(value(depth)));
    return values;
  };
  const WORDS: readonly [string, Json][] = [
    ['null', null],
    ['true', true],
    ['false', false],
  ];
  const value = (depth: number): Json => {
    if (depth > MAX_DEPTH) fail('too deeply nested');
    if (text[at] === '{') return object(depth + 1);
    if (text[at] === '[') return array(depth + 1);
    if (text[at] === '"') return string();
    const word = WORDS.find(([word]) => text.startsWith(word, at));
    if (word) at += word[0].length;
    const result = word ? word[1] : new JsonNumber(match(NUMBER) ?? fail('expected a value'));
    space();
    return result;
  };
  space();
  const result = value(0);
  if (at < text.length) fail('text after the end');
  return result;
}
