import { Link } from '../../address.tsx';
import { Glyph } from '../../glyph.tsx';
import { Moment } from '../../moment.tsx';
import { rolloutPage, routePage } from '../../paths.ts';
import type { AuditView } from '../../views.ts';
import { decisionWords } from '../../words/decision-words.ts';
import { quoted } from '../../words/quoted.ts';
import { legible, said } from '../../words/said.ts';
import { auditChanges, auditSubject } from './change-words.ts';

/** Entries of the audit, the newest first. */
export function AuditList({ entries }: { readonly entries: readonly AuditView[] }) {
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col">why</th>
          <th scope="col">before → after</th>
          <th scope="col">who</th>
          <th scope="col">when</th>
          <th scope="col">entry, hash</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <AuditRow key={entry.seq} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function AuditRow({ entry }: { readonly entry: AuditView }) {
  const { seq, at, actor, route, rolloutId, event, reason, hash } = entry;
  const { sign, title } = decisionWords(entry);
  const subject = rolloutId === null ? auditSubject(event) : '';
  return (
    <tr>
      <th scope="row" class="foreign">
        <Glyph sign={sign} label="" />
        &ensp;{legible(title)}
        {subject !== '' && `: ${legible(subject)}`}
        <div class="path">
          {rolloutId === null ? (
            route !== '' && <Link to={routePage(route)}>{legible(route)}</Link>
          ) : (
            <Link to={rolloutPage(rolloutId)}>{legible(route)}</Link>
          )}
        </div>
      </th>
      <td class="says foreign">
        {actor.role === 'serin' ? said(reason) : <span class="quoted">{quoted(reason)}</span>}
      </td>
      <td class="foreign">
        <Changes entry={entry} />
      </td>
      <td class="actor foreign" data-label="by ">
        {legible(actor.name)}
        {actor.role !== 'serin' && <div class="small soft by"> {[actor.role, actor.via].join(' ')}</div>}
      </td>
      <td data-label="at ">
        <Moment at={at} />
      </td>
      <td class="small soft nowrap" data-label="entry ">
        {seq} <code title={hash}>{hash.slice(0, 8)}</code>
      </td>
    </tr>
  );
}

function Changes({ entry: { before, after } }: { readonly entry: AuditView }) {
  const changes = auditChanges(before, after);
  if (changes.length === 0) return <span class="small soft">nothing</span>;
  return (
    <ul class="changes">
      {changes.map(({ what, before: was, after: is }) => (
        <li key={what}>
          {what}: {was !== null && <del>{legible(was)}</del>}
          {was !== null && is !== null && ' → '}
          {is !== null && <ins>{legible(is)}</ins>}
        </li>
      ))}
    </ul>
  );
}
