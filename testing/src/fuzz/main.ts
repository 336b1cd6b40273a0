import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';
import { targets } from './targets/index.js';

// npm run fuzz -- --minutes 60 --target model --seed 1

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string' },
  },
});
/** Inputs of one target before the next one's turn. */
const ROUND = 1000;

const minutes = Number(values.minutes);
const names = values.target ?? Object.keys(targets);
const unknown = names.find((name) => !Object.hasOwn(targets, name));
if (!(minutes > 0) || unknown !== undefined) {
  console.error(
    `fuzz: ${unknown === undefined ? `--minutes is ${values.minutes}, expected a number > 0` : `the target is '${unknown}', expected one of ${Object.keys(targets).join(', ')}`}.`,
  );
  process.exit(2);
}
let seed = Number(values.seed ?? Date.now() % 1_000_000);
const end = performance.now() + minutes * 60_000;
let total = 0;
let faults = 0;
while (performance.now() < end) {
  for (const name of names) {
    const { inputs, accepted, fault } = await fuzz(name, seed, ROUND);
    total += inputs;
    console.log(`${name.padEnd(20)} seed ${seed}: ${inputs} inputs, ${accepted} accepted`);
    if (!fault) continue;
    faults++;
    console.error(`${name}: ${fault.message}\nThe input lies in ${fault.folder}`);
  }
  seed++;
}
console.log(`${total} inputs, ${faults} faults`);
process.exit(faults > 0 ? 1 : 0);
