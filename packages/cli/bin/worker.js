// A further thread of `evenkeel train --workers n`; its argument is the folder of the run.
import { program } from './entry.js';

const { helpTraining } = await program();
await helpTraining(process.argv[2]);
