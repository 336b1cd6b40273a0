import { snapshotOf } from '@evenkeel/trainer';
import { checkSameRun, parseRunFile } from '@evenkeel/trainer/config';
import * as tf from '@tensorflow/tfjs';
import type { FromWorker } from '../shared/messages.js';
import { nameOfRun, unpackRun } from '../shared/run-archive.js';

/** Reads a checkpoint whole, so that a damaged one is known before anyone relies on it. @throws If it is damaged. */
export async function inspect(checkpoint: Uint8Array): Promise<FromWorker> {
  const { run, files, records, samples } = unpackRun(checkpoint);
  const { config, model, tokenizer } = parseRunFile(run, 'run.json');
  await tf.setBackend('cpu');
  const { weights, optimizer, state } = await snapshotOf(files);
  tf.dispose([...weights, ...optimizer].map(({ tensor }) => tensor));
  checkSameRun(state, nameOfRun(run), 'the file');
  const upTo = <T extends { readonly step: number }>(list: readonly T[]) =>
    list.filter(({ step }) => step <= state.step);
  return {
    type: 'inspected',
    step: state.step,
    config,
    writes: 'gpt' in model && tokenizer !== undefined,
    records: upTo(records),
    samples: upTo(samples),
  };
}
