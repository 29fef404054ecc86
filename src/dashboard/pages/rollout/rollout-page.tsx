import { useEffect } from 'preact/hooks';
import { Link } from '../../address.tsx';
import { Ladder } from '../../drawings/ladder.tsx';
import { RolloutStrips } from '../../drawings/strips/rollout-strips.tsx';
import { useValue } from '../../live/observable.ts';
import { serverSkew } from '../../live/server-clock.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { PageProps } from '../../page-props.ts';
import { rolloutInApi } from '../../paths.ts';
import type { RolloutView } from '../../views.ts';
import { weightText } from '../../words/figures.ts';
import { legible } from '../../words/said.ts';
import { shareNow } from '../../words/share-now.ts';
import { whyStarted } from './audit-pages.ts';
import { ChecksSection } from './checks/checks-section.tsx';
import { RolloutDecisions } from './decision-list.tsx';
import { DifferenceList } from './difference-list.tsx';
import { rungsOf } from './ladder-rungs.ts';
import { LookNotice } from './look-notice.tsx';
import { RolloutMessages } from './message-list.tsx';
import { NeedsList } from './needs-list.tsx';
import { NewerNotice } from './newer-notice.tsx';
import { newerThan, withoutRetry } from './newer-rollout.ts';
import { PinnedPolicy } from './pinned-policy.tsx';
import { rampNow } from './ramp.ts';
import { readAtMs, skewOf } from './rollout-clock.ts';
import { RolloutFoot } from './rollout-foot.tsx';
import { RolloutHead } from './rollout-head.tsx';
import { useAudit } from './use-audit.ts';
import { usePinnedPolicy } from './use-pinned-policy.ts';
import { isTakenBack } from './verdict-banner.ts';
import { VerdictSentence } from './verdict-sentence.tsx';
import { WhereWorse } from './where-worse.tsx';
import { WhoGetsWhat } from './who-gets-what.tsx';

/** One rollout: what Serin thinks of it, why, and what it waits for. */
export function RolloutPage({ named: id }: PageProps) {
  const { data, readAt, trouble, refresh } = useSnapshot<RolloutView>(
    rolloutInApi(id),
    ({ kind, data: { id: of } }) => (kind === 'rollout' || kind === 'look') && of === id,
  );
  const serverSkewMs = useValue(serverSkew);
  useEffect(() => {
    document.title = data === null ? 'Rollout · Serin' : titleOf(data);
  }, [data]);
  if (data === null)
    return trouble === null ? <p class="soft">Reading the rollout …</p> : <NoRollout id={id} trouble={trouble} />;
  return (
    <>
      {trouble !== null && (
        <p class="notice bad">
          What is shown could not be read again: {legible(trouble.detail)}.{' '}
          {trouble.kind === 'unreachable' && 'It is tried again.'}
        </p>
      )}
      <LookNotice rollout={data} readAt={readAt ?? 0} refresh={refresh} />
      <RolloutContent
        key={data.id}
        rollout={data}
        skewMs={skewOf(data, readAtMs(readAt ?? 0), serverSkewMs)}
        onDone={refresh}
      />
    </>
  );
}

interface RolloutContentProps {
  readonly rollout: RolloutView;
  readonly skewMs: number;
  readonly onDone: () => void;
}

function RolloutContent({ rollout, skewMs, onDone }: RolloutContentProps) {
  const { id, route, active, verdict } = rollout;
  const where = worthATable(rollout) ? (verdict?.where ?? null) : null;
  const checks = <ChecksSection rollout={rollout} />;
  const audit = useAudit(id);
  const newest = useSnapshot<readonly RolloutView[]>(
    `/rollouts?route=${encodeURIComponent(route)}&limit=1`,
    ({ kind, data }) => kind === 'rollout' && data.route === route,
  );
  const newer = newerThan(rollout, newest.data?.[0] ?? null);
  const policy = usePinnedPolicy(rollout);
  const ramp = rampNow(rollout);
  return (
    <>
      <RolloutHead
        rollout={newer === null ? rollout : withoutRetry(rollout)}
        why={whyStarted(audit.known)}
        skewMs={skewMs}
        onDone={onDone}
      />
      <VerdictSentence rollout={rollout} skewMs={skewMs} />
      {newer !== null && <NewerNotice rollout={rollout} newer={newer} />}
      <Ladder rungs={rungsOf(rollout, ramp)} />
      {!active && where !== null && <WhereWorse where={where} />}
      {active ? (
        <div class="cols">
          {checks}
          <div>
            <NeedsList rollout={rollout} />
            <WhoGetsWhat rollout={rollout} ramp={ramp} />
          </div>
        </div>
      ) : (
        checks
      )}
      {active && where !== null && <WhereWorse where={where} />}
      <DifferenceList rollout={rollout} />
      <RolloutStrips rollout={rollout} audit={audit.known} since={audit.since} skewMs={skewMs} />
      <div class="halves">
        <RolloutDecisions audit={audit} />
        <div>
          <PinnedPolicy rollout={rollout} read={policy} />
          <RolloutMessages id={id} />
          {!active && <WhoGetsWhat rollout={rollout} ramp={ramp} />}
        </div>
      </div>
      <RolloutFoot rollout={rollout} />
    </>
  );
}

/** Where nothing stands out, the sentence of the verdict has said so. */
function worthATable({ verdict, reason }: RolloutView): boolean {
  const where = verdict?.where ?? null;
  return where !== null && (where.slices.length > 0 || !`${reason} ${verdict?.reason}`.includes(where.says));
}

interface NoRolloutProps {
  readonly id: string;
  readonly trouble: { readonly kind: 'refused' | 'unreachable'; readonly detail: string; readonly status?: number };
}

function NoRollout({ id, trouble }: NoRolloutProps) {
  const isUnknown = trouble.status === 404 || trouble.status === 400 || trouble.status === 422;
  return (
    <div class="padded">
      <h1 class="foreign">{isUnknown ? `There is no rollout ${legible(id)}` : 'This rollout could not be read'}</h1>
      <p class="pad">
        {isUnknown ? 'It may belong to another installation. ' : `${legible(trouble.detail)}. `}
        <Link to="/ui/">Routes</Link>
      </p>
    </div>
  );
}

function titleOf(rollout: RolloutView): string {
  const { route, canary, active, verdict, stage, paused } = rollout;
  if (isTakenBack(rollout)) return legible(`${route} ${canary.version}: taken back at the gateway`);
  const state = active ? (paused !== null ? 'paused' : (verdict?.name ?? stage)) : stage;
  const weight = active ? `${weightText(shareNow(rollout))}, ` : '';
  return legible(`${route} ${canary.version}: ${weight}${state.replaceAll('-', ' ')}`);
}
