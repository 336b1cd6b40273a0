#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { program } from './entry.js';

// Whoever reads may have read enough: `evenkeel train --print-config | head -1`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const args = process.argv.slice(2);
if (['--version', '-V'].includes(args[0])) {
  // Without the program behind it, which takes a second to load.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await program();
  process.exit(await main(args));
}
