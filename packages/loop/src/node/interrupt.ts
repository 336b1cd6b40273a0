/** Lets a program end in order when it is interrupted. */
export interface Interrupt {
  /** Give it to `train`: it finishes the step and saves. */
  readonly signal: AbortSignal;
  /** The signal that came, if one did. */
  readonly received: NodeJS.Signals | undefined;
  /** What the program should exit with: 130 after SIGINT, 143 after SIGTERM, else 0. */
  readonly exitCode: number;
  /** Stops listening. */
  dispose(): void;
}

/**
 * Turns SIGINT (Ctrl-C) and SIGTERM into an `AbortSignal`. A second one exits at once.
 *
 *     const interrupt = onInterrupt();
 *     await train({ …, signal: interrupt.signal });
 *     process.exit(interrupt.exitCode);
 */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const codeOf = (signal: NodeJS.Signals) => (signal === 'SIGINT' ? 130 : 143);
  const listen = (signal: NodeJS.Signals) => {
    if (received) process.exit(codeOf(signal));
    received = signal;
    process.stderr.write(`\n${signal}: finishing the step and saving; once more to exit at once.\n`);
    controller.abort(new Error(`${signal} came.`));
  };
  process.on('SIGINT', listen).on('SIGTERM', listen);
  return {
    signal: controller.signal,
    get received() {
      return received;
    },
    get exitCode() {
      return received ? codeOf(received) : 0;
    },
    dispose() {
      process.off('SIGINT', listen).off('SIGTERM', listen);
    },
  };
}
