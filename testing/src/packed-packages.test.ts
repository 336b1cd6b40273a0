import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// What a user gets: each package is packed as for publishing, installed into an empty project with the
// command its README gives, and the README's first snippet runs there as ESM, CommonJS and TypeScript.

const root = fileURLToPath(new URL('../../', import.meta.url));
const workspace = mkdtempSync(join(tmpdir(), 'evenkeel-packed-'));
const names = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);
const titleOf = (name: string): string =>
  JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).name;
const tarballs: Record<string, string> = {};

/** Runs a program and returns what it printed; a failure carries everything it said. */
function run(cwd: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}\n${stdout}\n${stderr}`);
  }
}

const pnpm = join(root, 'node_modules/.bin/pnpm');
/** What a README tells its reader to do. */
function instructions(folder: string) {
  const readme = readFileSync(join(root, folder, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
  return {
    /** `npm install @evenkeel/orthograd @tensorflow/tfjs` */
    install: /npm install (.+)/.exec(readme)?.[1].trim().split(/\s+/) ?? [],
    /** Snippets that are programs; the others show a line or two of one. */
    snippets: blocks.filter((code) => /^import /.test(code)),
  };
}

/** An empty project with what the README says to install. Nothing of this repository is on its path. */
function installProject(name: string, packages: readonly string[]): string {
  const project = join(workspace, name);
  const dependencies = Object.fromEntries(
    packages.map((dependency) => [dependency, tarballs[dependency] ?? '4.22.0']),
  );
  const write = (file: string, content: object) => {
    mkdirSync(join(project, file, '..'), { recursive: true });
    writeFileSync(join(project, file), JSON.stringify(content));
  };
  write('package.json', {
    private: true,
    dependencies: { ...dependencies, typescript: ts.version, '@types/node': '20.19.43' },
    // Packages of ours that the README does not name are dependencies of those it does.
    pnpm: { overrides: tarballs, onlyBuiltDependencies: [], ignoredBuiltDependencies: ['core-js'] },
  });
  write('esm/package.json', { type: 'module' });
  write('cjs/package.json', { type: 'commonjs' });
  write('ts/package.json', { type: 'module' });
  write('ts/tsconfig.json', {
    compilerOptions: {
      strict: true,
      target: 'es2022',
      module: 'nodenext',
      skipLibCheck: true,
      types: ['node'],
      noEmitOnError: true,
    },
  });
  run(project, pnpm, 'install', '--ignore-workspace', '--prefer-offline', '--silent');
  return project;
}

const transpile = (code: string, module: ts.ModuleKind) =>
  ts.transpileModule(code, {
    compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  }).outputText;

beforeAll(() => {
  for (const name of names) {
    const folder = join(root, 'packages', name);
    if (!existsSync(join(folder, 'dist')))
      throw new Error(`packages/${name} is not built. Run npm run build first.`);
    const { filename } = JSON.parse(run(folder, pnpm, 'pack', '--pack-destination', workspace, '--json'));
    tarballs[titleOf(name)] = `file:${filename}`;
  }
});
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

const readmes = [
  ...names.map((name) => ({ title: titleOf(name), folder: `packages/${name}` })),
  { title: 'what the root README shows', folder: '.' },
];

describe.each(readmes)('$title, packed and installed,', ({ title, folder }) => {
  const { install, snippets } = instructions(folder);
  let project: string;
  beforeAll(() => {
    project = installProject(folder === '.' ? 'everything' : folder.slice('packages/'.length), install);
  }, 180_000);

  it('has a README with an install line and a snippet that prints something', () => {
    if (folder !== '.') {
      expect(install).toContain(title);
      expect(snippets[0]).toContain(`'${title}'`);
    }
    expect(snippets[0]).toContain('console.log');
  });

  it.each([
    ['esm', ts.ModuleKind.ESNext],
    ['cjs', ts.ModuleKind.CommonJS],
  ])('runs its README in a project of type %s', (type, module) => {
    for (const snippet of snippets) {
      writeFileSync(join(project, type, 'snippet.js'), transpile(snippet, module));
      expect(run(join(project, type), 'node', 'snippet.js')).not.toBe('');
    }
  });

  it('type-checks and runs its README in a TypeScript project', () => {
    for (const snippet of snippets) {
      writeFileSync(join(project, 'ts/snippet.ts'), snippet);
      run(join(project, 'ts'), 'node', '../node_modules/typescript/bin/tsc', '-p', '.');
      expect(run(join(project, 'ts'), 'node', 'snippet.js')).not.toBe('');
    }
  });
});
