import type { Refusal } from './refuse.ts';

/** What a client is told whose bytes the parser refused. */
export function refusalOf({ code }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, detail: 'The request head is larger than this gateway takes.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, detail: 'The request head did not arrive in time.' };
    default:
      return { status: 400, detail: 'The request is not valid HTTP/1.1.' };
  }
}
