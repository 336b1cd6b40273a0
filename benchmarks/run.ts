// `npm run bench -- NAME [options]`: runs a benchmark and prints one JSON object per line.

import { existsSync, readdirSync } from 'node:fs';

const [name, ...options] = process.argv.slice(2);
const known = readdirSync(new URL('.', import.meta.url))
  .filter((folder) => existsSync(new URL(`${folder}/${folder}.ts`, import.meta.url)))
  .sort();

if (!name || !known.includes(name)) {
  const came = name ? `'${name}' is no benchmark` : 'no name was given';
  console.error(`bench: ${came}, expected one of ${known.join(', ')}. Try npm run bench -- ${known[0]}`);
  process.exit(name === '--help' ? 0 : 2);
}

/** What a benchmark module exports: an async generator of results, given the remaining arguments. */
interface Benchmark {
  run(options: readonly string[]): AsyncIterable<object>;
}

const benchmark: Benchmark = await import(`./${name}/${name}.ts`);
for await (const result of benchmark.run(options)) console.log(JSON.stringify(result));
