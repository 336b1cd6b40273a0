// Locks a folder once it is told to, says whether it could, and stays until it is killed.

import { lockFolder } from '../src/node/folder-lock.js';

const [folder] = process.argv.slice(2);

process.stdin.once('data', () => {
  lockFolder('locking-child', folder).then(
    () => process.stdout.write('locked\n'),
    (error: Error) => process.stdout.write(`${error.message}\n`),
  );
});
setInterval(() => {}, 1e6);
process.stdout.write('ready\n');
