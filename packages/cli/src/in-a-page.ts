import type { main as mainInNode } from './main.js';
import type { helpTraining as helpTrainingInNode } from './training.js';

// What a bundler takes for a page in the place of index.ts.

export type { RunConfigInput as RunConfig } from '@evenkeel/trainer/config';
export { defineConfig } from './define-config.js';

function refuse(name: string): never {
  throw new Error(
    `${name}: this is a page, expected Node, since the command line works on files. ` +
      'In a page, call trainFromConfig of @evenkeel/trainer.',
  );
}

/** @throws Always. */
export const main: typeof mainInNode = async () => refuse('main');

/** @throws Always. */
export const helpTraining: typeof helpTrainingInNode = async () => refuse('helpTraining');
