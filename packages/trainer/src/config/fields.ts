import { GPT_PRESETS, resolveConfig } from '@evenkeel/gpt-model';
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
  readonly description?: string;
  /** By the varieties that have the field: `adamw`, …; under '' where there is but one. */
  readonly defaults: Map<string, unknown>;
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

/** From the schema; those of a model from the choices that a model has. */
function readFields(): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  walk(fields, '', runConfigJsonSchema() as Schema, '');
  for (const [choice, value] of Object.entries(resolveConfig(GPT_PRESETS.tiny))) {
    const path = `model.${choice}`;
    if (!fields.has(path) && (typeof value !== 'object' || value === null)) {
      fieldAt(fields, path, '', {}).types.add(typeof value === 'undefined' ? 'any' : typeof value);
    }
  }
  return fields;
}

function walk(fields: Map<string, Field>, path: string, schema: Schema, variety: string): void {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    for (const branch of branches)
      walk(fields, path, { description: schema.description, ...branch }, variety);
    return;
  }
  if (schema.properties) {
    const own = NAMES.map((name) => schema.properties?.[name]?.const).find((value) => value !== undefined);
    for (const [name, property] of Object.entries(schema.properties)) {
      walk(
        fields,
        path === '' ? name : `${path}.${name}`,
        property,
        own === undefined ? variety : String(own),
      );
    }
    return;
  }
  const field = fieldAt(fields, path, variety, schema);
  if (schema.type) field.types.add(schema.type);
  for (const value of schema.enum ?? (schema.const === undefined ? [] : [schema.const]))
    field.values.add(String(value));
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
      isName,
    };
    fields.set(path, field);
  }
  if (schema.default !== undefined) field.defaults.set(variety, schema.default);
  return field;
}
