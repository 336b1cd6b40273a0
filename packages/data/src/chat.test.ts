import {
  type Chat,
  type Conversation,
  characterTokenizer,
  chatTemplate,
  type InstructionDatasetOptions,
  instructionDataset,
  readInstructions,
  tokenizerFromJson,
} from '@evenkeel/data';
import { describeOnBackends } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { published } from '../test/published-tokenizers.js';

const letters = characterTokenizer([...'abcdefghijklmnopqrstuvwxyz<>|/\n']);
/** Each turn as `<u>text|`. */
const chat: Chat = (messages, begins) =>
  messages.map(({ role, content }) => `<${role[0]}>${content}|`).join('') + (begins ? '<a>' : '');
const talk = (...turns: string[]): Conversation => ({
  messages: turns.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
});
const make = (records: readonly Conversation[] | string, options: Partial<InstructionDatasetOptions> = {}) =>
  instructionDataset(records, {
    ...{ tokenizer: letters, contextLength: 40, batchSize: 1, order: 'sequential', chat },
    ...options,
  });
/** What is read and what is learnt of the next row, with dots for the rest. */
function read(data: ReturnType<typeof make>): { inputs: string; learnt: string } {
  const { inputs, targets } = data.batch();
  const text = (tensor: tf.Tensor2D) =>
    Array.from(tensor.dataSync(), (token) => (token < 0 ? '.' : letters.decode([token]))).join('');
  const result = { inputs: text(inputs), learnt: text(targets) };
  tf.dispose([inputs, targets]);
  return result;
}

describeOnBackends('conversations', () => {
  it('are learnt in the assistant’s turns alone, each with its end', () => {
    expect(read(make([talk('hi', 'yo', 'so', 'no')]))).toEqual({
      inputs: '<u>hi|<a>yo|<u>so|<a>no',
      learnt: '........yo|.........no|',
    });
  });

  it('are left out from the last turn of the assistant on', () => {
    expect(read(make([talk('hi', 'yo', 'so')])).inputs).toBe('<u>hi|<a>yo');
    expect(() => make([talk('hi')])).toThrow(
      'none of 1 records has a prompt shorter than 40 tokens and a response',
    );
  });

  it('come as messages or as ShareGPT, in JSON or JSON lines, with a system’s words', async () => {
    const messages = [
      { role: 'system', content: 's' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'h' },
          { type: 'text', text: 'i' },
        ],
      },
      { role: 'assistant', content: 'yo' },
    ];
    const conversations = [
      { from: 'system', value: 's' },
      { from: 'human', value: 'hi' },
      { from: 'gpt', value: 'yo' },
    ];
    const apart = { system: 's', tools: '', conversations: conversations.slice(1) };
    const expected = { inputs: '<s>s|<u>hi|<a>yo', learnt: '.............yo|' };
    for (const record of [{ messages }, { conversations }, apart]) {
      expect(read(make(JSON.stringify([record])))).toEqual(expected);
      const lines = `${JSON.stringify(record)}\n${JSON.stringify(record)}\n`;
      const records = await readInstructions(new Blob([lines]));
      expect(read(make(records as Conversation[]))).toEqual(expected);
    }
  });

  it('stand beside instructions', () => {
    const records = [{ instruction: 'a', output: 'b' }, talk('hi', 'yo')] as readonly Conversation[];
    const data = make(records, { prompt: ({ instruction }) => `${instruction}>` });
    expect(read(data)).toEqual({ inputs: 'a>', learnt: '.b' });
    expect(read(data).inputs).toBe('<u>hi|<a>yo');
  });

  it('are cut to the context, and counted', () => {
    const records = [talk('hi', 'yo', 'so', 'no'), talk('abcdefghijklmno', 'x'), talk('a', 'b')];
    const data = make(records, { contextLength: 12 });
    expect(data.lengths).toEqual({ examples: 2, skipped: 1, cut: 1, longest: 24, tokens: 23, learnt: 5 });
    expect([data.size, data.skipped]).toEqual([2, 1]);
    expect(read(data)).toEqual({ inputs: '<u>hi|<a>yo|', learnt: '........yo|.' });
  });

  it('are packed whole, without a target from one example to the next', () => {
    const records = [talk('a', 'b'), talk('cccccccccc', 'd'), talk('e', 'f'), talk('g', 'h')];
    const data = make(records, { packing: true, contextLength: 29 });
    expect([data.size, data.lengths.examples]).toEqual([2, 4]);
    expect(read(data)).toEqual({
      inputs: '<u>a|<a>b|<u>cccccccccc|<a>d',
      learnt: '.......b|.................d|',
    });
    expect(read(data).inputs).toBe('<u>e|<a>f|<u>g|<a>h');
    const other = make(records, { contextLength: 29 });
    expect(() => other.restore(data.state())).toThrow('the data are not those');
  });
});

describe('a conversation', () => {
  it.each<[object, string]>([
    [{ messages: 'hi' }, "records[0].messages is 'hi', expected a list of turns"],
    [{ messages: ['hi'] }, "records[0].messages[0] is 'hi', expected a turn"],
    [
      { messages: [{ role: 'robot', content: 'x' }] },
      "records[0].messages[0].role is 'robot', expected one of system, user",
    ],
    [{ conversations: [{ from: 7, value: 'x' }] }, 'records[0].conversations[0].from is 7, expected one of'],
    [
      { messages: [{ role: 'user', content: null }] },
      'records[0].messages[0].content is undefined, expected a text',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image' }] }] },
      'records[0].messages[0].content is [object Array], expected a text',
    ],
    [
      { conversations: [{ from: 'human', value: 3 }] },
      'records[0].conversations[0].value is 3, expected a text',
    ],
    [
      { messages: [{ role: 'assistant', tool_calls: [] }] },
      'records[0].messages[0].tool_calls is [object Array], expected none',
    ],
    [{ messages: [], tools: [{}] }, 'records[0].tools is [object Array], expected none, since tools'],
  ])('that is damaged is refused by its place: %j', (record, message) => {
    expect(() => make([record as Conversation])).toThrow(`instructionDataset: ${message}`);
  });

  it('needs to be told how it is written', () => {
    expect(() => make([talk('a', 'b')], { chat: undefined })).toThrow(
      'instructionDataset: records[0] is a conversation, expected the option chat',
    );
    expect(() => make([talk('a', 'b')], { chat: 'x' as never })).toThrow("chat is 'x', expected a function");
    expect(() => make([talk('a', 'b')], { chat: (() => 7) as never })).toThrow(
      'instructionDataset: chat wrote records[0] as 7, expected a text.',
    );
    expect(() => make([talk('a', 'b')], { packing: 1 as never })).toThrow(
      'packing is 1, expected true or false',
    );
    const backwards: Chat = (messages) =>
      messages
        .toReversed()
        .map(({ content }) => content)
        .join('');
    expect(() => make([talk('a', 'b')], { chat: backwards })).toThrow(
      'records[0], turn 1: the chat template writes what came before otherwise',
    );
  });
});

describe('chatTemplate', () => {
  const chatml =
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'tool' %}{{ raise_exception('no tools') }}{% endif %}" +
    "{{ '<' + message['role'][0] + '>' + message['content'] + '|' + '\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<a>' }}{% endif %}{% if date %}{{ strftime_now('%d %b %Y') }}{% endif %}";
  const from = (template: string | undefined) =>
    chatTemplate({ chatTemplate: template, beginOfText: 1, endOfText: 2, decode: () => '</s>' });

  it('writes conversations by a Jinja template', async () => {
    const write = await from(chatml);
    expect(write([{ role: 'user', content: 'hi' }], true)).toBe('</s><u>hi|\n<a>');
    const data = make([talk('hi', 'yo')], {
      chat: (messages, begins) => write(messages, begins).replace('</s>', ''),
    });
    expect(data.lengths.learnt).toBe(4);
  });

  it('writes those of Llama 3 as published, on every day alike', async () => {
    const tokenizer = tokenizerFromJson(published('llama3', 'tokenizer'), published('llama3', 'config'));
    const write = await chatTemplate(tokenizer);
    const text = write([{ role: 'user', content: 'Hi' }], true);
    expect(text).toContain('<|begin_of_text|><|start_header_id|>system<|end_header_id|>');
    expect(text).toContain('26 Jul 2024');
    expect(
      text.endsWith(
        '<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
      ),
    ).toBe(true);
    const data = instructionDataset([talk('Hi', 'Yo')], { tokenizer, contextLength: 256, chat: write });
    expect(data.lengths.learnt).toBe(tokenizer.encode('Yo<|eot_id|>').length);
  });

  it('says what is wrong', async () => {
    await expect(from(undefined)).rejects.toThrow("chatTemplate: the tokenizer's chat template is undefined");
    await expect(from('{% for %}')).rejects.toThrow('chatTemplate: the chat template cannot be read (');
    const write = await from(chatml);
    const record = {
      messages: [
        { role: 'tool', content: 'x' },
        { role: 'assistant', content: 'y' },
      ],
    };
    expect(() => make([record], { chat: write })).toThrow(
      'records[0] cannot be written by the chat template (no tools), expected a conversation as the model knows it.',
    );
  });
});
