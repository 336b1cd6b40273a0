import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readJson, readText } from '@evenkeel/files';
import { UsageError } from '../usage-error.js';
import { checkBounded } from './bounded.js';
import type { RawConfig } from './overrides.js';

const WHERE = 'config';

/**
 * Reads a config file: JSON, YAML or TypeScript (whose default export it is; it is run).
 *
 * @throws If it is not there, cannot be read, or holds no object.
 */
export async function loadConfigFile(path: string): Promise<RawConfig> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new UsageError(
      `the config file '${path}' is not there, expected JSON, YAML or TypeScript. See evenkeel train --help.`,
    );
  }
  if (!/\.(jsonc?|ya?ml|[cm]?[jt]s)$/.test(file)) {
    throw new UsageError(
      `the config file is '${path}', expected a name that ends in .json, .yaml, .yml or .ts.`,
    );
  }
  let config: unknown;
  try {
    config = /\.(jsonc?|ya?ml)$/.test(file) ? await parsed(file) : await run(file);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    const isNamed = reason.startsWith(`${WHERE}: '`);
    throw new UsageError(isNamed ? reason : `${WHERE}: '${path}' cannot be read: ${reason}`);
  }
  checkBounded(`the config file '${path}'`, config);
  if (
    typeof config === 'object' &&
    config !== null &&
    !Array.isArray(config) &&
    Object.keys(config).length > 0
  ) {
    return { ...config };
  }
  throw new UsageError(
    `the config file '${path}' holds ${Array.isArray(config) ? 'a list' : 'no object'}, expected a run config.`,
  );
}

/** What a file of data says. */
async function parsed(file: string): Promise<unknown> {
  if (file.endsWith('.json')) return readJson(WHERE, file);
  const text = await readText(WHERE, file);
  const { parseJSONC, parseYAML } = await import('confbox');
  return file.endsWith('.jsonc') ? parseJSONC(text) : parseYAML(text);
}

/** The default export of a program. */
async function run(file: string): Promise<unknown> {
  const { loadConfig } = await import('c12');
  const { config } = await loadConfig({
    configFile: file,
    rcFile: false,
    globalRc: false,
    packageJson: false,
    dotenv: false,
    envName: false,
    extend: false,
  });
  return config;
}
