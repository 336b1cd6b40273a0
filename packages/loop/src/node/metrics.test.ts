import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { descent, endless, linearModel, squaredError } from '../../test/problems.js';
import { type Callback, MemoryCheckpoints, type TrainOptions, train } from '../index.js';
import { crc32c, maskedCrc32c } from './crc32c.js';
import { exportCsv, metricsFile, parseMetricLines, progress, samples, tensorboard, toCsv } from './index.js';
import { eventRecord } from './tensorboard-event.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-metrics-'));
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(root, { recursive: true }));

async function run(steps: number, callbacks: Callback[], options: Partial<TrainOptions> = {}) {
  const model = linearModel();
  const data = endless();
  try {
    return await train({
      model,
      loss: squaredError,
      optimizer: descent(0.1),
      data,
      steps,
      logEvery: 2,
      callbacks,
      ...options,
    });
  } finally {
    model.dispose();
  }
}

const stepsIn = (path: string) =>
  parseMetricLines(readFileSync(path, 'utf8')).records.map(({ step }) => step);

describe('metricsFile', () => {
  it('holds the system, the name of the run and a line per record', async () => {
    const path = join(root, 'a/deep/metrics.jsonl');
    const { history } = await run(6, [metricsFile({ path, run: 'first' })]);
    const { systems, run: name, records } = parseMetricLines(readFileSync(path, 'utf8'));
    expect(records).toEqual(history);
    expect(name).toBe('first');
    expect(systems).toEqual([
      expect.objectContaining({ backend: 'cpu', tfjs: '4.22.0', node: process.versions.node, kernels: 0 }),
    ]);
    expect(systems[0].commit).toMatch(/^[0-9a-f]{40}\+?$/);
  });

  it('drops what an interrupted run recorded after its checkpoint, and a line cut short', async () => {
    const path = join(root, 'b.jsonl');
    const store = new MemoryCheckpoints();
    const checkpoint = { store, every: 4 };
    const dies: Callback = {
      onStep: ({ step }) => {
        if (step === 7) throw new Error('killed');
      },
    };
    await expect(run(10, [metricsFile({ path }), dies], { checkpoint })).rejects.toThrow('killed');
    expect(stepsIn(path)).toEqual([1, 2, 4, 6]);
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"step":4,"lo`);
    await run(10, [metricsFile({ path })], { checkpoint, resume: true });
    expect(stepsIn(path)).toEqual([1, 2, 4, 6, 8, 10]);
    store.dispose();
    await run(2, [metricsFile({ path })]);
    expect(stepsIn(path)).toEqual([1, 2]);
  });

  it('keeps numbers that JSON does not have', async () => {
    const path = join(root, 'c.jsonl');
    const callback = metricsFile({ path });
    await callback.onStart!({ step: 0 } as never);
    callback.onMetrics!({ step: 1, seconds: 2, loss: Number.NaN, norm: Infinity }, {} as never);
    expect(parseMetricLines(readFileSync(path, 'utf8')).records).toEqual([
      { step: 1, seconds: 2, loss: Number.NaN, norm: Infinity },
    ]);
  });

  it('reads files from anywhere', () => {
    const text = '[]\n7\nnull\n{"step":"x"}\n{"step":1,"loss":{"a":1},"b":"c","__proto__":4}\n\n';
    const { records } = parseMetricLines(text);
    expect(records).toHaveLength(1);
    expect(Object.keys(records[0])).toEqual(['step', '__proto__']);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});

describe('a full disk', () => {
  it.skipIf(!existsSync('/dev/full'))('ends no training, and spoils no line', async () => {
    const [path, kept] = [join(root, 'full.jsonl'), join(root, 'kept.jsonl')];
    const directory = join(root, 'full-tb');
    const files = () => [path, ...readdirSync(directory).map((name) => join(directory, name))];
    const fills: Callback = {
      onStep: ({ step }) => {
        if (step === 5) {
          for (const [i, file] of files().entries()) {
            renameSync(file, `${kept}${i}`);
            symlinkSync('/dev/full', file);
          }
        }
        if (step === 7) for (const [i, file] of files().entries()) renameSync(`${kept}${i}`, file);
      },
    };
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const write = ({ step }: { step: number }) => {
      if (step === 8) throw new Error('no such token');
      return `text ${step}`;
    };
    const watching = [metricsFile({ path }), samples({ path, every: 1, write }), tensorboard({ directory })];
    const { step } = await run(10, [fills, ...watching]);
    expect(step).toBe(10);
    expect(
      warn.mock.calls.map(([text]) => /^train: (\w+) failed at step (\d+)/.exec(text)!.slice(1)),
    ).toEqual([
      ['samples', '5'],
      ['metricsFile', '6'],
      ['tensorboard', '6'],
    ]);
    warn.mockRestore();
    expect(stepsIn(path)).toEqual([1, 2, 4, 8, 10]);
    const { samples: texts } = parseMetricLines(readFileSync(path, 'utf8'));
    expect(texts.map(({ step }) => step)).toEqual([1, 2, 3, 4, 7, 9, 10]);
    const events = eventsIn(new Uint8Array(readFileSync(files()[1])));
    expect(events.slice(1).map(({ step }) => step)).toEqual([1, 2, 4, 8, 10]);
  });
});

describe('CSV', () => {
  it('has a column per metric, empty where there is none', async () => {
    const [jsonl, csv] = [join(root, 'd.jsonl'), join(root, 'd.csv')];
    await run(4, [metricsFile({ path: jsonl })], { evaluate: { run: () => ({ 'score, "x"': 1.5 }) } });
    await exportCsv(jsonl, csv);
    const [header, ...rows] = readFileSync(csv, 'utf8').trimEnd().split('\r\n');
    expect(header).toMatch(/^step,seconds,.*"score, ""x"""$/);
    expect(rows.map((row) => row.split(',')[0])).toEqual(['1', '2', '4']);
    expect(rows[0].endsWith(',')).toBe(true);
    expect(rows[2].endsWith(',1.5')).toBe(true);
    expect(toCsv([{ step: 1, seconds: 0, loss: Number.NaN }])).toBe('step,seconds,loss\r\n1,0,NaN\r\n');
  });
});

/** TensorFlow's own definitions, as far as they are used. */
const { root: schema } = protobuf.parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
  }
  message Summary { message Value { string tag = 1; float simple_value = 2; } repeated Value value = 1; }
  message SessionLog {
    enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
    SessionStatus status = 1; string checkpoint_path = 2; string msg = 3;
  }`);

interface Decoded {
  wallTime: number;
  step: number;
  fileVersion?: string;
  summary: { value: { tag: string; simpleValue?: number }[] };
}

/** The events of a file, whose checksums must be right. */
function eventsIn(bytes: Uint8Array): Decoded[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const Event = schema.lookupType('Event');
  const events: Decoded[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true);
    expect(view.getUint32(at + 4, true)).toBe(0);
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc32c(data));
    events.push(Event.toObject(Event.decode(data), { longs: Number, enums: String }) as Decoded);
    at += 16 + length;
  }
  return events;
}

describe('TensorBoard files', () => {
  it('have the checksum that TensorFlow has', () => {
    expect(crc32c(new TextEncoder().encode('123456789')).toString(16)).toBe('e3069283');
    expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa'); // RFC 3720, B.4
  });

  it('hold every record, and say where a run went on', async () => {
    const directory = join(root, 'tb');
    const store = new MemoryCheckpoints();
    const { history } = await run(4, [tensorboard({ directory })], { checkpoint: { store } });
    await run(6, [tensorboard({ directory })], { checkpoint: { store }, resume: true });
    store.dispose();
    const files = readdirSync(directory).sort();
    expect(files).toHaveLength(2);
    expect(files[0]).toMatch(/^events\.out\.tfevents\.\d{10}\./);
    const [first, second] = files.map((file) =>
      eventsIn(new Uint8Array(readFileSync(join(directory, file)))),
    );
    expect(first[0]).toMatchObject({ fileVersion: 'brain.Event:2', wallTime: expect.any(Number) });
    expect(Math.abs(first[0].wallTime - Date.now() / 1000)).toBeLessThan(600);
    expect(first.slice(1).map(({ step }) => step)).toEqual([1, 2, 4]);
    for (const [i, record] of history.entries()) {
      const values = first[i + 1].summary.value;
      const { step: _, ...expected } = record;
      expect(Object.fromEntries(values.map(({ tag, simpleValue }) => [tag, simpleValue ?? 0]))).toEqual(
        Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, Math.fround(value)])),
      );
    }
    expect(second[1]).toMatchObject({ step: 5, sessionLog: { status: 'START' } });
    expect(second[2].step).toBe(6);
  });

  it('hold any step, tag and number', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.float(),
        (step, tag, value) => {
          const [event] = eventsIn(eventRecord({ wallTime: 1.5, step, scalars: { [tag]: value } }));
          expect(event.step ?? 0).toBe(step);
          const [read] = event.summary.value;
          expect(read.tag).toBe(tag);
          expect((read.simpleValue ?? 0) + 0).toBe(value + 0); // zeros are left out, −0 too
        },
      ),
    );
  });
});

describe('toCsv', () => {
  it('has no cell that a spreadsheet takes for a formula; numbers stay numbers', () => {
    const names = ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(1)', '\t=1', 'loss'];
    const record = Object.fromEntries(names.map((name, i) => [name, -i - 1]));
    const [header, row] = toCsv([{ step: 1, seconds: 2, ...record }]).split('\r\n');
    expect(header).toBe(`step,seconds,"'=HYPERLINK(""http://x"")",'+1,'-1,'@SUM(1),'\t=1,loss`);
    expect(row).toBe('1,2,-1,-2,-3,-4,-5,-6');
  });
});

describe('progress', () => {
  const shown = async (isTTY: boolean) => {
    const stream = new PassThrough() as PassThrough & { isTTY: boolean; columns: number };
    Object.assign(stream, { isTTY, columns: 120, cursorTo() {}, clearLine() {}, moveCursor() {} });
    const callback = progress({ stream: stream as unknown as NodeJS.WriteStream, everySeconds: 0 });
    await run(4, [callback], { evaluate: { run: () => ({ validationAccuracy: 0.25 }) } });
    return String(stream.read());
  };

  it('is plain lines in a pipe', async () => {
    const lines = (await shown(false)).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^step 2\/4 · loss [\d.e-]+ · \d+ examples\/s · \d+ s left$/);
    expect(lines[2]).toMatch(/^step 4\/4 · loss .* · accuracy 25.0 % /);
  });

  it('is a bar on a terminal', async () => {
    expect(await shown(true)).toMatch(/100 % · step 4\/4 .* loss/);
  });
});
