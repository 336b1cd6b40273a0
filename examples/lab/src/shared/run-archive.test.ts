import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { packRun, unpackRun } from './run-archive.js';

const files = {
  latest: new TextEncoder().encode('step-00000002\n'),
  'step-00000002/state.json': new TextEncoder().encode('{}'),
  'step-00000002/weights.safetensors': new Uint8Array(200).fill(7),
};
const run = '{"format":2}\n';
const records = [{ step: 1, seconds: 0.5, loss: 3, validationLoss: Number.NaN }];
const samples = [{ step: 2, sample: 'to be\n' }];

describe('a run as a zip', () => {
  it('comes back as it was', () => {
    const back = unpackRun(packRun({ run, files, records, samples }));
    expect(back.run).toBe(run);
    expect(back.files).toMatchObject(files);
    expect(back.records).toEqual([{ step: 1, seconds: 0.5, loss: 3 }]);
    expect(back.samples).toEqual(samples);
  });

  it('may have a folder around it, other lines and files, and lack what was deleted since', () => {
    const own = unzipSync(packRun({ run, files, records, samples }));
    const { 'checkpoints/step-00000002/weights.safetensors': _, ...fewer } = own;
    const lines = new TextEncoder().encode('{"system":{}}\nno json\n{"step":3,"loss":1}\n');
    const entries = Object.entries({
      ...fewer,
      'metrics.jsonl': lines,
      'checkpoints/step-00000009/weights.safetensors': lines,
    });
    const zip = zipSync(Object.fromEntries(entries.map(([name, bytes]) => [`first/${name}`, bytes])));
    const back = unpackRun(zip);
    expect(Object.keys(back.files)).toContain('step-00000002/state.json');
    expect(back.records).toEqual([{ step: 3, loss: 1 }]);
  });

  it('is refused when a byte has changed, or when it is something else', () => {
    const zip = packRun({ run, files, records, samples });
    zip[zip.indexOf(7) + 50] = 8;
    expect(() => unpackRun(zip)).toThrow(
      'The file is damaged: checkpoints/step-00000002/weights.safetensors',
    );
    expect(() => unpackRun(zipSync({ 'checkpoints/latest': files.latest }))).toThrow(
      'The file has no run.json',
    );
    expect(() => unpackRun(zip.slice(0, 300))).toThrow('cannot be read as a zip');
    expect(() => unpackRun(new Uint8Array())).toThrow('cannot be read as a zip');
  });
});
