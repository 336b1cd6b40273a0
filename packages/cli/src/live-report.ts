import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Callback } from '@evenkeel/trainer';
import { UsageError } from '@evenkeel/trainer/config';
import { type ReportRun, readRecords, reportHtml } from '@evenkeel/trainer/node';

/** A page that shows a run while it trains. */
export interface LiveReport {
  /** Where it is: on this machine alone, and with a token that nobody else knows. */
  readonly url: string;
  /** Tells the page how far the run is. */
  readonly callback: Callback;
  /** Lets a page that is open have the end, and stops. */
  close(): Promise<void>;
}

/** A page asks every two seconds; one that has not asked for so long is closed. */
const ABSENT_MS = 5000;
/** How long the end waits for a page that is open. */
const FAREWELL_MS = 3000;
/** Of the time of training, at most this share goes into pages. */
const SHARE = 0.05;

/**
 * Serves the report of a run's folder on 127.0.0.1, as it is when it is asked for.
 *
 * @param port 0: one that is free.
 * @throws If the port is taken, or may not be used.
 */
export async function serveReport(directory: string, port = 0): Promise<LiveReport> {
  const token = randomBytes(16).toString('hex');
  const server = createServer();
  await listen(server, port);
  const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${(server.address() as AddressInfo).port}`);
  const pages = livePages(directory);
  let [lastAsked, onAsked] = [-Infinity, () => {}];

  server.on('request', (request, response) => {
    const status = refusal(request, hosts, token);
    const body = status === 200 ? pages.now() : '';
    response.writeHead(status, HEADERS);
    response.end(request.method === 'HEAD' ? undefined : body, () => {
      if (status !== 200) return;
      lastAsked = performance.now();
      onAsked();
    });
  });

  return {
    url: `http://${hosts[0]}/${token}/`,
    callback: pages.callback,
    async close() {
      pages.end();
      if (performance.now() - lastAsked < ABSENT_MS) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, FAREWELL_MS);
          onAsked = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      server.close();
      server.closeAllConnections();
    },
  };
}

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

/**
 * The status of an answer, 200 where there is nothing against it. Pages of others may make a browser ask here, also under a
 * name of their own that leads to this machine: they know neither the token, nor do they come with this host.
 */
function refusal({ method, url, headers }: IncomingMessage, hosts: readonly string[], token: string): number {
  if (!hosts.includes(headers.host ?? '')) return 403;
  if (url !== `/${token}/`) return 404;
  return method === 'GET' || method === 'HEAD' ? 200 : 405;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const what = code === 'EADDRINUSE' ? 'which another program uses' : `which cannot be used (${message})`;
      reject(
        new UsageError(
          `--live-port is ${port}, ${what}, expected one that is free. Name another, or leave it out with --live: then one that is free is taken.`,
        ),
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

/** The page as it is now, not made more often than training can bear. */
function livePages(directory: string) {
  let status = 'The run is being prepared.';
  let state: 'before' | 'on' | 'ended' = 'before';
  let made = { html: '', at: -Infinity, took: 0 };
  const make = (): typeof made => {
    const start = performance.now();
    const runs = state === 'before' ? [] : recordsIn(directory);
    const html = reportHtml(runs, { title: directory, live: { status, hasEnded: state === 'ended' } });
    const at = performance.now();
    return { html, at, took: at - start };
  };
  const isStale = () => state === 'ended' || performance.now() - made.at > made.took / SHARE;
  return {
    now(): string {
      if (isStale()) made = make();
      return made.html;
    },
    end(): void {
      if (state === 'on' || state === 'before') status = 'The run has ended.';
      state = 'ended';
    },
    callback: {
      name: 'live',
      onlyWatches: true,
      onStart() {
        state = 'on';
        status = 'The run has begun, and nothing is measured yet.';
        made = { ...made, at: -Infinity };
      },
      onMetrics(_record, { step, steps }) {
        status = `Training: step ${step.toLocaleString('en')}${Number.isFinite(steps) ? ` of ${steps.toLocaleString('en')}` : ''}.`;
      },
      onEnd({ reason, step, error }) {
        const how =
          error === undefined
            ? reason === 'signal'
              ? 'was interrupted'
              : 'has ended'
            : `has failed (${error instanceof Error ? error.message : String(error)})`;
        status = `The run ${how} at step ${step.toLocaleString('en')}. This page stays as it is; report.html in ${directory} is the same.`;
        state = 'ended';
      },
    } satisfies Callback as Callback,
  };
}

/** Nothing before the first record. */
function recordsIn(directory: string): ReportRun[] {
  try {
    return [readRecords(directory)];
  } catch {
    return [];
  }
}
