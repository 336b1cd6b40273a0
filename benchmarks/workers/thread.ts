// What a further thread runs: the same training, which ends where the first thread's does.

import { timedTraining } from './training.js';

const [task] = process.argv.slice(-1);
await timedTraining(JSON.parse(task));
