import type { Tolerance } from './expect-close.js';

/** A tensor of a fixture: row-major, flat, non-finite numbers decoded. */
export interface GoldenTensor {
  shape: number[];
  dtype: string;
  data: number[];
}

/** One case of a fixture file: what goes in, and what the reference computed from it in float64. */
export interface GoldenCase<Inputs, Hyper, Expected> {
  name: string;
  inputs: Inputs;
  hyper: Hyper;
  expected: Expected;
  /** How far float32 may be off for an output; a list of steps shares one entry per tensor: `params[0]`. */
  tolerance(output: string): Tolerance;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface RawCase {
  name: string;
  inputs: Json;
  hyper: Json;
  expected: Json;
  tolerance: Record<string, unknown>;
  same_as_case?: string;
}

const NON_FINITE: Record<string, number> = { NaN: Number.NaN, Infinity: Infinity, '-Infinity': -Infinity };

/**
 * Reads the cases of a fixture, as imported from its JSON file.
 *
 * @throws If the file is no fixture, or an output without tolerance is asked for.
 */
export function goldenCases<Inputs, Hyper, Expected>(file: {
  cases: readonly unknown[];
}): GoldenCase<Inputs, Hyper, Expected>[] {
  const cases = file.cases as RawCase[];
  return cases.map((raw) => {
    // Cases that share inputs name the case that has them, beside theirs or in their place.
    const shared = raw.same_as_case ?? (raw.inputs as { same_as_case?: string } | null)?.same_as_case;
    const inputs = cases.find(({ name }) => name === shared)?.inputs ?? raw.inputs;
    return {
      name: raw.name,
      inputs: decode(inputs) as Inputs,
      hyper: raw.hyper as Hyper,
      expected: decode(raw.expected) as Expected,
      tolerance: (output) => {
        // A case with a single output states its tolerance without naming it.
        const entry = (raw.tolerance[output] ?? raw.tolerance) as { float32?: Tolerance };
        if (entry.float32) return entry.float32;
        throw new Error(
          `goldenCases: case '${raw.name}' has no tolerance for '${output}', ` +
            `expected one of ${Object.keys(raw.tolerance).join(', ')}.`,
        );
      },
    };
  });
}

/** Turns "NaN", "Infinity" and "-Infinity" inside `data` into numbers. */
function decode(node: Json): unknown {
  if (Array.isArray(node)) return node.map(decode);
  if (node === null || typeof node !== 'object') return node;
  if (Array.isArray(node.data) && Array.isArray(node.shape)) {
    return { ...node, data: node.data.map((x) => (typeof x === 'string' ? NON_FINITE[x] : x)) };
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, decode(value)]));
}
