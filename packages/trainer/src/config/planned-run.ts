import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GPT_PRESETS } from '@evenkeel/gpt-model';
import type { SourceRun } from '../build-run.js';
import { type LearnedModel, learnedModel } from '../folder/learned-model.js';
import { CHECKPOINTS, TOKENIZER } from '../folder/run-folder.js';
import { isTokenizerFile } from '../parts/tokenizer-named.js';
import { UsageError } from '../usage-error.js';
import { closest } from './closest.js';
import { loadConfigFile } from './load-config.js';
import { type Override, type RawConfig, withOverrides } from './overrides.js';
import { FINE_TUNING, PRESETS, type Preset, TEXT_DEFAULTS } from './presets.js';
import { parseRunConfig, type RunConfig } from './schema.js';
import { ARCHITECTURES, dataInFull, inFull, modelInFull } from './short-forms.js';
import { tinyShakespeare } from './tiny-shakespeare.js';

/** The flags beside a config's fields that decide what is trained, and where. */
export interface Planned {
  readonly preset?: string;
  readonly text?: string;
  readonly out?: string;
  readonly printConfig?: boolean;
}

/**
 * The config before flags: of a file, a preset, or what suits a text.
 *
 * @param overrides The flags: a model that has learned already goes on with a text in other steps than a new one.
 */
export async function writtenConfig(
  path: string | undefined,
  planned: Planned,
  overrides: readonly Override[] = [],
): Promise<RawConfig> {
  const { preset, text } = planned;
  if (path !== undefined && preset !== undefined) {
    throw new UsageError(
      `a config file '${path}' and --preset ${preset} came, expected one of them. Flags can change either.`,
    );
  }
  if (path !== undefined) {
    const config = await loadConfigFile(path);
    return text === undefined ? config : withText(config, text);
  }
  if (preset !== undefined && !Object.hasOwn(PRESETS, preset)) {
    const near = closest(preset, Object.keys(PRESETS));
    throw new UsageError(
      `--preset is '${preset}', ${near ? `did you mean ${near}?` : `expected one of ${Object.keys(PRESETS).join(', ')}.`}`,
    );
  }
  const ready = readyConfig(path, planned, withOverrides({}, overrides).model);
  if (!ready) return {};
  const { config, needsText } = ready;
  if (text !== undefined) return withText(config as RawConfig, text);
  return needsText ? withText(config as RawConfig, undefined) : (structuredClone(config) as RawConfig);
}

/** The config that is ready for what was asked, if there is one. */
function readyConfig(
  path: string | undefined,
  { preset, text }: Planned,
  model: unknown,
): Preset | undefined {
  if (preset !== undefined) return PRESETS[preset];
  if (path !== undefined || text === undefined) return undefined;
  const { load } = (modelInFull(model) ?? {}) as { load?: unknown };
  return load === undefined ? TEXT_DEFAULTS : FINE_TUNING;
}

/** With a text to learn from; undefined: tiny Shakespeare, once it is known that nothing else is named. */
function withText(config: RawConfig, file: string | undefined): RawConfig {
  if (file !== undefined && !existsSync(file))
    throw new UsageError(`--text is '${file}', which is not there, expected a text file.`);
  const { kind, ...rest } = (dataInFull(config.data) ?? {}) as { kind?: string };
  const isText = kind === undefined || kind === 'text';
  return {
    ...config,
    data: { kind: 'text', ...(isText ? rest : {}), ...(file === undefined ? {} : { file }) },
  };
}

/** A run that may begin: its config, checked, with the run that it learns on from. */
export interface PlannedRun {
  /** Where it goes. */
  readonly directory: string;
  readonly config: RunConfig;
  readonly source?: SourceRun;
}

/** Checks a config, decides on its folder, and looks for the run that it learns on from. */
export async function plannedRun(
  written: RawConfig,
  path: string | undefined,
  { preset, text, out, printConfig }: Planned,
): Promise<PlannedRun> {
  let raw = inFull(written) as RawConfig;
  if (raw.data === undefined) {
    throw new UsageError(
      'there are no data, expected a preset, a config file, --text FILE or --data. Try: evenkeel train --preset grokking',
    );
  }
  const data = raw.data as { kind?: string; file?: string; text?: string };
  if (
    preset &&
    PRESETS[preset].needsText &&
    data.kind === 'text' &&
    data.file === undefined &&
    data.text === undefined
  ) {
    raw = { ...raw, data: { ...data, file: printConfig ? 'tinyshakespeare.txt' : await tinyShakespeare() } };
  }
  const given = (raw.checkpoint ?? {}) as { directory?: string };
  const directory =
    out ??
    (given.directory?.endsWith(`/${CHECKPOINTS}`)
      ? given.directory.slice(0, -CHECKPOINTS.length - 1)
      : given.directory) ??
    join('runs', nameOf(path, { preset, text }));
  const ready = readyConfig(path, { preset, text }, raw.model);
  checkPlace(raw.model);
  const learned = await learnedBy(raw, directory);
  const whole = ready ? withWarmupOf(raw, ready.config) : raw;
  const config = parseRunConfig({
    ...withAbsolutePaths(learned ? learningOn(whole, learned) : inTokensOfModel(whole)),
    checkpoint: { ...given, directory: join(directory, CHECKPOINTS) },
  });
  return { directory, config, source: learned?.source };
}

/** What a run is called that has no folder of its own: after its preset, its config or its text. */
export const nameOf = (path: string | undefined, { preset, text }: Planned): string =>
  preset ?? (path ?? text ?? 'run').replace(/^.*[\\/]|\.[^.]*$/g, '');

/** The warm-up of a config that was ready, as the same share of another number of steps. */
function withWarmupOf(raw: RawConfig, preset: RawConfig): RawConfig {
  const before = preset.schedule as { warmupSteps?: number } | undefined;
  const now = raw.schedule as { warmupSteps?: number } | undefined;
  if (!before?.warmupSteps || now?.warmupSteps !== before.warmupSteps || typeof raw.steps !== 'number')
    return raw;
  const warmupSteps = Math.round((before.warmupSteps * raw.steps) / (preset.steps as number));
  return { ...raw, schedule: { ...now, warmupSteps } };
}

/** @throws If a model's name is neither one that is known, nor a place, nor an id of the hub. */
function checkPlace(model: unknown): void {
  const { kind, load } = (model ?? {}) as { kind?: unknown; load?: unknown };
  if (kind !== 'load' || typeof load !== 'string' || /[\\/]/.test(load) || existsSync(load)) return;
  const known = [...Object.keys(GPT_PRESETS), ...ARCHITECTURES, 'mlp'];
  const near = closest(load, known);
  throw new UsageError(
    `model is '${load}', ${near ? `did you mean ${near}? Expected` : 'expected'} one of ${known.join(', ')}, a run, a folder, or an id of the hub such as openai-community/gpt2.`,
  );
}

/** The run that `model.load` names, if it names one. */
async function learnedBy(raw: RawConfig, directory: string): Promise<LearnedModel | undefined> {
  const { load } = (raw.model ?? {}) as { load?: unknown };
  const learned = typeof load === 'string' ? await learnedModel(load) : undefined;
  if (learned && resolve(learned.source.directory) === resolve(directory)) {
    throw new UsageError(
      `model.load is '${load}', a run in the folder of the new one, expected one elsewhere. Name another folder with --out.`,
    );
  }
  return learned;
}

/** A model in a folder with a tokenizer knows that one's tokens. */
function inTokensOfModel(raw: RawConfig): RawConfig {
  const { load } = (raw.model ?? {}) as { load?: unknown };
  const file = typeof load === 'string' ? join(load, TOKENIZER) : '';
  const data = raw.data as RawConfig;
  const isOpen = (data.kind === 'text' || data.kind === 'instructions') && data.tokenizer === undefined;
  return isOpen && file !== '' && existsSync(file) ? { ...raw, data: { ...data, tokenizer: file } } : raw;
}

/** With the model of the run that it learns on from, choices that differ, and that run's tokens. */
function learningOn(raw: RawConfig, learned: LearnedModel): RawConfig {
  const { load, kind: _, ...changes } = raw.model as { load?: unknown; kind?: unknown };
  const data = raw.data as RawConfig;
  const isCut = data.kind === 'text' || data.kind === 'instructions';
  const { tokenizer = data.tokenizer } = learned;
  if (isCut && data.tokenizer !== undefined && data.tokenizer !== tokenizer) {
    throw new UsageError(
      `data.tokenizer is '${data.tokenizer}', expected '${tokenizer}', which the model of '${load}' learned with. Leave it out.`,
    );
  }
  return {
    ...raw,
    model: { ...learned.model, ...changes },
    ...(learned.expandHead ? { expandHead: raw.expandHead ?? true } : {}),
    ...(isCut && tokenizer !== undefined ? { data: { ...data, tokenizer } } : {}),
  };
}

/** Files by their whole paths, so that the run can be resumed from anywhere. */
function withAbsolutePaths(raw: RawConfig): RawConfig {
  const data = Object.entries(raw.data as RawConfig).map(([name, value]) => {
    const isPath =
      name === 'file' || name === 'validation' || (name === 'tokenizer' && isTokenizerFile(String(value)));
    return [name, isPath && typeof value === 'string' ? resolve(value) : value];
  });
  const model = raw.model as { load?: unknown } | undefined;
  const isFolder = typeof model?.load === 'string' && existsSync(model.load);
  return {
    ...raw,
    data: Object.fromEntries(data),
    ...(isFolder ? { model: { ...model, load: resolve(model.load as string) } } : {}),
  };
}
