import type { Callback } from '@evenkeel/trainer';

/** The first checkpoint comes after so many seconds, a further one whenever so many have passed without one. */
const [FIRST_SECONDS, EVERY_SECONDS] = [30, 300];

/** Saves by time, beside the checkpoints that come by steps, so that a crash costs minutes at most. */
export function saveInTime(now: () => number = () => performance.now() / 1000): Callback {
  let savedAt = 0;
  let wait = FIRST_SECONDS;
  return {
    onStart() {
      savedAt = now();
    },
    onStep(run) {
      if (now() - savedAt < wait) return;
      savedAt = now(); // asked for once
      run.save();
    },
    onCheckpoint() {
      savedAt = now();
      wait = EVERY_SECONDS;
    },
  };
}
