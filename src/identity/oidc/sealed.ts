import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { isRecord } from '../../policy/is-record.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface Seal {
  /** base64url of what nobody else can read or make, bound to its place, such as the name of a cookie. */
  seal(content: object, place: string): string;
  /** Null for what was not sealed with this key for this place. */
  open(text: string, place: string): Readonly<Record<string, unknown>> | null;
}

/** AES-256-GCM with a key that is derived from the installation's secret for one use alone (RFC 5869). */
export function sealFor(secret: Uint8Array, use: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', use, 32));
  return {
    seal(content, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
      const sealed = [cipher.update(JSON.stringify(content), 'utf8'), cipher.final()];
      return Buffer.concat([iv, ...sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open(text, place) {
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.length < IV_BYTES + TAG_BYTES) return null;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
        const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
        const content: unknown = JSON.parse(plain.toString('utf8'));
        return isRecord(content) ? content : null;
      } catch {
        return null;
      }
    },
  };
}
