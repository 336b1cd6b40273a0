import {
  alpacaPrompt,
  type Conversation,
  characterTokenizer,
  gpt2Tokenizer,
  type Instruction,
  type InstructionDatasetOptions,
  instructionDataset,
  readInstructions,
} from '@evenkeel/data';
import { sparseSoftmaxCrossEntropy } from '@evenkeel/stablemax';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';

const gpt2 = await gpt2Tokenizer();
const letters = characterTokenizer([...'abcdefghijklmnopqrstuvwxyz>']);
const END = 26; // any token ends a response here
const records = [...'abcdefghij'].map((output) => ({ instruction: 'xy', output: output.repeat(2) }));
const prompt = ({ instruction }: Instruction) => `${instruction}>`;
const make = (
  options: Partial<InstructionDatasetOptions> = {},
  from: readonly (Instruction | Conversation)[] | string = records,
) => instructionDataset(from, { tokenizer: letters, contextLength: 8, batchSize: 3, prompt, ...options });

function take({ inputs, targets }: { inputs: tf.Tensor2D; targets: tf.Tensor2D }) {
  const arrays = { inputs: inputs.arraySync(), targets: targets.arraySync() };
  tf.dispose([inputs, targets]);
  return arrays;
}
/** The responses of a batch, by their first letter. */
const responses = (batch: { inputs: tf.Tensor2D; targets: tf.Tensor2D }) =>
  take(batch).targets.map((row) => letters.decode([row.find((token) => token >= 0)!]));

describe('alpacaPrompt', () => {
  it('is the published text', () => {
    expect(alpacaPrompt({ instruction: 'Say hi.' })).toBe(
      'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
        '### Instruction:\nSay hi.\n\n### Response:',
    );
    expect(alpacaPrompt({ instruction: 'Add.', input: '1, 2' })).toBe(
      'Below is an instruction that describes a task, paired with an input that provides further context. ' +
        'Write a response that appropriately completes the request.\n\n' +
        '### Instruction:\nAdd.\n\n### Input:\n1, 2\n\n### Response:',
    );
    expect(alpacaPrompt({ instruction: 'Say hi.', input: '' })).toBe(
      alpacaPrompt({ instruction: 'Say hi.' }),
    );
  });
});

describeOnBackends('instructionDataset', () => {
  it('asks for the response and its end, and for nothing else', () => {
    const data = make({ order: 'sequential', batchSize: 2, endOfText: END }, [
      { instruction: 'abc', output: 'defg' },
      { instruction: 'h', input: '', output: 'i' },
    ]);
    const batch = data.batch();
    expect([batch.inputs.dtype, batch.targets.dtype]).toEqual(['int32', 'int32']);
    const { inputs, targets } = take(batch);
    expect(inputs).toEqual([
      [0, 1, 2, 26, 3, 4, 5, 6],
      [7, 26, 8, 26, 26, 26, 26, 26],
    ]);
    expect(targets).toEqual([
      [-100, -100, -100, 3, 4, 5, 6, 26],
      [-100, 8, 26, -100, -100, -100, -100, -100],
    ]);
  });

  it('writes Alpaca’s prompt in GPT-2’s tokens', () => {
    const record = { instruction: 'Add.', input: '1, 2', output: ' It is 3.' };
    const data = instructionDataset(JSON.stringify([record]), {
      tokenizer: gpt2,
      contextLength: 256,
      batchSize: 1,
    });
    const { inputs, targets } = take(data.batch());
    const promptTokens = [...gpt2.encode(alpacaPrompt(record))];
    const response = [...gpt2.encode(' It is 3.')];
    expect(inputs).toEqual([[...promptTokens, ...response]]);
    expect(targets).toEqual([[...new Array(promptTokens.length - 1).fill(-100), ...response, 50256]]);
  });

  it('cuts off what is too long, and leaves out what has no room to respond', () => {
    const data = make({ contextLength: 4, batchSize: 1, order: 'sequential' }, [
      { instruction: 'abcd', output: 'noroom' },
      { instruction: 'abc', output: 'xyz' },
      { instruction: 'a', output: 'wxyz' },
      { instruction: 'a', output: '' },
    ]);
    expect([data.size, data.skipped, data.batchesPerPass]).toEqual([2, 2, 2]);
    expect(take(data.batch())).toEqual({ inputs: [[0, 1, 2, 26]], targets: [[-100, -100, -100, 23]] });
    expect(take(data.batch())).toEqual({ inputs: [[0, 26, 22, 23]], targets: [[-100, 22, 23, 24]] });
  });

  it('pads to the longest or to the context, with tokens and marks of one’s choice', () => {
    const options = { padding: 'contextLength', padToken: 5, ignoreIndex: -1, batchSize: 1 } as const;
    const { inputs, targets } = take(make({ ...options, order: 'sequential' }).batch());
    expect(inputs).toEqual([[23, 24, 26, 0, 5, 5, 5, 5]]);
    expect(targets).toEqual([[-1, -1, 0, 0, -1, -1, -1, -1]]);
    expect(take(make({ batchSize: 1 }).batch()).inputs[0]).toHaveLength(4);
  });

  it('fits the loss: only responses count', () => {
    const { inputs, targets } = make({ order: 'sequential' }).batch();
    const logits = tf.tidy(() => tf.mul(tf.oneHot(tf.cast(tf.maximum(targets, 0), 'int32'), 27), 50));
    const loss = sparseSoftmaxCrossEntropy(targets, logits as tf.Tensor, { ignoreIndex: -100 });
    expectClose(loss, 0, 1e-6);
    tf.dispose([inputs, targets, logits, loss]);
  });

  it('takes each example once an epoch, in another order each time', () => {
    const data = make({ batchSize: 5 });
    const epochs = [0, 1, 2].map(() => [...responses(data.batch()), ...responses(data.batch())]);
    for (const epoch of epochs) expect([...epoch].sort().join('')).toBe('abcdefghij');
    expect(new Set(epochs.map(String)).size).toBe(3);
    const across = make({ batchSize: 4 });
    const twenty = [0, 1, 2, 3, 4].flatMap(() => responses(across.batch()));
    expect(twenty).toEqual([...epochs[0], ...epochs[1]]);
  });

  it('repeats itself for the same seed and for no other', () => {
    const first = (seed?: number) => responses(make({ seed, batchSize: 10 }).batch());
    expect(first(3)).toEqual(first(3));
    expect(first(3)).not.toEqual(first(4));
    expect(first()).toEqual(first(0));
  });

  it('resumes through JSON, also in a later epoch', () => {
    const [one, other] = [make(), make()];
    for (let i = 0; i < 8; i++) responses(one.batch());
    const state = JSON.parse(JSON.stringify(one.state()));
    const expected = [0, 1, 2, 3].map(() => responses(one.batch()));
    other.restore(state);
    expect([0, 1, 2, 3].map(() => responses(other.batch()))).toEqual(expected);
  });

  it('goes on with the same rows in batches of another size, and with another form of row', () => {
    for (const order of ['random', 'sequential'] as const) {
      const all = make({ order, batchSize: 1 });
      const rows = Array.from({ length: 40 }, () => responses(all.batch())[0]);
      const three = make({ order, batchSize: 3 });
      for (let i = 0; i < 5; i++) responses(three.batch());
      const seven = make({ order, batchSize: 7, padding: 'contextLength', ignoreIndex: -1 });
      seven.restore(JSON.parse(JSON.stringify(three.state())));
      expect(responses(seven.batch())).toEqual(rows.slice(15, 22));
    }
  });

  it('reaches any position at once', () => {
    const data = make();
    for (const drawn of [2e9, 2 ** 52]) {
      data.restore({ ...data.state(), drawn });
      expect(responses(data.batch())).toHaveLength(3);
    }
  });

  it('passes over everything once, in order, and leaves batch where it was', () => {
    const data = make({ batchSize: 4 });
    expect([...data.pass()].map(responses)).toEqual([[...'abcd'], [...'efgh'], [...'ij']]);
    expect(data.state().drawn).toBe(0);
  });
});

describe('instructionDataset', () => {
  it('refuses records that are none', () => {
    expect(() => make({}, 'no JSON')).toThrow('instructionDataset: the text of the records is no JSON');
    expect(() => make({}, 7 as never)).toThrow('instructionDataset: the records are 7, expected a list');
    expect(() => make({}, '{}')).toThrow('records[0] has no instruction; it has no fields, expected');
    expect(() => make({}, [null] as never)).toThrow(
      'instructionDataset: records[0] is null, expected a record.',
    );
    expect(() => make({}, [])).toThrow('instructionDataset: none of 0 records');
    expect(() => make({ contextLength: 2 })).toThrow('none of 10 records has a prompt shorter than 2 tokens');
  });

  it('takes an input that is missing, null or empty for none', () => {
    const inputs = [{}, { input: undefined }, { input: null }, { input: '' }];
    const data = instructionDataset(
      inputs.map((input) => ({ instruction: 'a', ...input, output: 'b' })),
      { tokenizer: gpt2, contextLength: 64, batchSize: 1, order: 'sequential' },
    );
    const rows = inputs.map(() => take(data.batch()));
    for (const row of rows) expect(row).toEqual(rows[0]);
    expect(gpt2.decode(rows[0].inputs[0])).not.toContain('### Input');
  });

  it.each([
    [
      { output: 7 },
      'records[1].output is the number 7, expected a text. Write it as a text, as with String(7).',
    ],
    [
      { output: Number.NaN },
      "records[1].output is the number NaN, expected a text. It is pandas' empty cell",
    ],
    [{ output: null }, 'records[1].output is null, expected a text. Leave out records without one.'],
    [{ output: undefined }, 'records[1] has no output; it has instruction, output, expected'],
    [
      { instruction: ['a', 'b'] },
      'records[1].instruction is [object Array], expected a text. Join its parts',
    ],
    [{ input: [] }, 'records[1].input is [object Array], expected a text.'],
    [{ input: true }, 'records[1].input is true, expected a text.'],
    [{ input: Number.NaN }, 'records[1].input is the number NaN'],
  ])('names record and field: %o', (change, message) => {
    const record = { instruction: 'a', output: 'b' };
    expect(() => make({}, [record, { ...record, ...change }] as never)).toThrow(message);
  });

  it.each([
    [
      { instruction: { 0: 'a' }, input: { 0: null }, output: { 0: 'b' } },
      "the records are written column by column (instruction, input, output), expected a list of { instruction, input, output }. Export them row by row: in pandas df.to_json(file, orient='records').",
    ],
    [{ instruction: ['a'], output: ['b'] }, 'the records are written column by column'],
    [{ version: 1, data: [{ instruction: 'a', output: 'b' }] }, "Pass the list that is in 'data' alone."],
    [{ prompt: 'a', completion: 'b' }, 'records[0] has no instruction; it has prompt, completion, expected'],
  ])('names other forms, on one line or over lines: %j', (value, message) => {
    expect(() => make({}, JSON.stringify(value))).toThrow(message);
    expect(() => make({}, JSON.stringify(value, null, 2))).toThrow(message);
  });

  it('reads JSON and JSON lines from a text or a file', async () => {
    const expected = take(make({ order: 'sequential' }).batch());
    const lines = records.map((record) => JSON.stringify(record)).join('\r\n');
    for (const text of [JSON.stringify(records, null, 1), lines, `\ufeff${lines}\n`]) {
      for (const from of [text, await readInstructions(new Blob([text]))])
        expect(take(make({ order: 'sequential' }, from).batch())).toEqual(expected);
    }
    await expect(readInstructions(new File([`${lines}\n{"instruction":`], 'rows.jsonl'))).rejects.toThrow(
      "readInstructions: 'rows.jsonl' is no JSON in line 11: ",
    );
  });

  it('refuses options that are wrong', () => {
    const expectError = (options: object, message: string) =>
      expect(() => make(options)).toThrow(`instructionDataset: ${message}`);
    expectError({ context: 8 }, "option 'context' is unknown");
    expectError({ tokenizer: {} }, 'the tokenizer is [object Object]');
    expectError({ contextLength: 0 }, 'contextLength is 0');
    expectError({ batchSize: 1.5 }, 'batchSize is 1.5');
    expectError({ order: 'shuffled' }, "order is 'shuffled', expected 'random' or 'sequential'");
    expectError({ padding: 'left' }, "padding is 'left'");
    expectError({ padToken: 27 }, 'padToken is 27');
    expectError({ endOfText: -1 }, 'endOfText is -1');
    expectError({ ignoreIndex: 0 }, 'ignoreIndex is 0');
    expectError({ seed: 2 ** 32 }, 'seed is 4294967296');
    expectError({ prompt: 'x' }, "prompt is 'x'");
  });

  it('refuses a state that belongs elsewhere or is damaged', () => {
    const data = make();
    const restore = (change: object) => () => data.restore({ ...data.state(), ...change } as never);
    expect(restore({ seed: 1 })).toThrow('instructionDataset.restore: seed is 1, expected 0');
    expect(restore({ order: 'sequential' })).toThrow("order is 'sequential', expected 'random'");
    expect(restore({ sha256: 'x' })).toThrow('instructionDataset.restore: the data are not those');
    for (const drawn of [-1, Number.NaN, 1.5, Number.POSITIVE_INFINITY, 2 ** 53, '3', null, undefined])
      expect(restore({ drawn })).toThrow('instructionDataset.restore: drawn is');
    expect(() => data.restore(null as never)).toThrow('instructionDataset.restore: the state is null');
    expect(data.state().drawn).toBe(0);
  });

  it.each<[string, Partial<InstructionDatasetOptions>, readonly Instruction[]]>([
    ['records of the same number', {}, records.map((record) => ({ ...record, output: `${record.output}z` }))],
    ['the same records in another order', {}, [...records].reverse()],
    ['prompts of another length', { prompt: ({ instruction }) => `${instruction}>>` }, records],
    ['a context that cuts them', { contextLength: 3 }, records],
    ['another end', { endOfText: END }, records],
  ])('refuses the state of %s', (_, options, from) => {
    expect(() => make(options, from).restore(make().state())).toThrow(
      'instructionDataset.restore: the data are not those',
    );
  });
});
