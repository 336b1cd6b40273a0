import type { Plugin } from 'vite';

/**
 * What the built page may load and run: its own files, WebAssembly, and one text from GitHub. Nothing inline, no eval.
 *
 * The page carries it as a tag. A worker has a policy of its own, which only a server can give it: a header with these words,
 * on every file, holds there too.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' https://raw.githubusercontent.com",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Puts the policy in the built page. The development server needs inline styles, so its page has none. */
export function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}
