/** Speed goes by the steps of so many milliseconds, so that it follows what the machine does now. */
const WINDOW = 10_000;

interface Mark {
  readonly step: number;
  readonly ms: number;
}

/** How fast a run goes, from the moments at which it told of a step. */
export class Pace {
  private marks: Mark[] = [];

  /** @param ms When it was told, on any clock. */
  mark(step: number, ms: number): void {
    this.marks = [...this.marks.filter((mark) => ms - mark.ms <= WINDOW && mark.step < step), { step, ms }];
  }

  /** Forgets what was: a pause is no slow step. */
  clear(): void {
    this.marks = [];
  }

  /** Nothing before it is known. */
  get stepsPerSecond(): number | undefined {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last || last.ms === first.ms) return undefined;
    return (1000 * (last.step - first.step)) / (last.ms - first.ms);
  }

  /** Until `steps` are taken. */
  secondsLeft(steps: number): number | undefined {
    const { stepsPerSecond } = this;
    const last = this.marks.at(-1);
    return stepsPerSecond && last && (steps - last.step) / stepsPerSecond;
  }
}
