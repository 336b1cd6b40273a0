import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOCUMENT, ROOT, recordedInSources, tableOf } from './recorded.js';

// npm run reliability: runs the tests that cause faults, and writes what they recorded into docs/reliability.md.

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-faults-'));
const record = join(folder, 'rows.jsonl');
writeFileSync(record, '');
const files = [...new Set(recordedInSources().map(({ file }) => file))];
const { status } = spawnSync('npx', ['vitest', 'run', ...files], {
  ...{ cwd: ROOT, stdio: 'inherit' },
  env: { ...process.env, EVENKEEL_FAULTS: record },
});
if (status === 0) {
  const rows = readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const text = readFileSync(DOCUMENT, 'utf8');
  writeFileSync(
    DOCUMENT,
    text.replace(
      /(<!-- faults -->\n)[\s\S]*(\n<!-- end of faults -->)/,
      (_, begin, end) => begin + tableOf(rows) + end,
    ),
  );
}
rmSync(folder, { recursive: true });
process.exit(status ?? 1);
