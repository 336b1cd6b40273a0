import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

/**
 * How every package is built: `tsup --config ../../tsup.config.ts` in its folder.
 * What it builds is what its `exports` name, so an entry point is declared once.
 */
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Target };

type Target = string | { [condition: string]: Target };

/** The sources that a target names, under any condition. */
const sourcesOf = (target: Target): string[] =>
  typeof target === 'string'
    ? []
    : Object.entries(target).flatMap(([condition, inner]) =>
        condition === '@evenkeel/source' ? (inner as string) : sourcesOf(inner),
      );

export default defineConfig({
  entry: sourcesOf(exports),
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
  // import.meta.url in CommonJS.
  shims: true,
  target: 'es2022',
});
