// A page in which two small networks train side by side:
//
//   npm run example -- lab                                          serves it, and prints its address
//   npm run example -- lab --build runs/lab                         writes it as static files
//   npm run example -- lab --continue run.zip --steps 2000          goes on, in Node, with a run that was saved there

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whole } from '@evenkeel/example-common/arguments';
import { Command } from 'commander';
import { continueRun } from './node/continue-run.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const command = new Command('lab')
  .description('Two small networks train side by side in a page')
  .option('--port <n>', 'where the page is served', whole, 5173)
  .option('--isolated', 'serves it cross-origin isolated')
  .option('--build <folder>', 'writes the page as static files and ends')
  .option('--continue <zip>', 'a checkpoint from the page: goes on with it here and ends')
  .option('--steps <n>', 'with --continue: steps in all', whole)
  .option('--out <zip>', 'with --continue: the checkpoint afterwards, which the page loads', 'run.zip')
  .parse();
const options = command.opts<{
  port: number;
  isolated?: boolean;
  build?: string;
  continue?: string;
  steps?: number;
  out: string;
}>();
const fail = (error: unknown): never => command.error(error instanceof Error ? error.message : String(error));

if (options.continue !== undefined) {
  const { steps, out } = options;
  const end = await continueRun(options.continue, { steps, out }).catch(fail);
  console.log(
    `step ${end.step}, loss ${end.metrics.loss?.toFixed(4)}; load ${out} in the page to go on there`,
  );
} else {
  if (options.isolated) process.env.EVENKEEL_LAB_ISOLATED = '1';
  const { build, createServer } = await import('vite');
  const configFile = `${root}vite.config.ts`;
  if (options.build !== undefined) {
    const outDir = resolve(options.build);
    await build({ configFile, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
    console.log(`The page is in ${outDir}; any static server can serve it.`);
  } else {
    const server = await createServer({ configFile, server: { port: options.port } });
    await server.listen().catch(fail);
    console.log('The lab is at');
    server.printUrls();
  }
}
