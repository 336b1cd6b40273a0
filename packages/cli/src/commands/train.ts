import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseRunConfig, type RunConfig, runConfigJsonSchema } from '@evenkeel/trainer/config';
import { Command } from 'commander';
import { addBackendFlags, type BackendOptions, useBackend } from '../backend.js';
import { closest } from '../closest.js';
import { addConfigFlags } from '../config/flags.js';
import { configHelp } from '../config/help.js';
import { loadConfigFile } from '../config/load-config.js';
import { type RawConfig, withOverrides } from '../config/overrides.js';
import { UsageError } from '../errors.js';
import { outputOf } from '../output.js';
import { PRESETS } from '../presets.js';
import { CHECKPOINTS, isRun } from '../run-directory.js';
import { tinyShakespeare } from '../shakespeare.js';
import { trainInto } from '../training.js';

interface Options extends BackendOptions {
  readonly preset?: string;
  readonly text?: string;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly printConfig?: boolean;
  readonly printSchema?: boolean;
  readonly helpConfig?: boolean;
}

/** Without any choice but a text: a small model that learns to write it. */
const TEXT_DEFAULTS = 'shakespeare';

export function trainCommand(finish: (code: number) => void): Command {
  const command = new Command('train')
    .summary('trains a model, from a preset, a config file, or flags')
    .description('Trains a model into a folder: checkpoints, metrics, TensorBoard events and a report.')
    .argument('[config]', 'a run config: .json, .yaml or .ts')
    .option('--preset <name>', `a run that is ready: ${Object.keys(PRESETS).join(', ')}`)
    .option('--text <file>', 'the text to learn from, character by character')
    .option('--out <folder>', "where everything goes (default: runs/ and the preset's or config's name)")
    .option('--overwrite', 'begin anew where there is a run already')
    .option('--json', 'one JSON object per line instead of sentences')
    .option('--print-config', 'print the whole config with its defaults, and train nothing')
    .option('--print-schema', 'print the JSON Schema of configs, for editors')
    .option('--help-config', 'explain every field of a config');
  addBackendFlags(command);
  const overrides = addConfigFlags(command);
  return command
    .addHelpText('after', () => EXAMPLES)
    .action(async (path: string | undefined, options: Options) => {
      if (options.printSchema) return void console.log(JSON.stringify(runConfigJsonSchema(), undefined, 2));
      if (options.helpConfig) return void console.log(configHelp());
      const raw = withOverrides(await baseConfig(path, options), overrides());
      const { directory, config } = await inDirectory(raw, path, options);
      if (options.printConfig) return void console.log(JSON.stringify(config, undefined, 2));
      const makeRoom = await claim(directory, options);
      await useBackend(options);
      finish(await trainInto(directory, config, outputOf(options), { makeRoom, backend: options }));
    });
}

/** The config before flags: of a file, a preset, or what suits a text. */
async function baseConfig(path: string | undefined, { preset, text }: Options): Promise<RawConfig> {
  if (path !== undefined && preset !== undefined) {
    throw new UsageError(
      `a config file '${path}' and --preset ${preset} came, expected one of them. Flags can change either.`,
    );
  }
  if (path !== undefined) {
    const config = await loadConfigFile(path);
    return text === undefined ? config : withText(config, text);
  }
  const name = preset ?? (text === undefined ? undefined : TEXT_DEFAULTS);
  if (name === undefined) return {};
  if (!Object.hasOwn(PRESETS, name)) {
    const near = closest(name, Object.keys(PRESETS));
    throw new UsageError(
      `--preset is '${name}', ${near ? `did you mean ${near}?` : `expected one of ${Object.keys(PRESETS).join(', ')}.`}`,
    );
  }
  const { config, needsText } = PRESETS[name];
  if (text !== undefined) return withText(config as RawConfig, text);
  return needsText ? withText(config as RawConfig, undefined) : (structuredClone(config) as RawConfig);
}

/** With a text to learn from; undefined: tiny Shakespeare, once it is known that nothing else is named. */
function withText(config: RawConfig, file: string | undefined): RawConfig {
  if (file !== undefined && !existsSync(file))
    throw new UsageError(`--text is '${file}', which is not there, expected a text file.`);
  const { kind, ...rest } = (config.data ?? {}) as { kind?: string };
  const isText = kind === undefined || kind === 'text';
  return {
    ...config,
    data: { kind: 'text', ...(isText ? rest : {}), ...(file === undefined ? {} : { file }) },
  };
}

/** Checks a config, and decides on its folder. */
async function inDirectory(
  raw: RawConfig,
  path: string | undefined,
  { preset, text, out, printConfig }: Options,
): Promise<{ directory: string; config: RunConfig }> {
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
  const name =
    preset ??
    path?.replace(/^.*[\\/]|\.[^.]*$/g, '') ??
    (text ? text.replace(/^.*[\\/]|\.[^.]*$/g, '') : 'run');
  const directory =
    out ??
    (given.directory?.endsWith(`/${CHECKPOINTS}`)
      ? given.directory.slice(0, -CHECKPOINTS.length - 1)
      : given.directory) ??
    join('runs', name);
  const base = preset ?? (text !== undefined && path === undefined ? TEXT_DEFAULTS : undefined);
  const config = parseRunConfig({
    ...withAbsolutePaths(base === undefined ? raw : withWarmupOf(raw, PRESETS[base].config)),
    checkpoint: { ...given, directory: join(directory, CHECKPOINTS) },
  });
  return { directory, config };
}

/** A preset's warm-up, as the same share of another number of steps. */
function withWarmupOf(raw: RawConfig, preset: RawConfig): RawConfig {
  const before = preset.schedule as { warmupSteps?: number } | undefined;
  const now = raw.schedule as { warmupSteps?: number } | undefined;
  if (!before?.warmupSteps || now?.warmupSteps !== before.warmupSteps || typeof raw.steps !== 'number')
    return raw;
  const warmupSteps = Math.round((before.warmupSteps * raw.steps) / (preset.steps as number));
  return { ...raw, schedule: { ...now, warmupSteps } };
}

/** Files by their whole paths, so that the run can be resumed from anywhere. */
function withAbsolutePaths(raw: RawConfig): RawConfig {
  const data = Object.entries(raw.data as RawConfig).map(([name, value]) => {
    const isPath =
      name === 'file' || name === 'validation' || (name === 'tokenizer' && /\.json$/.test(String(value)));
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

/** Makes sure that no run is lost, and returns what makes room once all else is known to be right. */
async function claim(directory: string, { overwrite }: Options): Promise<() => Promise<void>> {
  const entries = await readdir(directory).catch(() => []);
  if (entries.length > 0 && !isRun(directory)) {
    throw new UsageError(
      `'${directory}' holds something else than a run, which --overwrite does not delete. Name another folder with --out.`,
    );
  }
  if (entries.length > 0 && !overwrite) {
    throw new UsageError(
      `'${directory}' holds a run already. Go on with it: evenkeel resume ${directory}, name another folder with --out, or begin anew with --overwrite.`,
    );
  }
  return async () => {
    if (entries.length > 0) await rm(directory, { recursive: true });
    await mkdir(directory, { recursive: true });
  };
}

const EXAMPLES = `
Presets:
${Object.entries(PRESETS)
  .map(([name, { about }]) => `  ${name.padEnd(22)} ${about}`)
  .join('\n')}

Every field of a config is a flag too, by its path; evenkeel train --help-config explains them.

Examples:
  $ evenkeel train --preset grokking
  $ evenkeel train --preset grokking --no-orthograd --out runs/without       the same, but for ⊥Grad
  $ evenkeel train --text shakespeare.txt --steps 2000 --model.width 192
  $ evenkeel train --preset shakespeare-lipschitz --constraint.maxNorm 1.4
  $ evenkeel train config.yaml --optimizer muon --optimizer.learningRate 0.02
  $ evenkeel train --data tokens.bin --model tiny --loss stablemax --orthograd`;
