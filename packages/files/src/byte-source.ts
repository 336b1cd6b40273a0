/**
 * Bytes that can be read in places: a file, a Blob, a buffer, or something of your own such as ranges over HTTP.
 */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Of a file: a text that is another one once somebody has written to it, as far as the system's times tell. */
  readonly version?: string;
  /** The bytes from `offset` to `offset + length − 1`, all of them within `size`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same without waiting, where that is possible. */
  readSync?(offset: number, length: number): Uint8Array;
  close?(): void | Promise<void>;
}

/** What can be opened: a file's name (in Node), a web address, a Blob or File, a buffer, or a source of one's own. */
export type Bytes = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;
