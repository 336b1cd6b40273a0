import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from '../test/evenkeel.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-lasting-'));
const at = (...names: string[]) => join(root, ...names);
const small = [
  ...['--model', 'gpt2', '--model.layers', '1', '--model.heads', '1', '--model.width', '8'],
  ...['--model.contextLength', '8', '--backend', 'cpu'],
];
const train = (out: string, ...args: string[]) =>
  evenkeel('train', '--text', at('text.txt'), '--steps', '6', '--out', out, ...small, ...args);
beforeAll(() => writeFileSync(at('text.txt'), 'to be or not to be '.repeat(20)));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a run', () => {
  it('keeps the best by validation, which can be used', async () => {
    const { code } = await train(at('best'), '--evaluate.every', '2');
    expect(code).toBe(0);
    expect(readFileSync(at('best', 'checkpoints', 'best'), 'utf8')).toMatch(/^step-/);
    const written = await evenkeel('generate', at('best'), 'to', '--checkpoint', 'best', '--max-tokens', '2');
    expect(written.code).toBe(0);
    const { code: without } = await train(at('unvalidated'), '--data.validationFraction', '0');
    expect(without).toBe(0);
  });

  it('ends early where that is wanted', async () => {
    const still = ['--optimizer', 'sgd', '--optimizer.learningRate', '0', '--evaluate.every', '1'];
    const { out, code } = await train(at('early'), '--early-stop', '2', ...still);
    expect(out).toContain('stopped early at step 4');
    expect(code).toBe(0);
    expect((await train(at('late'), ...still)).out).toContain('done at step 6');
    expect(JSON.parse(readFileSync(at('early', 'run.json'), 'utf8')).config.earlyStop).toBe(2);
  });

  it('that diverges has a report', async () => {
    const { code, errors } = await train(
      ...[
        at('wild'),
        '--optimizer',
        'sgd',
        '--optimizer.learningRate',
        '1e30',
        '--log-every',
        '1',
        '--clip.globalNorm',
        '1e30',
      ],
    );
    expect(errors).toContain('the loss at step');
    expect(code).toBe(1);
    expect(existsSync(at('wild', 'report.html'))).toBe(true);
  });
});

describe('the folder of a run', () => {
  it.each([
    ['/proc/x', 'cannot be made'],
    ['/proc/x/y', 'cannot be made'],
    [at('a'.repeat(300)), 'cannot be'],
    [at('text.txt'), 'is a file'],
    [at('text.txt', 'below'), 'is a file or lies in one'],
    [at('dangling'), 'is a link to a folder that is not there'],
  ])('is refused by name where none can be: %s', async (out, message) => {
    if (out === at('dangling')) symlinkSync(at('nowhere'), out);
    const { code, errors } = await train(out);
    expect(errors).toContain(message);
    expect(errors).not.toContain('\n    at ');
    expect(code).toBe(1);
  });

  it('may be a link, which stays one when the run is replaced', async () => {
    mkdirSync(at('disk'));
    symlinkSync(at('disk'), at('link'));
    expect((await train(at('link'))).code).toBe(0);
    expect((await train(at('link'))).errors).toContain('holds a run already');
    expect((await train(at('link'), '--overwrite')).code).toBe(0);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(existsSync(at('disk', 'run.json'))).toBe(true);
  });

  it('may hold what a killed process has left', async () => {
    mkdirSync(at('left'));
    writeFileSync(at('left', 'run.json.host-999999-1-abcdefgh.tmp'), '{');
    expect((await train(at('left'))).code).toBe(0);
  });
});
