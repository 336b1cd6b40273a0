import { InvalidArgumentError } from 'commander';

/** For commander: a whole number ≥ 1. */
export function whole(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number ≥ 1');
}

/** For commander: a number > 0. */
export function positive(text: string): number {
  if (Number(text) > 0 && Number(text) < Infinity) return Number(text);
  throw new InvalidArgumentError('expected a number > 0');
}
