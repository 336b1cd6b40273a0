import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownPackages, readmeOf } from '@evenkeel/testing/packed-project';
import ts from 'typescript';

/** What a page has printed with each snippet of a README, by the snippet's name, or why it failed. */
export type Report = Record<string, { lines: string[]; error?: string }>;

/**
 * Writes a page that runs the programs of all READMEs, one after the other, and reports what each has printed.
 * It loads every entry point whole, so that no bundler can leave a part of a package out.
 *
 * @returns The names of the snippets: `@evenkeel/data 2` is the second one of that package.
 */
export function writePage(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const packages = ownPackages();
  // Those for the wasm backend come last: whoever is before them runs on tfjs's own.
  packages.sort((a, b) => Number(needsWasm(a.folder)) - Number(needsWasm(b.folder)));
  const snippets = [
    { name: '@evenkeel/mode-connectivity/plot', code: PLOT },
    ...packages.flatMap(({ folder, name }) =>
      readmeOf(folder).snippets.map((code, i) => ({ name: `${name} ${i + 1}`, code })),
    ),
  ];
  const entries = packages.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((path) => path !== './node' && path !== './package.json')
      .map((path) => name + path.slice(1)),
  );
  const write = (file: string, lines: readonly string[]) => {
    writeFileSync(join(folder, file), lines.join('\n'));
  };
  for (const [i, { code }] of snippets.entries()) write(`snippet-${i}.js`, [asModule(code)]);
  write('entries.js', [
    ...entries.map((entry, i) => `import * as e${i} from '${entry}';`),
    `export default [${entries.map((_, i) => `e${i}`)}];`,
  ]);
  write('main.js', [
    `import { setBackend } from '@tensorflow/tfjs';`,
    `import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';`,
    `import entries from './entries.js';`,
    `import { reportOn } from './report.js';`,
    `setWasmPaths('./');`,
    `globalThis.entries = entries;`,
    '// Not wasm, which is on the page for those that ask for it.',
    `await setBackend('cpu');`,
    'globalThis.report = await reportOn({',
    ...snippets.map(({ name }, i) => `  '${name}': () => import('./snippet-${i}.js'),`),
    '});',
  ]);
  write('report.js', [REPORT]);
  write('index.html', [
    '<!doctype html><title>Snippets</title><script type="module" src="./main.js"></script>',
  ]);
  return snippets.map(({ name }) => name);
}

const needsWasm = (folder: string): boolean =>
  readmeOf(folder).install.includes('@tensorflow/tfjs-backend-wasm');

/** The snippet in JavaScript, as a module that is loaded when its program has ended: what it calls last is waited for. */
function asModule(code: string): string {
  const source = ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.ES2022);
  const last = source.statements.at(-1)!;
  const start = last.getStart(source);
  const waits = ts.isExpressionStatement(last)
    ? `${code.slice(0, start)}await (${last.expression.getText(source).replace(/^void /, '')});`
    : code;
  return ts.transpileModule(waits, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  }).outputText;
}

/** No README shows it as a program, and in a page it draws with another document than in Node. */
const PLOT = `
import { plotPath } from '@evenkeel/mode-connectivity/plot';

const values = { train: { loss: [1, 2, 1] } };
const [barriers, atMean] = [{ train: { loss: 1 } }, { train: { loss: 2 } }];
console.log(plotPath({ alphas: [0, 0.5, 1], values, barriers, atMean, distance: 1 }));
`;

/** `reportOn(snippets)` loads one after the other and says what each has printed. */
const REPORT = `
export async function reportOn(snippets) {
  const report = {};
  let lines = [];
  console.log = (...values) => lines.push(values.map((value) => typeof value === 'string' ? value : JSON.stringify(value)).join(' '));
  for (const [name, load] of Object.entries(snippets)) {
    lines = [];
    report[name] = { lines };
    try {
      await load();
    } catch (error) {
      report[name].error = String(error?.message ?? error);
    }
  }
  return report;
}
`;
