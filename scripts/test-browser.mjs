// Runs the browser tests where there is a Chromium: EVENKEEL_CHROMIUM, or one in the usual places.
// Without one it says so and skips; with EVENKEEL_REQUIRE_BROWSER=1, as in CI, it fails.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const chromium = process.env.EVENKEEL_CHROMIUM ?? USUAL_PLACES.find((path) => existsSync(path));
if (!chromium || !existsSync(chromium)) {
  const message = `test:browser: ${chromium ? `no file ${chromium}` : 'no Chromium'} was found, expected Chromium or Chrome. Install it (Debian: apt-get install chromium) or set EVENKEEL_CHROMIUM to its path.`;
  console.error(process.env.EVENKEEL_REQUIRE_BROWSER === '1' ? message : `${message} Skipped.`);
  process.exit(process.env.EVENKEEL_REQUIRE_BROWSER === '1' ? 1 : 0);
}

// `--screenshots`: the pictures of the lab's and the trainer's README.
const isShooting = process.argv[2] === '--screenshots';
const chosen = isShooting ? ['--project', 'lab', '--project', 'pages'] : process.argv.slice(2);
const { status } = spawnSync('vitest', ['run', '--config', 'vitest.browser.config.ts', ...chosen], {
  stdio: 'inherit',
  env: { ...process.env, EVENKEEL_CHROMIUM: chromium, ...(isShooting ? { EVENKEEL_SCREENSHOTS: '1' } : {}) },
  shell: process.platform === 'win32',
});
process.exit(status ?? 1);
