import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { Problem } from '../problem/problem.ts';
import { readFailure } from '../problem/read-failure.ts';
import { readRegularFile } from '../problem/regular-file.ts';
import type { LoadedConfig } from './load.ts';

const MOST_BYTES = 1_048_576;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * The PEM text of `gateway.upstreamCa`, or nothing if none is declared. Throws Problem('invalid-input') when the file
 * cannot be read, or contains no certificate or a broken one: trusting less than declared would make upstreams fail.
 */
export function upstreamCaOf({ config, folder }: LoadedConfig): { readonly upstreamCa?: string } {
  if (config.gateway.upstreamCa === undefined) return {};
  const file = resolve(folder, config.gateway.upstreamCa);
  const upstreamCa = readText(file);
  const certificates = upstreamCa.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new Problem('invalid-input', `${file} holds no certificate in PEM`);
  for (const certificate of certificates) check(certificate, file);
  return { upstreamCa };
}

function check(certificate: string, file: string): void {
  try {
    new X509Certificate(certificate);
  } catch (cause) {
    throw new Problem('invalid-input', `${file} holds a certificate that cannot be read`, { cause });
  }
}

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readRegularFile(file, MOST_BYTES);
  } catch (cause) {
    throw new Problem('invalid-input', readFailure(file, cause), { cause });
  }
  if (bytes.length > MOST_BYTES) throw new Problem('invalid-input', `${file} is larger than 1 MiB`);
  return bytes.toString();
}
