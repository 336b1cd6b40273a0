import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import { AdvisedError, ECCLESIASTES } from '../shared/advice.js';
import type { Settings } from '../shared/settings.js';
import ecclesiastes from './ecclesiastes.txt?raw';

const SHAKESPEARE =
  'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt';
const SHA256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';
const MAX_BYTES = 20 * 2 ** 20;

/** Tiny Shakespeare, once it is there, for both runs. */
let shakespeare: string | undefined;

/** What a task learns from. @throws If it is not there yet. */
export function textOf(task: Settings['task'], own: string): string {
  if (task === 'ecclesiastes') return ecclesiastes;
  if (task === 'own-text') return own;
  if (task !== 'shakespeare') return '';
  if (shakespeare !== undefined) return shakespeare;
  throw new AdvisedError('Shakespeare is not here yet. Download it, or choose a file that holds it.', [
    ECCLESIASTES,
  ]);
}

/** Fetches tiny Shakespeare and checks it. @throws In a sentence. */
export async function downloadShakespeare(url = SHAKESPEARE): Promise<void> {
  let bytes: Uint8Array;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the answer was ${response.status}`);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new Error(
      `Shakespeare could not be downloaded (${(error as Error).message}). Choose a file that holds it, or another text.`,
      { cause: error },
    );
  }
  if (bytesToHex(sha256(bytes)) !== SHA256) {
    throw new Error(
      'What was downloaded is not the text that was expected: its hash differs. It was not used.',
    );
  }
  shakespeare = new TextDecoder().decode(bytes);
}

/** Takes Shakespeare from a file; any text is welcome there. */
export async function readShakespeare(file: File): Promise<void> {
  shakespeare = await readText(file);
}

/** A file's text. @throws If it is too large or no text. */
export async function readText(file: File): Promise<string> {
  if (file.size > MAX_BYTES) {
    const size = (file.size / 2 ** 20).toFixed(0);
    throw new Error(
      `The file has ${size} MB; at most 20 MB of text can be learnt from here. Choose a part of it.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch (error) {
    throw new Error(`“${file.name}” is not text in UTF-8. Save it as plain text and choose it again.`, {
      cause: error,
    });
  }
}
