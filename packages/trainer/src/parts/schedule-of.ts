import { inverseSqrt, linear, type Schedule, staircaseInverseSqrt, warmupCosine } from '@evenkeel/optim';
import type { RunConfig } from '../config/schema.js';

/** A learning rate as the config wants it to go: its peak, or a schedule that reaches it. */
export function scheduleOf(
  { schedule, steps }: Pick<RunConfig, 'schedule' | 'steps'>,
  peak: number,
): number | Schedule {
  switch (schedule.name) {
    case 'constant':
      return peak;
    case 'inverseSqrt':
      return inverseSqrt({
        peak,
        warmupSteps: schedule.warmupSteps,
        start: schedule.start * peak,
        timescale: schedule.timescale,
      });
    case 'staircase':
      return staircaseInverseSqrt({ peak, stairSteps: schedule.stairSteps });
    default: {
      const { warmupSteps, holdSteps, totalSteps = steps, start, floor } = schedule;
      const options = { peak, warmupSteps, holdSteps, totalSteps, start: start * peak, floor: floor * peak };
      return schedule.name === 'cosine' ? warmupCosine(options) : linear(options);
    }
  }
}
