import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

/**
 * How every package is built: `tsup --config ../../tsup.config.ts` in its folder.
 * What it builds is what its `exports` name, so an entry point is declared once.
 */
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, string | { '@evenkeel/source': string }>;
};

export default defineConfig({
  entry: Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : target['@evenkeel/source'],
  ),
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
  // import.meta.url in CommonJS.
  shims: true,
  target: 'es2022',
});
