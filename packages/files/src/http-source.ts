import type { ByteSource } from './byte-source.js';

/**
 * A file on a web server, read in places by HTTP range requests.
 *
 * @throws If the server does not answer, has no such file, or does not serve ranges.
 */
export async function openUrl(where: string, url: string, request: RequestInit = {}): Promise<ByteSource> {
  const range = async (from: number, to: number): Promise<Response> => {
    const headers = new Headers(request.headers);
    headers.set('Range', `bytes=${from}-${to}`);
    let response: Response;
    try {
      response = await fetch(url, { ...request, headers });
    } catch (error) {
      throw new Error(
        `${where}: '${url}' cannot be reached (${(error as Error).message}). Check the address.`,
        {
          cause: error,
        },
      );
    }
    if (response.status === 206) return response;
    await response.body?.cancel();
    if (response.status === 416 && from === 0) return response; // an empty file has no first byte
    throw new Error(
      `${where}: '${url}' was answered with ${response.status}, expected 206, a part of the file. ` +
        (response.ok
          ? 'The server does not serve ranges: download the file first.'
          : 'Check address and rights.'),
    );
  };

  const first = await range(0, 0);
  const total = /\/(\d+)$/.exec(first.headers.get('Content-Range') ?? '')?.[1];
  if (first.status === 206) await first.arrayBuffer();
  if (total === undefined) {
    throw new Error(
      `${where}: '${url}' was answered without its size, expected a Content-Range. Download it first.`,
    );
  }
  return {
    size: Number(total),
    async read(offset, length) {
      if (length === 0) return new Uint8Array();
      const bytes = new Uint8Array(await (await range(offset, offset + length - 1)).arrayBuffer());
      if (bytes.length === length) return bytes;
      throw new Error(`${where}: '${url}' sent ${bytes.length} bytes, expected ${length}. Try again.`);
    },
  };
}
