import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-interrupt-'));
const child = fileURLToPath(new URL('../../test/interrupted-child.ts', import.meta.url));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Starts the child, sends it signals once it trains, 200 ms apart, and tells how it ended. */
async function interrupted(directory: string, signals: NodeJS.Signals[], slow = '') {
  const flags = ['--conditions=@evenkeel/source', '--import', 'tsx'];
  const training = spawn(process.execPath, [...flags, child, directory, slow], { stdio: 'pipe' });
  let output = '';
  let sentAt = 0;
  training.stdout.on('data', (text: Buffer) => {
    output += text;
    if (sentAt > 0 || !output.includes('started')) return;
    sentAt = Date.now();
    signals.forEach((signal, i) => {
      setTimeout(() => training.kill(signal), 200 * (i + 1));
    });
  });
  const code = await new Promise((resolve) => training.on('close', resolve));
  return { code, output, seconds: (Date.now() - sentAt) / 1000 };
}

describe('an interruption', () => {
  it('finishes the step, saves and exits with 130', async () => {
    const directory = join(root, 'once');
    const { code, output } = await interrupted(directory, ['SIGINT']);
    expect(code).toBe(130);
    const step = Number(/signal at (\d+)/.exec(output)![1]);
    expect(readFileSync(join(directory, 'latest'), 'utf8')).toBe(`step-${String(step).padStart(8, '0')}\n`);
  });

  it('exits at once when it comes twice', async () => {
    const { code, output, seconds } = await interrupted(join(root, 'twice'), ['SIGINT', 'SIGINT'], 'slow');
    expect(code).toBe(130);
    expect(output).toBe('started\n');
    expect(seconds).toBeLessThan(4);
  });
});
