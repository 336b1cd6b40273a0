import type { LiveRun } from '@evenkeel/trainer';
import { expect, it } from 'vitest';
import { saveInTime } from './save-in-time.js';

it('saves within the first minute, and then when minutes have passed without a checkpoint', () => {
  let seconds = 1000;
  const saves: number[] = [];
  const callback = saveInTime(() => seconds);
  const run = { save: () => saves.push(seconds) } as unknown as LiveRun;
  callback.onStart!(run);
  for (; seconds < 3000; seconds += 10) {
    const before = saves.length;
    callback.onStep!(run);
    if (saves.length > before) callback.onCheckpoint!(run);
    if (seconds === 1500) callback.onCheckpoint!(run); // one that came by steps
  }
  expect(saves).toEqual([1030, 1330, 1800, 2100, 2400, 2700]);
});
