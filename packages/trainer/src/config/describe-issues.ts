import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { closest } from './closest.js';

type Issue = z.core.$ZodIssue;

/** What is wrong with a config, a line each: the field, what came, what was expected, and what was probably meant. */
export function describeIssues(error: z.ZodError, config: unknown, schema: z.ZodType): string {
  const known = knownFields(z.toJSONSchema(schema, { io: 'input' }) as Schema);
  return innermost(error.issues, [], config)
    .flatMap(({ issue, path }) => linesOf(issue, path.map(String), config, known))
    .map((line) => `✖ ${line}`)
    .join('\n');
}

interface Found {
  readonly issue: Issue;
  readonly path: readonly PropertyKey[];
}

/** Where something may be one of several things, what is wrong with the one that it comes nearest to. */
function innermost(issues: readonly Issue[], before: readonly PropertyKey[], config: unknown): Found[] {
  return issues.flatMap((issue) => {
    const path = [...before, ...issue.path];
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ issue, path }];
    const branches = issue.errors.map((branch) => innermost(branch as Issue[], path, config));
    const far = (branch: Found[]) => Math.max(...branch.map((found) => found.path.length));
    const isValue = (branch: Found[]) =>
      branch.every(({ issue: { code } }) => code === 'invalid_value') ? 1 : 0;
    const came = (branch: Found[]) =>
      branch.every((found) => valueAt(config, found.path) !== undefined) ? 1 : 0;
    const [best] = branches.sort(
      (a, b) => far(b) - far(a) || came(b) - came(a) || isValue(b) - isValue(a) || a.length - b.length,
    );
    return best;
  });
}

function linesOf(
  issue: Issue,
  path: readonly string[],
  config: unknown,
  known: ReadonlySet<string>,
): string[] {
  const name = path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = [...path, key].join('.');
      const meant = nearest(full, known);
      return `${full} is unknown${meant ? `, did you mean ${meant}?` : '.'}`;
    });
  }
  const value = valueAt(config, path);
  if (issue.code === 'invalid_union' && 'options' in issue && issue.options) {
    const options = (issue.options as unknown[]).map(String);
    const near = typeof value === 'string' ? closest(value, options) : undefined;
    return [
      `${name} ${value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`}, ${near ? `did you mean ${near}? Expected` : 'expected'} one of ${options.join(', ')}`,
    ];
  }
  const came = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
  const expected = issue.message
    .replace(/^Invalid (input|option|discriminator value)[:.] ?/, '')
    .replace(/, received .*$/, '');
  const values =
    issue.code === 'invalid_value'
      ? `expected one of ${issue.values.map(String).join(', ')}`
      : lower(expected);
  return [
    `${name === '' ? 'the config' : name} ${came}, ${values.startsWith('expected') ? values : `expected another value: ${values}`}`,
  ];
}

const valueAt = (config: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], config);

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function nearest(name: string, known: ReadonlySet<string>): string | undefined {
  const last = name.split('.').at(-1);
  const ranked = [...known].map((candidate) => ({
    candidate,
    far: Math.min(
      distance(name.toLowerCase(), candidate.toLowerCase()),
      candidate.split('.').at(-1)!.toLowerCase() === last!.toLowerCase() ? 1 : Infinity,
    ),
  }));
  const [best] = ranked.sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(2, name.length / 4) ? best.candidate : undefined;
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** The paths of all fields. */
function knownFields(schema: Schema, path = ''): Set<string> {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const full = path === '' ? name : `${path}.${name}`;
    return [full, ...knownFields(property, full)];
  });
  return new Set([...own, ...branches.flatMap((branch) => [...knownFields(branch, path)])]);
}
