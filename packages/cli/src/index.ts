import type { RunConfigInput } from '@evenkeel/trainer/config';

export type { RunConfigInput as RunConfig } from '@evenkeel/trainer/config';
export { main } from './main.js';
export { helpTraining } from './training.js';

/** Gives a config file in TypeScript its type: `export default defineConfig({ … })`. Returns the config as it is. */
export const defineConfig = (config: RunConfigInput): RunConfigInput => config;
