import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import type { RawConfig } from './overrides.js';

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
  const { loadConfig } = await import('c12');
  let config: unknown;
  try {
    ({ config } = await loadConfig({
      configFile: file,
      rcFile: false,
      globalRc: false,
      packageJson: false,
      dotenv: false,
      envName: false,
      extend: false,
    }));
  } catch (error) {
    throw new UsageError(
      `the config file '${path}' cannot be read: ${(error as Error).message.split('\n')[0]}`,
    );
  }
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
