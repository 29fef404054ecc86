import { useEffect, useState } from 'preact/hooks';
import { Glyph } from '../../glyph.tsx';
import { ask } from '../../live/requests.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import { Moment } from '../../moment.tsx';
import type { AuditView } from '../../views.ts';
import { decisionWords } from '../../words/decision-words.ts';
import { legible, said } from '../../words/said.ts';
import { mergedAudit, olderThan } from './audit-pages.ts';

const PAGE = 50;

/** Everything that people and Serin decided about a rollout, the newest first; older pages on demand. */
export function RolloutDecisions({ id }: { readonly id: string }) {
  const path = `/rollouts/${encodeURIComponent(id)}/audit?limit=${PAGE}`;
  const { data, trouble } = useSnapshot<readonly AuditView[]>(path, ({ data: { rolloutId } }) => rolloutId === id);
  const [known, setKnown] = useState<readonly AuditView[]>([]);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    if (data !== null) setKnown((before) => mergedAudit(before, data));
  }, [data]);
  const below = olderThan(known);
  const more = async () => {
    const answer = await ask<readonly AuditView[]>(`${path}&cursor=${below}`);
    setFailed(answer.kind === 'ok' ? null : answer.detail);
    if (answer.kind === 'ok') setKnown((before) => mergedAudit(before, answer.data));
  };
  const why = failed ?? trouble?.detail ?? null;
  return (
    <section aria-labelledby="h-decisions">
      <h2 id="h-decisions">
        Decisions <span class="soft">{below === null ? 'all of them, ' : ''}by people and by Serin</span>
      </h2>
      {why !== null && <p class="notice bad">The decisions could not be read: {legible(why)}</p>}
      <ol class="time">
        {known.map((entry) => (
          <Decision key={entry.seq} entry={entry} />
        ))}
      </ol>
      {below !== null && (
        <p class="pad">
          <button type="button" onClick={() => void more()}>
            Older decisions
          </button>
        </p>
      )}
    </section>
  );
}

/** One entry of the audit. */
export function Decision({ entry }: { readonly entry: AuditView }) {
  const { at, actor, reason } = entry;
  const { sign, title } = decisionWords(entry);
  return (
    <li>
      <Moment at={at} form="seconds" />
      <Glyph sign={sign} label="" />
      <div class="foreign">
        <b>{legible(title)}</b>
        {reason !== '' && `: ${actor.role === 'serin' ? said(reason) : `“${said(reason)}”`}`}
        <div class="who">{actor.role === 'serin' ? 'serin' : `${legible(actor.name)} · ${actor.role}`}</div>
      </div>
    </li>
  );
}
