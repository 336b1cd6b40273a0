/** A family of models: what the choices below are unless given. */
export type Architecture = 'gpt2' | 'llama' | 'lipschitz';

/** How a sublayer's input is brought to one scale. `rmsNormPlusOne` multiplies by 1 + gain, as Gemma. */
export type Norm = 'layerNorm' | 'rmsNorm' | 'rmsNormPlusOne' | 'tanh' | 'none';

/**
 * How a model knows where a token stands: a learned vector per position, or turned queries and keys.
 * `modulaRotary` turns the other way round, as the published Modula code does.
 */
export type Position = 'learned' | 'rotary' | 'modulaRotary';

/**
 * `gelu` is the exact one, `modulaGelu` the tanh form divided by 1.1289, so that its slope is at most 1. `maxMin` sorts
 * pairs, so that no length is lost.
 */
export type Activation = 'gelu' | 'geluTanh' | 'modulaGelu' | 'silu' | 'relu' | 'maxMin';

/** What turns logits into what {@link GPT.predict} returns. */
export type Head = 'softmax' | 'stablemax' | 'logStablemax';

/** How rotary frequencies are stretched for a longer context. */
export type RotaryScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContextLength: number;
    };

/**
 * What a model is built from. The first six are needed; the others are choices with a default that the
 * architecture names. Plain JSON.
 */
export interface GPTConfig {
  readonly architecture: Architecture;
  /** How many tokens there are. */
  readonly vocabSize: number;
  /** The most positions the model may see at once. */
  readonly contextLength: number;
  /** How many blocks, each attention and MLP. */
  readonly layers: number;
  /** How many queries per position look for keys. */
  readonly heads: number;
  /** Numbers per position between blocks. */
  readonly width: number;

  // Attention.
  /** Heads of keys and values, which divide `heads`. Default `heads`. */
  readonly kvHeads?: number;
  /** Numbers per head. Default width / heads. */
  readonly headDim?: number;
  /** What scores are multiplied by. Default 1/√headDim, `lipschitz` 1/headDim. */
  readonly attentionScale?: number;
  /** How many positions back, its own included, a query sees. Default all. */
  readonly slidingWindow?: number;
  /** The first layer that has the sliding window. Default 0, all have it. */
  readonly slidingWindowFrom?: number;
  /** Biases of queries, keys and values. Default `gpt2` true, others false. */
  readonly qkvBias?: boolean;
  /** Bias after attention. Default `gpt2` true, others false. */
  readonly attentionOutBias?: boolean;
  /** One matrix for queries, keys and values. Default `gpt2` true, others false. */
  readonly fusedQkv?: boolean;
  /** What attention's values are multiplied by. Default 1, `lipschitz` 1/3. */
  readonly valueScale?: number;
  /**
   * A learned number per head and distance, added to scores. Ours, not the paper's: it costs no Lipschitz
   * bound, since it does not depend on the input. Default false.
   */
  readonly scoreBias?: boolean;

  // Positions.
  /** Default `gpt2` learned, `llama` rotary, `lipschitz` modulaRotary. */
  readonly position?: Position;
  /** How slowly rotary positions turn, `rope_theta`. Default 10000. */
  readonly rotaryBase?: number;
  /** The share of a head's entries that is turned, the first ones. Default 1. */
  readonly rotaryFraction?: number;
  /** Default none. */
  readonly rotaryScaling?: RotaryScaling;

  // Norms.
  /** Before attention, before the MLP, and before the head. Default `gpt2` layerNorm, `llama` rmsNorm, `lipschitz` none. */
  readonly norm?: Norm;
  /** Default 1e-5. */
  readonly normEpsilon?: number;
  /** Whether norms have a learned gain. Default true, `lipschitz` false. */
  readonly normGain?: boolean;
  /** Whether layer norms have a learned bias. Default `gpt2` true, others false. */
  readonly normBias?: boolean;
  /** A norm before the head. Default true, `lipschitz` false. */
  readonly finalNorm?: boolean;

  // MLP.
  /** Default `gpt2` gelu, `llama` silu, `lipschitz` modulaGelu. */
  readonly activation?: Activation;
  /** Multiplies the activation with a second projection: SwiGLU, GeGLU. Default `llama` true, others false. */
  readonly gatedMlp?: boolean;
  /** Numbers per position inside the MLP. Default 4 · width. */
  readonly mlpWidth?: number;
  /** Default `gpt2` true, others false. */
  readonly mlpBias?: boolean;
  /** One matrix for the gate and the projection it gates, the gate first. Default false. */
  readonly fusedGate?: boolean;
  /** How many MLPs a router chooses from. Default 0: one, always used. */
  readonly experts?: number;
  /** How many of the experts each token gets. Default 2. */
  readonly activeExperts?: number;

  // Blocks.
  /** x + f(x), or (1 − α) x + α f(x). Default plain, `lipschitz` convex. */
  readonly residual?: 'plain' | 'convex';
  /** Convex residuals: α = residualScale / (2 · layers). Default 1. */
  readonly residualScale?: number;
  /** Convex residuals: α itself, in the place of `residualScale`. Ours, not the paper's. */
  readonly residualWeight?: number;

  // In and out.
  /** What token embeddings are multiplied by; Gemma has √width. Default 1. */
  readonly embeddingScale?: number;
  /** The head shares the matrix of the embedding. Default `gpt2` true, others false. */
  readonly tiedHead?: boolean;
  /** A learned bias on the logits. For `lipschitz` ours, not the paper's. Default false. */
  readonly headBias?: boolean;
  /** What logits are multiplied by. Default 1. */
  readonly finalScale?: number;
  /** Default softmax. */
  readonly head?: Head;
  /** One output more than tokens, as the reference's experimental flag. Default false. */
  readonly expandHead?: boolean;

  // Training.
  /** Share of entries dropped after the embedding, in attention and after each sublayer. Default 0. */
  readonly dropout?: number;
  /** Keeps only the input of each block for the backward pass, and runs the block again there. Default false. */
  readonly checkpointing?: boolean;
  /** Starts the last matrix of each sublayer, and `lipschitz` also its head, at zero. Default false. */
  readonly zeroInit?: boolean;
}

/** A config with every choice made. */
export type ResolvedConfig = {
  readonly [Key in keyof Omit<GPTConfig, Optional>]-?: NonNullable<GPTConfig[Key]>;
} & { readonly [Key in Optional]: GPTConfig[Key] };

/** Choices that stay open: absent means without. */
type Optional = 'slidingWindow' | 'rotaryScaling' | 'residualWeight';
