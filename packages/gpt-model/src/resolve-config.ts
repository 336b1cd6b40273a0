import type { GPTConfig, ResolvedConfig } from './config.js';
import { shown } from './shown.js';

/** The choices that make each architecture, all of them open to change. */
const ARCHITECTURES = {
  gpt2: {
    position: 'learned',
    norm: 'layerNorm',
    activation: 'gelu',
    gatedMlp: false,
    biases: true,
    fusedQkv: true,
    tiedHead: true,
    residual: 'plain',
  },
  llama: {
    position: 'rotary',
    norm: 'rmsNorm',
    activation: 'silu',
    gatedMlp: true,
    biases: false,
    fusedQkv: false,
    tiedHead: false,
    residual: 'plain',
  },
  lipschitz: {
    position: 'modulaRotary',
    norm: 'none',
    activation: 'modulaGelu',
    gatedMlp: false,
    biases: false,
    fusedQkv: false,
    tiedHead: false,
    residual: 'convex',
  },
} as const;

/**
 * Makes every choice of a config that it leaves open, and checks all of them.
 *
 * @throws If a choice is unknown, out of range, or does not fit another.
 */
export function resolveConfig(config: GPTConfig): ResolvedConfig {
  if (typeof config !== 'object' || config === null) {
    throw new Error(`GPT: the config is ${said(config)}, expected an object. Try { ...GPT_PRESETS.tiny }.`);
  }
  if (typeof config.architecture !== 'string' || !Object.hasOwn(ARCHITECTURES, config.architecture)) {
    throw new Error(
      `GPT: architecture is ${said(config.architecture)}, expected one of ${Object.keys(ARCHITECTURES).join(', ')}. ` +
        `Take the nearest and change its choices.`,
    );
  }
  for (const name of [...SIZES, ...OPTIONAL_NUMBERS]) {
    const value = config[name] ?? undefined;
    demand(
      value === undefined || typeof value === 'number',
      `${name} is ${said(value)}`,
      'a number',
      'Leave it out for the default',
    );
  }
  for (const name of SIZES) requireWhole(name, config[name], 1);
  const { biases, ...choices } = ARCHITECTURES[config.architecture];
  const lipschitz = config.architecture === 'lipschitz';
  const headDim = config.headDim ?? config.width / config.heads;
  const defaults = {
    kvHeads: config.heads,
    headDim,
    attentionScale: lipschitz ? 1 / headDim : 1 / Math.sqrt(headDim),
    slidingWindow: undefined,
    slidingWindowFrom: 0,
    qkvBias: biases,
    attentionOutBias: biases,
    valueScale: lipschitz ? 1 / 3 : 1,
    scoreBias: false,
    rotaryBase: 10_000,
    rotaryFraction: 1,
    rotaryScaling: undefined,
    normEpsilon: 1e-5,
    normGain: !lipschitz,
    normBias: biases,
    finalNorm: !lipschitz,
    mlpWidth: 4 * config.width,
    mlpBias: biases,
    fusedGate: false,
    experts: 0,
    activeExperts: 2,
    residualScale: 1,
    residualWeight: undefined,
    embeddingScale: 1,
    headBias: false,
    finalScale: 1,
    head: 'softmax',
    expandHead: false,
    dropout: 0,
    checkpointing: false,
    zeroInit: false,
    ...choices,
  } as const;
  const known = ['architecture', ...SIZES, ...Object.keys(defaults)];
  const unknown = Object.keys(config).find((key) => !known.includes(key));
  demand(unknown === undefined, `${said(unknown)} is no choice`, 'those of GPTConfig', 'Check its spelling');
  const resolved: ResolvedConfig = { ...defaults, ...withoutUndefined(config) };
  check(resolved);
  return Object.freeze(resolved);
}

/** Far beyond any model, and little enough to list their parameters: config files may be damaged. */
const MAX_MLPS = 2 ** 16;

/** What every config has to say. */
const SIZES = ['vocabSize', 'contextLength', 'layers', 'heads', 'width'] as const;

/** Choices that are numbers, if made. Whatever calculates with them may rely on that. */
const OPTIONAL_NUMBERS = [
  'kvHeads',
  'headDim',
  'attentionScale',
  'slidingWindow',
  'slidingWindowFrom',
  'valueScale',
  'rotaryBase',
  'rotaryFraction',
  'normEpsilon',
  'mlpWidth',
  'experts',
  'activeExperts',
  'residualScale',
  'residualWeight',
  'embeddingScale',
  'finalScale',
  'dropout',
] as const;

/** `{ a: undefined }` leaves a default in place. */
function withoutUndefined(config: GPTConfig): GPTConfig {
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value != null),
  ) as unknown as GPTConfig;
}

/** Choices of a fixed set. */
const NAMED = {
  norm: ['layerNorm', 'rmsNorm', 'rmsNormPlusOne', 'tanh', 'none'],
  position: ['learned', 'rotary', 'modulaRotary'],
  activation: ['gelu', 'geluTanh', 'modulaGelu', 'silu', 'relu', 'maxMin'],
  residual: ['plain', 'convex'],
  head: ['softmax', 'stablemax', 'logStablemax'],
} as const;

const FLAGS = [
  'qkvBias',
  'attentionOutBias',
  'fusedQkv',
  'scoreBias',
  'normGain',
  'normBias',
  'finalNorm',
  'gatedMlp',
  'mlpBias',
  'fusedGate',
  'tiedHead',
  'headBias',
  'expandHead',
  'checkpointing',
  'zeroInit',
] as const;

const NUMBERS = [
  'attentionScale',
  'valueScale',
  'rotaryBase',
  'normEpsilon',
  'residualScale',
  'embeddingScale',
  'finalScale',
] as const;

function check(config: ResolvedConfig): void {
  for (const [name, allowed] of Object.entries(NAMED)) {
    const value = config[name as keyof typeof NAMED];
    demand(
      (allowed as readonly string[]).includes(value),
      `${name} is ${said(value)}`,
      `one of ${allowed.join(', ')}`,
      'Leave it out for the default',
    );
  }
  for (const name of FLAGS) {
    const value = config[name];
    demand(
      typeof value === 'boolean',
      `${name} is ${said(value)}`,
      'true or false',
      'Leave it out for the default',
    );
  }
  for (const name of NUMBERS) {
    const value = config[name];
    demand(
      Number.isFinite(value),
      `${name} is ${said(value)}`,
      'a finite number',
      'Leave it out for the default',
    );
  }
  checkSizes(config);
  checkRotary(config);

  const { dropout, residual, residualScale, residualWeight, layers, normEpsilon } = config;
  demand(
    dropout >= 0 && dropout < 1,
    `dropout is ${said(dropout)}`,
    '0 to below 1',
    'It is the share to drop',
  );
  demand(
    normEpsilon >= 0,
    `normEpsilon is ${said(normEpsilon)}`,
    'a number ≥ 0',
    "Take the model's, typically 1e-5",
  );
  const alpha = residualWeight ?? residualScale / (2 * layers);
  demand(
    residual === 'plain' || (alpha > 0 && alpha <= 1),
    `the convex residual's weight is ${said(alpha)}`,
    'above 0 and at most 1',
    'It is residualWeight, or else residualScale / (2 · layers)',
  );
}

function checkSizes(config: ResolvedConfig): void {
  const { heads, kvHeads, headDim, width, experts, activeExperts, slidingWindow, gatedMlp, fusedGate } =
    config;
  demand(
    config.headDim % 1 === 0 && headDim > 0,
    `headDim is ${said(headDim)} (width ${width}, ${heads} heads)`,
    'a whole number ≥ 1',
    'Choose heads that divide width, or give headDim',
  );
  requireWhole('kvHeads', kvHeads, 1);
  demand(
    heads % kvHeads === 0,
    `kvHeads is ${said(kvHeads)}`,
    `a divisor of heads, ${heads}`,
    'Each key head serves equally many query heads',
  );
  requireWhole('mlpWidth', config.mlpWidth, 1);
  demand(
    config.activation !== 'maxMin' || config.mlpWidth % 2 === 0,
    `mlpWidth is ${config.mlpWidth} with the activation 'maxMin'`,
    'an even number',
    'It sorts pairs',
  );
  requireWhole('experts', experts, 0);
  requireWhole('activeExperts', activeExperts, 1);
  const mlps = config.layers * Math.max(1, experts);
  demand(
    mlps <= MAX_MLPS,
    `${config.layers} layers of ${Math.max(1, experts)} experts make ${mlps} MLPs`,
    `at most ${MAX_MLPS}`,
    'Check the config file',
  );
  demand(
    experts === 0 || activeExperts <= experts,
    `activeExperts is ${activeExperts}`,
    `at most experts, ${experts}`,
    'Each token gets some of the experts',
  );
  demand(gatedMlp || !fusedGate, 'fusedGate came without gatedMlp', 'both', 'Leave out fusedGate');
  if (slidingWindow !== undefined) requireWhole('slidingWindow', slidingWindow, 1);
  requireWhole('slidingWindowFrom', config.slidingWindowFrom, 0);
}

function checkRotary({ position, headDim, rotaryBase, rotaryFraction, rotaryScaling }: ResolvedConfig): void {
  if (position === 'learned') return;
  demand(
    rotaryFraction > 0 && rotaryFraction <= 1,
    `rotaryFraction is ${said(rotaryFraction)}`,
    'above 0 and at most 1',
    'It is the share of each head that is turned',
  );
  const rotated = Math.floor(headDim * rotaryFraction);
  demand(
    rotated >= 2 && rotated % 2 === 0,
    `rotary positions would turn ${rotated} of ${headDim} entries per head`,
    'an even number ≥ 2',
    'Change headDim or rotaryFraction',
  );
  demand(rotaryBase > 0, `rotaryBase is ${rotaryBase}`, 'a number > 0', "Take the model's rope_theta");
  if (!rotaryScaling) return;
  const positive = (name: string, value: number) =>
    demand(
      Number.isFinite(value) && value > 0,
      `rotaryScaling.${name} is ${said(value)}`,
      'a number > 0',
      "Take the model's",
    );
  positive('factor', rotaryScaling.factor);
  if (rotaryScaling.type === 'linear') return;
  demand(
    rotaryScaling.type === 'llama3',
    `rotaryScaling.type is ${said((rotaryScaling as { type: unknown }).type)}`,
    'linear or llama3',
    'Leave it out for none',
  );
  const { lowFrequencyFactor, highFrequencyFactor, originalContextLength } = rotaryScaling;
  positive('lowFrequencyFactor', lowFrequencyFactor);
  positive('highFrequencyFactor', highFrequencyFactor);
  positive('originalContextLength', originalContextLength);
  demand(
    lowFrequencyFactor < highFrequencyFactor,
    `rotaryScaling.lowFrequencyFactor is ${lowFrequencyFactor}`,
    `below highFrequencyFactor, ${highFrequencyFactor}`,
    'They may be exchanged',
  );
}

/** A value in a message: anything may have come. */
const said = (value: unknown): string =>
  typeof value === 'string' ? `'${value.slice(0, 60)}'` : shown(value);

function requireWhole(name: string, value: number, least: number): void {
  demand(
    Number.isInteger(value) && value >= least && value <= 2 ** 31,
    `${name} is ${said(value)}`,
    `a whole number ≥ ${least}`,
    `Typical is that of a preset, as GPT_PRESETS.tiny`,
  );
}

function demand(holds: boolean, came: string, expected: string, advice: string): void {
  if (!holds) throw new Error(`GPT: ${came}, expected ${expected}. ${advice}.`);
}
