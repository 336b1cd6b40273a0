// A step of gpt-tfjs on the plain JavaScript backend of tfjs, where it runs.

import { createOn } from './gpt-tfjs.mjs';

export const create = (size) => createOn('cpu', size);
