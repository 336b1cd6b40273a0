import { createHash } from 'node:crypto';

/**
 * What a page may do, as a content security policy: run and be styled by these very texts, by their hashes, and load
 * nothing. Whatever else should get into it stays text.
 *
 * @param connect Whom the page may ask; a file asks nobody.
 */
export function securityPolicy(script: string, style: string, connect: "'self'" | "'none'"): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
