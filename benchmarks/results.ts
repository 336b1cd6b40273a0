// `npm run results`: what was measured, written into the READMEs; `npm run results -- run NAME` measures.
//
//   npm run results                      rewrites tables and plots from the results' files
//   npm run results -- --check           fails if they are not up to date
//   npm run results -- run grokking      runs what has no file yet; again to go on

import { fileURLToPath } from 'node:url';
import { onInterrupt } from '@evenkeel/trainer/node';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isTinyShakespeare, readText } from '../examples/shakespeare/src/text.js';
import { RESULTS } from './src/recorded/catalog.js';
import { RecordFiles } from './src/recorded/record-files.js';
import { generatedFiles, staleFiles, writeStale } from './src/recorded/reports.js';
import { runPlans } from './src/recorded/run-plans.js';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const PLACES = { benchmarks: path('.'), readme: path('../README.md') };

const seeds = (text: string): number[] => {
  const list = text.split(',');
  if (list.every((seed) => /^\s*\d+\s*$/.test(seed))) return list.map(Number);
  throw new InvalidArgumentError('expected whole numbers, such as 1,2,3');
};
const pattern = (text: string): RegExp => {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError('expected a regular expression, such as ^published-');
  }
};
const minutes = (text: string): number => {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('expected a number of minutes > 0');
};

/** Of another text, numbers would stand beside those of this one as if they were comparable. */
const tinyShakespeare = async (path: string | undefined): Promise<string> => {
  const text = await readText(path);
  if (isTinyShakespeare(text)) return text;
  throw new Error(
    `results: '${path}' is not tiny Shakespeare, expected its hash to match. Leave out --text.`,
  );
};

const program: Command = new Command('npm run results --')
  .description('Rewrites every table and plot of a result from its files. With a command, measures.')
  .option('--check', 'change nothing; fail if something is not up to date')
  .action(({ check }: { check?: boolean }) => {
    const generated = generatedFiles(RESULTS, PLACES);
    const stale = check ? staleFiles(generated) : writeStale(generated);
    for (const file of stale) console.log(`${check ? 'not up to date' : 'written'}: ${file}`);
    if (check && stale.length > 0) {
      console.error('results: tables or plots differ from the results, run npm run results and commit.');
      process.exitCode = 1;
    }
  });

program
  .command('run')
  .description('Measures what has no file of its settings yet; what is stopped goes on at the next call.')
  .argument('<result>', `one of ${RESULTS.map(({ name }) => name).join(', ')}`)
  .option('--only <pattern>', 'only runs whose id matches', pattern)
  .addOption(new Option('--seeds <list>', 'which seeds').argParser(seeds).default([1, 2, 3], '1,2,3'))
  .option('--minutes <n>', 'stop after so many minutes on the clock', minutes)
  .option('--text <file>', 'tiny Shakespeare, for results about text; without it it is downloaded')
  .option('--scratch <folder>', 'where unfinished runs are kept', path('../runs/results'))
  .action(async (name: string, options) => {
    const result = RESULTS.find((one) => one.name === name);
    if (!result) {
      program.error(
        `results: '${name}' is no result, expected one of ${RESULTS.map((one) => one.name).join(', ')}.`,
      );
    }
    if (options.only && !result.plans.some(({ id }) => options.only.test(id))) {
      program.error(
        `results: no run of ${name} matches '${options.only.source}', expected some such as ${result.plans[0].id}.`,
      );
    }
    const interrupt = onInterrupt();
    const signals = [interrupt.signal];
    if (options.minutes) signals.push(AbortSignal.timeout(options.minutes * 60_000));
    const { done, left } = await runPlans(result, {
      only: options.only,
      seeds: options.seeds,
      files: new RecordFiles(PLACES.benchmarks, result.name),
      scratch: options.scratch,
      signal: AbortSignal.any(signals),
      text: () => tinyShakespeare(options.text),
      log: console.log,
    });
    console.log(
      `${name}: ${done} runs done, ${left.length} left${left.length > 0 ? `: ${left.join(', ')}` : ''}`,
    );
    process.exit(interrupt.exitCode);
  });

// tfjs's wasm module prints its whole source with an error that nobody catches.
await program.parseAsync().catch((error: Error) => program.error(error.message));
