import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { randomSource } from './random.js';

/**
 * Which windows of a token file become a batch:
 *
 *     random        each row starts anywhere, all places equally likely
 *     sequential    window after window, each starting where the one before ended; from the start again at the end
 */
export type WindowOrder = 'random' | 'sequential';

/** Where an order stands, as JSON: four words of a generator's state, or the number of the next window. */
export type Position = readonly number[];

/** The windows of tokens `start … end − 1`, each with `length` inputs and one token more. */
export interface Windows {
  readonly start: number;
  readonly end: number;
  readonly length: number;
}

/** How many windows there are that start where the one before ended. */
export const windowCount = ({ start, end, length }: Windows): number =>
  Math.max(0, Math.floor((end - start - 1) / length));

/** The first position. The seed passes through MT19937, since neighbouring seeds start xoroshiro128+ alike. */
export function firstPosition(order: WindowOrder, seed: number): Position {
  if (order === 'sequential') return [0];
  const draw = randomSource(seed);
  return Array.from({ length: 4 }, () => draw(2 ** 32) | 0);
}

/**
 * Draws the next rows. A function of the position alone, so that a batch can be fetched ahead and drawn again.
 *
 * @returns Where each row starts, and the position after it.
 */
export function nextRows(
  order: WindowOrder,
  position: Position,
  rows: number,
  windows: Windows,
): { starts: number[]; next: Position } {
  const { start, end, length } = windows;
  if (order === 'sequential') {
    const [first, count] = [position[0], windowCount(windows)];
    const starts = Array.from({ length: rows }, (_, row) => start + ((first + row) % count) * length);
    return { starts, next: [(first + rows) % count] };
  }
  const generator = xoroshiro128plusFromState(position);
  const starts = Array.from({ length: rows }, () => uniformInt(generator, start, end - length - 1));
  return { starts, next: generator.getState() };
}

/** Whether a position from a checkpoint can be one of this order. */
export function isPosition(order: WindowOrder, position: unknown, windows: Windows): position is Position {
  if (!Array.isArray(position) || !position.every(Number.isInteger)) return false;
  return order === 'sequential'
    ? position.length === 1 && position[0] >= 0 && position[0] < windowCount(windows)
    : position.length === 4 &&
        position.every((word) => word === (word | 0)) &&
        position.some((word) => word !== 0);
}
