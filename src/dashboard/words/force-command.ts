import type { RouteView } from '../views.ts';
import { shellWord } from './start-command.ts';

/** How to ask for the canary of a route: who may, and the line to type. */
export interface ForceAdvice {
  readonly says: string;
  /** Capitals are for the reader to fill in. Null where no line works. */
  readonly command: string | null;
}

/** Null where another router carries the route: how that forces a version is not known here. */
export function forceAdvice({
  name,
  host,
  path,
  force,
}: Pick<RouteView, 'name' | 'host' | 'path' | 'force'>): ForceAdvice | null {
  if (force === null) return null;
  const { header, value, from, tokens } = force;
  const parts = [`-H ${shellWord(`${header}: ${value}`)}`];
  // A pattern is no name that a request can have.
  if (host !== null) parts.push(`-H ${shellWord(`Host: ${host.replace(/^\*(?=\.)/, 'NAME')}`)}`);
  const url = shellWord(`http://GATEWAY${path ?? '/'}`);
  const plain = ['curl', ...parts, url].join(' ');
  if (from === null) return { says: 'Anybody may.', command: plain };
  const networks = from.length === 0 ? null : from.join(', ');
  if (tokens === 'accepted') {
    const token = `-H "x-serin-force-token: $(serin force-token ${shellWord(name)})"`;
    return {
      says: `serin.yaml lets those who have a token of the machine that Serin runs on${networks === null ? '' : `, and requests from ${networks} without one`}.`,
      command: ['curl', ...parts, token, url].join(' \\\n  '),
    };
  }
  if (networks !== null)
    return {
      says: `serin.yaml lets only requests from ${networks}; from elsewhere the header is ignored.`,
      command: plain,
    };
  return {
    says: 'But serin.yaml lets nobody: the route has a force rule without networks and tokens. Add one, or let an operator advance the rollout.',
    command: null,
  };
}
