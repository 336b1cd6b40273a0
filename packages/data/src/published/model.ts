/** Turns a piece of text into tokens. */
export interface Model {
  /** Token to id. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** @throws If the piece cannot be written and there is no token for what is unknown. */
  encode(piece: string): readonly number[];
}
