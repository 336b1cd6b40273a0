// Where the program is: in the build, or in the repository, which has none until `npm run build`, in the sources.

import { existsSync } from 'node:fs';
import { register } from 'node:module';

const sources = new URL('../src/index.ts', import.meta.url);

/** The module that `evenkeel` exports. */
export async function program() {
  if (!existsSync(sources)) return import('../dist/index.js');
  // As `node --conditions=@evenkeel/source --import tsx`, without a second process.
  register(
    'data:text/javascript,export const resolve = (specifier, context, next) => ' +
      'next(specifier, { ...context, conditions: ["@evenkeel/source", ...context.conditions] });',
  );
  const tsx = await import('tsx/esm/api').catch(() => {
    console.error('evenkeel: the repository is not set up. Run: npm run setup');
    process.exit(1);
  });
  tsx.register();
  return import(sources.href);
}
