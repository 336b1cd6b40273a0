import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

/** Builds the page in a folder (`index.html`, `main.js`) for production, with what a bundler's beginners' guide says, into another. */
type Bundler = (page: string, out: string) => Promise<unknown>;

/** The bundlers by the names that they have in messages. */
export const bundlers: Readonly<Record<string, Bundler>> = {
  'Vite 5': vite('vite5'),
  'Vite 6': vite('vite6'),
  'Vite 7': vite('vite7'),
  'Vite 8': vite('vite'),
  'webpack 5': byWebpack,
  esbuild: byEsbuild,
  Rollup: byRollup,
};

/** A Vite by the name under which it is installed. */
function vite(name: string): Bundler {
  return async (page, out) => {
    const { build } = (await import(name)) as typeof import('vite');
    await build({
      ...{ configFile: false, root: page, logLevel: 'error' },
      // Snippets wait at their top level, which is newer than what Vite builds for by itself.
      build: {
        outDir: out,
        emptyOutDir: true,
        target: 'es2022',
        reportCompressedSize: false,
        rollupOptions: { onwarn: () => {} },
      },
    });
  };
}

async function byWebpack(page: string, out: string): Promise<void> {
  copyFileSync(join(page, 'index.html'), join(out, 'index.html'));
  const compiler = webpack({
    ...{ mode: 'production', context: page, entry: './main.js' },
    output: { path: out, filename: 'main.js' },
    performance: { hints: false },
  });
  const stats = await new Promise<webpack.Stats>((resolve, reject) =>
    compiler.run((error, stats) => (stats ? resolve(stats) : reject(error))),
  );
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true, errorDetails: false }));
}

async function byEsbuild(page: string, out: string): Promise<void> {
  copyFileSync(join(page, 'index.html'), join(out, 'index.html'));
  await esbuild({
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', target: 'es2022', logLevel: 'silent' },
    ...{ entryPoints: [join(page, 'main.js')], outdir: out },
  });
}

async function byRollup(page: string, out: string): Promise<void> {
  copyFileSync(join(page, 'index.html'), join(out, 'index.html'));
  const bundle = await rollup({
    input: join(page, 'main.js'),
    plugins: [nodeResolve({ browser: true }), commonjs()],
    onwarn: () => {},
  });
  await bundle.write({ dir: out, format: 'es', entryFileNames: 'main.js' });
  await bundle.close();
}
