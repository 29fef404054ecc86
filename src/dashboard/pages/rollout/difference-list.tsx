import { isOfLogs } from '../../../parity/differences/difference.ts';
import { Glyph } from '../../glyph.tsx';
import { Moment } from '../../moment.tsx';
import type { DifferenceView, RolloutView } from '../../views.ts';
import { grouped, intervalText, percent } from '../../words/figures.ts';
import { legible, said } from '../../words/said.ts';
import { comparesAnswers, worstDifferences } from './difference-order.ts';

/** What the versions answer and log differently, with redacted examples, and what their OpenAPI documents declare. */
export function DifferenceList({ rollout }: { readonly rollout: RolloutView }) {
  const { verdict, declared } = rollout;
  const differences = worstDifferences(verdict);
  if (differences.length === 0 && declared === null && !comparesAnswers(rollout)) return null;
  const breaking = differences.filter(({ effect }) => effect === 'breaking').length;
  return (
    <section aria-labelledby="h-differences">
      <h2 id="h-differences">
        Differences of answers and logs{' '}
        <span class="soft">
          {differences.length === 0 ? 'none' : `${breaking} of ${differences.length} can break clients`}
        </span>
      </h2>
      {differences.length === 0 && (
        <p class="pad soft">No difference is shown between what the versions answer and log.</p>
      )}
      <ol class="differences">
        {differences.map((one) => (
          <OneDifference key={`${one.kind} ${one.place} ${one.path} ${one.to}`} difference={one} />
        ))}
      </ol>
      {declared !== null && <Declared declared={declared} />}
    </section>
  );
}

function OneDifference({ difference }: { readonly difference: DifferenceView }) {
  const { effect, place, path, canary, stable, firstSeen, examples, says } = difference;
  return (
    <li>
      <Glyph sign={effect === 'breaking' ? 'suspect' : 'dot'} label="" />
      <div class="foreign">
        <div>{said(says)}</div>
        <div class="small soft">
          <span>{effect}</span>
          {path !== '' && (
            <>
              {' · '}
              <bdi class="mono">{legible(path)}</bdi>
            </>
          )}
          {place !== '' && (
            <>
              {' · '}
              <bdi class="mono">{legible(place)}</bdi>
            </>
          )}
          {' · '}
          <span class="canary">canary</span> {seenInWords(canary)}
          {' · '}
          <span class="stable">stable</span> {seenInWords(stable)}
          {firstSeen !== null && (
            <>
              {' · first seen '}
              <Moment at={firstSeen} form="seconds" />
            </>
          )}
          {' · '}
          {consumersInWords(difference)}
        </div>
        {examples.length > 0 && (
          <ul class="examples">
            {examples.map(({ track, text }, at) => (
              <li key={`${track} ${at}`}>
                <span class={track}>{track}</span> <bdi class="mono">{legible(text)}</bdi>
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  );
}

/** `0 of 412: 0 %, between 0 % and 1.2 %` */
function seenInWords({ count, of, share, bounds }: DifferenceView['canary']): string {
  const seen = `${grouped(count)} of ${grouped(of)}`;
  if (share === null) return seen;
  return `${seen}: ${percent(share)}${bounds === null ? '' : `, ${intervalText(bounds, percent)}`}`;
}

function consumersInWords(difference: DifferenceView): string {
  const { consumers } = difference;
  if (isOfLogs(difference.kind)) return 'consumers unknown: log lines do not say whose request it was';
  return consumers.length === 0 ? 'no consumer known' : `consumers ${legible(consumers.join(', '))}`;
}

function Declared({ declared: { says, differences } }: { readonly declared: NonNullable<RolloutView['declared']> }) {
  return (
    <details class="pad">
      <summary class="foreign">OpenAPI documents, which decide nothing: {said(says)}</summary>
      <ul class="list">
        {differences.map(({ told, kind, effect, place, path, says: clause }) => (
          <li key={`${told} ${kind} ${place} ${path}`}>
            <Glyph sign={told !== 'declared-and-seen' && effect === 'breaking' ? 'suspect' : 'dot'} label="" />
            <span class="foreign">{said(clause)}</span>
            <span class="soft">{told.replaceAll('-', ' ')}</span>
            <span class="soft two foreign">
              {effect} · {legible(place)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
