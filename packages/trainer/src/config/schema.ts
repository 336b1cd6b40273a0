import { GPT_PRESETS, type GPTPreset } from '@evenkeel/gpt-model';
import { z } from 'zod';
import { describeIssues } from './describe-issues.js';
import { choices, sizes, vocabSize } from './model-choices.js';
import { ARCHITECTURES, inFull } from './short-forms.js';

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
    'A checkpoint of a run of this model to go on from, such as runs/first/checkpoints/step-00000500. Default: none.',
  );

/** The discriminator of a union, which may be left out where what is written tells it. */
const kind = <T extends string>(name: T) => z.literal(name).default(name);

const model = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: kind('mlp').describe(
        'gpt: by its architecture and sizes. mlp: a plain network. preset: a GPT by its name. load: a published model. Default: what the other fields name.',
      ),
      hidden: z.array(count).default([200, 200]).describe('The width of each hidden layer.'),
      activation: z
        .enum(['relu', 'tanh', 'gelu', 'silu', 'maxMin'])
        .default('relu')
        .describe('Between layers. maxMin sorts pairs: for networks with a Lipschitz bound, of even widths.'),
      bias: z.boolean().default(false).describe('Whether layers have biases.'),
      load: learnsOn,
    }),
    z.strictObject({
      kind: kind('gpt'),
      architecture: z.enum(ARCHITECTURES).describe('The family, which makes all choices that are left out.'),
      ...sizes,
      vocabSize,
      ...choices,
      load: learnsOn,
    }),
    z.strictObject({
      kind: kind('preset'),
      preset: z
        .enum(Object.keys(GPT_PRESETS) as [GPTPreset, ...GPTPreset[]])
        .default('tiny')
        .describe('A GPT by its name; other choices change it.'),
      ...(Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size.optional()])) as {
        [Name in keyof typeof sizes]: z.ZodOptional<(typeof sizes)[Name]>;
      }),
      vocabSize,
      ...choices,
    }),
    z.strictObject({
      kind: kind('load'),
      load: z
        .string()
        .describe('A folder with config.json and safetensors, or a hub id; other choices change it.'),
      contextLength: sizes.contextLength.optional(),
      vocabSize,
      ...choices,
    }),
  ])
  .default({ kind: 'preset', preset: 'tiny' })
  .describe('What learns.');

const batches = {
  batchSize: count.default(16).describe('Rows, or examples, of a batch.'),
  contextLength: count.optional().describe("Tokens of a row. Default: the model's."),
  order: z
    .enum(['random', 'sequential'])
    .default('random')
    .describe('Rows from random places, or one after the other.'),
  validationFraction: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('The last part, kept for validation; 0: none.'),
};

const examples = {
  trainFraction: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.4)
    .describe('The share of all examples that is learned from.'),
  batchSize: z
    .union([count, z.literal('all')])
    .default('all')
    .describe("'all': every step sees all examples."),
  splitSeed: seed.optional().describe("Decides which examples are learned from. Default: the run's seed."),
};

const data = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tokens').describe('What there is to learn.'),
    file: z
      .string()
      .describe(
        'A .bin of `evenkeel tokenize` with its sidecar; a text; or a JSON list of { instruction, input?, output }.',
      ),
    validation: z
      .string()
      .optional()
      .describe('A second .bin, in the place of validationFraction. Default: none.'),
    ...batches,
  }),
  z.strictObject({
    kind: z.literal('text'),
    file: z.string().optional(),
    text: z.string().optional().describe('The text itself, in the place of its file. Default: the file’s.'),
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
    kind: z.literal('modularArithmetic'),
    modulus: z.int().min(2).max(4096).default(113).describe('p of arithmetic modulo p.'),
    operation: z
      .enum(['add', 'subtract', 'multiply', 'divide'])
      .default('add')
      .describe('What is done with two numbers.'),
    ...examples,
  }),
  z.strictObject({
    kind: z.literal('sparseParity'),
    bits: count.default(40).describe('Bits of an example.'),
    parityBits: count.default(3).describe('How many of the bits decide the answer.'),
    examples: count.default(2000).describe('How many examples there are.'),
    ...examples,
  }),
]);

const loss = named(
  ['softmax', 'stablemax', 'logStablemax'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('softmax') }),
    z.strictObject({
      name: z.literal('stablemax'),
      clampMin: z
        .number()
        .optional()
        .describe('Logits below count as this; the published trainer uses -10. Default: none.'),
      epsilon: notNegative
        .optional()
        .describe(
          'Added to probabilities before the logarithm; the published trainer uses 1e-9. Default: none.',
        ),
    }),
    z.strictObject({ name: z.literal('logStablemax') }),
  ]),
);

const adam = {
  learningRate: notNegative.default(1e-3).describe('The peak of the schedule.'),
  beta1: belowOne.default(0.9).describe('Decay of the mean of gradients.'),
  beta2: belowOne.default(0.999).describe('Decay of the mean of squared gradients.'),
  epsilon: notNegative.default(1e-8).describe('Added to the root of the mean square.'),
  weightDecay: notNegative.default(0.01).describe('Decoupled: the learning rate times this share per step.'),
};

const optimizer = named(
  ['adamw', 'grokadamw', 'muon', 'sgd'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('adamw'), ...adam }),
    z.strictObject({
      name: z.literal('grokadamw'),
      ...adam,
      alphaInit: share.default(0.98).describe('Decay of the slow gradient, at the beginning.'),
      lambda: notNegative.default(2).describe('How much the slow gradient counts.'),
      gamma: share.default(0.1).describe('How much less β₁ is from layer to layer.'),
      grokkingSignalDecayRate: notNegative.default(0.1).describe('How fast α falls as the signal grows.'),
      maxGradNorm: notNegative.default(1).describe("Of each parameter's gradient; 0: never clips."),
      layerDecay: z
        .enum(['parameterIndex', 'layer'])
        .default('parameterIndex')
        .describe('What gamma counts: parameters, as the published code, or layers.'),
      lossGapSignal: z
        .boolean()
        .default(true)
        .describe('Slow gradients count less while validation loss is above training loss.'),
    }),
    z.strictObject({
      name: z.literal('muon'),
      learningRate: notNegative.default(0.02),
      momentum: belowOne.default(0.95).describe('Decay of the sum of gradients.'),
      nesterov: z.boolean().default(true).describe('Looks one step of momentum ahead.'),
      weightDecay: notNegative.default(0),
      coefficients: z
        .enum(['sixStep', 'fiveStep', 'kellerJordan'])
        .default('kellerJordan')
        .describe('Of the polynomials that make the update orthogonal.'),
      steps: count
        .optional()
        .describe('How many polynomials. Default: as many as there are coefficients for.'),
      scale: z
        .enum(['aspectRatio', 'rmsToRms'])
        .default('aspectRatio')
        .describe('How long the update of a matrix is for its shape.'),
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

const capped = { maxNorm: positive.default(1).describe('The largest spectral norm, RMS to RMS.') };
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
  ['none', 'decoupledWeightDecay', 'spectralCap', 'softCap', 'hammer', 'normalize'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('none') }),
    z.strictObject({
      name: z.literal('decoupledWeightDecay'),
      weightDecay: notNegative.default(0.1).describe('The share of each weight that a step takes away.'),
      ...skipped,
    }),
    z.strictObject({ name: z.literal('spectralCap'), ...capped, ...perHead, ...skipped }),
    z.strictObject({ name: z.literal('softCap'), ...capped, ...perHead, ...skipped }),
    z.strictObject({ name: z.literal('hammer'), ...capped, ...skipped }),
    z.strictObject({ name: z.literal('normalize'), ...capped, ...skipped }),
  ]),
);

const schedule = named(
  ['constant', 'cosine', 'linear', 'inverseSqrt', 'staircase'],
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('constant') }),
    ...(['cosine', 'linear'] as const).map((name) =>
      z.strictObject({
        name: z.literal(name),
        warmupSteps: whole.default(0).describe('Steps until the learning rate is at its peak.'),
        holdSteps: whole.default(0).describe('Steps at the peak.'),
        totalSteps: count
          .optional()
          .describe('When the learning rate is at its floor. Default: the steps of the run.'),
        start: share.default(0).describe('Where the warm-up begins, as a share of the learning rate.'),
        floor: share.default(0).describe('Where it ends, as a share of the learning rate.'),
      }),
    ),
    z.strictObject({
      name: z.literal('inverseSqrt'),
      warmupSteps: whole.default(0),
      start: share.default(0),
      timescale: count
        .optional()
        .describe('Steps until it falls as 1/√step. Default: warmupSteps, at least 1.'),
    }),
    z.strictObject({
      name: z.literal('staircase'),
      stairSteps: count.default(512).describe('Steps of a stair.'),
    }),
  ]),
);

const GUARD_ACTIONS = ['stop', 'rollback', 'off'] as const;

const guard = z.strictObject({
  action: z
    .enum(GUARD_ACTIONS)
    .default('stop')
    .describe('When the loss is not finite or explodes: stop, or go back to the last checkpoint.'),
  explosionFactor: z
    .number()
    .gt(1)
    .default(100)
    .describe('A loss so many times the first one is an explosion.'),
  learningRateFactor: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe('What each rollback leaves of the learning rate.'),
  maxRollbacks: whole.default(5).describe('After so many the run stops.'),
});

/** All that decides a run. Every field but `data` has a default. */
export const runConfigSchema = z.strictObject({
  model,
  data,
  loss: loss.prefault('softmax').describe('One of three, which exclude each other.'),
  optimizer: optimizer.prefault('adamw').describe('What turns gradients into steps.'),
  orthograd: orthograd
    .default(false)
    .describe('Removes from each gradient what would only scale the weights.'),
  constraint: constraint.prefault('none').describe('Where the weights may live after each step.'),
  embeddingMaxNorm: positive
    .optional()
    .describe('The largest RMS of a token’s embedding. Default: no bound.'),
  schedule: schedule.prefault('constant').describe('How the learning rate goes.'),
  clip: z
    .strictObject({
      globalNorm: positive
        .optional()
        .describe('The longest gradient of all parameters together. Default: no bound.'),
      paramNorm: positive.optional().describe('The longest gradient of a parameter. Default: no bound.'),
    })
    .default({})
    .describe('Gradient clipping: all together, or each parameter by itself.'),
  grokfast: z
    .strictObject({
      alpha: belowOne.default(0.98).describe('Decay of the slow gradient.'),
      lambda: notNegative.default(2).describe('How much it counts.'),
    })
    .optional()
    .describe('Adds the slow part of the gradient, before the optimizer.'),
  expandHead: z.boolean().default(false).describe('One output more than tokens (experimental).'),
  precision: z
    .enum(['float32', 'bf16', 'e4m3', 'e5m2'])
    .default('float32')
    .describe('Rounds what enters matrix products in the forward pass.'),
  steps: count.default(1000).describe('Optimizer steps in all.'),
  gradientAccumulation: count.default(1).describe('New batches per step, whose gradients are averaged.'),
  workers: count.default(1).describe('Threads that share each batch, in Node.'),
  evaluate: z
    .strictObject({
      every: count.default(100).describe('On validation data, every so many steps.'),
      batches: count.optional().describe('How many batches. Default: all.'),
    })
    .prefault({}),
  logEvery: count.default(10).describe('Metrics are read and recorded every so many steps.'),
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
      directory: z.string().min(1).describe('Where checkpoints go. Default: in the folder of the run.'),
      every: count.default(500).describe('A checkpoint every so many steps.'),
      keep: count.default(3).describe('How many of the newest are kept.'),
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
        metric: z.string().default('validationLoss').describe('What must improve.'),
      }),
    ])
    .default(false)
    .describe('Ends the run when the validation loss has stopped improving; a number is the patience.'),
  guard: z
    .union([
      z
        .enum(GUARD_ACTIONS)
        .transform((action) => ({ action }))
        .pipe(guard as unknown as z.ZodType<z.output<typeof guard>, { action: 'stop' | 'rollback' | 'off' }>),
      guard,
    ])
    .prefault('stop')
    .describe('When the loss is not finite or explodes: stop, or go back to the last checkpoint.'),
  seed: seed.default(0).describe('Decides all that is random.'),
});

/** A run config with every default filled in. */
export type RunConfig = z.output<typeof runConfigSchema>;

type Written = z.input<typeof runConfigSchema>;
type WrittenModel = NonNullable<Written['model']>;
/** A plain network may be called an architecture. */
type WrittenMlp = Omit<Extract<WrittenModel, { hidden?: unknown }>, 'kind'> & { architecture: 'mlp' };

/** A run config as it is written. Model and data may be names: `model: 'tiny'`, `data: 'text.txt'`. */
export type RunConfigInput = Omit<Written, 'model' | 'data'> & {
  model?: string | WrittenModel | WrittenMlp;
  data: string | Written['data'];
};

/**
 * Checks a run config and fills in its defaults.
 *
 * @throws If a field is unknown, missing or out of range; the message lists all that is wrong.
 */
export function parseRunConfig(config: unknown): RunConfig {
  const whole = inFull(config);
  const result = runConfigSchema.safeParse(whole);
  if (result.success) return result.data;
  throw new Error(`run config: it does not fit.\n${describeIssues(result.error, whole, runConfigSchema)}`);
}

/** The schema of a run config as JSON Schema, for editors. */
export function runConfigJsonSchema(): object {
  const schema = z.toJSONSchema(runConfigSchema, { io: 'input' }) as { properties: Record<string, object> };
  const { model, data } = schema.properties;
  const orName = (description: string, { oneOf, ...rest }: { oneOf?: unknown }) => ({
    ...rest,
    anyOf: [{ type: 'string', description }, { oneOf }],
  });
  const properties = {
    ...schema.properties,
    model: orName(
      'A preset (tiny, …), an architecture (gpt2, llama, lipschitz, mlp), a run, a folder or a hub id. Default: tiny.',
      model,
    ),
    data: orName(
      'A kind (modularArithmetic, …), or a file: a text, tokens (.bin) or instructions (.json). It must be given.',
      data,
    ),
  };
  return { ...schema, properties };
}
