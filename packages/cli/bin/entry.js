// Where the program is: in the build, or in the repository, which has none until `npm run build`, in the sources.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

const sources = new URL('../src/index.ts', import.meta.url);

/** The module that `evenkeel` exports. */
export async function program() {
  if (!existsSync(sources)) return import('../dist/index.js');
  // As `node --conditions=@evenkeel/source --import tsx`, without a second process.
  register(
    'data:text/javascript,export const resolve = (specifier, context, next) => ' +
      'next(specifier, { ...context, conditions: ["@evenkeel/source", ...context.conditions] });',
  );
  setUp();
  const tsx = await import('tsx/esm/api');
  tsx.register();
  return import(sources.href);
}

/** A fresh clone is set up first; what that says goes to standard error. */
function setUp() {
  if (existsSync(new URL('../node_modules', import.meta.url))) return;
  const script = fileURLToPath(new URL('../../../scripts/setup.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}
