// One training run in a process of its own. Started by parallel.ts.

import { execute, type Run, startEngine } from './run.js';

process.once('message', async (run: Run) => {
  try {
    process.send!({ engine: await startEngine(run) });
    for await (const metrics of execute(run)) process.send!({ metrics });
    process.disconnect();
  } catch (error) {
    process.send!({ error: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
  }
});
// Do not outlive a parent that was interrupted.
process.on('disconnect', () => process.exit());
