import { alpacaPrompt, type PublishedTokenizer, type Tokenizer } from '@evenkeel/data';
import { UsageError } from '@evenkeel/trainer/config';
import { Template } from '@huggingface/jinja';

interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** How turns become a prompt: by the template in a model's files, as Alpaca's instructions, or as one text that goes on. */
export type ConversationForm = 'template' | 'instructions' | 'text';

/** What was said, as a model reads it. */
export class Conversation {
  private messages: Message[];
  private readonly template: Template | undefined;

  /**
   * @param system What the model is told before the first turn, where there is a template.
   * @throws If the template cannot be read.
   */
  constructor(
    private readonly tokenizer: Tokenizer,
    readonly form: ConversationForm,
    system?: string,
  ) {
    this.messages = system === undefined ? [] : [{ role: 'system', content: system }];
    const { chatTemplate } = tokenizer as Partial<PublishedTokenizer>;
    this.template = form === 'template' ? parsed(chatTemplate!) : undefined;
  }

  /** The prompt after which the model answers, as text; what a template writes has all its special tokens in words. */
  ask(content: string): string {
    this.messages.push({ role: 'user', content });
    if (this.form === 'instructions') return alpacaPrompt({ instruction: content });
    if (!this.template) return this.messages.map((message) => message.content).join('');
    return this.rendered(this.template);
  }

  /** Takes down what the model has answered. */
  answered(content: string): void {
    this.messages.push({ role: 'assistant', content });
  }

  /** Takes back a turn that got no answer. */
  takeBack(): void {
    this.messages.pop();
  }

  private rendered(template: Template): string {
    const { beginOfText, endOfText } = this.tokenizer as Partial<PublishedTokenizer>;
    const written = (token: number | undefined) =>
      token === undefined ? '' : this.tokenizer.decode([token]);
    try {
      return template.render({
        messages: this.messages,
        add_generation_prompt: true,
        bos_token: written(beginOfText),
        eos_token: written(endOfText),
      });
    } catch (error) {
      throw new UsageError(
        `the model's chat template refuses the conversation: ${(error as Error).message}. Leave out --system, or take --form text.`,
      );
    }
  }
}

function parsed(text: string): Template {
  try {
    return new Template(text);
  } catch (error) {
    throw new UsageError(
      `the model's chat template cannot be read: ${(error as Error).message.split('\n')[0]}, expected Jinja as in transformers. Take --form text.`,
    );
  }
}
