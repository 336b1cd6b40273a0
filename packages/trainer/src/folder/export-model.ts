import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tokenizerToJson } from '@evenkeel/data';
import { draftPath } from '@evenkeel/files';
import { MODEL_MANIFEST, type SaveModelOptions, writeModelManifest } from '@evenkeel/gpt-model';
import { Mlp } from '../parts/mlp.js';
import { UsageError } from '../usage-error.js';
import type { OpenedModel } from './opened-model.js';
import { filesOf, TOKENIZER } from './run-folder.js';

const TOKENIZER_CONFIG = 'tokenizer_config.json';
const GENERATION_CONFIG = 'generation_config.json';

/** What an export has. */
export interface Exported {
  readonly files: readonly string[];
  /** The `model_type` of its `config.json`; `evenkeel` where no published layout describes the model. */
  readonly modelType: string;
  /** What a reader of the folder should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes a model into a folder as models are published: `config.json` and `model.safetensors`, `tokenizer.json` and
 * `tokenizer_config.json`, `generation_config.json`. `GPT.load` reads it, and so does Python's transformers where the model
 * has a published layout.
 *
 * @param out Replaced if it is there. It is complete or not there.
 * @throws If the model is a plain network, for which there is no such layout.
 */
export async function exportModel(
  { model, tokenizer }: OpenedModel,
  out: string,
  options: SaveModelOptions = {},
): Promise<Exported> {
  if (model instanceof Mlp) {
    throw new UsageError(
      "the model is a plain network (architecture 'mlp'), for which there is no published layout, expected a model of text. " +
        'Its weights are in the checkpoints of its run, as safetensors.',
    );
  }
  const draft = await draftPath(out);
  await mkdir(dirname(out), { recursive: true });
  try {
    await mkdir(draft);
    await model.saveSafetensors(draft, options);
    const json = (name: string, value: object) =>
      writeFile(join(draft, name), `${JSON.stringify(value, undefined, 2)}\n`);
    const endOfText = tokenizer?.endOfText ?? null;
    // Without it transformers takes GPT-2's end of text, which a smaller vocabulary does not have.
    await json(GENERATION_CONFIG, { bos_token_id: endOfText, eos_token_id: endOfText });
    const files = filesOf(tokenizer);
    for (const [name, text] of Object.entries(files)) await writeFile(join(draft, name), text);
    if (tokenizer && !(TOKENIZER in files)) {
      await writeFile(join(draft, TOKENIZER), await tokenizerToJson(tokenizer));
    }
    if (tokenizer && !existsSync(join(draft, TOKENIZER_CONFIG))) {
      await json(TOKENIZER_CONFIG, {
        tokenizer_class: 'PreTrainedTokenizerFast',
        model_max_length: model.config.contextLength,
        clean_up_tokenization_spaces: false,
        ...(endOfText === null ? {} : { eos_token: tokenizer.decode([endOfText]) }),
      });
    }
    const { model_type: modelType } = JSON.parse(readFileSync(join(draft, 'config.json'), 'utf8'));
    await writeModelManifest(
      draft,
      FILES.filter((name) => name !== MODEL_MANIFEST && existsSync(join(draft, name))),
    );
    const before = await draftPath(out);
    if (existsSync(out)) await rename(out, before);
    await rename(draft, out);
    await rm(before, { recursive: true, force: true });
    const written = FILES.filter((name) => existsSync(join(out, name)));
    const ownsTokenizer = tokenizer !== undefined && !(TOKENIZER in files);
    return {
      files: written,
      modelType,
      notes: [
        ...notesOn(model.config, modelType, tokenizer !== undefined),
        ...(ownsTokenizer && modelType === 'qwen2' ? [QWEN2_TOKENIZER] : []),
      ],
    };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The files that an export may have. */
export const FILES: readonly string[] = [
  'config.json',
  'model.safetensors',
  TOKENIZER,
  TOKENIZER_CONFIG,
  GENERATION_CONFIG,
  ...['special_tokens_map.json', 'chat_template.jinja'],
  MODEL_MANIFEST,
];

/** transformers 5 lists `qwen2` under the types whose `tokenizer_config.json` it does not believe; no field of ours changes that. */
const QWEN2_TOKENIZER =
  "Its layout is qwen2, where transformers 5's AutoTokenizer takes Qwen's tokenizer whatever the folder says: read this one with PreTrainedTokenizerFast.from_pretrained.";

function notesOn(
  { architecture, head }: { readonly architecture: string; readonly head: string },
  modelType: string,
  hasTokenizer: boolean,
): string[] {
  const isPublished = modelType !== 'evenkeel';
  return [
    ...(isPublished
      ? []
      : [
          `No published layout describes this model (architecture '${architecture}' with its choices): Evenkeel reads the folder, Python's transformers does not.`,
        ]),
    ...(isPublished && head !== 'softmax'
      ? [`The model learned by ${head}; transformers makes probabilities of the same logits by softmax.`]
      : []),
    ...(hasTokenizer ? [] : ['The model has no tokenizer, so there is none in the folder.']),
  ];
}
