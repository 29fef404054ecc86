/** The methods of RFC 9110 and PATCH. All others count as one more, so that clients cannot create metric series. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT'] as const;

/** As OpenTelemetry's conventions for HTTP call it. */
const OTHER_METHOD = '_OTHER';

/** A method as a small number, for `methodName`. */
export function methodIndex(method: string): number {
  switch (method) {
    case 'GET':
      return 0;
    case 'HEAD':
      return 1;
    case 'POST':
      return 2;
    case 'PUT':
      return 3;
    case 'DELETE':
      return 4;
    case 'PATCH':
      return 5;
    case 'OPTIONS':
      return 6;
    case 'TRACE':
      return 7;
    case 'CONNECT':
      return 8;
    default:
      return METHODS.length;
  }
}

export function methodName(index: number): string {
  return METHODS[index] ?? OTHER_METHOD;
}
