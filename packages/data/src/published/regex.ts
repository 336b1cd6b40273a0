/**
 * Translates a regular expression of Oniguruma, which published tokenizers are written in, to JavaScript's with the flag `v`.
 *
 * The meaning is Oniguruma's: `\s`, `\w` and `\d` are Unicode's, `^` and `$` stand at lines, `(?i:…)` takes ſ for s and the
 * sign of kelvin for k, and possessive quantifiers and atomic groups never give back. Capturing groups become plain ones.
 *
 * @throws SyntaxError, by name, for what it does not know: back references, named groups, other options. And for repetitions of
 *     what repeats itself or has alternatives, such as `(a+)+`: on some texts they take time that doubles with each character,
 *     which nothing can interrupt. Possessive ones and those in an atomic group are taken.
 */
export function compileOniguruma(pattern: string): RegExp {
  const parser = new Parser(pattern);
  const source = parser.whole();
  try {
    return new RegExp(source, 'gv');
  } catch (error) {
    throw new SyntaxError(`it cannot be translated (${(error as Error).message})`, { cause: error });
  }
}

const WORD_IN_CLASS = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';
const WORD = `${WORD_IN_CLASS}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be`;
const WORD_EDGE = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const NO_WORD_EDGE = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`;

/** Escapes of sets, outside of brackets. */
const SETS: Readonly<Record<string, string>> = {
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  h: '[0-9A-Fa-f]',
  H: '[^0-9A-Fa-f]',
};
const SETS_IN_CLASS = { ...SETS, w: `[${WORD_IN_CLASS}]`, W: `[^${WORD_IN_CLASS}]` };
const PLACES: Readonly<Record<string, string>> = {
  A: '^',
  z: '$',
  Z: '(?=\\n?$)',
  b: WORD_EDGE,
  B: NO_WORD_EDGE,
};
const CONTROLS: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', a: '\x07', e: '\x1b' },
};
const POSIX: Readonly<Record<string, string>> = {
  alpha: '\\p{Alphabetic}',
  alnum: '\\p{Alphabetic}\\p{Nd}',
  digit: '\\p{Nd}',
  lower: '\\p{Lowercase}',
  upper: '\\p{Uppercase}',
  space: '\\p{White_Space}',
  blank: '\\t\\p{Zs}',
  punct: '\\p{P}\\p{S}',
  cntrl: '\\p{Cc}',
  word: WORD_IN_CLASS,
  xdigit: '0-9A-Fa-f',
};
/** Neighbours that other single characters stand for when case does not count: ß, ﬁ, ﬆ and others. */
const FOLDS_TOGETHER = /ss|f[fil]|st|ʼn|j̆|i̇/i;
/** Repeated up to so often, choices cost little. */
const FEW = 4;
/** The deepest nesting of groups and brackets. */
const MAX_DEPTH = 100;

class Parser {
  private at = 0;
  private depth = 0;
  private atomics = 0;
  /** How many places there were so far at which matching may have to try again. */
  private choices = 0;

  constructor(private readonly pattern: string) {}

  whole(): string {
    const source = this.alternatives(false);
    if (this.at < this.pattern.length) throw this.unknown('a closing bracket without an opening one');
    return source;
  }

  private alternatives(ignoresCase: boolean): string {
    if (++this.depth > MAX_DEPTH) throw this.unknown('brackets nested too deep');
    const parts = [this.sequence(ignoresCase)];
    while (this.takes('|')) {
      this.choices++;
      parts.push(this.sequence(ignoresCase));
    }
    this.depth--;
    return parts.join('|');
  }

  private sequence(ignoresCase: boolean): string {
    const start = this.at;
    let source = '';
    while (this.at < this.pattern.length && !/^[|)]/.test(this.rest())) {
      const before = this.choices;
      const atom = this.atom(ignoresCase);
      source += this.quantified(atom, before);
    }
    if (ignoresCase && FOLDS_TOGETHER.test(this.pattern.slice(start, this.at))) {
      throw this.unknown('letters that fold together, in (?i:…)');
    }
    return source;
  }

  /** @param before The choices before the atom. */
  private quantified(atom: string, before: number): string {
    let source = atom;
    for (;;) {
      const found = /^(?:[*+?]|\{(\d*)(,?)(\d*)\})/.exec(this.rest());
      if (!found || found[0] === '{}' || found[0] === '{,}') return source;
      this.at += found[0].length;
      const isBraced = found[0].startsWith('{');
      const quantifier = isBraced ? `{${found[1] || '0'}${found[2]}${found[3]}}` : found[0];
      const next = this.pattern[this.at];
      if (isBraced && next === '?' && found[2] === '') throw this.unknown('{n}?');
      const isMany = isBraced ? Number(found[3] || (found[2] ? Infinity : found[1])) > FEW : found[0] !== '?';
      if (isMany && this.choices > before)
        throw this.unknown('a repetition of what repeats or has alternatives');
      if (isMany) this.choices++;
      if (next === '?') {
        source = `(?:${source}${quantifier}?)`;
        this.at++;
      } else if (next === '+' && !isBraced) {
        source = this.atomic(`${source}${quantifier}`);
        this.choices = before;
        this.at++;
      } else {
        source = `(?:${source}${quantifier})`; // what follows may be another one: (?:x{2})+
      }
    }
  }

  private atom(ignoresCase: boolean): string {
    const character = this.next();
    switch (character) {
      case '(':
        return this.group(ignoresCase);
      case '[':
        return this.brackets(ignoresCase);
      case '.':
        return '[^\\n]';
      case '^':
        return '(?<![^\\n])';
      case '$':
        return '(?![^\\n])';
      case '\\':
        return this.escape(ignoresCase);
      case '*':
      case '+':
      case '?':
        throw this.unknown(`'${character}' behind nothing`);
      default:
        return literal(character, ignoresCase);
    }
  }

  private group(ignoresCase: boolean): string {
    const kind = /^\?(?:<?[=!]|[:>]|i:)/.exec(this.rest())?.[0] ?? '';
    if (kind === '' && this.pattern[this.at] === '?') throw this.unknown(`'(${this.rest().slice(0, 4)}'`);
    this.at += kind.length;
    const before = this.choices;
    const inner = this.alternatives(ignoresCase || kind === '?i:');
    if (!this.takes(')')) throw this.unknown('a bracket that is not closed');
    if (kind === '?>') {
      this.choices = before;
      return this.atomic(inner);
    }
    return /[=!]$/.test(kind) ? `(${kind}${inner})` : `(?:${inner})`;
  }

  /** What has matched once is not tried otherwise: a look ahead gives one match, which is then taken. */
  private atomic(inner: string): string {
    const name = `a${this.atomics++}`;
    return `(?:(?=(?<${name}>${inner}))\\k<${name}>)`;
  }

  private escape(ignoresCase: boolean): string {
    const place = PLACES[this.pattern[this.at]];
    if (place !== undefined) {
      this.at++;
      return place;
    }
    const { set, character } = this.escaped(SETS, ignoresCase);
    return set ?? literal(character!, ignoresCase);
  }

  /** What an escape stands for, inside and outside of brackets. */
  private escaped(
    sets: Readonly<Record<string, string>>,
    ignoresCase: boolean,
  ): { set?: string; character?: string } {
    const property = /^([pP])\{(\^?)([^}]*)\}/.exec(this.rest());
    if (property) {
      this.at += property[0].length;
      const negated = (property[1] === 'P') !== (property[2] === '^');
      if (ignoresCase && /^(Lu|Ll|Lt|Upper|Lower|Uppercase|Lowercase)/i.test(property[3])) {
        throw this.unknown(`${property[0]} where case does not count`);
      }
      return { set: this.property(property[3], negated) };
    }
    const code = /^(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4}))/.exec(this.rest());
    if (code) {
      this.at += code[0].length;
      const value = Number.parseInt(code[1] ?? code[2] ?? code[3], 16);
      if (value > 0x10ffff) throw this.unknown(`\\${code[0]}`);
      return { character: String.fromCodePoint(value) };
    }
    if (this.at >= this.pattern.length) throw this.unknown('a backslash at the end');
    const name = this.next();
    if (Object.hasOwn(sets, name)) return { set: sets[name] };
    if (Object.hasOwn(CONTROLS, name)) return { character: CONTROLS[name] };
    if (/[A-Za-z0-9]/.test(name)) throw this.unknown(`\\${name}`);
    return { character: name };
  }

  private property(name: string, negated: boolean): string {
    if (name === 'Word') return `[${negated ? '^' : ''}${WORD_IN_CLASS}]`;
    const found = [name, `Script=${name}`].find((body) => isProperty(body));
    if (found === undefined) throw this.unknown(`\\p{${name}}`);
    return `\\${negated ? 'P' : 'p'}{${found}}`;
  }

  /** Behind the opening bracket. */
  private brackets(ignoresCase: boolean): string {
    if (++this.depth > MAX_DEPTH) throw this.unknown('brackets nested too deep');
    const negation = this.takes('^') ? '^' : '';
    const operands: string[] = [];
    let items = '';
    let isFirst = true;
    for (; isFirst || this.pattern[this.at] !== ']'; isFirst = false) {
      if (this.at >= this.pattern.length) throw this.unknown('a bracket that is not closed');
      if (this.takes('&&')) {
        operands.push(items);
        items = '';
      } else {
        items += this.item(ignoresCase);
      }
    }
    this.at++;
    this.depth--;
    operands.push(items);
    if (operands.some((operand) => operand === '')) throw this.unknown('empty brackets');
    const positive = operands.length === 1 ? items : operands.map((operand) => `[${operand}]`).join('&&');
    return `[${negation}${positive}]`;
  }

  /** A nested class, a set, a range or a character. */
  private item(ignoresCase: boolean): string {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.rest());
    if (posix) {
      if (!Object.hasOwn(POSIX, posix[2]) || (ignoresCase && /lower|upper/.test(posix[2]))) {
        throw this.unknown(posix[0]);
      }
      this.at += posix[0].length;
      return `[${posix[1]}${POSIX[posix[2]]}]`;
    }
    if (this.takes('[')) return this.brackets(ignoresCase);
    const from = this.one(ignoresCase);
    if (from.set !== undefined) return from.set;
    const isRange = this.pattern[this.at] === '-' && !/^-(\]|&&)/.test(this.rest());
    if (!isRange) return folded(from.character!, ignoresCase);
    this.at++;
    if (this.pattern[this.at] === '[') throw this.unknown('a range that ends in a class');
    const to = this.one(ignoresCase);
    if (to.set !== undefined) throw this.unknown('a range that ends in a set');
    const range = (first: string, last: string) => `${code(first)}-${code(last)}`;
    const [first, last] = [from.character!, to.character!];
    if (!ignoresCase) return range(first, last);
    if (/^[a-zA-Z]{2}$/.test(first + last)) {
      const both =
        range(first.toLowerCase(), last.toLowerCase()) + range(first.toUpperCase(), last.toUpperCase());
      return both + folded('k', true) + folded('s', true);
    }
    if (/^[0-9]{2}$/.test(first + last)) return range(first, last);
    throw this.unknown('a range where case does not count');
  }

  private one(ignoresCase: boolean): { set?: string; character?: string } {
    const character = this.next();
    return character === '\\' ? this.escaped(SETS_IN_CLASS, ignoresCase) : { character };
  }

  private next(): string {
    if (this.at >= this.pattern.length) throw this.unknown('an end too early');
    const character = String.fromCodePoint(this.pattern.codePointAt(this.at)!);
    this.at += character.length;
    return character;
  }

  private takes(text: string): boolean {
    if (!this.pattern.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private rest(): string {
    return this.pattern.slice(this.at);
  }

  private unknown(what: string): SyntaxError {
    return new SyntaxError(`it has ${what} at character ${this.at}, which is not known here`);
  }
}

const code = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;

const literal = (character: string, ignoresCase: boolean): string =>
  ignoresCase ? `[${folded(character, true)}]` : code(character);

/** A character, with those that differ from it by case alone if that does not count. */
function folded(character: string, ignoresCase: boolean): string {
  if (!ignoresCase) return code(character);
  const others = [
    character.toLowerCase(),
    character.toUpperCase(),
    EXTRA_FOLDS[character.toLowerCase()] ?? '',
  ];
  return [...new Set([character, ...others])]
    .filter((other) => [...other].length === 1)
    .map(code)
    .join('');
}

/** The long s and the sign of kelvin. */
const EXTRA_FOLDS: Readonly<Record<string, string>> = { s: 'ſ', k: '\u212a' };

function isProperty(body: string): boolean {
  try {
    new RegExp(`\\p{${body}}`, 'v');
    return true;
  } catch {
    return false;
  }
}
