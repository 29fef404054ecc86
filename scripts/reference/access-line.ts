import { Faults } from '../../src/gateway/http/faults.ts';
import { AccessLog } from '../../src/gateway/measure/access-log.ts';
import { code, table } from './table.ts';

const FIELDS: Readonly<Record<string, string>> = {
  time: 'When the request had ended, ISO 8601 in UTC',
  route: 'The route',
  track: '`stable` or `canary`',
  by: 'Why: `weight`, `force` (the force header) or `consumer` (a listed consumer)',
  version: 'The name of the version',
  method: 'The method',
  path: 'The path as the client asked for it. The query is left out: credentials stand in queries',
  status: 'The status that the client got; 0 where no answer had begun',
  outcome:
    '`complete`, `unanswered` (the version gave no complete answer), `client-gone`, `refused` (a limit of the gateway), `internal-error` (a bug of it); only the first two are charged to the version',
  ms: 'From the request head to the end, in milliseconds',
  requestId: 'The `X-Request-Id`: the client’s, or one that was made for it',
  client: 'The address of the client; behind a trusted proxy the one that the proxy names',
};

/** A line as the gateway writes it. */
export function accessLine(): string {
  const lines: string[] = [];
  const write = (bytes: Uint8Array) => void lines.push(Buffer.from(bytes).toString());
  const log = new AccessLog({ write, sample: 1 }, () => Date.UTC(2026, 0, 1, 12), new Faults(() => {}));
  const note = {
    route: 'payments',
    version: 'v2',
    method: 'GET',
    path: '/api/payments/7',
    requestId: '0f8b',
    client: '192.0.2.7',
  };
  log.add(note, { outcome: 'complete', track: 'canary', by: 'weight', status: 200, ms: 12.34 });
  log.flush();
  return lines.join('').trim();
}

/** Throws when a line has a field that is not told of, or the other way round. */
export function accessLineTable(): string {
  const there = Object.keys(Object(JSON.parse(accessLine())));
  if (there.join() !== Object.keys(FIELDS).join()) throw new Error(`a line of the access log has ${there.join(', ')}`);
  return [
    '```json',
    accessLine(),
    '```',
    '',
    table(
      ['field', 'what it is'],
      Object.entries(FIELDS).map(([name, says]) => [code(name), says]),
    ),
  ].join('\n');
}
