#!/usr/bin/env node
// Runs the build; in the repository, which has none until `npm run build`, the sources.

import { existsSync } from 'node:fs';
import { register } from 'node:module';

let entry = new URL('../dist/index.js', import.meta.url);
const sources = new URL('../src/index.ts', import.meta.url);
if (existsSync(sources)) {
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
  entry = sources;
}
const { main } = await import(entry.href);
process.exit(await main(process.argv.slice(2)));
