/** Says how much a model memorises at present: a number that grows with it, or null while nothing is known. */
export type GrokkingSignal = () => number | null;

/**
 * A signal from the gap between training and evaluation loss.
 *
 *     max(0, eval − train) / max(eval, train)      in [0, 1] for losses ≥ 0; 0 where both are 0
 *
 * @param trainLoss, evalLoss The latest losses; null, undefined or NaN while there are none.
 * @see GrokAdamW, README, "Grokking signal".
 */
export function lossGapSignal(
  trainLoss: () => number | null | undefined,
  evalLoss: () => number | null | undefined,
): GrokkingSignal {
  return () => {
    const [train, evaluation] = [trainLoss(), evalLoss()];
    if (!isKnown(train) || !isKnown(evaluation)) return null;
    const largest = Math.max(evaluation, train);
    return largest === 0 ? 0 : Math.max(0, evaluation - train) / largest;
  };
}

const isKnown = (loss: number | null | undefined): loss is number =>
  typeof loss === 'number' && !Number.isNaN(loss);

/**
 * Reads several signals as one: the mean of those that know something, or null if none does.
 *
 * A signal that throws, or returns something that is not a finite number, is reported once and skipped, as published.
 */
export function combineSignals(signals: readonly GrokkingSignal[]): GrokkingSignal {
  const reported = new Set<GrokkingSignal>();
  const report = (signal: GrokkingSignal, index: number, what: string) => {
    if (reported.has(signal)) return;
    reported.add(signal);
    console.warn(
      `grokAdamW: grokking signal ${index} ${what}, expected a function without arguments that returns a number or ` +
        `null. It is skipped.`,
    );
  };
  const read = (signal: GrokkingSignal, index: number): number | null => {
    try {
      const value = signal();
      if (value === null || value === undefined) return null;
      if (Number.isFinite(value)) return value;
      report(signal, index, `returned ${String(value)}`);
    } catch (error) {
      report(signal, index, `threw "${error instanceof Error ? error.message : String(error)}"`);
    }
    return null;
  };
  return () => {
    const values = signals.map(read).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
}
