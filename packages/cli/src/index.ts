export type { RunConfigInput as RunConfig } from '@evenkeel/trainer/config';
export { defineConfig } from './define-config.js';
export { main } from './main.js';
export { helpTraining } from './training.js';
