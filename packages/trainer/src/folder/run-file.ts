import { type CharacterTokenizer, characterTokenizer, gpt2Tokenizer, type Tokenizer } from '@evenkeel/data';
import { parseJson } from '@evenkeel/files';
import { GPT, type GPTConfig, type Published } from '@evenkeel/gpt-model';
import type { BlasInfo } from '@evenkeel/loop/node';
import { z } from 'zod';
import type { RunParts } from '../build-run.js';
import { parseRunConfig, type RunConfig } from '../config/schema.js';
import type { MlpOptions } from '../parts/mlp.js';
import { UsageError } from '../usage-error.js';

/** Where numbers are computed. */
export interface BackendOptions {
  readonly backend: string;
  /** Whether wasm has our kernels. */
  readonly kernels: boolean;
  /** The machine's BLAS that computes products; without it the kernels do. */
  readonly blas?: BlasInfo;
}

/** What a `run.json` holds: all that a run is, so that it can be used without its data. It is the only place of the config. */
export interface RunFile {
  readonly config: RunConfig;
  readonly model: { readonly gpt: GPTConfig; readonly published?: Published } | { readonly mlp: MlpOptions };
  readonly tokenizer?: { readonly characters: readonly string[] } | { readonly name: string };
  /** The run that this one learns on from. */
  readonly source?: { readonly directory: string; readonly run: string };
  /** SHA-256 of the files that it learns from, so that a resumed run learns from the same. */
  readonly dataSha256: Readonly<Record<string, string>>;
  /** What it runs on: elsewhere sums are rounded otherwise. */
  readonly backend: BackendOptions;
}

/** The form of the file. Another one was written by another version of this package. */
const FORMAT = 3;

const mlpOptions = z.object({
  widths: z.array(z.int().min(1)).min(2),
  activation: z.enum(['relu', 'tanh', 'gelu', 'silu', 'maxMin']),
  bias: z.boolean(),
  seed: z.number(),
  name: z.string().optional(),
}) satisfies z.ZodType<MlpOptions>;

/** Is shown in a terminal: no control characters. */
const shownText = z.string().regex(/^\P{C}*$/u);
const blasInfo = z.object({
  name: shownText,
  version: shownText.optional(),
  kernel: shownText.optional(),
  threads: z.int().min(1).optional(),
}) satisfies z.ZodType<BlasInfo>;

/** What lies beside the config in a file. The config has a schema of its own, and `GPT` checks what its model is made of. */
const runFileParts = z.object({
  model: z.union([
    z.object({
      gpt: z.custom<GPTConfig>(isObject),
      published: z.custom<Published>(isObject).optional(),
    }),
    z.object({ mlp: mlpOptions }),
  ]),
  tokenizer: z
    .union([z.object({ characters: z.array(z.string()) }), z.object({ name: z.string() })])
    .optional(),
  source: z.object({ directory: z.string(), run: z.string() }).optional(),
  dataSha256: z.record(z.string(), z.string()).default({}),
  backend: z.object({ backend: z.string(), kernels: z.boolean(), blas: blasInfo.optional() }),
});

/** What a file says of a run's parts beside what the parts say themselves. */
type About = Pick<RunFile, 'backend'> & Partial<Pick<RunFile, 'dataSha256'>>;

/**
 * The text of a run's `run.json`. Its SHA-256 is the name of the run, which checkpoints and metrics bear.
 *
 * Where the run's checkpoints lie is left out: a folder may be moved.
 */
export function runFileText(
  { config, model, data, source }: RunParts,
  { backend, dataSha256 = {} }: About,
): string {
  const { checkpoint, ...rest } = config;
  const { directory: _, ...when } = checkpoint ?? { directory: '' };
  const { tokenizer } = data;
  const file = {
    format: FORMAT,
    config: { ...rest, ...(checkpoint ? { checkpoint: when } : {}) },
    model:
      model instanceof GPT
        ? { gpt: model.config, ...(isEmpty(model.published) ? {} : { published: model.published }) }
        : { mlp: model.options },
    ...(tokenizer ? { tokenizer: describe(tokenizer) } : {}),
    ...(source ? { source: { directory: source.directory, run: source.run } } : {}),
    dataSha256,
    backend,
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/**
 * Reads the text of a `run.json`, which may come from anywhere, and checks the config in it.
 *
 * @param path What errors call it.
 * @param directory Where the run's checkpoints lie. Without it the config has no `checkpoint`.
 * @throws If it is damaged, or was written by an earlier version.
 */
export function parseRunFile(text: string, path: string, directory?: string): RunFile {
  const file = objectIn(text);
  const damaged = (place = '') =>
    new UsageError(
      `'${path}' is damaged${place && ` at ${place}`}, expected what evenkeel train wrote. Restore it, or train anew.`,
    );
  if (!file || !isObject(file.config) || !isObject(file.model) || !isObject(file.backend)) throw damaged();
  if (file.format !== FORMAT) {
    throw new UsageError(
      `'${path}' is of a run that was begun with another version of Evenkeel (format ${file.format ?? 1}), expected format ${FORMAT}. ` +
        'Go on with that version, or begin anew: evenkeel train',
    );
  }
  const parts = runFileParts.safeParse(file);
  if (!parts.success) throw damaged(parts.error.issues[0].path.join('.'));
  const { checkpoint, ...rest } = file.config as Record<string, unknown>;
  const config =
    directory === undefined ? rest : { ...rest, checkpoint: { ...(checkpoint as object), directory } };
  return {
    ...(file as unknown as RunFile),
    ...parts.data,
    config: parseRunConfig(config),
  };
}

const describe = (tokenizer: Tokenizer): RunFile['tokenizer'] =>
  'vocabulary' in tokenizer
    ? { characters: (tokenizer as CharacterTokenizer).vocabulary }
    : { name: tokenizer.name };

/** The tokenizer that a file describes; nothing if it has none, or one from a file beside it. */
export async function describedTokenizer({ tokenizer }: RunFile): Promise<Tokenizer | undefined> {
  if (!tokenizer) return undefined;
  if ('characters' in tokenizer) return characterTokenizer(tokenizer.characters);
  return tokenizer.name === 'gpt2' ? gpt2Tokenizer() : undefined;
}

const isEmpty = ({ config = {}, generation = {} }: Published): boolean =>
  Object.keys(config).length + Object.keys(generation).length === 0;

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson('evenkeel', 'run.json', text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
