// `npm run size`: what a page loads when it imports one package and nothing else, in kB, minified and gzipped.
//
// Bundled from what is published (dist), by esbuild and by Vite. tfjs is left out: it is a peer, and the page has it already.
// What is loaded later, by `import()`, does not count.
//
//   one import   the largest that importing a single name costs, with everything it needs (esbuild)
//   own code     all names, without the packages it stands on (esbuild)
//   in all       all names, with everything
//
// Fails where a size is above its budget in scripts/size-budgets.json.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const budgets = JSON.parse(readFileSync(new URL('size-budgets.json', import.meta.url), 'utf8'));

const isPeer = (path) => /^@tensorflow\//.test(path);
/** A package by its name, rather than a file. */
const isForeign = (path) => /^[^./\0]/.test(path);

/** Packages that no page can load. */
const FOR_NODE = ['@evenkeel/backends', '@evenkeel/blas'];

/** Every entry point of every package, except those for Node: `./node`, {@link FOR_NODE}, and packages that are programs. */
const entries = readdirSync(packages).flatMap((folder) => {
  const { name, exports, bin } = JSON.parse(readFileSync(`${packages}${folder}/package.json`, 'utf8'));
  if (bin || FOR_NODE.includes(name)) return [];
  return Object.entries(exports)
    .filter(([path]) => path !== './node' && path !== './package.json')
    .map(([path, { browser, import: built }]) => ({
      id: name + path.slice(1),
      folder: packages + folder,
      file: `${packages}${folder}/${(browser ?? built).default}`,
    }));
});

/** Files that load with the first one, from the names of those that a file imports statically. */
function loadedWith(first, importsOf) {
  const loaded = new Set([first]);
  for (const file of loaded) for (const next of importsOf(file)) loaded.add(next);
  return [...loaded];
}

const kilobytes = (texts) => texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000;

/** @returns kB, and the names that the page exports. */
async function byEsbuild({ id, folder }, isLeftOut, names = '*') {
  const { metafile, outputFiles } = await esbuild({
    stdin: { contents: `export ${names} from '${id}';`, resolveDir: folder },
    ...{ bundle: true, minify: true, write: false, metafile: true, splitting: true, logLevel: 'error' },
    ...{ format: 'esm', target: 'es2022', platform: 'browser', absWorkingDir: folder, outdir: 'page' },
    plugins: [
      {
        name: 'leave-out',
        setup: ({ onResolve }) =>
          onResolve({ filter: /./ }, ({ path }) =>
            path !== id && isLeftOut(path) ? { path, external: true } : undefined,
          ),
      },
    ],
  });
  const [first, { exports }] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint);
  const loaded = loadedWith(first, (file) =>
    metafile.outputs[file].imports
      .filter(({ kind, external }) => kind === 'import-statement' && !external)
      .map(({ path }) => path),
  );
  const texts = loaded.map((name) => outputFiles.find(({ path }) => path.endsWith(`/${name}`)).text);
  return { kB: kilobytes(texts), exports };
}

/** @returns kB. */
async function byVite({ id, folder }, isLeftOut) {
  const page = {
    name: 'page',
    resolveId: (path) => (path === 'page' ? '\0page' : undefined),
    load: (path) => (path === '\0page' ? `export * from '${id}';` : undefined),
  };
  // The entry itself is given as a file: a page that is no file has no folder to look for packages in.
  const own = { find: id, replacement: entries.find((entry) => entry.id === id).file };
  const { output } = await vite({
    ...{ configFile: false, logLevel: 'error', root: folder, plugins: [page] },
    resolve: { alias: [{ ...own, find: new RegExp(`^${own.find}$`) }] },
    build: {
      ...{ write: false, target: 'es2022', modulePreload: false, reportCompressedSize: false },
      rollupOptions: { input: 'page', preserveEntrySignatures: 'strict', external: isLeftOut },
    },
  });
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const first = output.find(({ isEntry }) => isEntry).fileName;
  const loaded = loadedWith(first, (file) => chunks.get(file).imports.filter((name) => chunks.has(name)));
  return kilobytes(loaded.map((file) => chunks.get(file).code));
}

async function sizesOf(entry) {
  const whole = await byEsbuild(entry, isPeer);
  const viteSize = await byVite(entry, isPeer);
  const single = [];
  for (const name of whole.exports) {
    single.push({ name, kB: (await byEsbuild(entry, isPeer, `{ ${name} }`)).kB });
  }
  single.sort((a, b) => b.kB - a.kB);
  return {
    'one import': single[0].kB,
    'own code': (await byEsbuild(entry, isForeign)).kB,
    'in all': Math.max(whole.kB, viteSize),
    esbuild: whole.kB,
    vite: viteSize,
    largest: single[0].name,
  };
}

const COLUMNS = ['one import', 'own code', 'esbuild', 'vite'];
const line = (cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(32) : cell.padStart(13))).join('');
console.log(line(['kB, gzip (budget)', 'one import', 'own code', 'all: esbuild', 'all: Vite']));
const complaints = [];
for (const entry of entries) {
  const { id, file } = entry;
  if (!existsSync(file)) {
    console.error(`size: ${id} is not built. Run npm run build first.`);
    process.exit(1);
  }
  const budget = budgets[id];
  if (!budget) {
    complaints.push(`${id} has no budget, expected a line in scripts/size-budgets.json.`);
    continue;
  }
  const sizes = await sizesOf(entry);
  for (const [what, limit] of Object.entries(budget)) {
    if (sizes[what] <= limit) continue;
    complaints.push(
      `${id}: ${what} is ${sizes[what].toFixed(2)} kB, expected at most ${limit}. ` +
        `Look at what it imports${what === 'one import' ? ` for ${sizes.largest}` : ''}, or raise the budget and say why.`,
    );
  }
  const limitOf = { esbuild: budget['in all'], vite: budget['in all'], ...budget };
  console.log(
    line([id, ...COLUMNS.map((c) => sizes[c].toFixed(1) + (limitOf[c] ? ` (${limitOf[c]})` : ''))]),
  );
}
for (const id of Object.keys(budgets)) {
  if (!entries.some((entry) => entry.id === id)) complaints.push(`${id} has a budget but is no entry point.`);
}
for (const complaint of complaints) console.error(`size: ${complaint}`);
process.exit(complaints.length > 0 ? 1 : 0);
