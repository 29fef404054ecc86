import type { Refusal } from '../http/refuse.ts';
import { strangeByte } from '../http/target.ts';

/** node:http's error for bytes that its parser refused: the read they came in, and where in it the parser stopped. */
interface ParseError extends NodeJS.ErrnoException {
  readonly rawPacket?: Uint8Array;
  readonly bytesParsed?: number;
}

const NOT_HTTP: Refusal = { status: 400, detail: 'The request is not valid HTTP/1.1.' };

/** The response sent when the parser refused the client's bytes. */
export function refusalOf({ code, ...error }: ParseError): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, detail: 'The request head is larger than this gateway takes.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, detail: 'The request head did not arrive in time.' };
    case 'HPE_INVALID_URL': {
      const byte = error.rawPacket?.[error.bytesParsed ?? -1];
      if (byte !== undefined && (byte <= 0x20 || byte >= 0x7f)) return { status: 400, detail: strangeByte(byte) };
      return { status: 400, detail: 'The request target is not valid (RFC 9112 section 3.2).' };
    }
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return { status: 400, detail: 'The only transfer coding that is served is chunked, without blanks behind it.' };
    case 'HPE_INVALID_METHOD':
      if (REQUEST_LINE.test(textOf(error.rawPacket)))
        return { status: 501, detail: 'The method is not one that this gateway knows.' };
      return NOT_HTTP;
    default:
      return NOT_HTTP;
  }
}

/** Only the method is unknown to the parser. Registered methods are in capitals. */
const REQUEST_LINE = /^[A-Z][A-Z-]{0,31} [\x21-\x7e]+ HTTP\/1\.[01]\r\n/;

function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(bytes).toString('latin1') : '';
}
