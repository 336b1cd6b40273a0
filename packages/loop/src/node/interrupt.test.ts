import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-interrupt-'));
const child = fileURLToPath(new URL('../../test/interrupted-child.ts', import.meta.url));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Starts the child, interrupts it once it trains, and again each time that it says it was, and tells how it ended. */
async function interrupted(directory: string, times: number, mode = '') {
  const flags = ['--conditions=@evenkeel/source', '--import', 'tsx'];
  const training = spawn(process.execPath, [...flags, child, directory, mode], { stdio: 'pipe' });
  let output = '';
  let sent = 0;
  const interrupt = () => {
    if (sent++ < times) training.kill('SIGINT');
  };
  training.stdout.on('data', (text: Buffer) => {
    output += text;
    if (sent === 0 && output.includes('step 1\n')) interrupt();
  });
  training.stderr.on('data', (text: Buffer) => {
    if (String(text).includes('finishing the step')) interrupt();
  });
  const code = await new Promise((resolve) => training.on('close', resolve));
  return { code, output };
}

describe('an interruption', () => {
  it('finishes the step, saves and exits with 130', async () => {
    const directory = join(root, 'once');
    const { code, output } = await interrupted(directory, 1);
    expect(code).toBe(130);
    const step = Number(/signal at (\d+)/.exec(output)![1]);
    expect(readFileSync(join(directory, 'latest'), 'utf8')).toBe(`step-${String(step).padStart(8, '0')}\n`);
  });

  it('exits at once when it comes twice, also in a step that never ends', async () => {
    const { code, output } = await interrupted(join(root, 'twice'), 2, 'endless');
    expect(code).toBe(130);
    expect(output).toBe('step 1\n');
  });
});
