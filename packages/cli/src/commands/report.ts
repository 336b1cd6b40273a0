import { join } from 'node:path';
import { exportCsv, METRICS, REPORT, readRecords, writeReport } from '@evenkeel/trainer/node';
import { Command } from 'commander';
import { outputOf } from '../output.js';

interface Options {
  readonly out?: string;
  readonly title?: string;
  readonly csv?: string;
  readonly json?: boolean;
}

export function reportCommand(): Command {
  return new Command('report')
    .summary('shows runs side by side, as one HTML page')
    .description(
      'Writes runs as one HTML page that loads nothing: plots of all that was measured, configs, samples.',
    )
    .argument('<runs...>', 'folders of runs, or metrics.jsonl files')
    .option('--out <file>', `where to (default: ${REPORT} in the folder of a single run, or here)`)
    .option('--title <text>', 'what stands at the top')
    .option('--csv <file>', 'also a table of a single run’s metrics')
    .option('--json', 'the last numbers of each run as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (runs: string[], { out, title, csv, json }: Options) => {
      const output = outputOf({ json });
      const path = out ?? (runs.length === 1 && !runs[0].endsWith('.jsonl') ? join(runs[0], REPORT) : REPORT);
      await writeReport({ path, runs, title: title ?? runs.join(', ') });
      if (csv) await exportCsv(runs[0].endsWith('.jsonl') ? runs[0] : join(runs[0], METRICS), csv);
      for (const run of runs) {
        const { name, records } = readRecords(run);
        output.emit({ run, name, records: records.length, last: records.at(-1) });
      }
      output.say(`${path} shows ${runs.join(', ')}`);
    });
}

const EXAMPLES = `
Examples:
  $ evenkeel report runs/grokking
  $ evenkeel report runs/with runs/without --out compared.html`;
