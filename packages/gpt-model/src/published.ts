/**
 * What the files of a published model say beside its config and weights, as parsed: kept from loading to saving.
 */
export interface Published {
  /** Fields of `config.json` that change nothing of the function, such as `bos_token_id`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** `generation_config.json`, if there is one. */
  readonly generation?: Readonly<Record<string, unknown>>;
}
