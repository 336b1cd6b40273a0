import type { Chat } from './chat.js';
import { show } from './check.js';
import type { PublishedTokenizer } from './tokenizer-from-json.js';

const WHERE = 'chatTemplate';

/**
 * How a published model writes conversations, by the Jinja template that comes with its tokenizer. Needs the optional package
 * `@huggingface/jinja`.
 *
 *     const tokenizer = await tokenizerFromFolder('models/chat');
 *     const data = instructionDataset(records, { tokenizer, contextLength: 512, chat: await chatTemplate(tokenizer) });
 *
 * A template that writes today's date gets the same one every day, 26 July 2024, so that the same records give the same
 * tokens. Special tokens that stand in a message are taken for such, as in the published tokenizers.
 *
 * @param tokenizer With the template, and the tokens that it names.
 * @throws If the tokenizer has no template, the template is damaged, or the package is not installed.
 */
export async function chatTemplate(
  tokenizer: Pick<PublishedTokenizer, 'chatTemplate' | 'beginOfText' | 'endOfText' | 'decode'>,
): Promise<Chat> {
  const { chatTemplate: source, beginOfText, endOfText } = tokenizer;
  if (typeof source !== 'string') {
    throw new Error(
      `${WHERE}: the tokenizer's chat template is ${show(source)}, expected one, as models for conversations have it. ` +
        'Pass a function of your own as chat.',
    );
  }
  const { Template } = await loadJinja();
  const nameOf = (id: number | undefined) => (id === undefined ? '' : tokenizer.decode([id]));
  const context = {
    ...{ bos_token: nameOf(beginOfText), eos_token: nameOf(endOfText) },
    date_string: '26 Jul 2024',
    date_of_template: (format: string) => (format.startsWith('%Y') ? '2024-07-26' : '26 Jul 2024'),
  };
  let template: InstanceType<typeof Template>;
  try {
    // The function that gives today's date cannot be replaced by another one of its name.
    template = new Template(source.replaceAll('strftime_now', 'date_of_template'));
  } catch (cause) {
    throw new Error(
      `${WHERE}: the chat template cannot be read (${(cause as Error).message}), expected Jinja. ` +
        'Take the tokenizer_config.json or chat_template.jinja as published.',
      { cause },
    );
  }
  return (messages, addGenerationPrompt) =>
    template.render({
      ...context,
      messages: messages.map((message) => ({ ...message })),
      add_generation_prompt: addGenerationPrompt,
    });
}

async function loadJinja(): Promise<typeof import('@huggingface/jinja')> {
  try {
    return await import('@huggingface/jinja');
  } catch (cause) {
    throw new Error(
      `${WHERE}: the package @huggingface/jinja could not be loaded, expected it to be installed. ` +
        'Try npm install @huggingface/jinja.',
      { cause },
    );
  }
}
