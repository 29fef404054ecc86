import { useEffect, useMemo } from 'preact/hooks';
import { Link } from '../../address.tsx';
import { Strips } from '../../drawings/strips/strips.tsx';
import { instantWithin, UTC } from '../../drawings/strips/time-axis.ts';
import { Glyph, type GlyphName } from '../../glyph.tsx';
import type { FeedEvent } from '../../live/event-lines.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { PageProps } from '../../page-props.ts';
import type { ReportView } from '../../views.ts';
import { utcTime } from '../../words/clock.ts';
import { glued } from '../../words/figures.ts';
import { bigNumbers } from './report-numbers.ts';
import { reportStory } from './report-story.ts';

/** What becomes of messages is no event: until a report is final, it is read again. */
const AGAIN_MS = 10_000;

/** A whole rollout as a document, for people who were not there. All of its sentences are the server's. */
export function ReportPage({ named: id }: PageProps) {
  const path = `/rollouts/${encodeURIComponent(id)}/report`;
  const { data, trouble, refresh } = useSnapshot<ReportView>(path, ({ kind, data: about }: FeedEvent) => {
    return (kind === 'rollout' && about.id === id) || (kind === 'decision' && about.rolloutId === id);
  });
  const title = data?.title ?? 'Report';
  const isFinal = data?.final ?? false;
  useEffect(() => {
    document.title = `${title} · Serin`;
  }, [title]);
  useEffect(() => {
    if (isFinal) return;
    const timer = setInterval(refresh, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isFinal, refresh]);
  if (data === null) {
    return trouble === null ? null : <p class="notice bad">The report cannot be read: {trouble.detail}</p>;
  }
  return <Report report={data} path={path} />;
}

function Report({ report, path }: { readonly report: ReportView; readonly path: string }) {
  const { rollout, title, lead, final, says, upTo, policy, verify } = report;
  return (
    <article class="report">
      <p class="soft small">
        Serin · rollout <Link to={`/ui/rollouts/${rollout.id}`}>{rollout.id}</Link> · {rollout.route}
      </p>
      <h1>{glued(title)}</h1>
      {!final && (
        <p class="notice" role="status">
          <b>Not final.</b> {says} It tells everything up to {utcTime(Date.parse(upTo))}.
        </p>
      )}
      <p class="lead">{glued(lead)}</p>
      <dl class="big">
        {bigNumbers(report).map((number) => (
          <div key={number.says}>
            <dt>{glued(number.says)}</dt>
            <dd>{number.figure}</dd>
          </div>
        ))}
      </dl>
      <WhatHappened report={report} />
      <EvidenceOverTime report={report} />
      <section>
        <h2>What was promised</h2>
        <p class="pad">
          Policy <b>{policy.name}</b> <span class="mono small">{policy.digest}</span>
        </p>
        <p>{glued(policy.promised.join(' '))}</p>
      </section>
      <section>
        <h2>Check it yourself</h2>
        <dl class="verify">
          {verify.map(({ command, says: shows }) => (
            <div key={command}>
              <dt>
                <code>{command}</code>
              </dt>
              <dd>{glued(shows)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <p class="soft small">
        {final && `${says} `}Times are UTC. This report:{' '}
        <a href={location.pathname}>{location.origin + location.pathname}</a>
        <span class="noprint">
          {' '}
          · <a href={`/api/v1${path}`}>JSON</a>
        </span>
      </p>
    </article>
  );
}

function WhatHappened({ report: { happened, rollout, upTo } }: { readonly report: ReportView }) {
  const span = { from: Date.parse(rollout.startedAt), to: Date.parse(upTo) };
  return (
    <section>
      <h2>What happened</h2>
      <ol class="time">
        {happened.map((entry) => {
          const { at, title, says, by, seq } = entry;
          return (
            <li key={`${at} ${title}`}>
              <time dateTime={at}>{instantWithin(Date.parse(at), span, UTC)}</time>
              <Glyph sign={signOf(entry)} label="" />
              <div>
                <b>{glued(title.replaceAll('->', '→'))}.</b> {glued(says)}
                <div class="who">
                  {by === null ? 'serin' : by.role === 'serin' ? 'serin' : `${by.name} · ${by.role}`}
                  {seq !== null && ` · entry ${seq}`}
                </div>
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function signOf({ kind, event, by, title }: ReportView['happened'][number]): GlyphName {
  switch (kind) {
    case 'page':
      return 'page';
    case 'page-over':
      return 'check';
    case 'decision': {
      if (event === 'rolloutStarted' || event === 'preflightPassed') return 'dot';
      if (by !== null && by.role !== 'serin') return 'person';
      if (title.endsWith('rolled back')) return 'harm';
      return title.includes('->') ? 'step' : 'dot';
    }
  }
}

function EvidenceOverTime({ report }: { readonly report: ReportView }) {
  const story = useMemo(() => reportStory(report), [report]);
  return (
    <section>
      <h2>The evidence</h2>
      {story === null ? (
        <p class="pad soft">There is no trail to draw: no look left one, or it was deleted, a year after the end.</p>
      ) : (
        <Strips story={story} zone={UTC} />
      )}
    </section>
  );
}
