import type { TensorStore } from '@evenkeel/safetensors';
import type { ResolvedConfig } from '../config.js';
import type { ModelType } from './model-type.js';
import { namePrefix, publishedName } from './published-names.js';

/** From our name of a parameter to the name under which a file holds it. */
export type StoredName = (parameter: string) => string;

/**
 * Finds out under which names a file holds a model's parameters.
 *
 * Before all names there may be the model's prefix (`transformer.`, `model.`), nothing, or what a program put in front of
 * everything (`module.`, `_orig_mod.model.`). A head is outside of the model's prefix, a tied one absent, there a second
 * time, or there in the place of the embedding.
 *
 * @throws If a file holds several models, by the prefixes, or a tied head differs from the embedding.
 */
export async function storedNames(
  store: TensorStore,
  modelType: ModelType,
  config: ResolvedConfig,
): Promise<StoredName> {
  const { tensors } = store;
  const prefix = prefixIn(tensors, modelType);
  const own = namePrefix(modelType);
  const outside = prefix.endsWith(own) ? prefix.slice(0, prefix.length - own.length) : prefix;
  const head = publishedName(modelType, 'head.weight');
  const storedHead = [outside, '', prefix].map((before) => before + head).find((name) => tensors.has(name));
  const embedding = prefix + publishedName(modelType, 'embed.weight');
  const hasEmbedding = tensors.has(embedding);
  if (config.tiedHead && storedHead && hasEmbedding) await requireEqual(store, embedding, storedHead);
  return (parameter) => {
    if (parameter === 'head.weight') return storedHead ?? outside + head;
    if (parameter === 'embed.weight' && config.tiedHead && !hasEmbedding) return storedHead ?? embedding;
    return prefix + publishedName(modelType, parameter);
  };
}

/** What stands before the name of a parameter that every model has once. */
function prefixIn(tensors: TensorStore['tensors'], modelType: ModelType): string {
  const own = namePrefix(modelType);
  const known = publishedName(modelType, 'blocks.0.norm1.weight');
  const found = [...tensors.keys()]
    .filter((name) => name === known || name.endsWith(`.${known}`))
    .map((name) => name.slice(0, name.length - known.length));
  if (found.includes(own) || found.length === 0) return own;
  if (found.includes('')) return '';
  if (found.length === 1) return found[0];
  throw new Error(
    `GPT.load: the file holds several models, under ${found.slice(0, 4).join(', ')}, expected one. Save it alone.`,
  );
}

/** Bytes compared at a time. */
const PIECE = 2 ** 22;

/**
 * transformers 4 takes the embedding for a tied head, transformers 5 the head that is there: with two different ones the
 * file means two models.
 */
async function requireEqual(store: TensorStore, embedding: string, head: string): Promise<void> {
  const [a, b] = [store.tensors.get(embedding)!, store.tensors.get(head)!];
  let same = a.dtype === b.dtype && a.byteLength === b.byteLength;
  for (let from = 0; same && from < a.byteLength; from += PIECE) {
    const length = Math.min(PIECE, a.byteLength - from);
    const [one, other] = await Promise.all([
      store.readBytes(embedding, from, length),
      store.readBytes(head, from, length),
    ]);
    same = one.every((byte, i) => byte === other[i]);
  }
  if (same) return;
  throw new Error(
    `GPT.load: ${head} differs from ${embedding}, although the config ties them, expected one matrix. Pass ` +
      `{ config: { tiedHead: false } } if the head is another.`,
  );
}
