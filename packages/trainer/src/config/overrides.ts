import { type Field, usualOf } from './fields.js';
import { dataInFull, isObject, modelInFull } from './short-forms.js';

/** A config as it is written, before it is checked. */
export type RawConfig = { [name: string]: unknown };

/** What a flag changes: the field's path, and the text that came. */
export interface Override {
  readonly field: Field;
  readonly text: string;
}

/**
 * A config with some of its fields replaced, as flags say.
 *
 * What an object is comes first, then its fields: `--optimizer muon --optimizer.learningRate 0.02` in any order. Another
 * optimizer (loss, constraint, kind of data …) than the config's takes none of its fields over.
 */
export function withOverrides(config: RawConfig, overrides: readonly Override[]): RawConfig {
  const result = structuredClone(config);
  const isVariety = ({ field }: Override) => field.isName || field.path.split('.').length === 1;
  for (const override of [...overrides.filter(isVariety), ...overrides.filter((o) => !isVariety(o))]) {
    const { path } = override.field;
    const names = path.split('.');
    if (override.field.isName) setVariety(result, names, override.text);
    else if (path === 'data' || path === 'model') result[path] = override.text;
    else set(result, names, parsed(override));
  }
  return result;
}

function set(config: RawConfig, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path;
  if (rest.length === 0) {
    const isSameVariety = isObject(config[name]) && config[name].name === value;
    if (!isSameVariety) config[name] = value;
    return;
  }
  config[name] = asObject(config[name], name);
  set(config[name] as RawConfig, rest, value);
}

/** `optimizer.name`, `data.kind`, `model.preset`, …: what was there stays only if it is of that variety. */
function setVariety(config: RawConfig, [key, name]: readonly string[], value: string): void {
  const written = config[key];
  const before = typeof written === 'string' ? asObject(written, key) : written;
  const isSame = isObject(before) && before[name] === value;
  if (!isSame) config[key] = { [name]: value };
}

/** The object in which a field is set; of the variety that is default where none was named. */
function asObject(value: unknown, name: string): RawConfig {
  if (isObject(value)) return value;
  const written = value === undefined ? usualOf(name) : value;
  if (typeof written === 'string') return FULL[name]?.(written) ?? { name: written };
  if (!isObject(written)) return {};
  const { name: variety } = written;
  return variety === undefined ? { ...written } : { name: variety };
}

/** Parts of a config whose short form is another than their name. */
const FULL: Readonly<Record<string, (text: string) => RawConfig>> = {
  model: (text) => modelInFull(text) as RawConfig,
  data: (text) => dataInFull(text) as RawConfig,
  guard: (action) => ({ action }),
};

/** The text of a flag as a value of its field. What is no such value stays text: the schema says what it expected. */
function parsed({ field: { types, items, values }, text }: Override): unknown {
  if (values.has(text)) return text;
  if ((types.has('boolean') || types.has('any')) && (text === 'true' || text === 'false'))
    return text === 'true';
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text));
  if (isNumber && ['number', 'integer', 'any'].some((type) => types.has(type))) return Number(text);
  if (types.has('array')) {
    const entries = text === '' ? [] : text.split(',').map((entry) => entry.trim());
    return items === 'string'
      ? entries
      : entries.map((entry) => (Number.isNaN(Number(entry)) ? entry : Number(entry)));
  }
  return text;
}
