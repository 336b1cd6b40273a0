import { isDeepStrictEqual } from 'node:util';
import { packRun, type RunArchive, unpackRun } from '@evenkeel/example-lab/run-archive';
import { edited } from '../edits.js';
import { bytesOf, type Files, target } from '../target.js';

const archive: RunArchive = {
  run: '{"format":2}\n',
  files: {
    'step-00000500/state.json': bytesOf('{"step":500}'),
    'step-00000500/weights.safetensors': new Uint8Array(64).fill(7),
    latest: bytesOf('step-00000500\n'),
  },
  records: [{ step: 1, seconds: 0.5, loss: 2 }],
  samples: [{ step: 1, sample: 'abc' }],
};

/** The zip of a run that a page downloads and takes again. */
export const runArchive = target<RunArchive>({
  inputs: edited([{ 'run.zip': packRun(archive) }] as Files[]),
  refusal: /^The file /,
  read: (files) => unpackRun(files['run.zip']),
  use(read) {
    if (!isDeepStrictEqual(unpackRun(packRun(read)), read)) throw new Error('use: the run is not the same.');
  },
});
