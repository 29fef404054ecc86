import { RolloutActs } from '../../acts/rollout-acts.tsx';
import { Link } from '../../address.tsx';
import { Moment, Since } from '../../moment.tsx';
import { routePage } from '../../paths.ts';
import type { RolloutView } from '../../views.ts';
import { lasting, rate } from '../../words/figures.ts';
import { quoted } from '../../words/quoted.ts';
import { legible } from '../../words/said.ts';

interface RolloutHeadProps {
  readonly rollout: RolloutView;
  /** Why it was started; null where that is not known. */
  readonly why: string | null;
  readonly skewMs: number;
  /** Called when something was done to it here. */
  readonly onDone: () => void;
}

/** What is rolled out, who began it, and what it is judged by. */
export function RolloutHead({ rollout, why, skewMs, onDone }: RolloutHeadProps) {
  const { route, id, stable, canary, policy, source } = rollout;
  return (
    <>
      <div class="crumbs foreign">
        <Link to="/ui/">Routes</Link> / <Link to={routePage(route)}>{legible(route)}</Link> / rollout{' '}
        <span class="mono">{shortId(id)}</span>
      </div>
      <div class="head">
        <div class="title foreign">
          <h1>
            {legible(route)}{' '}
            <span class="ver">
              {legible(stable.version)} → <b>{legible(canary.version)}</b>
            </span>
          </h1>
          <div class="soft">
            <Begun rollout={rollout} why={why} skewMs={skewMs} /> · {attemptInWords(rollout)} · policy{' '}
            <a href="#policy">{legible(policy.name)}</a>
            {source !== null && source !== 'gateway' && <> · evidence from {legible(source)}</>}
            <Traffic rollout={rollout} />
          </div>
        </div>
        <RolloutActs rollout={rollout} onDone={onDone} />
      </div>
    </>
  );
}

function Begun({ rollout: { active, startedAt, startedBy, endedAt }, why, skewMs }: Omit<RolloutHeadProps, 'onDone'>) {
  const by = startedBy !== null && (
    <>
      {' '}
      by <b>{legible(startedBy)}</b>
      {why !== null && why !== '' && `: ${quoted(why)}`}
    </>
  );
  if (active || endedAt === null) {
    return (
      <>
        started <Since at={startedAt} skewMs={skewMs} /> ago{by}
      </>
    );
  }
  return (
    <>
      started <Moment at={startedAt} />
      {by} · ended <Moment at={endedAt} />, after {lasting(Date.parse(endedAt) - Date.parse(startedAt))}
    </>
  );
}

function Traffic({ rollout: { active, trafficPerSecond } }: { readonly rollout: RolloutView }) {
  if (!active) return null;
  return <> · {trafficPerSecond === null ? 'no traffic measured' : `${rate(trafficPerSecond)}\u00a0requests/s`}</>;
}

function attemptInWords({ attempt }: RolloutView): string {
  return attempt === 1 ? 'first attempt' : `attempt ${attempt}`;
}

function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 6)}…${id.slice(-4)}` : id;
}
