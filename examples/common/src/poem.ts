import { fileURLToPath } from 'node:url';

/** A small text that is always there. */
export const POEM = fileURLToPath(new URL('../poem.txt', import.meta.url));
