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

const vitest = (...args) => {
  const { status } = spawnSync('vitest', ['run', ...args], {
    stdio: 'inherit',
    env: { ...process.env, EVENKEEL_CHROMIUM: chromium },
    shell: process.platform === 'win32',
  });
  return status ?? 1;
};
const filters = process.argv.slice(2);
if (filters[0] === '--screenshots') {
  process.env.EVENKEEL_SCREENSHOTS = '1';
  process.exit(vitest('--config', 'examples/lab/vitest.config.ts', 'screenshots'));
}
// The packages in a page, and the lab, which is driven from outside. With filters either may have nothing to run.
const configs = ['vitest.browser.config.ts', 'examples/lab/vitest.config.ts'];
const more = filters.length > 0 ? ['--passWithNoTests', ...filters] : [];
process.exit(Math.max(...configs.map((config) => vitest('--config', config, ...more))));
