import { dispose, type NamedTensorMap, norm, type Tensor, type Variable } from '@tensorflow/tfjs-core';

export interface GuardOptions {
  /** End with an error that says where, or go back to the last checkpoint with a smaller learning rate. Default 'stop'. */
  readonly action?: 'stop' | 'rollback';
  /**
   * A loss explodes when it is more than so many times the largest of the first 20; > 1. Before there are 20, only NaN and
   * infinities are bad: one batch says little of where training begins. Infinity: never. Default 100.
   */
  readonly explosionFactor?: number;
  /** What is left of the learning rate after a rollback, in (0, 1). Default 0.5. */
  readonly learningRateFactor?: number;
  /** After so many rollbacks the next one is an error. Default 5. */
  readonly maxRollbacks?: number;
}

export type Guard = Required<GuardOptions>;

/** @throws If an option is unknown or out of range. */
export function guardOf(
  option: GuardOptions | GuardOptions['action'] | false | undefined,
): Guard | undefined {
  if (option === false) return undefined;
  const given = typeof option === 'string' ? { action: option } : (option ?? {});
  const guard = {
    action: 'stop',
    explosionFactor: 100,
    learningRateFactor: 0.5,
    maxRollbacks: 5,
    ...given,
  } as Guard;
  const { action, explosionFactor, learningRateFactor, maxRollbacks } = guard;
  const wrong = (name: string, came: unknown, expected: string) =>
    new Error(`train: guard.${name} is ${String(came)}, expected ${expected}.`);
  if (action !== 'stop' && action !== 'rollback') throw wrong('action', action, "'stop' or 'rollback'");
  if (!(explosionFactor > 1)) throw wrong('explosionFactor', explosionFactor, 'a number > 1');
  if (!(learningRateFactor > 0 && learningRateFactor < 1)) {
    throw wrong('learningRateFactor', learningRateFactor, 'a number > 0 and < 1');
  }
  if (!(Number.isInteger(maxRollbacks) && maxRollbacks >= 0)) {
    throw wrong('maxRollbacks', maxRollbacks, 'a whole number ≥ 0');
  }
  return guard;
}

/** Training has gone wrong for good: the loss is no number, infinite, or far above where it began. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';

  constructor(
    /** The first step with such a loss. */
    readonly step: number,
    readonly loss: number,
    /** The parameter that shows it most, if one does. */
    readonly parameter: string | undefined,
    details: string,
    advice: string,
  ) {
    super(`train: the loss at step ${step} is ${loss}, ${details} ${advice}`);
  }
}

/** How many losses say where training begins. */
const BEGINNING = 20;

/** Adds a loss to those of the beginning, while they are too few. */
export const withBeginning = (losses: readonly number[], loss: number): readonly number[] =>
  losses.length < BEGINNING && Number.isFinite(loss) ? [...losses, loss] : losses;

/**
 * Whether a loss has left the rails.
 *
 * @param beginning The first losses. Their largest is compared with, since a few of them may be of batches that are easy.
 */
export function isBad(loss: number, beginning: readonly number[], { explosionFactor }: Guard): boolean {
  if (!Number.isFinite(loss)) return true;
  const usual = Math.max(...beginning);
  return beginning.length >= BEGINNING && usual > 0 && loss > explosionFactor * usual;
}

/** Which parameter shows it: the first that is no longer finite, else the one with the largest gradient. */
export async function diagnose(
  variables: readonly Variable[],
  gradients: NamedTensorMap,
): Promise<{ parameter: string | undefined; details: string }> {
  const rows = await Promise.all(
    variables.map(async (variable) => ({
      name: variable.name,
      weight: await normOf(variable),
      gradient: gradients[variable.name] ? await normOf(gradients[variable.name]) : undefined,
    })),
  );
  const worst =
    rows.find(({ weight }) => !Number.isFinite(weight)) ??
    rows.find(({ gradient }) => gradient !== undefined && !Number.isFinite(gradient)) ??
    rows.reduce<(typeof rows)[number] | undefined>(
      (worst, row) => ((row.gradient ?? 0) > (worst?.gradient ?? -1) ? row : worst),
      undefined,
    );
  if (!worst) return { parameter: undefined, details: 'expected a finite one near where it began.' };
  const { name, weight, gradient } = worst;
  return {
    parameter: name,
    details:
      'expected a finite one near where it began. Look at parameter ' +
      `'${name}': its norm is ${show(weight)}${gradient === undefined ? '' : `, that of its gradient ${show(gradient)}`}.`,
  };
}

async function normOf(tensor: Tensor): Promise<number> {
  const value = norm(tensor);
  const [number] = await value.data();
  dispose(value);
  return number;
}

const show = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x));
