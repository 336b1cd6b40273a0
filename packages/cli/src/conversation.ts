import {
  alpacaPrompt,
  type Chat,
  chatTemplate,
  type Message,
  type PublishedTokenizer,
  type Tokenizer,
} from '@evenkeel/data';
import { UsageError } from '@evenkeel/trainer/config';

/** How turns become a prompt: by the template in a model's files, as Alpaca's instructions, or as one text that goes on. */
export type ConversationForm = 'template' | 'instructions' | 'text';

/** What was said, as a model reads it. */
export class Conversation {
  private readonly messages: Message[];

  private constructor(
    readonly form: ConversationForm,
    private readonly chat: Chat | undefined,
    system: string | undefined,
  ) {
    this.messages = system === undefined ? [] : [{ role: 'system', content: system }];
  }

  /**
   * @param system What the model is told before the first turn, where there is a template.
   * @throws If the template cannot be read.
   */
  static async begin(tokenizer: Tokenizer, form: ConversationForm, system?: string): Promise<Conversation> {
    const chat = form === 'template' ? await chatTemplate(tokenizer as PublishedTokenizer) : undefined;
    return new Conversation(form, chat, system);
  }

  /** The prompt after which the model answers, as text; what a template writes has all its special tokens in words. */
  ask(content: string): string {
    this.messages.push({ role: 'user', content });
    if (this.form === 'instructions') return alpacaPrompt({ instruction: content });
    if (!this.chat) return this.messages.map((message) => message.content).join('');
    try {
      return this.chat(this.messages, true);
    } catch (error) {
      throw new UsageError(
        `the model's chat template refuses the conversation: ${(error as Error).message}. Leave out --system, or take --form text.`,
      );
    }
  }

  /** Takes down what the model has answered. */
  answered(content: string): void {
    this.messages.push({ role: 'assistant', content });
  }

  /** Takes back a turn that got no answer. */
  takeBack(): void {
    this.messages.pop();
  }
}
