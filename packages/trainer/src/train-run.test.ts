import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { characterTokenizer } from '@evenkeel/data';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import { it } from 'vitest';
import { buildRun, parseRunConfig, trainRun } from './index.js';

describeOnBackends('a step on instructions', () => {
  it('has the loss and gradients of all its labels, however its rows are cut into batches', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-cut-'));
    const file = join(folder, 'instructions.json');
    const outputs = [
      'a',
      'a long answer, of many tokens',
      'b',
      'no, twice as long an answer as the one before it',
    ];
    writeFileSync(file, JSON.stringify(outputs.map((output, i) => ({ instruction: `Say ${i}`, output }))));
    const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
    const tokenizer = characterTokenizer(`${characters}\n`);
    const measured = async (batchSize: number) => {
      const config = parseRunConfig({
        model: { architecture: 'gpt2', layers: 1, heads: 1, width: 8, contextLength: 256 },
        data: { kind: 'instructions', file, batchSize, order: 'sequential' },
        gradientAccumulation: 4 / batchSize,
        steps: 1,
      });
      const parts = await buildRun(config, { tokenizer });
      const { metrics } = await trainRun(parts);
      await parts.close();
      parts.model.dispose();
      return [metrics.loss, metrics.gradientNorm];
    };
    const whole = await measured(4);
    for (const batchSize of [2, 1]) expectClose(await measured(batchSize), whole, 1e-4);
    rmSync(folder, { recursive: true });
  });
});
