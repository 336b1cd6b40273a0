import { describe, expect, it } from 'vitest';
import { Gate } from './gate.js';

describe('the gate between two steps', () => {
  it('lets through while it is open, one at a time while it is closed', async () => {
    const gate = new Gate();
    let waits = 0;
    const pass = () =>
      gate.pass(() => {
        waits += 1;
      });
    await pass();
    expect(waits).toBe(0);
    gate.close();
    const first = pass();
    gate.letOneThrough();
    await first;
    const second = pass();
    gate.open();
    await second;
    await pass();
    expect(waits).toBe(2);
  });
});
