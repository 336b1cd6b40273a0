import { type Callback, type TrainOptions, train } from '@evenkeel/trainer';
import { CheckpointDirectory } from '@evenkeel/trainer/node';
import type { Curve } from './curve.js';
import { type Surroundings, Unfinished } from './result.js';

/** Every number that was recorded, by name. */
export type Curves = Record<string, Curve>;

interface ResumableOptions extends Omit<TrainOptions, 'checkpoint' | 'resume' | 'signal'> {
  surroundings: Surroundings;
  /** Where its checkpoints go. Default `training` in the run's folder. */
  folder?: string;
  /** Steps between two checkpoints. */
  saveEvery: number;
  /** Is given the curves so far, for an optimizer that looks at them. */
  curves?: Curves;
}

/**
 * `train`, from its last checkpoint if there is one, with all that was recorded from the first step on.
 *
 * @throws Unfinished if it was stopped: calling it again goes on.
 */
export async function trainResumably(options: ResumableOptions): Promise<Curves> {
  const {
    surroundings,
    folder = `${surroundings.directory}/training`,
    saveEvery,
    curves = {},
    callbacks = [],
    ...rest
  } = options;
  const record: Callback = {
    name: 'curves',
    onMetrics: ({ step, seconds: _, ...numbers }) => {
      for (const [metric, value] of Object.entries(numbers)) {
        curves[metric] ??= { steps: [], values: [] };
        curves[metric].steps.push(step);
        curves[metric].values.push(value);
      }
    },
    state: () => curves,
    restore: (saved: Curves) => Object.assign(curves, saved),
  };
  const store = new CheckpointDirectory({ directory: folder, keep: 1 });
  const { reason } = await train({
    guard: false,
    ...rest,
    callbacks: [record, ...callbacks],
    checkpoint: { store, every: saveEvery },
    resume: true,
    signal: surroundings.signal,
  });
  if (reason === 'signal') throw new Unfinished('The run was stopped.');
  return curves;
}
