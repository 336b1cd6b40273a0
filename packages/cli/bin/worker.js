// A further thread of `evenkeel train --workers n`; its arguments are the folder of the run and what it computes on.
import { program } from './entry.js';

const { helpTraining } = await program();
await helpTraining(process.argv[2], process.argv[3]);
