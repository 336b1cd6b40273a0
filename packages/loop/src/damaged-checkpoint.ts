/** A checkpoint that is not what it was when it was written. None is ever taken silently in its place. */
export class DamagedCheckpointError extends Error {
  override readonly name = 'DamagedCheckpointError';

  /**
   * @param folder Where it lies.
   * @param whole The name of the newest before it that is whole, if there is one: what `resume` or `load` takes.
   */
  constructor(
    readonly folder: string,
    readonly whole: string | undefined,
    cause: Error,
  ) {
    super(
      `checkpoint: '${folder}' is damaged: ${cause.message} ` +
        (whole
          ? `The one before it is whole: go on from '${whole}'.`
          : 'There is none before it that is whole.'),
      { cause },
    );
  }
}
