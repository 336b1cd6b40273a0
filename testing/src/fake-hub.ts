import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface FakeHubOptions {
  /** Where the files of the model `owner/model` are. */
  folderOf(owner: string, model: string): string;
  /** The token that the models of an owner are only given for. Default none. */
  tokenOf?(owner: string): string | undefined;
}

export interface FakeHub {
  /** Where it listens, on this machine only. */
  hubUrl: string;
  /** What was asked for, such as `GET /someone/model/resolve/main/config.json`. */
  requests: readonly string[];
  close(): void;
}

const COMMIT = 'a'.repeat(40);

/** As much of a model hub as its client asks for: lists of files, and the files, whole and in ranges. */
export async function fakeHub({ folderOf, tokenOf = () => undefined }: FakeHubOptions): Promise<FakeHub> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://hub');
    requests.push(`${request.method} ${pathname}`);
    const body = await text(request);
    const [owner, model, kind, , name] = decodeURIComponent(pathname)
      .replace('/api/models', '')
      .split('/')
      .slice(1);
    const token = tokenOf(owner);
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      return response.writeHead(401, { 'X-Error-Message': 'access to this model is restricted' }).end();
    }
    const folder = folderOf(owner, model);
    if (!existsSync(folder)) return response.writeHead(404).end();
    if (kind !== 'resolve') {
      const paths: string[] = kind === 'tree' ? readdirSync(folder) : JSON.parse(body).paths;
      const lastCommit = { id: COMMIT, title: 'first', date: '2026-01-01T00:00:00.000Z' };
      const files = paths.map((path) => ({
        ...{ type: 'file', path, oid: createHash('sha1').update(path).digest('hex'), lastCommit },
        size: statSync(join(folder, path)).size,
      }));
      return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(files));
    }
    const file = readFileSync(join(folder, name));
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
    const [from, to] = range ? [Number(range[1]), Number(range[2] || file.length - 1)] : [0, file.length - 1];
    const part = file.subarray(from, to + 1);
    response.writeHead(range ? 206 : 200, {
      ETag: `"${model}-${name}"`,
      'X-Repo-Commit': COMMIT,
      'Content-Length': part.length,
      ...(range && { 'Content-Range': `bytes ${from}-${from + part.length - 1}/${file.length}` }),
    });
    return response.end(request.method === 'HEAD' ? undefined : part);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
