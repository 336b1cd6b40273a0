import { BYTE_CHARACTERS } from './byte-characters.js';
import { elements, type Fields, stage } from './fields.js';
import { readPattern } from './pattern.js';

/** Changes a text before it is divided. */
export type Normalizer = (text: string) => string;

/**
 * Reads `normalizer`.
 *
 * @throws If it is of a kind, or has a setting, that is not honoured here.
 */
export function readNormalizer(where: string, path: string, value: unknown): Normalizer | undefined {
  const found = stage(where, path, value);
  if (!found) return undefined;
  const { type, fields } = found;
  const normalizer = ofType(where, type, fields);
  fields.end();
  return normalizer;
}

function ofType(where: string, type: string, fields: Fields): Normalizer {
  switch (type) {
    case 'Sequence': {
      const parts = elements(fields, 'normalizers').map(([path, value]) =>
        readNormalizer(where, path, value),
      );
      return (text) => parts.reduce((result, part) => part?.(result) ?? result, text);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(type);
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return (text) => text.replace(/\p{Mn}/gu, '');
    case 'Strip': {
      const [left, right] = [fields.flag('strip_left', true), fields.flag('strip_right', true)];
      return (text) => {
        const from = left ? text.replace(/^\p{White_Space}+/u, '') : text;
        return right ? from.replace(/\p{White_Space}+$/u, '') : from;
      };
    }
    case 'Prepend': {
      const prefix = fields.text('prepend');
      return (text) => (text === '' ? '' : prefix + text);
    }
    case 'Replace': {
      const [pattern, content] = [readPattern(fields), fields.text('content')];
      return (text) => text.replace(pattern, () => content);
    }
    case 'ByteLevel':
      return (text) => Array.from(new TextEncoder().encode(text), (byte) => BYTE_CHARACTERS[byte]).join('');
    case 'BertNormalizer':
      return bert(fields);
    default:
      throw fields.error('.type', type, 'a kind of normalizer that is honoured here');
  }
}

/** Letter by letter, so that a Greek word does not end in another sigma. */
const lowercase = (text: string): string => Array.from(text, (letter) => letter.toLowerCase()).join('');

function bert(fields: Fields): Normalizer {
  const cleans = fields.flag('clean_text', true);
  const spaces = fields.flag('handle_chinese_chars', true);
  const lowers = fields.flag('lowercase', true);
  const strips = fields.flag('strip_accents', lowers);
  return (text) => {
    let result = text;
    // A NUL, replacement characters and controls go; tab and line ends are space.
    if (cleans) result = result.replace(/(?![\t\n\r])[\ufffd\p{C}]/gu, '').replace(/\p{White_Space}/gu, ' ');
    if (spaces) result = result.replace(CHINESE, ' $& ');
    if (strips) result = result.normalize('NFD').replace(/\p{Mn}/gu, '');
    return lowers ? lowercase(result) : result;
  };
}

const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
