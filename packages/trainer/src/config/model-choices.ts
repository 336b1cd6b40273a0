import type { GPTConfig } from '@evenkeel/gpt-model';
import { z } from 'zod';

const count = z.int().positive();
const number = z.number();
const flag = z.boolean();

/** The sizes of a GPT, which must be given. */
export const sizes = {
  contextLength: count.describe('The most tokens that the model sees at once.'),
  layers: count.describe('Blocks, each attention and MLP.'),
  heads: count.describe('Attention heads of each block; they divide width.'),
  width: count.describe('Numbers per position between blocks.'),
};

export const vocabSize = count
  .optional()
  .describe('How many tokens there are. Default: as many as the data have.');

type Chosen = Exclude<
  keyof GPTConfig,
  'architecture' | 'vocabSize' | keyof typeof sizes | 'head' | 'expandHead'
>;

/**
 * The choices of a GPT that its architecture makes where a config does not, as in `GPTConfig`. The head follows from the loss,
 * and `expandHead` is a field of the config.
 */
export const choices = {
  kvHeads: count.optional().describe('Heads of keys and values, which divide heads. Default: heads.'),
  headDim: count.optional().describe('Numbers per head. Default: width / heads.'),
  attentionScale: number
    .optional()
    .describe('What attention scores are multiplied by. Default: 1/√headDim; lipschitz 1/headDim.'),
  slidingWindow: count
    .optional()
    .describe('How many positions back a query sees, its own included. Default: all.'),
  slidingWindowFrom: z
    .int()
    .nonnegative()
    .optional()
    .describe('The first layer that has the sliding window. Default: 0.'),
  qkvBias: flag.optional().describe('Biases of queries, keys and values. Default: gpt2 true, others false.'),
  attentionOutBias: flag.optional().describe('A bias after attention. Default: gpt2 true, others false.'),
  fusedQkv: flag
    .optional()
    .describe('One matrix for queries, keys and values. Default: gpt2 true, others false.'),
  valueScale: number
    .optional()
    .describe('What attention’s values are multiplied by. Default: 1; lipschitz 1/3.'),
  scoreBias: flag
    .optional()
    .describe('A learned number per head and distance, added to scores. Default: false.'),
  position: z
    .enum(['learned', 'rotary', 'modulaRotary'])
    .optional()
    .describe('How a token’s place is known. Default: gpt2 learned, llama rotary, lipschitz modulaRotary.'),
  rotaryBase: number.optional().describe('How slowly rotary positions turn. Default: 10000.'),
  rotaryFraction: number.optional().describe('The share of a head’s entries that is turned. Default: 1.'),
  rotaryScaling: z
    .discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('linear').describe('How frequencies are stretched.'),
        factor: number.describe('How many times the context is longer.'),
      }),
      z.strictObject({
        type: z.literal('llama3'),
        factor: number,
        lowFrequencyFactor: number.describe('Of llama3: frequencies below are stretched whole.'),
        highFrequencyFactor: number.describe('Of llama3: frequencies above stay.'),
        originalContextLength: count.describe('Of llama3: the context of the model that is stretched.'),
      }),
    ])
    .optional()
    .describe('How rotary frequencies are stretched for a longer context. Default: not.'),
  norm: z
    .enum(['layerNorm', 'rmsNorm', 'rmsNormPlusOne', 'tanh', 'none'])
    .optional()
    .describe('Before attention, MLP and head. Default: gpt2 layerNorm, llama rmsNorm, lipschitz none.'),
  normEpsilon: number.optional().describe('Added to the variance in norms. Default: 1e-5.'),
  normGain: flag.optional().describe('Whether norms have a learned gain. Default: true; lipschitz false.'),
  normBias: flag
    .optional()
    .describe('Whether layer norms have a learned bias. Default: gpt2 true, others false.'),
  finalNorm: flag.optional().describe('A norm before the head. Default: true; lipschitz false.'),
  activation: z
    .enum(['gelu', 'geluTanh', 'modulaGelu', 'silu', 'relu', 'maxMin'])
    .optional()
    .describe('Inside the MLP. Default: gpt2 gelu, llama silu, lipschitz modulaGelu.'),
  gatedMlp: flag
    .optional()
    .describe('Multiplies the activation with a second projection. Default: llama true, others false.'),
  mlpWidth: count.optional().describe('Numbers per position inside the MLP. Default: 4 · width.'),
  mlpBias: flag.optional().describe('Biases of the MLP. Default: gpt2 true, others false.'),
  fusedGate: flag
    .optional()
    .describe('One matrix for the gate and the projection that it gates. Default: false.'),
  experts: z
    .int()
    .nonnegative()
    .optional()
    .describe('How many MLPs a router chooses from. Default: 0, one that is always used.'),
  activeExperts: count.optional().describe('How many of the experts each token gets. Default: 2.'),
  residual: z
    .enum(['plain', 'convex'])
    .optional()
    .describe('x + f(x), or (1 − α) x + α f(x). Default: plain; lipschitz convex.'),
  residualScale: number
    .optional()
    .describe('Of convex residuals: α = residualScale / (2 · layers). Default: 1.'),
  residualWeight: number
    .optional()
    .describe('Of convex residuals: α itself. Default: as residualScale says.'),
  embeddingScale: number.optional().describe('What token embeddings are multiplied by. Default: 1.'),
  tiedHead: flag
    .optional()
    .describe('The head shares the matrix of the embedding. Default: gpt2 true, others false.'),
  headBias: flag.optional().describe('A learned bias on the logits. Default: false.'),
  finalScale: number.optional().describe('What logits are multiplied by. Default: 1.'),
  dropout: number
    .min(0)
    .lt(1)
    .optional()
    .describe('The share of entries that is dropped in training. Default: 0.'),
  checkpointing: flag
    .optional()
    .describe('Runs each block again for the backward pass, which saves memory. Default: false.'),
  zeroInit: flag.optional().describe('Starts the last matrix of each sublayer at zero. Default: false.'),
} satisfies Record<Chosen, z.ZodType>;
