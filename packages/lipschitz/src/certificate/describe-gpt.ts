import { type MatrixValues, matrixValues, type WeightLike } from '../matrix-values.js';
import type { LipschitzTransformerDescription } from './model-description.js';
import type { Nonlinearity } from './nonlinearity.js';

/** A `GPT` of @evenkeel/gpt-model, as far as it matters here. */
export interface GPTLike {
  /** Every choice of its config. One that this package does not know is refused. */
  readonly config: { readonly [choice: string]: unknown } & {
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
  };
  /** Its weights, or their values where those can only be read asynchronously. */
  readonly parameters: ReadonlyMap<string, WeightLike>;
}

/**
 * Describes a GPT of the `lipschitz` architecture, of @evenkeel/gpt-model, for {@link lipschitzCertificate}.
 *
 * Every choice of the config is either part of the proof or refused by name, and so is every weight.
 *
 * @throws If the model has a part that no finite bound is known for here, such as layer norm or biases of queries and
 *     keys, or a choice or weight that this package does not know.
 */
export function describeGPT({ config, parameters }: GPTLike): LipschitzTransformerDescription {
  for (const [choice, value] of Object.entries(config)) requireProven(choice, value, config);

  const unused = new Set([...parameters.keys()].filter((name) => !name.endsWith('.attention.scoreBias')));
  const optional = (name: string): WeightLike | undefined => {
    unused.delete(name);
    return parameters.get(name);
  };
  const weight = (name: string): WeightLike => optional(name) ?? refuse(`no weight '${name}'`, 'one');
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
  const positions = optional('position.weight');
  const description: LipschitzTransformerDescription = {
    architecture: 'lipschitz',
    embedding: columnPerRow(weight('embed.weight'), 'embed.weight', config.embeddingScale),
    positions: positions && columnPerRow(positions, 'position.weight', 1),
    blocks: Array.from({ length: config.layers }, (_, i) => block(i)),
    head: weight(config.tiedHead ? 'embed.weight' : 'head.weight'),
    headBias: optional('head.bias'),
    heads: config.heads,
    scale: config.attentionScale * config.headDim,
    valueScale: config.valueScale,
    residualWeight: config.residualWeight ?? config.residualScale / (2 * config.layers),
    finalScale: config.finalScale,
    activation: ACTIVATIONS[config.activation],
  };
  for (const name of unused) refuse(`the weight '${name}'`, 'only weights that the proof knows');
  return description;
}

const ACTIVATIONS: Readonly<Record<string, Nonlinearity>> = {
  modulaGelu: 'modulaGelu',
  gelu: 'gelu',
  geluTanh: 'gelu',
  relu: 'relu',
  maxMin: 'maxMin',
  silu: 'silu',
};

/** Whatever it is, the proof holds: it is counted, or it changes nothing that is bounded. */
const ANY = Symbol('any value');

/** Of every choice the values that are proven, or a test of them. */
const PROVEN: Readonly<
  Record<string, typeof ANY | readonly unknown[] | ((value: unknown, config: GPTLike['config']) => boolean)>
> = {
  architecture: ANY, // a name; the choices below make the model
  vocabSize: ANY,
  contextLength: ANY,
  layers: ANY,
  heads: ANY,
  width: ANY,

  kvHeads: (value, { heads }) => value === heads,
  headDim: ANY,
  attentionScale: ANY,
  slidingWindow: ANY, // a mask, section 3 of docs/certificate.md
  slidingWindowFrom: ANY,
  qkvBias: [false],
  attentionOutBias: [false],
  fusedQkv: [false],
  valueScale: ANY,
  scoreBias: ANY, // does not depend on the input, section 3

  position: ['learned', 'rotary', 'modulaRotary'],
  rotaryBase: ANY, // any angles keep lengths, section 4
  rotaryFraction: ANY,
  rotaryScaling: (value) => ['linear', 'llama3'].includes((value as { type: string }).type),

  norm: ['none'],
  normEpsilon: ANY, // of no norm
  normGain: ANY,
  normBias: ANY,
  finalNorm: [false],

  activation: Object.keys(ACTIVATIONS),
  gatedMlp: [false],
  mlpWidth: ANY,
  mlpBias: [false],
  fusedGate: [false],
  experts: [0],
  activeExperts: ANY, // of no experts

  residual: ['convex'],
  residualScale: ANY,
  residualWeight: ANY,

  embeddingScale: ANY,
  tiedHead: ANY,
  headBias: ANY,
  finalScale: ANY,
  head: ['softmax', 'stablemax', 'logStablemax'], // what comes after the logits, which are bounded
  expandHead: ANY,

  dropout: ANY, // none at inference, which the certificate is about
  checkpointing: ANY,
  zeroInit: ANY,
};

function requireProven(choice: string, value: unknown, config: GPTLike['config']): void {
  if (value === undefined) return; // a choice that stays open: without
  if (!Object.hasOwn(PROVEN, choice)) {
    refuse(`the choice '${choice}', ${JSON.stringify(value)}`, 'only choices that the proof knows');
  }
  const proven = PROVEN[choice];
  if (proven === ANY) return;
  if (typeof proven === 'function') {
    if (!proven(value, config)) refuse(`${choice} ${JSON.stringify(value)}`, 'the lipschitz architecture');
  } else if (!proven.includes(value)) {
    refuse(
      `${choice} ${JSON.stringify(value)}`,
      `${choice} ${proven.map((v) => JSON.stringify(v)).join(' or ')}`,
    );
  }
}

function refuse(what: string, expected: string): never {
  throw new Error(
    `lipschitzCertificate: the model has ${what}, expected ${expected}. No bound is proven for it here.`,
  );
}

/** The model has a row per token or position, the description a column. */
function columnPerRow(table: WeightLike, name: string, scale: number): MatrixValues {
  const { shape, data } = matrixValues(table, 'lipschitzCertificate', name);
  const [rows, width] = shape;
  const columns = new Float64Array(data.length);
  for (let i = 0; i < columns.length; i++) {
    columns[i] = data[(i % rows) * width + Math.floor(i / rows)] * scale;
  }
  return { shape: [width, rows], data: columns };
}
