import type { ResolvedConfig } from './config.js';
import { parameterShapes } from './parameters.js';

/** Where units lie in a tensor: entries `start + i · size` … along an axis. A list holds one tensor per unit. */
export interface UnitSlice {
  readonly tensor: string | readonly string[];
  readonly axis: number;
  readonly start?: number;
  readonly size?: number;
}

/** Units that can change places without changing what a model computes, in the words of `@evenkeel/mode-connectivity`. */
export interface UnitSymmetry {
  readonly name: string;
  readonly units: number;
  readonly slices: readonly UnitSlice[];
  readonly within?: { readonly units: number; readonly slices: readonly UnitSlice[] };
  readonly activations?: readonly UnitSlice[];
}

export interface SymmetryOptions {
  /** Whether the channels of the residual stream may change places, too. Default true. */
  readonly residual?: boolean;
}

/**
 * What may change places in a model without changing what it computes, by the names of {@link parameterShapes}: for `align` of
 * `@evenkeel/mode-connectivity`.
 *
 * - `residual`: the channels between blocks. No norm of ours stands in the way: each treats all channels alike, and its gains
 *   move along.
 * - `blocks.0.attention`: heads; where query heads share a key, the groups, and the heads within each group. Channels
 *   inside a head stay.
 * - `blocks.0.mlp`: hidden units; pairs of them after maxMin. Of a mixture, the experts, and the units within each.
 */
export function gptSymmetries(
  config: ResolvedConfig,
  { residual = true }: SymmetryOptions = {},
): UnitSymmetry[] {
  const shapes = parameterShapes(config);
  const blocks = Array.from({ length: config.layers }, (_, i) => `blocks.${i}`);
  return [
    ...(residual ? [channels(config, shapes)] : []),
    ...blocks.flatMap((block) => [
      heads(config, shapes, `${block}.attention`),
      config.experts > 0 ? experts(config, shapes, `${block}.mlp`) : hidden(config, shapes, `${block}.mlp`),
    ]),
  ];
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** The slices of tensors that the model has. */
const present = (shapes: Shapes, slices: readonly UnitSlice[]): UnitSlice[] =>
  slices.filter(({ tensor }) => shapes.has(typeof tensor === 'string' ? tensor : tensor[0]));

/** What reads from the residual stream, and what writes to it. */
const READS =
  /attention\.(qkv|q|k|v)\.weight$|\.(up|gate|gateUp|router)\.weight$|^(embed|position|head)\.weight$/;
const WRITES = /(attention\.out|\.down)\.(weight|bias)$|(^|\.)norm[12]?\.(weight|bias)$/;

function channels({ width, layers }: ResolvedConfig, shapes: Shapes): UnitSymmetry {
  const slices = [...shapes.keys()].flatMap((tensor) => {
    if (READS.test(tensor)) return [{ tensor, axis: 1 }];
    return WRITES.test(tensor) ? [{ tensor, axis: 0 }] : [];
  });
  const seen = ['embed', ...Array.from({ length: layers }, (_, i) => `blocks.${i}`)];
  return {
    name: 'residual',
    units: width,
    slices,
    activations: seen.map((tensor) => ({ tensor, axis: -1 })),
  };
}

function heads({ heads, kvHeads, headDim }: ResolvedConfig, shapes: Shapes, name: string): UnitSymmetry {
  const [group, size] = [heads / kvHeads, headDim];
  const fused = shapes.has(`${name}.qkv.weight`);
  const [first, second] = [heads * headDim, (heads + kvHeads) * headDim];
  const rows = (matrix: string, start: number): UnitSlice[] =>
    ['weight', 'bias'].map((part) => ({
      tensor: `${name}.${fused ? 'qkv' : matrix}.${part}`,
      axis: 0,
      start: fused ? start : 0,
      size,
    }));
  const ofQueries = present(shapes, [
    ...rows('q', 0),
    { tensor: `${name}.scoreBias`, axis: 1 },
    { tensor: `${name}.out.weight`, axis: 1, size },
  ]);
  const ofKeys = present(shapes, [...rows('k', first), ...rows('v', second)]);
  const activations = [{ tensor: `${name}.heads`, axis: 1 }];
  if (group === 1) return { name, units: heads, slices: [...ofQueries, ...ofKeys], activations };
  return { name, units: kvHeads, slices: ofKeys, within: { units: group, slices: ofQueries }, activations };
}

/** What belongs to a hidden unit of the MLP called `name`, or of each of several. maxMin sorts unit i with unit i + n/2, so that pairs are the units. */
function unitSlices(config: ResolvedConfig, shapes: Shapes, names: readonly string[]): UnitSlice[] {
  const { mlpWidth } = config;
  const slice = (part: string, axis: number, from = 0): UnitSlice[] => {
    const tensors = names.map((name) => `${name}.${part}`);
    const tensor = tensors.length === 1 ? tensors[0] : tensors;
    return startsOf(config).map((start) => ({ tensor, axis, start: from + start }));
  };
  return present(shapes, [
    ...['up.weight', 'up.bias', 'gate.weight', 'gate.bias'].flatMap((part) => slice(part, 0)),
    ...['gateUp.weight', 'gateUp.bias'].flatMap((part) => [...slice(part, 0), ...slice(part, 0, mlpWidth)]),
    ...slice('down.weight', 1),
  ]);
}

/** Where the parts of the units begin: of a pair, its members are half the width apart. */
const startsOf = ({ mlpWidth, activation }: ResolvedConfig): number[] =>
  activation === 'maxMin' ? [0, mlpWidth / 2] : [0];

const unitsOf = (config: ResolvedConfig): number => config.mlpWidth / startsOf(config).length;

function hidden(config: ResolvedConfig, shapes: Shapes, name: string): UnitSymmetry {
  return {
    name,
    units: unitsOf(config),
    slices: unitSlices(config, shapes, [name]),
    activations: startsOf(config).map((start) => ({ tensor: `${name}.hidden`, axis: -1, start })),
  };
}

function experts(config: ResolvedConfig, shapes: Shapes, name: string): UnitSymmetry {
  const { experts, width } = config;
  const names = Array.from({ length: experts }, (_, e) => `${name}.experts.${e}`);
  const whole = { tensor: names.map((expert) => `${expert}.down.bias`), axis: 0, size: width };
  const seen = names.map((expert) => `${expert}.hidden`);
  return {
    name,
    units: experts,
    slices: present(shapes, [{ tensor: `${name}.router.weight`, axis: 0 }, whole]),
    within: { units: unitsOf(config), slices: unitSlices(config, shapes, names) },
    activations: startsOf(config).map((start) => ({ tensor: seen, axis: -1, start })),
  };
}
