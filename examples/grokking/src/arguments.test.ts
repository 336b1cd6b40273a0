import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { parseArguments } from './arguments.js';
import { PUBLISHED, SMALL } from './settings.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs the command line and returns its exit code and what it wrote to stderr and stdout. */
function grokking(...args: string[]): { status: number; output: string } {
  try {
    const flags = [
      '--conditions=@evenkeel/source',
      '--import',
      'tsx',
      'examples/grokking/src/main.ts',
      ...args,
    ];
    return { status: 0, output: execFileSync('node', flags, { cwd: root, encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { status, output: stdout + stderr };
  }
}

describe('the command line of the grokking example', () => {
  it('runs both settings by default, with the published numbers', () => {
    const { runs, out } = parseArguments([]);
    expect(runs.map(({ setting, recipe }) => [setting.name, recipe])).toEqual([
      ['published', 'adamw'],
      ['published', 'orthograd'],
      ['small', 'adamw'],
      ['small', 'stablemax'],
    ]);
    expect(runs[0].setting).toEqual(PUBLISHED);
    expect(PUBLISHED).toMatchObject({
      operation: 'add',
      modulus: 113,
      trainFraction: 0.4,
      hidden: [200, 200],
      learningRate: 0.01,
    });
    expect(SMALL).toMatchObject({
      modulus: 37,
      trainFraction: 0.8,
      hidden: [400],
      learningRate: 0.03,
      beta2: 0.95,
      epsilon: 1e-25,
    });
    expect(out).toBe(join('runs', 'examples', 'grokking'));
  });

  it('takes every option', () => {
    const args =
      '--recipe stablemax+orthograd adamw --setting small --seed 7 --epochs 5 --operation divide --modulus 11 --train-fraction 0.5 ' +
      '--hidden 16 8 --learning-rate 0.1 --beta2 0.9 --epsilon 1e-8 --backend cpu --out somewhere';
    const { runs, out } = parseArguments(args.split(' '));
    expect(runs.map(({ recipe }) => recipe)).toEqual(['stablemax+orthograd', 'adamw']);
    expect(runs[0]).toMatchObject({
      backend: 'cpu',
      setting: {
        name: 'small',
        seed: 7,
        epochs: 5,
        operation: 'divide',
        modulus: 11,
        trainFraction: 0.5,
        hidden: [16, 8],
        learningRate: 0.1,
        beta2: 0.9,
        epsilon: 1e-8,
      },
    });
    expect(out).toBe('somewhere');
  });

  it.each([
    [
      ['--recipe', 'sgd'],
      "argument 'sgd' is invalid. Allowed choices are adamw, orthograd, stablemax, stablemax+orthograd.",
    ],
    [['--recipes', 'adamw'], "unknown option '--recipes'"],
    [['--seed', '1.5'], 'Expected a whole number, 0 or more.'],
    [['--learning-rate', 'NaN'], 'Expected a number above 0.'],
    [['--train-fraction', '1'], 'Expected a number between 0 and 1.'],
    [['--epochs', ''], 'Expected a whole number, 1 or more.'],
    [['--operation', 'power'], 'Allowed choices are add, subtract, multiply, divide.'],
    [['surplus'], 'too many arguments'],
  ])('refuses %o and says what to do', (args, message) => {
    let output = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      output += text;
      return true;
    });
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    expect(() => parseArguments(args)).toThrow('exit 1');
    vi.restoreAllMocks();
    expect(output).toContain(message);
    expect(output).toContain('npm start -- --help');
  });

  it('passes on what a run says of a task that does not exist', () => {
    const { status, output } = grokking(
      '--recipe',
      'adamw',
      '--operation',
      'divide',
      '--modulus',
      '10',
      '--out',
      '/tmp/evenkeel-refused',
    );
    expect(status).toBe(1);
    expect(output).toContain(
      "recipe 'adamw' in the published setting stopped: modularArithmetic: modulus is 10, expected a prime",
    );
  });
});
