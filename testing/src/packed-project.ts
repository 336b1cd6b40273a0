import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// A project as a user has it: packages are packed as for publishing and installed; nothing of this repository is on its path.

const root = fileURLToPath(new URL('../../', import.meta.url));
const pnpm = join(root, 'node_modules/.bin/pnpm');

/** The version of every package of tfjs that a project gets. */
const TFJS = '4.22.0';

/** A package of ours: its folder in the repository and what its package.json says. */
export interface OwnPackage {
  folder: string;
  name: string;
  exports: Record<string, unknown>;
}

/** All packages that are published. */
export function ownPackages(): OwnPackage[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const { name, exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return { folder, name, exports };
    });
}

/**
 * Packs all packages into a folder.
 *
 * @returns By name, where `npm install` finds each.
 * @throws If one is not built.
 */
export function packPackages(into: string): Record<string, string> {
  return Object.fromEntries(
    ownPackages().map(({ folder, name }) => {
      const path = join(root, folder);
      if (!existsSync(join(path, 'dist'))) {
        throw new Error(`packPackages: ${folder} is not built, expected a dist. Run npm run build first.`);
      }
      const { filename } = JSON.parse(runProgram(path, pnpm, 'pack', '--pack-destination', into, '--json'));
      return [name, `file:${filename}`];
    }),
  );
}

/**
 * Installs packages into a new project.
 *
 * @param packages By name. Ours come from `tarballs`, others at the version given or tfjs's.
 */
export function installProject(
  project: string,
  packages: readonly string[],
  tarballs: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {},
): void {
  const dependencies = Object.fromEntries(packages.map((name) => [name, tarballs[name] ?? TFJS]));
  writeJson(join(project, 'package.json'), {
    private: true,
    dependencies: { ...dependencies, ...others },
    // Packages of ours that are not named are dependencies of those that are.
    pnpm: { overrides: tarballs, onlyBuiltDependencies: [], ignoredBuiltDependencies: ['core-js'] },
  });
  runProgram(project, pnpm, 'install', '--ignore-workspace', '--prefer-offline', '--silent');
}

/** What the README in a folder of the repository tells its reader to do. */
export function readmeOf(folder: string): { install: string[]; snippets: string[] } {
  const readme = readFileSync(join(root, folder, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
  return {
    /** `npm install @evenkeel/orthograd @tensorflow/tfjs` */
    install: /npm install (.+)/.exec(readme)?.[1].trim().split(/\s+/) ?? [],
    /** Snippets that are programs; the others show a line or two of one. */
    snippets: blocks.filter((code) => /^import /.test(code)),
  };
}

/** Runs a program and returns what it printed; a failure carries everything it said. */
export function runProgram(cwd: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}\n${stdout}\n${stderr}`);
  }
}

/** Writes a file of JSON, with the folder that it lies in. */
export function writeJson(path: string, content: object): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content));
}
