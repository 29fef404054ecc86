import { useEffect } from 'preact/hooks';
import { Link } from '../../address.tsx';
import type { FeedEvent } from '../../live/event-lines.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { PageProps } from '../../page-props.ts';
import { rolloutInApi, rolloutPage } from '../../paths.ts';
import { useTitle } from '../../use-title.ts';
import type { ReportView } from '../../views.ts';
import { utcTime } from '../../words/clock.ts';
import { legible, said } from '../../words/said.ts';
import { WhereWorse } from '../rollout/where-worse.tsx';
import { EvidenceOverTime, JudgedChecks, WhatDiffered } from './report-evidence.tsx';
import { bigNumbers } from './report-numbers.ts';
import { WhatHappened } from './what-happened.tsx';

/** What becomes of messages is no event: until a report is final, it is read again. */
const AGAIN_MS = 10_000;

/** A whole rollout as a document, for people who were not there. All of its sentences are the server's. */
export function ReportPage({ named: id }: PageProps) {
  const path = `${rolloutInApi(id)}/report`;
  const { data, trouble, refresh } = useSnapshot<ReportView>(path, ({ kind, data: about }: FeedEvent) => {
    return (kind === 'rollout' && about.id === id) || (kind === 'decision' && about.rolloutId === id);
  });
  const isFinal = data?.final ?? false;
  useTitle(data?.title ?? 'Report');
  useEffect(() => {
    if (isFinal) return;
    const timer = setInterval(refresh, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isFinal, refresh]);
  if (data === null) {
    if (trouble === null) return <p class="soft">Reading the report …</p>;
    return (
      <article class="report">
        <h1>No report</h1>
        <p class="pad">{said(trouble.detail)}</p>
      </article>
    );
  }
  return (
    <>
      {trouble !== null && <p class="notice bad noprint">It could not be read again: {said(trouble.detail)}</p>}
      <Report report={data} path={path} />
    </>
  );
}

function Report({ report, path }: { readonly report: ReportView; readonly path: string }) {
  const { rollout, title, lead, final, says, upTo, policy, verify, verdict } = report;
  const permalink = `${rolloutPage(rollout.id)}/report`;
  // Where nothing stands out, the lead has said so.
  const worse = verdict?.where ?? null;
  const where = worse !== null && (worse.slices.length > 0 || !lead.includes(worse.says)) ? worse : null;
  return (
    <article class="report">
      <p class="soft small foreign">
        Serin · rollout <Link to={rolloutPage(rollout.id)}>{rollout.id}</Link> · {legible(rollout.route)}
      </p>
      <h1 class="foreign">{said(title)}</h1>
      {!final && (
        <p class="notice" role="status">
          <b>Not final.</b> {said(says)} It tells everything up to {utcTime(Date.parse(upTo))}.
        </p>
      )}
      <p class="lead foreign">{said(lead)}</p>
      <dl class="big">
        {bigNumbers(report).map((number, index) => (
          <div key={index}>
            <dt>{said(number.says)}</dt>
            <dd>{number.figure}</dd>
          </div>
        ))}
      </dl>
      <WhatHappened report={report} />
      {where !== null && <WhereWorse where={where} />}
      <WhatDiffered verdict={verdict} />
      <EvidenceOverTime report={report} />
      <JudgedChecks report={report} />
      <section aria-labelledby="h-promised">
        <h2 id="h-promised">What was promised</h2>
        <p class="pad">
          Policy <b>{legible(policy.name)}</b> <span class="mono small">{policy.digest}</span>
        </p>
        <p class="foreign">{said(policy.promised.join(' '))}</p>
      </section>
      <section aria-labelledby="h-verify">
        <h2 id="h-verify">Check it yourself</h2>
        <dl class="verify">
          {verify.map(({ command, says: shows }) => (
            <div key={command}>
              <dt>
                <code>{legible(command)}</code>
              </dt>
              <dd>{said(shows)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <p class="soft small">
        {final && `${said(says)} `}Times are UTC. This report:{' '}
        <a class="own" href={permalink}>
          {location.origin + permalink}
        </a>
        <span class="noprint">
          {' · '}
          <a href={`/api/v1${path}`}>JSON</a>
        </span>
      </p>
    </article>
  );
}
