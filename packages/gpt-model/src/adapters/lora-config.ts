import type { Layer } from './module-paths.js';

/** Which layers an adapter stands beside, and how strong it is. Names are those of Python's transformers. */
export interface LoraConfig {
  /** r, the width of the detour: how many numbers A makes of an input. Default 8. */
  readonly rank?: number;
  /** α: B A x is multiplied by α / r. Default `rank`. */
  readonly alpha?: number;
  /** Multiplies by α / √r instead, so that a higher rank does not weaken it. (rsLoRA) Default false. */
  readonly rankStabilized?: boolean;
  /** The share of entries of x that are dropped before A, in training. Default 0. */
  readonly dropout?: number;
  /**
   * Which layers: names that a path ends with (`q_proj` for `model.layers.0.self_attn.q_proj`), or one regular expression for
   * whole paths. `'all-linear'`: every matrix of the blocks. Default that.
   */
  readonly targets?: readonly string[] | string;
  /** Only these blocks. Default all. */
  readonly blocks?: readonly number[];
  /** Other ranks, by a regular expression for the end of a path. */
  readonly rankPattern?: Readonly<Record<string, number>>;
  /** Other α, likewise. */
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** Layers of which a whole copy is trained, by the end of their path: `lm_head`. */
  readonly saved?: readonly string[];
}

/** A layer with the rank and scale of its adapter. */
export interface AdaptedLayer extends Layer {
  readonly rank: number;
  /** s. */
  readonly scale: number;
}

/** @throws If a choice is out of range. */
export function checkLoraConfig(
  where: string,
  { rank = 8, alpha = 8, dropout = 0, ...patterns }: LoraConfig,
): void {
  const demand = (holds: boolean, came: string, expected: string, advice: string) => {
    if (!holds) throw new Error(`${where}: ${came}, expected ${expected}. ${advice}.`);
  };
  const ranks = [rank, ...Object.values(patterns.rankPattern ?? {})];
  for (const r of ranks) {
    demand(
      Number.isInteger(r) && r >= 1 && r <= 2 ** 20,
      `rank is ${r}`,
      'a whole number ≥ 1',
      'Typical is 16',
    );
  }
  for (const a of [alpha, ...Object.values(patterns.alphaPattern ?? {})]) {
    demand(
      Number.isFinite(a) && a > 0,
      `alpha is ${a}`,
      'a number > 0',
      'Typical is the rank or twice as much',
    );
  }
  demand(dropout >= 0 && dropout < 1, `dropout is ${dropout}`, '0 to below 1', 'Typical is 0.05');
}

/**
 * The layers that a config selects, of those that can be adapted.
 *
 *     s = α / r          or α / √r
 *
 * @throws If a pattern is no regular expression, or a target matches nothing.
 */
export function selectLayers(where: string, layers: readonly Layer[], config: LoraConfig): AdaptedLayer[] {
  const { rank = 8, targets = 'all-linear', blocks, rankPattern = {}, alphaPattern = {} } = config;
  const alpha = config.alpha ?? rank;
  const isTarget = targetTest(where, layers, targets);
  const chosen = layers.filter((layer) => {
    const isInBlocks = blocks === undefined || (layer.block !== undefined && blocks.includes(layer.block));
    return isInBlocks && isTarget(layer);
  });
  if (chosen.length === 0 && (config.saved ?? []).length === 0) {
    throw new Error(
      `${where}: no layer matches targets ${JSON.stringify(targets)}${blocks ? ` in blocks ${blocks.join(', ')}` : ''}, ` +
        `expected some of ${examples(layers)}. A tied head cannot be adapted.`,
    );
  }
  return chosen.map((layer) => {
    const own = byPattern(where, rankPattern, layer.path) ?? rank;
    const strength = byPattern(where, alphaPattern, layer.path) ?? alpha;
    return { ...layer, rank: own, scale: strength / (config.rankStabilized ? Math.sqrt(own) : own) };
  });
}

const endsWith = (path: string, name: string): boolean => path === name || path.endsWith(`.${name}`);

const examples = (layers: readonly Layer[]): string =>
  [...new Set(layers.map(({ path }) => path.split('.').at(-1)))].join(', ');

function targetTest(
  where: string,
  layers: readonly Layer[],
  targets: readonly string[] | string,
): (layer: Layer) => boolean {
  if (targets === 'all-linear') return ({ block }) => block !== undefined;
  if (typeof targets === 'string') {
    const pattern = regularExpression(where, `^(?:${targets})$`, targets);
    return ({ path }) => pattern.test(path);
  }
  const missing = targets.find((name) => !layers.some(({ path }) => endsWith(path, name)));
  if (missing !== undefined) {
    throw new Error(
      `${where}: no layer is named '${missing}', expected some of ${examples(layers)}. A tied head cannot be adapted.`,
    );
  }
  return ({ path }) => targets.some((name) => endsWith(path, name));
}

/** What the first pattern that fits the end of a path stands for. */
function byPattern(
  where: string,
  patterns: Readonly<Record<string, number>>,
  path: string,
): number | undefined {
  const found = Object.keys(patterns).find((key) =>
    regularExpression(where, `^(?:.*\\.)?(?:${key})$`, key).test(path),
  );
  return found === undefined ? undefined : patterns[found];
}

/** Repeated groups can take for ever, and a file may come from anywhere. */
function regularExpression(where: string, source: string, given: string): RegExp {
  if (/\)[*+{]/.test(given)) {
    throw new Error(
      `${where}: '${given}' repeats a group, expected a pattern that does not. List the names.`,
    );
  }
  try {
    return new RegExp(source);
  } catch (error) {
    throw new Error(
      `${where}: '${given}' is no regular expression (${(error as Error).message}). Correct it.`,
      {
        cause: error,
      },
    );
  }
}
