import { nodeCrypto, nodeFs } from '@evenkeel/files';
import type { FileMark } from '../checkpoint-manifest.js';

const PIECE = 2 ** 20;

/** Size and SHA-256 of a file, read in pieces. */
export async function markFile(path: string): Promise<FileMark> {
  const { promises: fs } = await nodeFs('checkpoint');
  const hash = (await nodeCrypto())!.createHash('sha256');
  const file = await fs.open(path, 'r');
  try {
    const piece = new Uint8Array(PIECE);
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE);
      if (bytesRead === 0) return { size, sha256: hash.digest('hex') };
      size += bytesRead;
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
