import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { lockFolder } from '@evenkeel/trainer/node';
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

describe('a checkpoint that is damaged', () => {
  const flip = (file: string) => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 3] ^= 4;
    writeFileSync(file, bytes);
  };
  const folders = () => readdirSync(at('hurt', 'checkpoints')).filter((name) => name.startsWith('step-'));

  it('is named, and the one before it is offered by the very command that takes it', async () => {
    await train(at('hurt'), '--checkpoint.every', '2');
    flip(at('hurt', 'checkpoints', 'step-00000006', 'weights.safetensors'));
    const refused = await evenkeel('resume', at('hurt'), '--steps', '8');
    expect(refused.code).toBe(1);
    expect(refused.errors).toMatch(/step-00000006' is damaged: .*weights.safetensors' has the SHA-256/);
    for (const command of [['generate'], ['evaluate'], ['export', '--out', at('hurt-model')]]) {
      const { errors, code } = await evenkeel(...command, at('hurt'));
      expect(code).toBe(1);
      expect(errors).toContain(`in the place of the run: ${at('hurt', 'checkpoints', 'step-00000004')}`);
    }
    const early = await evenkeel(
      'generate',
      at('hurt', 'checkpoints', 'step-00000004'),
      'to',
      '--max-tokens',
      '2',
    );
    expect(early.code).toBe(0);
    const [, hint] = /Try: evenkeel (.*)/.exec(refused.errors)!;
    expect(hint).toBe(`resume ${at('hurt')} --steps 8 --from 4`);
    const resumed = await evenkeel(...hint.split(' '));
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain('done at step 8');
    expect(folders()).not.toContain('step-00000006.old');
    expect(readdirSync(at('hurt', 'checkpoints', 'set-aside'))).toEqual(['step-00000006']);
  });

  it('or that nobody wants: --from takes a step, best, and refuses what is not there', async () => {
    const { errors } = await evenkeel('resume', at('hurt'), '--from', '5');
    expect(errors).toContain("has no checkpoint '5', expected one of step-");
    for (const from of ['best', 'latest', 'step-00000008']) {
      const { code, out } = await evenkeel('resume', at('hurt'), '--from', from, '--steps', '9');
      expect(code).toBe(0);
      expect(out).toContain('done at step 9');
      rmSync(at('hurt', 'checkpoints', 'step-00000009'), { recursive: true });
    }
  });
});

describe('hints', () => {
  it('offer to let a model write only where it can', async () => {
    const numbers = ['--data', 'modularArithmetic', '--data.modulus', '5', '--steps', '2', ...small];
    const { out, code } = await evenkeel('train', ...numbers, '--out', at('numbers'));
    expect(code).toBe(0);
    expect(out).not.toContain('evenkeel generate');
    const text = await train(at('words'));
    const [, hint] = /let it write: evenkeel (.*)/.exec(text.out)!;
    expect((await evenkeel(...hint.split(' '), 'to', '--max-tokens', '2')).code).toBe(0);
  });

  it('tell a run that is not there from a model of a hub', async () => {
    await train(at('there'));
    for (const command of [['generate'], ['evaluate'], ['certify'], ['export', '--out', at('out')]]) {
      const { errors, code } = await evenkeel(...command, at('nope'));
      expect(errors).toContain(`'${at('nope')}' is not there, expected a run`);
      expect(errors).toContain('there');
      expect(errors).not.toContain('huggingface');
      expect(code).toBe(1);
    }
    const args = ['train', '--text', at('text.txt'), '--model', at('nope'), '--out', at('never')];
    expect((await evenkeel(...args)).errors).toContain('is not there, expected a run');
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

  it('is written by one process at a time', async () => {
    const lock = await lockFolder('test', at('held'));
    for (const args of [[], ['--overwrite']]) {
      const { errors, code } = await train(at('held'), ...args);
      expect(errors).toContain(at('held'));
      expect(errors).toContain(String(process.pid));
      expect(code).toBe(1);
    }
    await lock.release();
    expect((await train(at('held'))).code).toBe(0);
    const again = await lockFolder('test', at('held'));
    expect((await evenkeel('resume', at('held'), '--steps', '8')).errors).toContain(String(process.pid));
    expect((await train(at('held'), '--overwrite')).errors).toContain(String(process.pid));
    await again.release();
    expect(existsSync(at('held', 'run.json'))).toBe(true);
    expect((await evenkeel('resume', at('held'), '--steps', '8')).code).toBe(0);
  });

  it('goes to one of several processes that begin at once; the others leave nothing in it', async () => {
    const bin = fileURLToPath(new URL('../bin/evenkeel.js', import.meta.url));
    const begin = (seed: number) =>
      promisify(execFile)(process.execPath, [
        ...[
          bin,
          'train',
          '--text',
          at('text.txt'),
          '--steps',
          '3',
          '--out',
          at('raced'),
          ...small,
          '--seed',
          `${seed}`,
        ],
      ]).then(
        () => '',
        ({ stderr }) => stripVTControlCharacters(stderr),
      );
    const errors = await Promise.all([1, 2, 3, 4].map(begin));
    expect(errors.filter((error) => error === '')).toHaveLength(1);
    for (const error of errors.filter(Boolean)) {
      expect(error).toMatch(/raced' (is written by process \d+ on|holds a run already)/);
    }
    const { config } = JSON.parse(readFileSync(at('raced', 'run.json'), 'utf8'));
    expect(config.seed).toBe(1 + errors.indexOf(''));
    const records = readFileSync(at('raced', 'metrics.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"step"'));
    expect(records.map((line) => JSON.parse(line).step)).toEqual([1, 3]);
    expect((await evenkeel('generate', at('raced'), 'to', '--max-tokens', '2')).code).toBe(0);
  }, 240_000);

  it('may hold what a killed process has left', async () => {
    mkdirSync(at('left'));
    writeFileSync(at('left', 'run.json.host-999999-1-abcdefgh.tmp'), '{');
    expect((await train(at('left'))).code).toBe(0);
  });
});
