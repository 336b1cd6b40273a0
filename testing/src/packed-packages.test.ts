import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  installProject,
  ownPackages,
  packPackages,
  readmeOf,
  runProgram,
  writeJson,
} from './packed-project.js';

// What a user gets: each package is packed as for publishing, installed into an empty project with the
// command its README gives, and the README's first snippet runs there as ESM, CommonJS and TypeScript.

const workspace = mkdtempSync(join(tmpdir(), 'evenkeel-packed-'));
let tarballs: Record<string, string>;
beforeAll(() => {
  tarballs = packPackages(workspace);
}, 180_000);
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

/** A project with what a README says to install, and a folder for each way of running its snippets. */
function newProject(name: string, packages: readonly string[]): string {
  const project = join(workspace, name);
  writeJson(join(project, 'esm/package.json'), { type: 'module' });
  writeJson(join(project, 'cjs/package.json'), { type: 'commonjs' });
  writeJson(join(project, 'ts/package.json'), { type: 'module' });
  writeJson(join(project, 'ts/tsconfig.json'), {
    compilerOptions: {
      strict: true,
      target: 'es2022',
      module: 'nodenext',
      skipLibCheck: true,
      types: ['node'],
      noEmitOnError: true,
    },
  });
  installProject(project, packages, tarballs, { typescript: ts.version, '@types/node': '20.19.43' });
  return project;
}

const transpile = (code: string, module: ts.ModuleKind) =>
  ts.transpileModule(code, {
    compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  }).outputText;

const readmes = [...ownPackages(), { name: 'what the root README shows', folder: '.' }];

describe.each(readmes)('$name, packed and installed,', ({ name, folder }) => {
  const { install, snippets } = readmeOf(folder);
  let project: string;
  beforeAll(() => {
    project = newProject(folder === '.' ? 'everything' : basename(folder), install);
  }, 180_000);

  it('has a README with an install line and a snippet that prints something', () => {
    if (folder !== '.') {
      expect(install).toContain(name);
      expect(snippets[0]).toContain(`'${name}'`);
    }
    expect(snippets[0]).toContain('console.log');
  });

  it.each([
    ['esm', ts.ModuleKind.ESNext],
    ['cjs', ts.ModuleKind.CommonJS],
  ])('runs its README in a project of type %s', (type, module) => {
    for (const snippet of snippets) {
      writeFileSync(join(project, type, 'snippet.js'), transpile(snippet, module));
      expect(runProgram(join(project, type), 'node', 'snippet.js')).not.toBe('');
    }
  });

  it('type-checks and runs its README in a TypeScript project', () => {
    for (const snippet of snippets) {
      writeFileSync(join(project, 'ts/snippet.ts'), snippet);
      runProgram(join(project, 'ts'), 'node', '../node_modules/typescript/bin/tsc', '-p', '.');
      expect(runProgram(join(project, 'ts'), 'node', 'snippet.js')).not.toBe('');
    }
  });
});
