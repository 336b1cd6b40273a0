import { MultiBar, type SingleBar } from 'cli-progress';
import type { Metrics } from './metrics.js';
import type { Run } from './run.js';

/** A progress bar per run, with the time left and where the run stands; plain lines where there is no terminal. */
export class Progress {
  private readonly bars = new MultiBar({
    format:
      '{run} {bar} {percentage} % · epoch {value}/{total} · {eta_formatted} left · loss {loss} · test {test}',
    barsize: 20,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    etaBuffer: 20,
  });
  private readonly barOf = new Map<Run, SingleBar>();

  constructor(runs: readonly Run[]) {
    const width = Math.max(...runs.map((run) => title(run).length));
    for (const run of runs) {
      const start = { run: title(run).padEnd(width), loss: '–', test: '–' };
      this.barOf.set(run, this.bars.create(run.setting.epochs, 0, start));
    }
  }

  update(run: Run, { epoch, trainLoss, testAccuracy }: Metrics): void {
    this.barOf.get(run)!.update(epoch, {
      loss: trainLoss.toExponential(1),
      test: `${(100 * testAccuracy).toFixed(1)} %`,
    });
  }

  stop(): void {
    this.bars.stop();
  }
}

const title = ({ setting, recipe }: Run) => `${setting.name} · ${recipe}`;
