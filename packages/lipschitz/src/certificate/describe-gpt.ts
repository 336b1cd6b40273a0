import { type MatrixValues, matrixValues, type WeightLike } from '../matrix-values.js';
import type { LipschitzTransformerDescription } from './model-description.js';
import type { Nonlinearity } from './nonlinearity.js';

/** A `GPT` of @evenkeel/gpt-model, as far as it matters here. */
export interface GPTLike {
  readonly config: {
    readonly norm: string;
    readonly residual: string;
    readonly gatedMlp: boolean;
    readonly experts: number;
    readonly fusedQkv: boolean;
    readonly tiedHead: boolean;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly attentionScale: number;
    readonly valueScale: number;
    readonly residualScale: number;
    readonly residualWeight?: number;
    readonly embeddingScale: number;
    readonly finalScale: number;
    readonly activation: string;
    readonly finalNorm: boolean;
  };
  /** Its weights, or their values where those can only be read asynchronously. */
  readonly parameters: ReadonlyMap<string, WeightLike>;
}

/**
 * Describes a GPT of the `lipschitz` architecture, of @evenkeel/gpt-model, for {@link lipschitzCertificate}.
 *
 * @throws If it has parts that no finite bound is known for here, such as layer norm, or biases of queries and keys.
 */
export function describeGPT({ config, parameters }: GPTLike): LipschitzTransformerDescription {
  const refuse = (what: string): never => {
    throw new Error(
      `lipschitzCertificate: the model has ${what}, expected the lipschitz architecture. Nothing else can be certified.`,
    );
  };
  if (config.norm !== 'none' || config.finalNorm) refuse(`the norm '${config.norm}'`);
  if (config.residual !== 'convex') refuse(`${config.residual} residuals`);
  if (config.gatedMlp || config.experts > 0) refuse('a gated MLP');
  if (config.fusedQkv || config.kvHeads !== config.heads) refuse('fused or grouped queries, keys and values');
  const activation = ACTIVATIONS.get(config.activation) ?? refuse(`the activation '${config.activation}'`);
  const biased = [...parameters.keys()].find((name) => name.endsWith('.bias') && name !== 'head.bias');
  if (biased) refuse(`the bias ${biased}`);

  const weight = (name: string): WeightLike => parameters.get(name) ?? refuse(`no ${name}`);
  const block = (i: number) => {
    const attention = (part: string) => weight(`blocks.${i}.attention.${part}.weight`);
    return {
      query: attention('q'),
      key: attention('k'),
      value: attention('v'),
      output: attention('out'),
      mlpIn: weight(`blocks.${i}.mlp.up.weight`),
      mlpOut: weight(`blocks.${i}.mlp.down.weight`),
    };
  };
  return {
    architecture: 'lipschitz',
    embedding: columnPerToken(weight('embed.weight'), config.embeddingScale),
    blocks: Array.from({ length: config.layers }, (_, i) => block(i)),
    head: weight(config.tiedHead ? 'embed.weight' : 'head.weight'),
    heads: config.heads,
    scale: config.attentionScale * config.headDim,
    valueScale: config.valueScale,
    residualWeight: config.residualWeight ?? config.residualScale / (2 * config.layers),
    finalScale: config.finalScale,
    activation,
  };
}

const ACTIVATIONS: ReadonlyMap<string, Nonlinearity> = new Map<string, Nonlinearity>([
  ['modulaGelu', 'scaled-gelu'],
  ['gelu', 'gelu'],
  ['geluTanh', 'gelu'],
  ['relu', 'relu'],
  ['maxMin', 'maxMin'],
  ['silu', 'silu'],
]);

/** The model has a row per token. */
function columnPerToken(embedding: WeightLike, scale: number): MatrixValues {
  const { shape, data } = matrixValues(embedding, 'lipschitzCertificate', 'embed.weight');
  const [tokens, width] = shape;
  const columns = Float64Array.from(
    data,
    (_, i) => data[(i % tokens) * width + Math.floor(i / tokens)] * scale,
  );
  return { shape: [width, tokens], data: columns };
}
