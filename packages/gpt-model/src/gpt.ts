import { embedding, linear } from '@evenkeel/ops';
import {
  type LinearCrossEntropyOptions,
  linearSoftmaxCrossEntropy,
  linearStablemaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  sparseStablemaxCrossEntropy,
} from '@evenkeel/stablemax';
import {
  add,
  dispose,
  engine,
  mul,
  range,
  reshape,
  type Scalar,
  slice,
  Tensor,
  type Tensor3D,
  tensor,
  tensor2d,
  tidy,
  util,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { type Adapter, type Adapting, adapted } from './adapters/adapting.js';
import type { KeysAndValues } from './attention.js';
import { block } from './block.js';
import { KeyValueCache } from './cache.js';
import { checkpointed } from './checkpointed.js';
import type { GPTConfig, ResolvedConfig } from './config.js';
import { type Dropping, dropout, seedAt } from './dropout.js';
import type { FrozenWeight } from './frozen/frozen-weight.js';
import type { FrozenWeights } from './frozen/frozen-weights.js';
import { linearOfRows } from './frozen/linear-of-rows.js';
import { type GenerationDefaults, generationDefaults } from './generation-defaults.js';
import { applyHead } from './head.js';
import { type Initialize, initialValue, unigramBias } from './initialize.js';
import { type LoadOptions, readModel } from './loading/load.js';
import type { ModelSource } from './loading/model-source.js';
import { encodeModel, type ModelFiles, type SaveModelOptions, saveModel } from './loading/save.js';
import { normalize } from './norm.js';
import { parameterShapes } from './parameters.js';
import type { Observe } from './pass.js';
import { GPT_PRESETS, type GPTPreset } from './presets.js';
import type { Published } from './published.js';
import { checkSeed, randomSource } from './random.js';
import { resolveConfig } from './resolve-config.js';
import { type Weights, within } from './weights.js';

export interface GPTOptions {
  /**
   * Goes before the names of this model's variables, which tfjs wants unique: `name/embed.weight`. Give one to
   * restore optimizer state by name. Default 'gpt', then 'gpt_1' while that is alive.
   */
  readonly name?: string;
  /** Decides the initial weights, a whole number from 0 to 2³² − 1. Default 0. */
  readonly seed?: number;
  /** Makes the initial weights instead, in the order of {@link parameterShapes}, as a loader does. */
  readonly initialize?: Initialize;
  /** How often each token occurs: the head's bias starts at the logarithms. Needs `headBias`. */
  readonly unigramCounts?: ArrayLike<number>;
  /** What is saved with the model beside its config and weights, such as `{ config: { eos_token_id: 2 } }`. */
  readonly published?: Published;
  /** Parameters that are not trained and stay outside of tfjs's memory, as {@link GPT.load} keeps them. */
  readonly frozen?: FrozenWeights;
}

export interface ForwardOptions {
  /** What came before the tokens; they are added to it. */
  readonly cache?: KeyValueCache;
  /** Drops entries, if the config has dropout. Default false. */
  readonly training?: boolean;
  /** Decides what is dropped, a whole number from 0 to 2³² − 1. Default a new one per call. */
  readonly seed?: number;
  /** Logits of the last position only, `[batch, 1, tokens]`. Default false. */
  readonly lastOnly?: boolean;
  /** Sees activations by name. */
  readonly observe?: Observe;
}

export interface LossOptions
  extends Pick<ForwardOptions, 'training' | 'seed' | 'observe'>,
    Pick<LinearCrossEntropyOptions, 'ignoreIndex' | 'reduction' | 'chunkSize'> {
  /** What makes probabilities of logits. Default softmax for the head `softmax`, else stablemax. */
  readonly probabilities?: 'softmax' | 'stablemax';
}

/** Logits of a pass that are held whole: 64 MB. With more, the head is computed in pieces. */
const WHOLE_LOGITS = 2 ** 24;

/** Token ids: an int32 tensor `[batch, time]`, or rows of equal length. */
export type Tokens = Tensor | readonly (readonly number[])[];

/**
 * A decoder-only transformer.
 *
 *     x = embed[tokens] + position            or positions turned into queries and keys
 *     x = block(x)                            attention and MLP, `layers` times
 *     logits = norm(x) W_headᵀ
 *
 * Trains with any `tf.Optimizer`: `optimizer.minimize(() => loss(labels, model.forward(tokens)), false,
 * model.variables)`. Several models can be alive at once.
 *
 * @example
 * const model = new GPT({ architecture: 'gpt2', vocabSize: 65, contextLength: 64, layers: 4, heads: 4, width: 128 });
 * const logits = model.forward([[1, 2, 3]]); // [1, 3, 65]
 */
export class GPT {
  /** Every choice made. */
  readonly config: ResolvedConfig;
  /** What the names of its variables begin with. */
  readonly name: string;
  /** Its variables by parameter name, without the model's name. Names and shapes: {@link parameterShapes}. */
  readonly parameters: ReadonlyMap<string, Variable>;
  /** What its files said beside config and weights; {@link saveSafetensors} writes it again. */
  readonly published: Published;
  /** Parameters that are not trained and stay outside of tfjs's memory; {@link parameters} has the others. */
  readonly frozen?: FrozenWeights;
  /** What its files say about generating text: where it ends, how to sample. */
  readonly generation: GenerationDefaults;
  /** Parameters, and what attached adapters add or put in their place. */
  private weights!: Weights;
  private blocks!: readonly Weights[];
  private readonly frozenBlocks: ReadonlySet<number>;
  private adapters: readonly Adapter[] = [];
  /** The variables that were trainable before adapters came. */
  private trained: Variable[] = [];
  private alive = true;

  /**
   * @param config A config, or the name of a preset.
   * @throws If a choice does not fit, the name is taken, or an initial value has another shape.
   */
  constructor(
    config: GPTConfig | GPTPreset,
    { name, seed = 0, initialize, unigramCounts, published = {}, frozen }: GPTOptions = {},
  ) {
    this.published = published;
    this.generation = generationDefaults(published);
    this.config = resolveConfig(typeof config === 'string' ? presetNamed(config) : config);
    checkSeed('GPT', seed);
    this.name = freeName(name);
    this.frozen = frozen;
    const isLearned = (parameter: string) => !frozen?.byName.has(parameter);
    this.parameters = createParameters(this.name, this.config, isLearned, (parameter, shape, index) => {
      if (parameter === 'head.bias' && unigramCounts) {
        return tensor(unigramBias(unigramCounts, this.config, shape[0]), shape);
      }
      if (initialize) return initialize(parameter, shape);
      return initialValue(parameter, shape, this.config, randomSource(seed, index));
    });
    if (this.parameters.size === 0) namesWithoutVariables.add(this.name);
    const frozenNames = [...(frozen?.byName.keys() ?? [])];
    const layers = Array.from({ length: this.config.layers }, (_, layer) => layer);
    this.frozenBlocks = new Set(
      layers.filter((layer) => frozenNames.some((name) => name.startsWith(`blocks.${layer}.`))),
    );
    this.useAdapters([]);
    if (unigramCounts && !this.config.headBias) {
      this.dispose();
      throw new Error('GPT: unigramCounts came without headBias, expected both. Set headBias in the config.');
    }
  }

  /**
   * Loads a model in a published layout: GPT-2, Llama 3, Qwen2, Mistral, Mixtral, Phi-3, Gemma and StableLM as Python's
   * transformers stores them, and what {@link saveSafetensors} wrote. Weights are read one tensor at a time.
   *
   * Each field of the config is read, refused by name, known to change nothing, or warned of. Token ids and the like are
   * kept in {@link published}.
   *
   * @param source A directory with `config.json` and `model.safetensors` or its parts (Node), a web address, a hub id
   *     (needs the optional package `@huggingface/hub`), files by name (`{ 'config.json': blob, … }`), a page's list of
   *     files, a function, or what {@link openModelFolder} opened.
   * @throws If a file is missing or damaged, the config asks for what is not supported, or tensors are missing or do not
   *     fit, by name. Nothing is left behind.
   */
  static async load(source: ModelSource, options: LoadOptions = {}): Promise<GPT> {
    const { config, published, weights, frozen } = await readModel(source, options);
    try {
      return new GPT(config, {
        name: options.name,
        published,
        frozen,
        initialize: (parameter) => weights.get(parameter)!, // which the model takes over
      });
    } catch (error) {
      for (const weight of weights.values()) weight.dispose();
      frozen?.dispose();
      throw error;
    }
  }

  /**
   * Writes `config.json`, `model.safetensors` and, if there was one, `generation_config.json` into a directory, in the
   * published layout of the model's family if that can describe it, as transformers 4 and 5 read it. Each file is complete
   * or not there. Node only; elsewhere use {@link encodeSafetensors}.
   *
   * @param options `dtype`: `'F32'` (default, exact), `'F16'` or `'BF16'`.
   */
  saveSafetensors(directory: string, options?: SaveModelOptions): Promise<void> {
    return saveModel(directory, this, options);
  }

  /** The files of {@link saveSafetensors} as bytes. {@link GPT.load} takes them as they are. */
  encodeSafetensors(options?: SaveModelOptions): Promise<ModelFiles> {
    return encodeModel(this, options);
  }

  /** All parameters, in the order of the forward pass; what an optimizer's `minimize` takes. */
  get variables(): Variable[] {
    return [...this.parameters.values()];
  }

  /** How many numbers the model has, those included that are not trained. */
  get parameterCount(): number {
    const sizes = [...parameterShapes(this.config).values()].map(util.sizeFromShape);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /**
   * The score of each token to come next, at each position.
   *
   * @param tokens Shape `[batch, time]`, int32, time at most `contextLength`.
   * @returns Logits, shape `[batch, time, tokens]`.
   * @throws If tokens or options do not fit.
   */
  forward(tokens: Tokens, options: ForwardOptions = {}): Tensor3D {
    return tidy(() => {
      const dropping = this.dropping(options);
      return this.forwardEmbedded(this.embed(tokens, options), { ...options, seed: dropping.seed });
    });
  }

  /**
   * The vectors that tokens come in as: the sum of token and, if learned, position. The first half of
   * {@link forward}; {@link forwardEmbedded} is the second.
   *
   * @returns Shape `[batch, time, width]`.
   */
  embed(tokens: Tokens, options: Pick<ForwardOptions, 'cache' | 'training' | 'seed'> = {}): Tensor3D {
    return tidy(() => {
      const ids = tokenIds(tokens, this.config);
      const [batch, time] = ids.shape as number[];
      const offset = options.cache?.length ?? 0;
      options.cache?.checkNext(batch, time);
      const scale = this.config.embeddingScale;
      const table = this.table('embed.weight')!;
      const token =
        table instanceof Tensor
          ? embedding(table, ids)
          : reshape(table.gather(ids.dataSync<'int32'>()), [batch, time, this.config.width]);
      const scaled = scale === 1 ? token : mul(token, scale);
      const places = this.table('position.weight');
      const position =
        places instanceof Tensor
          ? embedding(places, range(offset, offset + time, 1, 'int32'))
          : places?.rows(offset, time);
      const x = position ? add(scaled, position) : scaled;
      const { rate, seed } = this.dropping(options);
      return dropout(x, { rate, seed: seedAt(seed, 0) }) as Tensor3D;
    });
  }

  /**
   * Logits from vectors in the place of tokens, for gradients in them.
   *
   * @param x As {@link embed} returns, shape `[batch, time, width]`.
   * @returns Logits, shape `[batch, time, tokens]`.
   */
  forwardEmbedded(x: Tensor, options: ForwardOptions = {}): Tensor3D {
    const { cache, lastOnly = false, observe = () => {} } = options;
    const { width, contextLength } = this.config;
    const [batch, time] = x.shape as number[];
    if (x.rank !== 3 || x.shape[2] !== width || time > contextLength) {
      throw new Error(
        `GPT.forwardEmbedded: x has shape [${x.shape}], expected [batch, time, ${width}] with time at most ` +
          `${contextLength}. Make it with embed().`,
      );
    }
    return tidy(() => {
      cache?.checkNext(batch, time);
      const dropping = this.dropping(options);
      const { h, seen } = this.throughBlocks(x, dropping, options);
      const logits = this.logits(lastOnly ? slice(h, [0, time - 1, 0]) : h, dropping);
      observe('logits', logits);
      cache?.update(seen, batch, time);
      return logits as Tensor3D;
    });
  }

  /**
   * The cross-entropy of the tokens that come next, in nats.
   *
   * Equals the sparse loss of {@link forward}'s logits. Where there would be more than 2²⁴ of them they are never held
   * whole: the head is computed in pieces, see `linearSoftmaxCrossEntropy`.
   *
   * @param labels int32, shape `[batch, time]`: what follows each token, or `ignoreIndex`.
   * @param tokens As for {@link forward}.
   * @returns A mean that says over how many labels it is; with reduction 'none' the shape of `labels`.
   * @throws If labels, tokens or options do not fit.
   */
  loss(labels: Tensor, tokens: Tokens, options: LossOptions = {}): Scalar {
    const { probabilities, ignoreIndex, reduction, chunkSize, ...pass } = options;
    const isStable = (probabilities ?? this.config.head) !== 'softmax';
    const shared = { ignoreIndex, reduction };
    const dropping = this.dropping(pass);
    return tidy(() => {
      const x = this.embed(tokens, { ...pass, seed: dropping.seed });
      const { h } = this.throughBlocks(x, dropping, pass);
      const head = this.headWeight;
      const [outputs] = head.shape;
      const isSmall = (h.size / this.config.width) * outputs <= WHOLE_LOGITS && chunkSize === undefined;
      if (isSmall || this.adapters.some(({ scales }) => scales.has('head'))) {
        return (isStable ? sparseStablemaxCrossEntropy : sparseSoftmaxCrossEntropy)(
          labels,
          this.logits(h, dropping),
          shared,
        );
      }
      const { finalScale } = this.config;
      const normed = finalScale === 1 ? this.normed(h) : mul(this.normed(h), finalScale);
      const bias = this.small('head.bias');
      const inPieces = isStable ? linearStablemaxCrossEntropy : linearSoftmaxCrossEntropy;
      return inPieces(labels, normed, head, { ...shared, chunkSize, bias });
    });
  }

  /** What comes out of the last block, and the keys and values that each saw, if there is a cache. */
  private throughBlocks(
    x: Tensor,
    dropping: Dropping,
    { cache, observe = () => {} }: ForwardOptions,
  ): { h: Tensor; seen: KeysAndValues[] } {
    observe('embed', x);
    const seen: KeysAndValues[] = [];
    let h = x;
    for (let layer = 0; layer < this.config.layers; layer++) {
      const adapting = this.adapting(dropping, `blocks.${layer}.`);
      const options = { layer, offset: cache?.length ?? 0, past: cache?.layer(layer), dropping, adapting };
      const own = this.blocks[layer];
      const whole = (learned: Weights) => this.wholeBlock(layer, learned);
      if (cache) {
        const { y, k, v } = tidy(() => block(h, whole(own), this.config, { ...options, observe }));
        h = y;
        seen.push({ k, v });
      } else if (this.config.checkpointing || this.hasFrozenBlock(layer)) {
        const silent = { ...options, observe: () => {} };
        h = checkpointed((input, values) => block(input, whole(values), this.config, silent).y, h, own);
        observe(`blocks.${layer}`, h);
      } else {
        h = tidy(() => block(h, own, this.config, { ...options, observe }).y);
      }
    }
    return { h, seen };
  }

  /**
   * What the config's head makes of the logits: probabilities, or log-probabilities for `logStablemax`.
   *
   * @returns Shape `[batch, time, tokens]`.
   */
  predict(tokens: Tokens, options: ForwardOptions = {}): Tensor3D {
    return tidy(() => applyHead(this.config.head, this.forward(tokens, options)) as Tensor3D);
  }

  /**
   * Lets an adapter take part in each pass from now on; several can. Meanwhile the model's own parameters are not
   * trainable, so that no gradient of them is computed. What {@link Lora.attach} calls.
   *
   * @throws If an adapter of that name is attached.
   */
  attach(adapter: Adapter): void {
    if (this.adapters.some(({ name }) => name === adapter.name)) {
      throw new Error(
        `GPT.attach: an adapter '${adapter.name}' is attached, expected one of another name. Detach that one first.`,
      );
    }
    if (this.adapters.length === 0) {
      this.trained = this.variables.filter(({ trainable }) => trainable);
      for (const variable of this.trained) variable.trainable = false;
    }
    this.useAdapters([...this.adapters, adapter]);
  }

  /** Lets it no longer. After the last the model's own parameters are trainable again. */
  detach(adapter: Adapter): void {
    const others = this.adapters.filter((one) => one !== adapter);
    if (others.length === 0) for (const variable of this.trained.splice(0)) variable.trainable = true;
    this.useAdapters(others);
  }

  private useAdapters(adapters: readonly Adapter[]): void {
    this.adapters = adapters;
    this.weights = Object.assign(
      Object.fromEntries(this.parameters),
      ...adapters.map(({ weights }) => weights),
    ) as Weights;
    this.blocks = Array.from({ length: this.config.layers }, (_, i) => within(this.weights, `blocks.${i}`));
  }

  /** An empty cache for {@link forward}. */
  cache(): KeyValueCache {
    return new KeyValueCache(this.config);
  }

  /** Frees all variables, and with them the model's name. */
  dispose(): void {
    if (!this.alive) return;
    this.alive = false;
    dispose(this.variables);
    this.frozen?.dispose();
    if (this.parameters.size === 0) namesWithoutVariables.delete(this.name);
  }

  /** A matrix with a row per token or position: all of it, or where its rows come from. */
  private table(name: string): Tensor | FrozenWeight | undefined {
    return this.weights[name] ?? this.frozen?.byName.get(name);
  }

  private get headWeight(): Tensor | FrozenWeight {
    return this.table(this.config.tiedHead ? 'embed.weight' : 'head.weight')!;
  }

  /** A vector of numbers outside of the blocks. */
  private small(name: string): Tensor | undefined {
    return this.weights[name] ?? this.frozen?.byName.get(name)?.widen();
  }

  private hasFrozenBlock(layer: number): boolean {
    return this.frozenBlocks.has(layer);
  }

  /** Learned weights of a block, and the others widened. */
  private wholeBlock(layer: number, learned: Weights): Weights {
    if (!this.frozen || !this.hasFrozenBlock(layer)) return learned;
    const widened = this.frozen.within(`blocks.${layer}`, (name) => this.weights[name] !== undefined);
    return { ...widened, ...learned };
  }

  private normed(h: Tensor): Tensor {
    const { config } = this;
    return config.finalNorm ? normalize(h, config, this.small('norm.weight'), this.small('norm.bias')) : h;
  }

  private logits(h: Tensor, dropping: Dropping): Tensor {
    const { finalScale } = this.config;
    const [normed, head, bias] = [this.normed(h), this.headWeight, this.small('head.bias')];
    const adapt = (y: Tensor) => adapted(y, normed, this.weights, 'head', this.adapting(dropping));
    if (head instanceof Tensor && finalScale === 1) return adapt(linear(normed, head, bias));
    const product = head instanceof Tensor ? linear(normed, head) : linearOfRows(normed, head);
    const scaled = finalScale === 1 ? adapt(product) : mul(adapt(product), finalScale);
    return bias ? add(scaled, bias) : scaled;
  }

  private adapting({ training, seed }: Dropping, prefix = ''): Adapting {
    return { adapters: this.adapters, prefix, training, seed };
  }

  private dropping({ training = false, seed }: Pick<ForwardOptions, 'training' | 'seed'>): Dropping {
    if (seed !== undefined) checkSeed('GPT.forward', seed);
    return {
      rate: training ? this.config.dropout : 0,
      training,
      seed: seed ?? Math.floor(Math.random() * 2 ** 32),
    };
  }
}

function presetNamed(name: GPTPreset): GPTConfig {
  if (Object.hasOwn(GPT_PRESETS, name)) return GPT_PRESETS[name];
  throw new Error(
    `GPT: preset '${name}' is unknown, expected one of ${Object.keys(GPT_PRESETS).join(', ')}. Or pass a config.`,
  );
}

/** Names of living models that have no variable to be known by: frozen ones. */
const namesWithoutVariables = new Set<string>();

/** A prefix under which no parameter of the model is registered yet. */
function freeName(wanted: string | undefined): string {
  const registered = Object.keys(engine().registeredVariables);
  const taken = (name: string) =>
    namesWithoutVariables.has(name) || registered.some((variable) => variable.startsWith(`${name}/`));
  if (wanted === undefined) {
    let name = 'gpt';
    for (let i = 1; taken(name); i++) name = `gpt_${i}`;
    return name;
  }
  if (taken(wanted)) {
    throw new Error(
      `GPT: the name '${wanted}' belongs to a model that is alive, expected a new one. Dispose that model first.`,
    );
  }
  return wanted;
}

function createParameters(
  name: string,
  config: ResolvedConfig,
  isLearned: (parameter: string) => boolean,
  initial: (parameter: string, shape: number[], index: number) => Tensor,
): Map<string, Variable> {
  const parameters = new Map<string, Variable>();
  try {
    let index = 0;
    for (const [parameter, shape] of parameterShapes(config)) {
      const place = index++;
      if (!isLearned(parameter)) continue;
      const value = initial(parameter, shape, place);
      try {
        requireValue(parameter, shape, value);
        parameters.set(parameter, variable(value, true, `${name}/${parameter}`));
      } finally {
        value.dispose(); // the variable holds the data on
      }
    }
  } catch (error) {
    dispose([...parameters.values()]);
    throw error;
  }
  return parameters;
}

function requireValue(parameter: string, shape: number[], value: Tensor): void {
  if (value.dtype === 'float32' && value.shape.join() === shape.join()) return;
  throw new Error(
    `GPT: the initial value of '${parameter}' is ${value.dtype} of shape [${value.shape}], expected float32 of ` +
      `shape [${shape}]. See parameterShapes().`,
  );
}

function tokenIds(tokens: Tokens, { contextLength }: ResolvedConfig): Tensor {
  const ids = tokens instanceof Tensor ? tokens : tensor2d(tokens as number[][], undefined, 'int32');
  if (ids.rank !== 2 || ids.dtype !== 'int32' || ids.size === 0) {
    throw new Error(
      `GPT.forward: tokens are ${ids.dtype} of shape [${ids.shape}], expected int32 of shape [batch, time], not ` +
        `empty. Create them with tf.tensor2d(ids, shape, 'int32').`,
    );
  }
  if (ids.shape[1]! > contextLength) {
    throw new Error(
      `GPT.forward: ${ids.shape[1]} tokens came, expected at most contextLength, ${contextLength}. ` +
        `Pass the last ${contextLength}.`,
    );
  }
  return ids;
}
