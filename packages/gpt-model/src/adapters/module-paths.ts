import type { ResolvedConfig } from '../config.js';
import { namePrefix, publishedName } from '../loading/published-names.js';
import { toPublished } from '../loading/to-published.js';
import { parameterShapes } from '../parameters.js';

/** A matrix of a model, under our name and the one that Python's transformers has for its layer. */
export interface Layer {
  /** `blocks.0.attention.q`. */
  readonly matrix: string;
  /** `model.layers.0.self_attn.q_proj`. */
  readonly path: string;
  /** The index of the block; nothing for the head. */
  readonly block?: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** The published path of a parameter's layer: its name without `.weight`. */
export function modulePath(config: ResolvedConfig, parameter: string): string {
  const { modelType } = toPublished(config);
  const stored = publishedName(modelType, parameter).replace(/\.weight$/, '');
  return parameter.startsWith('head.') ? stored : namePrefix(modelType) + stored;
}

/** The matrices that an adapter can be put beside: all of blocks, and a head that is not tied. */
export function adaptableLayers(config: ResolvedConfig): Layer[] {
  const { modelType } = toPublished(config);
  return [...parameterShapes(config)].flatMap(([parameter, shape]) => {
    const isMatrix = shape.length === 2 && parameter.endsWith('.weight');
    if (!isMatrix || parameter === 'embed.weight' || parameter === 'position.weight') return [];
    const stored = publishedName(modelType, parameter).replace(/\.weight$/, '');
    const block = /^blocks\.(\d+)\./.exec(parameter)?.[1];
    return {
      matrix: parameter.replace(/\.weight$/, ''),
      path: parameter.startsWith('head.') ? stored : namePrefix(modelType) + stored,
      block: block === undefined ? undefined : Number(block),
      inputs: shape[1],
      outputs: shape[0],
    };
  });
}
