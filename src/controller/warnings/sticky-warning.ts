import { formatCount, formatShare } from '../../parity/figures.ts';
import type { Policy } from '../../policy/schema.ts';
import type { HeavyUnits, KnownUnits } from '../../stats/units/known-units.ts';
import type { ControllerPorts, DeclaredRoute } from '../ports.ts';

/** Heavy keys with so much of the traffic leave too little to compare the versions by. */
const MOST = 0.9;

/** What a start on a sticky route says, in one clause, and which of its keys come last. */
export interface StickyStart {
  readonly warning: string | null;
  readonly heavyLast: HeavyUnits | null;
}

/** Where each request is drawn by itself. */
export const NOT_STICKY: StickyStart = { warning: null, heavyLast: null };

/** What it means for a rollout that the route is sticky. Never keeps one from starting. */
export async function stickyStart(
  { safeguard, log }: Pick<ControllerPorts, 'safeguard' | 'log'>,
  { name, sticky, evidence }: DeclaredRoute,
  { spec: { heavyKeys } }: Policy,
): Promise<StickyStart> {
  if (!sticky) return NOT_STICKY;
  const is = `the route is ${sticky}`;
  const isCounted = evidence !== 'elsewhere';
  if (!isCounted && heavyKeys === 'with-others') return { warning: is, heavyLast: null };
  try {
    const known = (await safeguard.keys?.(name)) ?? null;
    const heavyLast = heavyKeys === 'last' && known !== null && known.heavy.units.length > 0 ? known.heavy : null;
    const clauses = [is, ...(isCounted ? [knownOf(known)] : []), ...heavyOf(known, heavyKeys)];
    return { warning: clauses.join('; '), heavyLast };
  } catch (error) {
    log({ what: 'safeguardFailed', level: 'warn', route: name, error });
    const none = heavyKeys === 'last' ? ['its heavy keys are not known now, so none comes last'] : [];
    return { warning: [is, ...none].join('; '), heavyLast: null };
  }
}

function knownOf(known: KnownUnits | null): string {
  if (known === null) {
    return 'nothing is known of its keys yet, and an hour of the stable makes the comparison about 5 times faster for latencies';
  }
  const { keys, effective } = known;
  const many = Number.isFinite(keys) ? `about ${formatCount(keys)} keys` : 'very many keys';
  return `the stable served ${many} of late, worth about ${formatCount(Math.max(1, Math.round(effective)))} that have equal traffic`;
}

function heavyOf(known: KnownUnits | null, heavyKeys: Policy['spec']['heavyKeys']): readonly string[] {
  if (known === null) return heavyKeys === 'last' ? ['no heavy key is known, so none comes last'] : [];
  const { units, share } = known.heavy;
  if (units.length === 0) return heavyKeys === 'last' ? ['no key has more than 2 % of it, so none comes last'] : [];
  const one = units.length === 1;
  const heavy = `${one ? 'one key has' : `${formatCount(units.length)} keys have`} ${formatShare(share)} of it${one ? '' : ' together'}`;
  return heavyKeys === 'last'
    ? [
        `${heavy} and ${one ? 'joins' : 'join'} at 100 % only${share < MOST ? '' : ', so that hardly anything is left to compare'}`,
      ]
    : [`${heavy}, and heavyKeys: last would let ${one ? 'it' : 'them'} join at 100 % only`];
}
