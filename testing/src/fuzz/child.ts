import fc from 'fast-check';
import { checkInput, TooMuchMemory } from './check-input.js';
import { readCorpus } from './corpus.js';
import { type Report, Running } from './running.js';
import type { Files } from './target.js';
import { targets } from './targets/index.js';
import { faults } from './targets/planted.js';

// Feeds one target with inputs. Another process watches, since what loops for ever cannot watch itself.

const [name, seed, inputs, runningFile] = process.argv.slice(2);
const running = new Running(runningFile);
console.warn = () => {}; // a model that is read with a warning is read

const target = await { ...targets, ...faults }[name]();
let accepted = 0;
const checked = async (files: Files): Promise<void> => {
  running.begin(files);
  try {
    if (await checkInput(target, files)) accepted++;
  } catch (error) {
    if (!(error instanceof TooMuchMemory)) throw error;
    await report({ accepted, message: error.message }); // a smaller input could not show it any more
  }
};
const report = (what: Report) => new Promise<never>(() => void process.send!(what, () => process.exit()));

await report(await run());

async function run(): Promise<Report> {
  for (const [at, files] of readCorpus(name)) {
    try {
      await checked(files);
    } catch (error) {
      return { accepted, message: `corpus/${name}/${at}: ${(error as Error).message}` };
    }
  }
  const property = fc.asyncProperty(target.inputs, checked);
  const found = await fc.check(property, { seed: Number(seed), numRuns: Number(inputs) });
  if (!found.failed) return { accepted };
  const [smallest] = found.counterexample!;
  running.begin(smallest);
  return { accepted, message: (found.errorInstance as Error).message };
}
