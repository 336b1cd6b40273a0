/** What begins with which bytes (as Latin-1), and what to do with it to get at text. */
const KINDS: readonly (readonly [start: string, kind: string, remedy: string])[] = [
  ['\x1f\x8b', 'a gzip archive', 'Unpack it first, for example with gunzip -k.'],
  ['PK\x03\x04', 'a zip archive (or .docx, .xlsx, .npz, .pt)', 'Unpack or export it as text first.'],
  ['PK\x05\x06', 'an empty zip archive', 'Take another file.'],
  ['%PDF-', 'a PDF document', 'Export its text first, for example with pdftotext.'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive', 'Unpack it first, for example with zstd -d.'],
  ['BZh91AY&SY', 'a bzip2 archive', 'Unpack it first, for example with bunzip2 -k.'],
  ['\xfd7zXZ\0', 'an xz archive', 'Unpack it first, for example with unxz -k.'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive', 'Unpack it first.'],
  ['\x04\x22\x4d\x18', 'an LZ4 archive', 'Unpack it first, for example with lz4 -d.'],
  ['Rar!\x1a\x07', 'a RAR archive', 'Unpack it first.'],
  [
    'PAR1\x15',
    'a Parquet file',
    "Export it first, for example with pandas' to_json(orient='records', lines=True).",
  ],
  ['ARROW1\0\0', 'an Arrow file', "Export it first, for example with datasets' to_json."],
  ['\xff\xff\xff\xff', 'an Arrow stream', "Export it first, for example with datasets' to_json."],
  ['SQLite format 3\0', 'an SQLite database', 'Export a table as text first.'],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file', 'Export its text first.'],
  ['\x93NUMPY', 'a NumPy array', 'Pass the text that it was made from.'],
  ['\x89PNG\r\n', 'a PNG image', 'Take a file of text.'],
  ['\xff\xd8\xff', 'a JPEG image', 'Take a file of text.'],
  ['GIF8', 'a GIF image', 'Take a file of text.'],
  ['\x7fELF', 'a program', 'Take a file of text.'],
  ['MZ\x90\0', 'a program', 'Take a file of text.'],
  ['\x80\x02}', "a pickle of Python's", 'Save it as text or JSON first.'],
  ['\x80\x03}', "a pickle of Python's", 'Save it as text or JSON first.'],
  ['\x80\x04\x95', "a pickle of Python's", 'Save it as text or JSON first.'],
  ['\x80\x05\x95', "a pickle of Python's", 'Save it as text or JSON first.'],
];

/** @returns What a file of these first bytes is, where that is certain, and how to get at text. */
export function binaryKind(head: Uint8Array): { kind: string; remedy: string } | undefined {
  const text = Array.from(head.subarray(0, 512), (byte) => String.fromCharCode(byte)).join('');
  const found = KINDS.find(([start]) => text.startsWith(start));
  if (found) return { kind: found[1], remedy: found[2] };
  if (text.startsWith('ustar', 257))
    return { kind: 'a tar archive', remedy: 'Unpack it first, with tar -xf.' };
  if (isSafetensors(head)) return { kind: 'a safetensors file', remedy: 'Take a file of text.' };
  return undefined;
}

/** A header's length in eight bytes, and the header, which is JSON. */
const isSafetensors = (head: Uint8Array): boolean =>
  head.length > 9 && head[5] === 0 && head[6] === 0 && head[7] === 0 && head[8] === 0x7b && head[9] === 0x22;
