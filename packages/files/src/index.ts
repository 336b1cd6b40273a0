export { type AtomicFile, createAtomicFile } from './atomic-files.js';
export { type ByteSource, type Bytes, openBytes } from './byte-source.js';
export { openFile } from './file-source.js';
export { openUrl } from './http-source.js';
export { openMemoryMap } from './memory-map.js';
export { nodeCrypto, nodeFs } from './node-modules.js';
