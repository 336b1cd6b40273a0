import { GPT } from '@evenkeel/gpt-model';
import {
  certifiedRadius,
  describeGPT,
  empiricalLipschitz,
  lipschitzCertificate,
  publishedLipschitzEstimate,
  spectralNormBound,
} from '@evenkeel/lipschitz';
import type { Mlp, Override } from '@evenkeel/trainer/config';
import { judgesOf, type LabelledBatch, type OpenedModel, withModel } from '@evenkeel/trainer/node';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import { wholeFrom } from '../arguments.js';
import { addBackendFlags, type BackendFlags, useBackend } from '../backend.js';
import { addConfigFlags } from '../config/flags.js';
import { outputOf, table, warn } from '../output.js';

interface Options extends BackendFlags {
  readonly checkpoint: string;
  readonly search: number;
  readonly json?: boolean;
}

export function certifyCommand(): Command {
  const command = new Command('certify')
    .summary('bounds how much a model can amplify a change of its input')
    .description(
      'Bounds how much a model can amplify a change of its input (never below the truth), with the norms of its matrices; beside it the published estimate, and the largest amplification that a search finds.',
    )
    .argument('<model>', 'the folder of a run, a checkpoint, or a model')
    .option('--checkpoint <name>', 'of a run: latest, best, or like step-00000500', 'latest')
    .option('--search <n>', 'steps of the search; 0: none', wholeFrom(0), 20)
    .option('--json', 'everything as one JSON object');
  addBackendFlags(command);
  const overrides = addConfigFlags(command, {
    data: 'what to search from (default: what the run learned from): a text, or tokens (.bin)',
  });
  return command.addHelpText('after', EXAMPLES).action(async (source: string, options: Options) => {
    await useBackend(options);
    await withModel(source, options.checkpoint, (opened) => certify(source, opened, overrides(), options));
  });
}

async function certify(
  source: string,
  opened: OpenedModel,
  overrides: readonly Override[],
  options: Options,
): Promise<void> {
  await readAhead(opened.model);
  const certificate = certificateOf(opened.model);
  const batch = await firstBatch(opened, overrides);
  const result = {
    model: source,
    step: opened.step,
    ...certificate,
    found: batch && canSearch(options.search) ? found(opened.model, batch, options.search) : undefined,
    medianRadius:
      batch && certificate.lipschitz !== undefined
        ? await medianRadius(opened.model, batch, certificate.lipschitz)
        : undefined,
  };
  tf.dispose([batch?.inputs, batch?.targets].filter((tensor) => tensor !== undefined));
  const output = outputOf(options);
  output.emit(result);
  output.say(shown(result));
}

/** Bounds are computed from numbers on the host. Once read, tfjs's webgpu backend keeps them there, too. */
async function readAhead(model: GPT | Mlp): Promise<void> {
  for (const variable of model.variables) await variable.data();
}

/** The search reads the backend at each step. */
function canSearch(steps: number): boolean {
  if (steps === 0 || tf.getBackend() !== 'webgpu') return steps > 0;
  warn(
    'there is no search on webgpu, which cannot be read at each of its steps: the bound stands. Take --backend wasm.',
  );
  return false;
}

interface Certificate {
  /** Why there is no bound on the whole. */
  readonly reason?: string;
  readonly lipschitz?: number;
  readonly log10Lipschitz?: number;
  readonly log10Published?: number;
  readonly matrices: readonly {
    name: string;
    shape: readonly number[];
    spectralNorm: number;
    rmsNorm: number;
  }[];
}

function certificateOf(model: GPT | Mlp): Certificate {
  const matrices = model.variables
    .filter(({ rank }) => rank === 2)
    .map((variable) => {
      const [out, into] = variable.shape;
      const spectralNorm = spectralNormBound(variable) as number;
      return {
        name: variable.name.slice(variable.name.indexOf('/') + 1),
        shape: variable.shape,
        spectralNorm,
        rmsNorm: Math.sqrt(into / out) * spectralNorm,
      };
    });
  try {
    const description = model instanceof GPT ? describeGPT(model) : describeMlp(model);
    const { lipschitz, log10Lipschitz } = lipschitzCertificate(description);
    return {
      lipschitz,
      log10Lipschitz,
      log10Published: publishedLipschitzEstimate(description).log10Lipschitz,
      matrices,
    };
  } catch (error) {
    return { reason: (error as Error).message, matrices };
  }
}

const describeMlp = ({ variables, options: { activation } }: Mlp) => ({
  architecture: 'mlp' as const,
  layers: variables
    .filter(({ rank }) => rank === 2)
    .map((weight, i, all) => ({ weight, activation: i < all.length - 1 ? activation : undefined })),
});

async function firstBatch(
  opened: OpenedModel,
  overrides: readonly Override[],
): Promise<LabelledBatch | undefined> {
  if (!opened.run && overrides.length === 0) return undefined;
  const judges = await judgesOf([opened], overrides);
  try {
    for await (const batch of (judges.validation ?? judges.train)()) return batch;
    return undefined;
  } finally {
    await judges.close();
  }
}

/** The largest amplification that gradient ascent finds from a few inputs. */
const found = (model: GPT | Mlp, { inputs }: LabelledBatch, steps: number): number =>
  tf.tidy(() => {
    const few = tf.slice(inputs, 0, Math.min(4, inputs.shape[0]));
    if (!(model instanceof GPT)) return empiricalLipschitz((x) => model.forward(x), few, { steps });
    const short = tf.slice(few, [0, 0], [-1, Math.min(32, few.shape[1]!)]) as tf.Tensor2D;
    return empiricalLipschitz((x) => model.forwardEmbedded(x as tf.Tensor3D), model.embed(short), { steps });
  });

/** How far an input may move before the prediction can change: the median over right predictions. */
async function medianRadius(
  model: GPT | Mlp,
  { inputs, targets }: LabelledBatch,
  lipschitz: number,
): Promise<number | undefined> {
  if (!(Number.isFinite(lipschitz) && lipschitz > 0)) return 0;
  const answers = tf.tidy(() => {
    const logits = model.forward(inputs as tf.Tensor2D);
    return [tf.equal(tf.argMax(logits, -1), targets), certifiedRadius(logits, lipschitz)];
  });
  const [right, all] = await Promise.all(answers.map((answer) => answer.data()));
  tf.dispose(answers);
  const radii = [...all].filter((_, i) => right[i] === 1);
  return radii.sort((a, b) => a - b)[radii.length >> 1];
}

function shown({
  model,
  step,
  reason,
  log10Lipschitz,
  log10Published,
  matrices,
  ...rest
}: Certificate & { model: string; step?: number; found?: number; medianRadius?: number }): string {
  const power = (log10: number) =>
    Math.abs(log10) < 4 ? (10 ** log10).toPrecision(4) : `10^${log10.toFixed(2)}`;
  const rows = matrices.map(({ name, shape, spectralNorm, rmsNorm }) => [
    name,
    shape.join('×'),
    spectralNorm.toPrecision(4),
    rmsNorm.toPrecision(4),
  ]);
  const lines = [
    table(
      [`${model}${step === undefined ? '' : ` at step ${step}`}`, 'shape', 'σ₁ at most', 'RMS→RMS'],
      rows,
    ),
    '',
    log10Lipschitz === undefined
      ? `No bound on the whole: ${reason}`
      : `Lipschitz constant at most   ${power(log10Lipschitz)}`,
    log10Published === undefined ? '' : `published estimate, no bound ${power(log10Published)}`,
    rest.found === undefined ? '' : `largest amplification found  ${rest.found.toPrecision(4)}`,
    rest.medianRadius === undefined
      ? ''
      : `certified radius, median     ${rest.medianRadius.toPrecision(3)} (RMS of the embedding; right predictions of one batch)`,
  ];
  return lines.filter((line, i) => line !== '' || i === 1).join('\n');
}

const EXAMPLES = `
Examples:
  $ evenkeel certify runs/shakespeare-lipschitz
  $ evenkeel certify runs/shakespeare-lipschitz --checkpoint best --search 100 --json`;
