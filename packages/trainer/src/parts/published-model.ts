import { gpt2Tokenizer, type Tokenizer } from '@evenkeel/data';
import { type GPT, type ModelFolder, openModelFolder } from '@evenkeel/gpt-model';
import type { RunConfig } from '../config/schema.js';
import { UsageError } from '../usage-error.js';
import { modelOf } from './model-of.js';
import { tokenizerBeside, tokenizerNamed } from './tokenizer-named.js';

/** A model that was published, and the tokens that it knows, as far as its data need them. */
export interface PublishedModel {
  readonly model: GPT;
  readonly tokenizer?: Tokenizer;
}

const GPT2_TOKENS = 50257;

/**
 * Opens the model that `model.load` names, a folder or a hub id, with its own tokenizer: a text that is cut into other tokens
 * means nothing to it.
 *
 * @param known A tokenizer that takes the place of its own.
 * @throws If there is no such model, or its tokenizer is missing and data need one. Then nothing is left open.
 */
export async function openPublished(config: RunConfig, known?: Tokenizer): Promise<PublishedModel> {
  const { load } = config.model as { load: string };
  const files = await openModelFolder(load);
  const tokenizer = known ?? (await chosenTokenizer(config, load, files));
  const model = (await modelOf(config, undefined, { files })) as GPT;
  if (tokenizer || !isText(config)) return { model, tokenizer };
  const { architecture, vocabSize } = model.config;
  try {
    if (architecture === 'gpt2' && vocabSize === GPT2_TOKENS)
      return { model, tokenizer: await gpt2Tokenizer() };
    throw new UsageError(
      `'${load}' has no tokenizer.json, expected the one that its model learned with: cut into other tokens, a text means ` +
        'nothing to it. Put it beside config.json, or name it: data.tokenizer (--data.tokenizer FILE).',
    );
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const isText = ({ data }: RunConfig): boolean => data.kind === 'text' || data.kind === 'instructions';

/** What the config names, else what lies beside the model. */
async function chosenTokenizer(
  { data }: RunConfig,
  load: string,
  files: ModelFolder,
): Promise<Tokenizer | undefined> {
  const name = 'tokenizer' in data ? data.tokenizer : undefined;
  if (name === 'characters') {
    throw new UsageError(
      `data.tokenizer is 'characters', expected the tokens that the model '${load}' learned: its embedding knows no others. ` +
        'Leave it out.',
    );
  }
  return name === undefined ? tokenizerBeside(files) : tokenizerNamed('run config', name, []);
}
