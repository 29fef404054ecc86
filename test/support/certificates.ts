import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, in PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

const OID = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
};
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT = 0x06;
const UTF8 = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
/** dNSName of GeneralName (RFC 5280 section 4.2.1.6). */
const DNS_NAME = 0x82;
const VERSION_3 = [0xa0, 0x03, INTEGER, 0x01, 0x02];
const EXTENSIONS = 0xa3;

type Bytes = Uint8Array | readonly number[];

/** One value in DER (X.690): tag, length, content. */
function der(tag: number, ...parts: readonly Bytes[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));
const nameOf = (commonName: string): Buffer =>
  der(SEQUENCE, der(SET, der(SEQUENCE, der(OBJECT, OID.commonName), text(UTF8, commonName))));
const ALGORITHM = der(SEQUENCE, der(OBJECT, OID.ecdsaWithSha256));
const LAST_YEARS = der(SEQUENCE, text(UTC_TIME, '200101000000Z'), text(UTC_TIME, '491231235959Z'));

function pem(cert: Buffer, key: KeyObject): Certified {
  const body = cert
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** An authority that nobody knows, which signs certificates for servers (RFC 5280). */
export class CertificateAuthority {
  /** Its own certificate, in PEM. */
  readonly cert: string;
  private readonly name: string;
  private readonly key: KeyObject;

  constructor(name: string) {
    this.name = name;
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.key = privateKey;
    const isAuthority = der(SEQUENCE, der(BOOLEAN, [0xff]));
    this.cert = this.issue(name, publicKey, privateKey, [OID.basicConstraints, isAuthority]).cert;
  }

  /** A certificate for one host name. */
  certify(host: string): Certified {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return this.issue(host, publicKey, privateKey, [OID.subjectAltName, der(SEQUENCE, text(DNS_NAME, host))]);
  }

  private issue(
    subject: string,
    publicKey: KeyObject,
    privateKey: KeyObject,
    [extension, value]: readonly [Bytes, Bytes],
  ): Certified {
    const serial = randomBytes(8);
    serial[0] = 0x01;
    const toBeSigned = der(
      SEQUENCE,
      VERSION_3,
      der(INTEGER, serial),
      ALGORITHM,
      nameOf(this.name),
      LAST_YEARS,
      nameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, der(OBJECT, extension), der(OCTET_STRING, value)))),
    );
    const signature = sign('sha256', toBeSigned, this.key);
    return pem(der(SEQUENCE, toBeSigned, ALGORITHM, der(BIT_STRING, [0], signature)), privateKey);
  }
}
