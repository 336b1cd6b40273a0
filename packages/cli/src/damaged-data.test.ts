import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from '../test/evenkeel.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-damaged-'));
const at = (...names: string[]) => join(root, ...names);
const small = [
  ...['--model', 'gpt2', '--model.layers', '1', '--model.heads', '1', '--model.width', '8'],
  ...['--backend', 'cpu', '--steps', '2', '--data.batchSize', '1'],
];
const train = (out: string, data: string, ...args: string[]) =>
  evenkeel(
    ...['train', '--data', at(data), '--out', at(out), ...small],
    ...(args.includes('--model.contextLength') ? args : ['--model.contextLength', '8', ...args]),
  );
const resume = (run: string, ...args: string[]) => evenkeel('resume', at(run), '--steps', '4', ...args);
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(() => writeFileSync(at('text.txt'), 'to be or not to be '.repeat(40)));

/** Another token of the vocabulary in the middle of a file. */
function flip(name: string): () => void {
  const bytes = readFileSync(at(name));
  const flipped = Buffer.from(bytes);
  flipped[bytes.length / 2] = bytes[bytes.length / 2] === 0 ? 1 : 0;
  writeFileSync(at(name), flipped);
  return () => writeFileSync(at(name), bytes);
}

describe('tokens that are not what they were', () => {
  const tokenized = (name: string) =>
    evenkeel('tokenize', at('text.txt'), '--tokenizer', 'characters', '--out', at(name));

  it('are refused by name when a run begins and when it goes on, unless nobody wants to know', async () => {
    await tokenized('t.bin');
    const mend = flip('t.bin');
    const refused = await train('run', 't.bin');
    expect(refused.code).toBe(1);
    expect(refused.errors).toMatch(/'.*t.bin' has sha256 [0-9a-f]{64}, expected .* as in its sidecar/);
    expect((await train('blind', 't.bin', '--no-verify')).code).toBe(0);
    mend();
    expect((await train('run', 't.bin')).code).toBe(0);
    const mendAgain = flip('t.bin');
    expect((await resume('run')).errors).toContain('as in its sidecar');
    expect((await resume('run', '--no-verify')).code).toBe(0);
    mendAgain();
  });

  it('also where it is what a sidecar says of them', async () => {
    await tokenized('s.bin');
    expect((await train('said', 's.bin')).code).toBe(0);
    const { seal, ...sidecar } = JSON.parse(readFileSync(at('s.bin.json'), 'utf8'));
    writeFileSync(at('s.bin.json'), JSON.stringify({ ...sidecar, seal, documents: 2 }));
    expect((await resume('said')).errors).toContain('does not say what it did when it was written');
    const [, second, ...others] = sidecar.vocabulary;
    writeFileSync(at('s.bin.json'), JSON.stringify({ ...sidecar, vocabulary: ['é', second, ...others] }));
    const { errors, code } = await resume('said');
    expect(errors).toContain(`'${at('s.bin.json')}' has changed since the run`);
    expect(code).toBe(1);
  });
});

describe('what is no file in the place of data', () => {
  it.each<[string, (path: string) => void]>([
    ['a named pipe', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['a device', (path) => symlinkSync('/dev/zero', path)],
  ])('is refused by name when a run begins and when it goes on: %s', async (kind, put) => {
    const run = `with ${kind}`;
    for (const name of [`${kind}.txt`, `${kind}.json`]) {
      writeFileSync(
        at(name),
        name.endsWith('json')
          ? JSON.stringify([{ instruction: 'be', input: '', output: 'not to be' }])
          : readFileSync(at('text.txt')),
      );
      const tokenizer = name.endsWith('json')
        ? ['--data.tokenizer', 'characters', '--model.contextLength', '400']
        : [];
      const begun = await train(`${run} ${name}`, name, ...tokenizer);
      expect(begun.errors).not.toContain('evenkeel:');
      renameSync(at(name), at(`${name}.away`));
      put(at(name));
      for (const again of [() => resume(`${run} ${name}`), () => train('never', name, ...tokenizer)]) {
        const { code, errors } = await again();
        expect(errors).toContain(`'${at(name)}' is ${kind}, expected a plain file`);
        expect(code).toBe(1);
      }
      rmSync(at(name), { recursive: true });
      renameSync(at(`${name}.away`), at(name));
    }
    const file = at(`${run} ${kind}.txt`, 'run.json');
    rmSync(file);
    put(file);
    expect((await resume(`${run} ${kind}.txt`)).errors).toContain(
      `run.json' is ${kind}, expected a plain file`,
    );
  });
});
