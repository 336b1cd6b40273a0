// `npm run test:nodes`: runs the tests under other versions of Node, whose binaries come as npm packages.
//
//   npm run test:nodes                     every version, every test
//   npm run test:nodes -- 24 26            these versions
//   npm run test:nodes -- --quick          what depends most on Node: wasm, native libraries, files
//   npm run test:nodes -- 24 -- packages/cli --bail 1        what follows the second -- goes to vitest

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = ['22', '24', '26'];
const QUICK = ['wasm-kernels', 'blas', 'files', 'safetensors', 'ops', 'optim'].map(
  (name) => `packages/${name}/`,
);

const root = fileURLToPath(new URL('..', import.meta.url));
const separator = process.argv.indexOf('--');
const own = process.argv.slice(2, separator < 0 ? undefined : separator);
const forVitest = separator < 0 ? [] : process.argv.slice(separator + 1);
const quick = own.includes('--quick');
const named = own.filter((argument) => argument !== '--quick');
const unknown = named.find((version) => !/^\d+$/.test(version));
if (unknown) {
  console.error(
    `test:nodes: '${unknown}' came, expected versions such as 24, or --quick. Put -- before vitest's own.`,
  );
  process.exit(2);
}

let failures = 0;
for (const version of named.length > 0 ? named : VERSIONS) {
  const node = installNode(version);
  console.log(`── Node ${run(node, ['--version'], { stdio: 'pipe' }).stdout.toString().trim()}`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  // Tests that start `node` themselves start the same one.
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH };
  const { status } = run(node, [vitest, 'run', ...(quick ? QUICK : []), ...forVitest], { cwd: root, env });
  if (status !== 0) failures++;
}
process.exit(failures > 0 ? 1 : 0);

/** Installs a version outside the repository, once. @returns The path of its binary. */
function installNode(version) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(tmpdir(), `evenkeel-node-${version}`);
  const node = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const { status } = run('npm', ['install', '--no-save', '--silent', `${name}@${version}`], { cwd: folder });
  if (status === 0 && existsSync(node)) return node;
  console.error(
    `test:nodes: npm install ${name}@${version} failed, expected that package. Look at its message above.`,
  );
  process.exit(1);
}

function run(program, options, settings) {
  return spawnSync(program, options, { stdio: 'inherit', ...settings });
}
