import type { Field, Override } from '@evenkeel/trainer/config';
import { choiceOf, closest, runConfigFields, UsageError } from '@evenkeel/trainer/config';

/** A field of the config, and what it is in turn. */
export interface Axis {
  readonly field: Field;
  readonly values: readonly string[];
}

/** One run of a sweep. */
export interface Point {
  /** Of its folder: `optimizer.learningRate=0.01,seed=2`. */
  readonly name: string;
  /** By the axes' paths. */
  readonly values: Readonly<Record<string, string>>;
  readonly overrides: readonly Override[];
}

/** More is a slip of the keyboard. */
const MAX_POINTS = 10_000;

/**
 * Axes from `--over PATH=VALUE,VALUE…`. A value in brackets is a list: `model.hidden=[32,16],[64]`.
 *
 * @param flags What is fixed by flags, and so cannot be an axis.
 * @throws If there is none, or a field is unknown, is there twice, or has the same value twice.
 */
export function axesOf(texts: readonly string[], flags: readonly Override[]): Axis[] {
  if (texts.length === 0) {
    throw new UsageError(
      'sweep: no --over came, expected at least one. Try: evenkeel sweep --preset grokking --over optimizer.learningRate=0.003,0.01,0.03 --over seed=1,2,3',
    );
  }
  const fixed = new Set(flags.map(({ field }) => choiceOf(field)));
  const axes: Axis[] = [];
  for (const text of texts) {
    const axis = axisOf(text);
    const choice = choiceOf(axis.field);
    if (fixed.has(choice))
      throw new UsageError(`--${choice} came in --over and once more, expected it once.`);
    fixed.add(choice);
    axes.push(axis);
  }
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > MAX_POINTS)
    throw new UsageError(`sweep: ${count} runs came, expected at most ${MAX_POINTS}. Sweep in parts.`);
  return axes;
}

function axisOf(text: string): Axis {
  const [, path, list] = /^(?:--)?([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined)
    throw new UsageError(`--over is '${text}', expected a field and its values: seed=1,2,3`);
  const fields = runConfigFields();
  const field = fields.get(path);
  if (!field) {
    const near =
      [...fields.keys()].find((known) => known.endsWith(`.${path}`)) ?? closest(path, fields.keys());
    throw new UsageError(
      `--over ${path}: no field of a config${near ? `, did you mean ${near}?` : '.'} evenkeel train --help-config explains them.`,
    );
  }
  const values = (list.match(/\[[^\]]*\]|[^,]+/g) ?? []).map((value) =>
    value.trim().replace(/^\[(.*)\]$/s, '$1'),
  );
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (values.length === 0)
    throw new UsageError(`--over ${path} has no values, expected ${path}=VALUE,VALUE…`);
  if (twice !== undefined) throw new UsageError(`--over ${path} has ${twice} twice, expected it once.`);
  return { field, values };
}

/**
 * Every combination, the last axis fastest.
 *
 * @throws If two would share a folder.
 */
export function pointsOf(axes: readonly Axis[]): Point[] {
  let points: Override[][] = [[]];
  for (const { field, values } of axes) {
    points = points.flatMap((before) => values.map((text) => [...before, { field, text }]));
  }
  const named = points.map((overrides) => ({
    name: overrides
      .map(({ field, text }) => `${field.path}=${text}`)
      .join(',')
      .replace(/[^\w.=,+-]/g, '_'),
    values: Object.fromEntries(overrides.map(({ field, text }) => [field.path, text])),
    overrides,
  }));
  const names = named.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UsageError(
      `sweep: two runs would go to '${twice}', expected values that differ in letters or digits.`,
    );
  }
  return named;
}
