// Bytes that are read in places.

export type { ByteSource, Bytes } from './byte-source.js';
export { checkPlainFile, fileKind } from './file-kind.js';
export { openFile } from './file-source.js';
export { openUrl } from './http-source.js';
export { joinBytes } from './join-bytes.js';
export { openMemoryMap } from './memory-map.js';
export { openBytes } from './open-bytes.js';

// Text and JSON in files.

export { parseRecords, readJson, readRecords } from './json-records.js';
export { parseJson } from './parse-json.js';
export { nameOfBytes, readText, readTextPieces, type TextPiece } from './read-text.js';

// Files that are written whole or not at all.

export { type AtomicFile, createAtomicFile, writeAtomicFile } from './atomic-files.js';
export { draftPath, isDraft, removeLeftDrafts } from './drafts.js';
export { makeFolder, syncFolder } from './folders.js';
export { hasEnded, processMark } from './process-mark.js';
export { createScratchFile, type ScratchFile } from './scratch-file.js';

// Whether files are what they were when they were written.

export { checkMark, type FileMark, type Manifest, manifestText, markOf, parseManifest } from './manifest.js';
export { createSha256, type Sha256 } from './sha256.js';

// Node's modules, where there is Node.

export { nodeCrypto, nodeFs, nodeThreads, nodeUrl } from './node-modules.js';
