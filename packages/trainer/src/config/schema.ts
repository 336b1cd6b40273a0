import { z } from 'zod';
import { describeIssues } from './describe-issues.js';

const positive = z.number().positive();
const notNegative = z.number().nonnegative();
const share = z.number().min(0).max(1);
const belowOne = z.number().min(0).lt(1);
const whole = z.int().nonnegative();
const count = z.int().positive();
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** Objects with a `name`, or the name alone where all the rest has defaults. */
const named = <T extends z.ZodType>(names: readonly [string, ...string[]], schema: T) =>
  z.union([
    z
      .enum(names)
      .transform((name) => ({ name }))
      .pipe(schema as unknown as z.ZodType<z.output<T>, { name: string }>),
    schema,
  ]);

const learnsOn = z
  .string()
  .optional()
  .describe(
    'A checkpoint of a run of this model to go on from, such as runs/first/checkpoints/step-00000500.',
  );

const model = z
  .union([
    z.strictObject({
      architecture: z.literal('mlp'),
      hidden: z.array(count).default([200, 200]).describe('Width of each hidden layer.'),
      activation: z
        .enum(['relu', 'tanh', 'gelu', 'silu', 'maxMin'])
        .default('relu')
        .describe('maxMin sorts pairs: for networks with a Lipschitz bound, of even widths.'),
      bias: z.boolean().default(false),
      load: learnsOn,
    }),
    z
      .looseObject({
        architecture: z.enum(['gpt2', 'llama', 'lipschitz']),
        vocabSize: count.optional().describe('Default: as many as the data have tokens.'),
        contextLength: count,
        layers: count,
        heads: count,
        width: count,
        load: learnsOn,
      })
      .describe('A GPT; every choice of its GPTConfig may be given.'),
    z
      .looseObject({ preset: z.string(), vocabSize: count.optional() })
      .describe('A preset of GPT by its name, and choices that differ.'),
    z
      .looseObject({
        load: z.string().describe('A directory with config.json and safetensors, or a hub id.'),
      })
      .describe('Weights to go on from, and choices that differ: fine-tuning.'),
  ])
  .default({ preset: 'tiny' });

const batches = {
  batchSize: count.default(16),
  contextLength: count.optional().describe("Default: the model's."),
  order: z.enum(['random', 'sequential']).default('random'),
  validationFraction: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('The last part, kept for validation; 0: none.'),
};

const examples = {
  trainFraction: z.number().gt(0).lt(1).default(0.4),
  batchSize: z
    .union([count, z.literal('all')])
    .default('all')
    .describe("'all': every step sees all examples."),
  splitSeed: seed.optional().describe("Default: the run's seed."),
};

const data = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tokens'),
    file: z.string().describe('A .bin of `evenkeel tokenize`, with its sidecar.'),
    validation: z.string().optional().describe('A second one, in the place of validationFraction.'),
    ...batches,
  }),
  z.strictObject({
    kind: z.literal('text'),
    file: z.string().optional(),
    text: z.string().optional(),
    tokenizer: z
      .string()
      .optional()
      .describe(
        "'characters', 'gpt2' or a tokenizer.json. Default: that of the model it learns on from, else 'characters'.",
      ),
    ...batches,
  }),
  z.strictObject({
    kind: z.literal('instructions'),
    file: z.string().describe('A JSON list of { instruction, input?, output }.'),
    tokenizer: z
      .string()
      .optional()
      .describe("As for a text. Default: that of the model it learns on from, else 'gpt2'."),
    batchSize: count.default(16),
    contextLength: count.optional(),
    order: z.enum(['random', 'sequential']).default('random'),
  }),
  z.strictObject({
    kind: z.literal('modular-arithmetic'),
    modulus: z.int().min(2).max(4096).default(113),
    operation: z.enum(['add', 'subtract', 'multiply', 'divide']).default('add'),
    ...examples,
  }),
  z.strictObject({
    kind: z.literal('sparse-parity'),
    bits: count.default(40),
    parityBits: count.default(3),
    examples: count.default(2000),
    ...examples,
  }),
]);

const loss = named(
  ['softmax', 'stablemax', 'log-stablemax'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('softmax') }),
    z.strictObject({
      name: z.literal('stablemax'),
      clampMin: z.number().optional().describe('Logits below count as this; the published trainer uses -10.'),
      epsilon: notNegative.optional().describe('The published trainer uses 1e-9.'),
    }),
    z.strictObject({ name: z.literal('log-stablemax') }),
  ]),
);

const adam = {
  learningRate: notNegative.default(1e-3),
  beta1: belowOne.default(0.9),
  beta2: belowOne.default(0.999),
  epsilon: notNegative.default(1e-8),
  weightDecay: notNegative.default(0.01),
};

const optimizer = named(
  ['adamw', 'grokadamw', 'muon', 'sgd'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('adamw'), ...adam }),
    z.strictObject({
      name: z.literal('grokadamw'),
      ...adam,
      alphaInit: share.default(0.98),
      lambda: notNegative.default(2),
      gamma: share.default(0.1),
      grokkingSignalDecayRate: notNegative.default(0.1),
      maxGradNorm: notNegative.default(1).describe("Of each parameter's gradient; 0: never clips."),
      layerDecay: z.enum(['parameter-index', 'layer']).default('parameter-index'),
      lossGapSignal: z
        .boolean()
        .default(true)
        .describe('Slow gradients count less while validation loss is above training loss.'),
    }),
    z.strictObject({
      name: z.literal('muon'),
      learningRate: notNegative.default(0.02),
      momentum: belowOne.default(0.95),
      nesterov: z.boolean().default(true),
      weightDecay: notNegative.default(0),
      coefficients: z.enum(['six-step', 'five-step', 'keller-jordan']).default('keller-jordan'),
      steps: count.optional(),
      scale: z.enum(['aspect-ratio', 'rms-to-rms']).default('aspect-ratio'),
      adam: z
        .strictObject(adam)
        .prefault({})
        .describe('For embeddings, heads, biases and gains. Its learning rate follows the same schedule.'),
    }),
    z.strictObject({
      name: z.literal('sgd'),
      learningRate: notNegative.default(0.01),
      momentum: belowOne.default(0),
      nesterov: z.boolean().default(false),
      weightDecay: notNegative.default(0),
    }),
  ]),
);

const orthograd = z.union([
  z.boolean(),
  z.strictObject({
    rescale: z
      .boolean()
      .default(true)
      .describe('Back to the length of the gradient, as in the paper’s code.'),
    skip: z.array(z.string()).default([]).describe('Patterns of parameter names to leave as they are.'),
    oneDimensional: z.boolean().default(false).describe('Also biases and gains.'),
  }),
]);

const capped = { maxNorm: positive.default(1) };
const skipped = {
  skip: z
    .array(z.string())
    .default(['embed', 'position', 'scoreBias'])
    .describe('Patterns of parameter names to leave free.'),
};
const perHead = {
  perHead: z.boolean().default(false).describe('Queries, keys and values: each head by itself.'),
};

const constraint = named(
  ['none', 'weight-decay', 'spectral-cap', 'soft-cap', 'hammer', 'normalize'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('none') }),
    z.strictObject({ name: z.literal('weight-decay'), weightDecay: notNegative.default(0.1), ...skipped }),
    z.strictObject({ name: z.literal('spectral-cap'), ...capped, ...perHead, ...skipped }),
    z.strictObject({ name: z.literal('soft-cap'), ...capped, ...perHead, ...skipped }),
    z.strictObject({ name: z.literal('hammer'), ...capped, ...skipped }),
    z.strictObject({ name: z.literal('normalize'), ...capped, ...skipped }),
  ]),
);

const schedule = named(
  ['constant', 'cosine', 'linear', 'inverse-sqrt', 'staircase'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('constant') }),
    ...(['cosine', 'linear'] as const).map((name) =>
      z.strictObject({
        name: z.literal(name),
        warmupSteps: whole.default(0),
        holdSteps: whole.default(0),
        totalSteps: count.optional().describe('Default: the steps of the run.'),
        start: share.default(0).describe('Where the warm-up begins, as a share of the learning rate.'),
        floor: share.default(0).describe('Where it ends, as a share of the learning rate.'),
      }),
    ),
    z.strictObject({
      name: z.literal('inverse-sqrt'),
      warmupSteps: whole.default(0),
      start: share.default(0),
      timescale: count.optional(),
    }),
    z.strictObject({ name: z.literal('staircase'), stairSteps: count.default(512) }),
  ]),
);

/** All that decides a run. Every field but `data` has a default. */
export const runConfigSchema = z.strictObject({
  model,
  data,
  loss: loss.default({ name: 'softmax' }).describe('One of three, which exclude each other.'),
  optimizer: optimizer.prefault('adamw'),
  orthograd: orthograd
    .default(false)
    .describe('Removes from each gradient what would only scale the weights.'),
  constraint: constraint.default({ name: 'none' }).describe('Where the weights may live after each step.'),
  embeddingMaxNorm: positive.optional().describe('The largest RMS of a token’s embedding.'),
  schedule: schedule.default({ name: 'constant' }),
  clip: z
    .strictObject({ globalNorm: positive.optional(), paramNorm: positive.optional() })
    .default({})
    .describe('Gradient clipping: all together, or each parameter by itself.'),
  grokfast: z
    .strictObject({ alpha: belowOne.default(0.98), lambda: notNegative.default(2) })
    .optional()
    .describe('Adds the slow part of the gradient, before the optimizer.'),
  expandHead: z.boolean().default(false).describe('One output more than tokens (experimental).'),
  precision: z
    .enum(['float32', 'bf16', 'e4m3', 'e5m2'])
    .default('float32')
    .describe('Rounds what enters matrix products in the forward pass.'),
  steps: count.default(1000),
  gradientAccumulation: count.default(1).describe('New batches per step, whose gradients are averaged.'),
  workers: count.default(1).describe('Threads that share each batch, in Node.'),
  evaluate: z
    .strictObject({ every: count.default(100), batches: count.optional().describe('Default: all.') })
    .prefault({}),
  logEvery: count.default(10),
  measure: z
    .strictObject({
      every: count.default(100).describe('Activations and softmax collapse: every so many steps.'),
      certifyEvery: count
        .optional()
        .describe('Spectral norms and the Lipschitz certificate. Default: never.'),
    })
    .prefault({}),
  checkpoint: z
    .strictObject({
      directory: z.string().min(1),
      every: count.default(500),
      keep: count.default(3),
      best: z
        .string()
        .optional()
        .describe(
          'The metric whose best value is kept besides: the largest accuracy, the smallest of any other. Default: validationLoss, where there are validation data.',
        ),
    })
    .optional(),
  earlyStop: z
    .union([
      z.boolean(),
      count,
      z.strictObject({
        patience: whole.default(5).describe('Evaluations that may pass without an improvement.'),
        metric: z.string().default('validationLoss'),
      }),
    ])
    .default(false)
    .describe('Ends the run when the validation loss has stopped improving; a number is the patience.'),
  guard: z
    .strictObject({
      action: z.enum(['stop', 'rollback', 'off']).default('stop'),
      explosionFactor: z.number().gt(1).default(100),
      learningRateFactor: z.number().gt(0).lt(1).default(0.5),
      maxRollbacks: whole.default(5),
    })
    .prefault({}),
  seed: seed.default(0),
});

/** A run config with every default filled in. */
export type RunConfig = z.output<typeof runConfigSchema>;

/** A run config as it is written. */
export type RunConfigInput = z.input<typeof runConfigSchema>;

/**
 * Checks a run config and fills in its defaults.
 *
 * @throws If a field is unknown, missing or out of range; the message lists all that is wrong.
 */
export function parseRunConfig(config: unknown): RunConfig {
  const result = runConfigSchema.safeParse(config);
  if (result.success) return result.data;
  throw new Error(`run config: it does not fit.\n${describeIssues(result.error, config, runConfigSchema)}`);
}

/** The schema of a run config as JSON Schema, for editors. */
export const runConfigJsonSchema = (): object => z.toJSONSchema(runConfigSchema, { io: 'input' });
