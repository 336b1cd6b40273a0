// `npm run test:webgpu`: the tests of whole models and the contract of transforms, on the webgpu backend in Node.
//
// On the machine's GPU, or else on SwiftShader, a program that Chromium brings. Without either it says so and skips; with
// EVENKEEL_REQUIRE_WEBGPU=1, as in CI, it fails. Arguments go to vitest; paths among them run in the place of all.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findWebgpu, HOW } from '@evenkeel/testing/webgpu';

/** Parts of the names of files. */
const TESTS = ['.models.test.ts', '/transforms.test.ts'];
/** A program in the place of a GPU takes its time, and all cores. */
const PATIENCE = ['--testTimeout=600000', '--hookTimeout=600000', '--no-file-parallelism'];

const adapter = await findWebgpu().catch((error) => error);
if (adapter instanceof Error || !adapter) {
  console.error(`test:webgpu: ${adapter?.message ?? `no adapter was found. ${HOW} Skipped.`}`);
  process.exit(adapter ? 1 : 0);
}
console.log(`test:webgpu: ${adapter.name}`);

const [root, vitest] = ['..', '../node_modules/vitest/vitest.mjs'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const args = process.argv.slice(2);
const tests = args.some((arg) => !arg.startsWith('-')) ? [] : TESTS;
const { status } = spawnSync(process.execPath, [vitest, 'run', ...tests, ...PATIENCE, ...args], {
  stdio: 'inherit',
  cwd: root,
  env: { ...process.env, BACKENDS: 'webgpu' },
});
process.exit(status ?? 1);
