// Installs what the repository needs, with nothing but Node and npm on the machine.
// Does nothing when the lockfile has not changed since the last time.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.evenkeel-setup`;
const quiet = process.argv.includes('--quiet');

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(
    `setup: Node ${process.versions.node} is running, Evenkeel needs Node 20 or newer. Install it and try again.`,
  );
  process.exit(1);
}

const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const wanted = createHash('sha256')
  .update(readFileSync(`${root}pnpm-lock.yaml`))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  if (!quiet) console.log('Installing dependencies (once; about a minute) …');
  const { status, error } = spawnSync(
    'npx',
    ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn'],
    {
      cwd: root,
      stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
      env: { ...process.env, npm_config_loglevel: 'error' },
    },
  );
  if (status !== 0) {
    console.error(
      `setup: '${packageManager} install' failed${error ? ` (${error.message})` : ''}. See its message above.`,
    );
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, wanted);
}

// Sources that are compiled rather than committed; immediate when they have not changed.
const { default: compileKernels } = await import('../packages/wasm-kernels/scripts/compile.mjs');
await compileKernels();
const { default: compilePage } = await import('../packages/trainer/scripts/compile-page.mjs');
await compilePage();
