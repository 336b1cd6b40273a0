import { elements, Fields, stage } from './fields.js';

/** What is put around a text, as ids. */
export interface Around {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/**
 * Reads `post_processor`: what it puts in front of and behind a single text.
 *
 * @param has Whether there is a token with an id.
 * @throws If it is of a kind, or has a setting, that is not honoured here, or names a token that is not there.
 */
export function readPostProcessor(
  where: string,
  path: string,
  value: unknown,
  has: (id: unknown) => id is number,
): Around {
  const found = stage(where, path, value);
  if (!found) return { prefix: [], suffix: [] };
  const { type, fields } = found;
  const around = ofType(where, type, fields, has);
  fields.end();
  return around;
}

function ofType(where: string, type: string, fields: Fields, has: (id: unknown) => id is number): Around {
  switch (type) {
    case 'ByteLevel':
      fields.ignore('add_prefix_space', 'trim_offsets', 'use_regex'); // of places in the text
      return { prefix: [], suffix: [] };
    case 'Sequence': {
      const parts = elements(fields, 'processors').map(([path, value]) =>
        readPostProcessor(where, path, value, has),
      );
      return {
        prefix: parts.toReversed().flatMap(({ prefix }) => prefix),
        suffix: parts.flatMap(({ suffix }) => suffix),
      };
    }
    case 'BertProcessing':
    case 'RobertaProcessing': {
      fields.ignore('add_prefix_space', 'trim_offsets');
      const idOf = (name: string) => {
        const [, id] = fields.list(name);
        if (has(id)) return [id];
        throw fields.error(`.${name}`, id, 'a token and its id');
      };
      return { prefix: idOf('cls'), suffix: idOf('sep') };
    }
    case 'TemplateProcessing':
      return template(where, fields, has);
    default:
      throw fields.error('.type', type, 'a kind of post-processor that is honoured here');
  }
}

function template(where: string, fields: Fields, has: (id: unknown) => id is number): Around {
  const special = new Fields(where, `${fields.path}.special_tokens`, fields.take('special_tokens') ?? {});
  fields.ignore('pair'); // one text at a time
  const items = elements(fields, 'single').map(([path, value]) => {
    const item = new Fields(where, path, value);
    const isText = item.take('Sequence') !== undefined;
    if (isText) return { isText, ids: [] };
    const name = item.object('SpecialToken').text('id');
    const ids = special.object(name).list('ids');
    if (!ids.every(has)) throw fields.error('.special_tokens', ids, 'ids of its tokens');
    return { isText, ids: ids as readonly number[] };
  });
  const at = items.findIndex(({ isText }) => isText);
  if (at < 0 || items.filter(({ isText }) => isText).length > 1) {
    throw fields.error('.single', items.length, 'a template with the text in it once');
  }
  return {
    prefix: items.slice(0, at).flatMap(({ ids }) => ids),
    suffix: items.slice(at + 1).flatMap(({ ids }) => ids),
  };
}
