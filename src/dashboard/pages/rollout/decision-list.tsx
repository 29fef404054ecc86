import { Glyph } from '../../glyph.tsx';
import { Moment } from '../../moment.tsx';
import type { AuditView } from '../../views.ts';
import { decisionReason, decisionWords, whoActed } from '../../words/decision-words.ts';
import { quoted } from '../../words/quoted.ts';
import { legible, said } from '../../words/said.ts';
import type { RolloutAudit } from './use-audit.ts';

interface RolloutDecisionsProps {
  readonly audit: RolloutAudit;
}

/** Everything that people and Serin decided about a rollout, the newest first; older pages on demand. */
export function RolloutDecisions({ audit: { known, since, trouble, readOlder } }: RolloutDecisionsProps) {
  return (
    <section aria-labelledby="h-decisions">
      <h2 id="h-decisions">
        Decisions{' '}
        <span class="soft">{known.length > 0 && since === null && 'all of them, '}by people and by Serin</span>
      </h2>
      {trouble !== null && <p class="notice bad">The decisions could not be read: {legible(trouble)}</p>}
      <ol class="time">
        {known.map((entry) => (
          <Decision key={entry.seq} entry={entry} />
        ))}
      </ol>
      {since !== null && (
        <p class="pad">
          <button type="button" onClick={readOlder}>
            Older decisions
          </button>
        </p>
      )}
    </section>
  );
}

/** One entry of the audit. */
export function Decision({ entry }: { readonly entry: AuditView }) {
  const { at, actor, event } = entry;
  const { sign, title } = decisionWords(entry);
  const reason = decisionReason(entry);
  const isQuoted = actor.role !== 'serin' && event.kind !== 'preflightPassed';
  return (
    <li>
      <Moment at={at} form="seconds" />
      <Glyph sign={sign} label="" />
      <div class="foreign">
        <b>{legible(title)}</b>
        {reason !== '' && ': '}
        {isQuoted ? <span class="quoted">{quoted(reason)}</span> : said(reason)}
        <div class="who">{whoActed(actor)}</div>
      </div>
    </li>
  );
}
