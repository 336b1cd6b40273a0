import { show } from './check.js';

/** One turn of a conversation. */
export interface Message {
  /** Who speaks. */
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** What is said. */
  readonly content: string;
}

/** A record that is a conversation, as OpenAI and Hugging Face write it, or ShareGPT. */
export type Conversation =
  | { readonly messages: readonly { readonly role: string; readonly content: unknown }[] }
  | { readonly conversations: readonly { readonly from: string; readonly value: string }[] };

/** Writes a conversation as a model reads it; with `addGenerationPrompt` up to where the assistant begins to speak. */
export type Chat = (messages: readonly Message[], addGenerationPrompt: boolean) => string;

/** The fields by which a record is known as a conversation. */
const FIELDS = ['messages', 'conversations', 'conversation'] as const;

/** Who speaks, by the names that are in use. */
const ROLES: Readonly<Record<string, Message['role']>> = {
  ...{ system: 'system', user: 'user', human: 'user' },
  ...{ assistant: 'assistant', gpt: 'assistant', chatgpt: 'assistant', bot: 'assistant', model: 'assistant' },
  ...{ tool: 'tool', function_response: 'tool', observation: 'tool' },
};

/**
 * The turns of a record that is a conversation:
 *
 *     { messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' }] }
 *     { conversations: [{ from: 'human', value: 'Hi' }, { from: 'gpt', value: 'Hello' }] }         (ShareGPT)
 *
 * @param i Its number, for errors.
 * @returns Nothing if it is no conversation.
 * @throws If a turn is damaged, or uses what is not known here, such as tools or images.
 */
export function messagesOf(where: string, record: object, i: number): readonly Message[] | undefined {
  const fields = record as Readonly<Record<string, unknown>>;
  const name = FIELDS.find((field) => Object.hasOwn(fields, field));
  if (name === undefined) return undefined;
  const fail = (place: string, value: unknown, expected: string) =>
    new Error(`${where}: records[${i}].${place} is ${show(value)}, expected ${expected}.`);
  const turns = fields[name];
  if (!Array.isArray(turns)) throw fail(name, turns, 'a list of turns, { role, content } or { from, value }');
  const { tools, system } = fields;
  if (
    tools !== undefined &&
    tools !== null &&
    !(Array.isArray(tools) && tools.length === 0) &&
    tools !== ''
  ) {
    throw fail('tools', tools, 'none, since tools are not known here');
  }
  const messages = turns.map((turn: unknown, n): Message => {
    const place = `${name}[${n}]`;
    if (typeof turn !== 'object' || turn === null) throw fail(place, turn, 'a turn, { role, content }');
    const { role, content, from, value, tool_calls } = turn as Readonly<Record<string, unknown>>;
    if (tool_calls !== undefined && tool_calls !== null) {
      throw fail(`${place}.tool_calls`, tool_calls, 'none, since tools are not known here');
    }
    const speaker = role ?? from;
    if (typeof speaker !== 'string' || !Object.hasOwn(ROLES, speaker)) {
      throw fail(
        `${place}.${role === undefined ? 'from' : 'role'}`,
        speaker,
        `one of ${Object.keys(ROLES).join(', ')}`,
      );
    }
    const text = textOf(content ?? value);
    if (text !== undefined) return { role: ROLES[speaker], content: text };
    throw fail(`${place}.${value === undefined ? 'content' : 'value'}`, content ?? value, 'a text');
  });
  return typeof system === 'string' && system !== ''
    ? [{ role: 'system', content: system }, ...messages]
    : messages;
}

/** A text, or the parts of one. */
function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part) => (part?.type === 'text' ? part.text : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
}

/** Some of a row's text, and whether it is learnt. */
export interface Segment {
  readonly text: string;
  readonly isLearnt: boolean;
}

/**
 * A conversation in what the assistant reads and what it says, which alone is learnt: the template is written up to where the
 * assistant begins and up to where it has ended, and what lies between is its turn. What follows its last turn is left out.
 *
 * @throws If the template fails, or does not write one turn after the other.
 */
export function segmentsOf(where: string, i: number, messages: readonly Message[], chat: Chat): Segment[] {
  const written = (count: number, begins: boolean): string => {
    let text: unknown;
    try {
      text = chat(messages.slice(0, count), begins);
    } catch (cause) {
      throw new Error(
        `${where}: records[${i}] cannot be written by the chat template (${(cause as Error).message}), expected a ` +
          'conversation as the model knows it. Leave it out, or change its turns.',
        { cause },
      );
    }
    if (typeof text === 'string') return text;
    throw new Error(`${where}: chat wrote records[${i}] as ${show(text)}, expected a text.`);
  };
  const segments: Segment[] = [];
  let done = '';
  messages.forEach(({ role }, n) => {
    if (role !== 'assistant') return;
    const before = written(n, true);
    const after = written(n + 1, false);
    if (!before.startsWith(done) || !after.startsWith(before)) {
      throw new Error(
        `${where}: records[${i}], turn ${n}: the chat template writes what came before otherwise once the assistant has ` +
          'spoken, expected one turn after the other. Pass a function of your own as chat.',
      );
    }
    segments.push({ text: before.slice(done.length), isLearnt: false });
    segments.push({ text: after.slice(before.length), isLearnt: true });
    done = after;
  });
  return segments;
}
