import { Glyph } from '../../../glyph.tsx';
import type { GlyphName } from '../../../glyph-name.ts';
import type { VerdictView } from '../../../views.ts';
import { said } from '../../../words/said.ts';
import { checkLabel } from './check-evidence.ts';

type Reservations = NonNullable<VerdictView['reservations']>;

const KINDS: Readonly<Record<Reservations[number]['kind'], readonly [GlyphName, string]>> = {
  refuses: ['harm', 'takes the rollout back'],
  holds: ['person', 'holds it until a person advances it'],
  waits: ['open', 'waits for more to be seen'],
  tells: ['dot', 'is in nobody’s way'],
};

/** What checks say of the internal phase, where nothing is drawn and so nothing is compared. */
export function ReservationList({ reservations }: { readonly reservations: Reservations }) {
  return (
    <ul class="list">
      {reservations.map(({ kind, check, reason }, at) => {
        const [sign, does] = KINDS[kind];
        return (
          <li key={`${check} ${at}`}>
            <Glyph sign={sign} label="" />
            <span class="foreign">
              <b>{said(checkLabel({ check }))}</b>: {said(reason)}
            </span>
            <span class="soft">{does}</span>
          </li>
        );
      })}
    </ul>
  );
}
