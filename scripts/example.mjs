// `npm run example -- NAME [options]`: runs examples/NAME/src/main.ts from source.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const [name, ...options] = process.argv.slice(2);
const known = readdirSync('examples').filter((folder) => existsSync(`examples/${folder}/src/main.ts`));
if (!known.includes(name)) {
  const came = name ? `'${name}' is no example` : 'no name was given';
  console.error(
    `example: ${came}, expected one of ${known.join(', ')}. Try npm run example -- ${known[0]} --help`,
  );
  process.exit(2);
}
const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};
run('scripts/setup.mjs', '--quiet');
run('--conditions=@evenkeel/source', '--import', 'tsx', `examples/${name}/src/main.ts`, ...options);
