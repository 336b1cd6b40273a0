import type { RunConfigInput } from '@evenkeel/trainer/config';

/** Gives a config file in TypeScript its type: `export default defineConfig({ … })`. Returns the config as it is. */
export const defineConfig = (config: RunConfigInput): RunConfigInput => config;
