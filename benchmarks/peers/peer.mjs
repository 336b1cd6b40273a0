// Runs one peer in a process of its own: `node peer.mjs NAME SIZE`. The other end is ../src/remote.ts.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
console.log = console.error; // what peers print must not mix with the answers

const [file, size] = process.argv.slice(2);
const { package: name, runsOn } = JSON.parse(readFileSync(new URL('./peers.json', import.meta.url), 'utf8'))[
  file
];
const manifest = new URL(`./node_modules/${name}/package.json`, import.meta.url);
const engine = `${name} ${JSON.parse(readFileSync(manifest, 'utf8')).version}, ${runsOn}`;

const step = await ready();
if (step) {
  say({ engine });
  for await (const line of createInterface({ input: process.stdin })) {
    const { repetitions } = JSON.parse(line);
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    for (let n = 0; n < repetitions; n++) await step();
    const { user, system } = process.cpuUsage(cpu);
    say({
      wallMs: (performance.now() - wall) / repetitions,
      cpuMs: (user + system) / 1000 / repetitions,
    });
  }
}
process.exit(0);

/** A step that has run once, or null after saying why there is none. */
async function ready() {
  try {
    const { create } = await import(`./${file}.mjs`);
    const step = await create(JSON.parse(size));
    await step();
    return step;
  } catch (error) {
    say({ engine, error: String(error).split('\n')[0] });
    return null;
  }
}
