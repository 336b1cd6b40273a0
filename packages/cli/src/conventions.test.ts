import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evenkeel } from '../test/evenkeel.js';

const bin = fileURLToPath(new URL('../bin/evenkeel.js', import.meta.url));

describe('a closed pipe', () => {
  it('ends the program quietly', async () => {
    const child = spawn(process.execPath, [bin, 'train', '--help-config'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (piece: Buffer) => {
      errors += piece;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(errors).toBe('');
    expect(code).toBe(0);
  });
});

describe('--version', () => {
  it('is that of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });
});

describe('flags', () => {
  it('may be spelled with hyphens or as in a config', async () => {
    const spelled = await evenkeel(
      ...['train', '--data', 'modularArithmetic', '--optimizer.learning-rate', '0.3', '--log-every', '7'],
      '--printConfig',
    );
    expect(JSON.parse(spelled.out)).toMatchObject({ optimizer: { learningRate: 0.3 }, logEvery: 7 });
  });

  it('take the short form that an error names: guard: rollback', async () => {
    const args = ['train', '--data', 'modularArithmetic', '--guard', 'rollback', '--guard.maxRollbacks', '2'];
    expect(JSON.parse((await evenkeel(...args, '--print-config')).out).guard).toMatchObject({
      action: 'rollback',
      maxRollbacks: 2,
    });
  });

  it.each([
    ['--lr', '--optimizer.learningRate'],
    ['--batch-size', '--data.batchSize'],
    ['--batchSize', '--data.batchSize'],
    ['--epochs', '--steps? Training is counted in steps'],
    ['--learning-rate', '--optimizer.learningRate'],
    ['--weight_decay', '--optimizer.weightDecay'],
    ['--n_layer', '--model.layers'],
    ['--optimzer', '--optimizer'],
  ])('that other programs have are suggested: %s', async (flag, suggestion) => {
    const { errors, code } = await evenkeel('train', '--data', 'modularArithmetic', flag, '1');
    expect(errors).toContain(`${flag} is unknown, did you mean ${suggestion}`);
    expect(code).toBe(1);
  });
});

describe('errors', () => {
  it.each([
    [['trian']],
    [['train', '--unknown']],
    [['generate']],
    [['generate', 'm', '--max-tokens', 'x']],
    [['resume', 'nowhere']],
    [['resume', 'nowhere', '--lr', '1']],
    [['train', '--preset', 'nothing']],
  ])('begin with the name of the program: %j', async (args) => {
    expect((await evenkeel(...args)).errors).toMatch(/^evenkeel: (?!error|evenkeel)/);
  });
});
