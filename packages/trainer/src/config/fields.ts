import { runConfigJsonSchema } from './schema.js';

/** A field of a run config that has a value of its own, by its path such as `optimizer.learningRate`. */
export interface Field {
  readonly path: string;
  /** JSON types that it may have: number, integer, string, boolean, array. */
  readonly types: Set<string>;
  /** The values there are, if they can be listed. */
  readonly values: Set<string>;
  /** Of a list: what its entries are. */
  readonly items?: string;
  description?: string;
  /** By the varieties that have the field: `adamw`, …; under '' where there is but one. */
  readonly defaults: Map<string, unknown>;
  /** It must be given where its object is, at least of some variety. */
  isNeeded: boolean;
  /** It says which variety its object is of: `optimizer.name`, `data.kind`. */
  isName: boolean;
}

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** What two fields for one choice have in common: `optimizer` and `optimizer.name`. */
export const choiceOf = ({ path }: Field): string => path.replace(/\.(name|kind)$/, '');

/** Fields that only say of which variety an object is. */
const NAMES = ['name', 'kind', 'architecture', 'preset', 'load'] as const;

let known: ReadonlyMap<string, Field> | undefined;

/** All fields of a run config. Several commands take them; the schema is read once. */
export const runConfigFields = (): ReadonlyMap<string, Field> => {
  known ??= readFields();
  return known;
};

/** What a part of a config is where nothing is written. */
export const usualOf = (name: string): unknown =>
  (runConfigJsonSchema() as Schema).properties?.[name]?.default;

function readFields(): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  walk(fields, '', runConfigJsonSchema() as Schema, '');
  for (const field of fields.values()) {
    const parent = fields.get(choiceOf(field));
    if (!field.isName || parent === field || !parent) continue;
    field.description ??= `Which ${parent.path} it is, as --${parent.path} says.`;
    if (field.defaults.size === 0)
      for (const usual of parent.defaults.values()) field.defaults.set('', usual);
  }
  return fields;
}

function walk(fields: Map<string, Field>, path: string, schema: Schema, variety: string): void {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    const usual = shortForm(schema.default);
    for (const branch of branches) {
      const isOfType = branch.type === typeof usual ? { default: usual } : {};
      walk(fields, path, { description: schema.description, ...isOfType, ...branch }, variety);
    }
    return;
  }
  if (schema.properties) {
    const own = NAMES.map((name) => schema.properties?.[name]?.const).find((value) => value !== undefined);
    for (const [name, property] of Object.entries(schema.properties)) {
      const full = path === '' ? name : `${path}.${name}`;
      walk(fields, full, property, own === undefined ? variety : String(own));
      const field = fields.get(full);
      if (field && schema.required?.includes(name)) field.isNeeded = true;
    }
    return;
  }
  const field = fieldAt(fields, path, variety, schema);
  field.description ??= schema.description;
  if (schema.type) field.types.add(schema.type);
  for (const value of schema.enum ?? (schema.const === undefined ? [] : [schema.const]))
    field.values.add(String(value));
}

/** What is written for a default: `softmax` for { name: 'softmax' }. */
function shortForm(usual: unknown): unknown {
  if (typeof usual !== 'object' || usual === null) return usual;
  const { name, preset } = usual as { name?: unknown; preset?: unknown };
  return name ?? preset;
}

function fieldAt(fields: Map<string, Field>, path: string, variety: string, schema: Schema): Field {
  let field = fields.get(path);
  if (!field) {
    const { description, items } = schema;
    const isName = (NAMES as readonly string[]).includes(path.split('.').at(-1)!);
    field = {
      path,
      types: new Set(),
      values: new Set(),
      items: items?.type,
      description,
      defaults: new Map(),
      isNeeded: false,
      isName,
    };
    fields.set(path, field);
  }
  const isOwnName = schema.const !== undefined; // the default of each variety is its own name
  if (schema.default !== undefined && !isOwnName) field.defaults.set(variety, schema.default);
  return field;
}
