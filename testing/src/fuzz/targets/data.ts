import { isDeepStrictEqual } from 'node:util';
import {
  type Conversation,
  characterTokenizer,
  type Instruction,
  instructionDataset,
  type Message,
  readInstructions,
  type Sidecar,
  TokenDataset,
  tokenStore,
} from '@evenkeel/data';
import * as tf from '@tensorflow/tfjs';
import { unlessRefused } from '../check-input.js';
import { edited } from '../edits.js';
import { bytesOf, type Files, jsonOf, target, textOf } from '../target.js';

const tokenizer = characterTokenizer('abc \n');
const store = await tokenStore('abc cab\n'.repeat(4), { tokenizer });
const bin = new Uint8Array(await new Blob([store.bytes as BlobPart]).arrayBuffer());

const openTokens = (files: Files): Promise<TokenDataset> =>
  TokenDataset.open(
    { bytes: files['tokens.bin'], sidecar: textOf(files['tokens.bin.json']) },
    { contextLength: 4, batchSize: 2 },
  );

/** A `.bin` of tokens and its sidecar. */
export const tokens = target<TokenDataset>({
  inputs: edited([
    { 'tokens.bin': bin, 'tokens.bin.json': jsonOf(store.sidecar) },
    { 'tokens.bin': bin, 'tokens.bin.json': jsonOf({ ...store.sidecar, documents: 1, endOfText: 4 }) },
  ]),
  refusal: /^TokenDataset(\.\w+)?: /,
  read: openTokens,
  async use(dataset) {
    const sidecar: Sidecar = dataset.sidecar;
    const again = await openTokens({ 'tokens.bin': new Uint8Array(0), ...(await written(dataset)) });
    if (!isDeepStrictEqual(again.sidecar, sidecar)) throw new Error('use: the sidecar is not the same.');
    // Damage that the sidecar cannot show is found by reading, and by verify in any case.
    const batch = await unlessRefused(/^TokenDataset(\.\w+)?: /, () => dataset.batch());
    if (batch) tf.dispose(Object.values(batch).filter((part) => part instanceof tf.Tensor));
    const verified = await unlessRefused(/^TokenDataset(\.\w+)?: /, () => dataset.verify().then(() => true));
    if (verified && sidecar.sha256 !== store.sidecar.sha256) throw new Error('use: damage was verified.');
  },
});

const written = async ({ sidecar }: TokenDataset): Promise<Files> => {
  const size = (sidecar.offset ?? 0) + sidecar.count * (sidecar.dtype === 'uint16' ? 2 : 4);
  return { 'tokens.bin': new Uint8Array(size), 'tokens.bin.json': jsonOf(sidecar) };
};

const records = [
  { instruction: 'ab', input: 'c', output: 'cab' },
  { instruction: 'a', input: null, output: 'b' },
];
const chats = [
  {
    messages: [
      { role: 'system', content: 'a' },
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: 'c' },
    ],
  },
  {
    conversations: [
      { from: 'human', value: 'a b' },
      { from: 'gpt', value: 'ca' },
    ],
  },
];
const options = {
  tokenizer,
  contextLength: 40,
  prompt: ({ instruction }: Instruction) => instruction,
  chat: (messages: readonly Message[]) => `${messages.map(({ content }) => `${content}\n`).join('')}`,
};

/** Instructions and conversations, in JSON and JSON lines. */
export const instructions = target<readonly (Instruction | Conversation)[]>({
  inputs: edited([
    { 'records.json': jsonOf(records) },
    { 'records.json': bytesOf(records.map((record) => `${JSON.stringify(record)}\n`).join('')) },
    { 'records.json': jsonOf(chats) },
    { 'records.json': bytesOf(`\ufeff${chats.map((record) => JSON.stringify(record)).join('\r\n')}`) },
  ]),
  refusal: /^readInstructions: /,
  read: (files) => readInstructions(files['records.json']),
  async use(records) {
    const text = JSON.stringify(records);
    if (JSON.stringify(await readInstructions(bytesOf(text))) !== text)
      throw new Error('use: the records are not the same.');
    const refusal = /^(instructionDataset|characterTokenizer|chat)(\.\w+)?: /;
    const dataset = await unlessRefused(refusal, () => instructionDataset(records, options));
    if (dataset) tf.dispose(Object.values(dataset.batch()).filter((part) => part instanceof tf.Tensor));
  },
});

const rows = instructionDataset(records, options);
const dataset = await openTokens({ 'tokens.bin': bin, 'tokens.bin.json': jsonOf(store.sidecar) });

/** Where data stands, as a checkpoint's state.json has it. */
export const position = target<{ restored: typeof rows | typeof dataset }>({
  inputs: edited([{ 'instructions.json': jsonOf(rows.state()) }, { 'tokens.json': jsonOf(dataset.state()) }]),
  refusal: /^(instructionDataset|TokenDataset)(\.\w+)?: /,
  read(files) {
    const [[name, bytes]] = Object.entries(files);
    const restored = name === 'tokens.json' ? dataset : rows;
    restored.restore(parsed(textOf(bytes)) as never);
    return { restored };
  },
  async use({ restored }) {
    const state = restored.state();
    tf.dispose(Object.values(await restored.batch()).filter((part) => part instanceof tf.Tensor));
    restored.restore(state as never);
    if (!isDeepStrictEqual(restored.state(), state)) throw new Error('use: the position is not the same.');
  },
});

/** Whoever restores a position has parsed it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
