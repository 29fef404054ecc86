import type { ComponentChildren } from 'preact';
import { useSnapshot } from '../../live/use-snapshot.ts';
import type { ConsumerView, RolloutView } from '../../views.ts';
import { percent, weightText } from '../../words/figures.ts';
import { amountOf, legible } from '../../words/said.ts';
import { orderedInWords, type RampNow } from './ramp.ts';
import { isTakenBack } from './verdict-banner.ts';

interface WhoGetsWhatProps {
  readonly rollout: RolloutView;
  /** Null where the share that is ordered is in force. */
  readonly ramp: RampNow | null;
}

/** Which requests get which version, and where these are. */
export function WhoGetsWhat({ rollout, ramp }: WhoGetsWhatProps) {
  const { stable, canary, active } = rollout;
  return (
    <section aria-labelledby="h-who">
      <h2 id="h-who">{active ? 'Who gets what' : 'Versions'}</h2>
      <dl class="facts">
        {active && <Weight rollout={rollout} ramp={ramp} />}
        {active && <Listed rollout={rollout} />}
        <Fact name="canary">
          <span class="canary">{legible(canary.version)}</span> <span class="mono">{legible(canary.url)}</span>
        </Fact>
        <Fact name="stable">
          <span class="stable">{legible(stable.version)}</span> <span class="mono">{legible(stable.url)}</span>
        </Fact>
      </dl>
    </section>
  );
}

function Weight({ rollout, ramp }: WhoGetsWhatProps) {
  const { router, canary, stable, canaryBps, sticky, heavyLast } = rollout;
  if (isTakenBack(rollout)) {
    return (
      <Fact name="by weight">
        everything to <span class="stable">{legible(stable.version)}</span>, at the gateway already
      </Fact>
    );
  }
  const isAdvice = router === 'none';
  return (
    <>
      <Fact name={isAdvice ? 'advised' : 'by weight'}>
        {ramp === null ? `${weightText(canaryBps)} to ` : `${orderedInWords(canaryBps, ramp)}: to `}
        <span class="canary">{legible(canary.version)}</span>
        {isAdvice
          ? '; another router makes the split'
          : sticky === null
            ? ', each request drawn by itself'
            : `, sticky by ${legible(sticky)}`}
      </Fact>
      {heavyLast !== null && (
        <Fact name="last">
          {amountOf(heavyLast.keys, 'heavy key')}, with {percent(heavyLast.share)} of the traffic before the start: at{' '}
          {weightText(10_000)} only
        </Fact>
      )}
    </>
  );
}

const RULES = { canary: 'canary', stable: 'stable', 'by-weight': 'by weight' } as const;

function Listed({ rollout: { route, stage } }: { readonly rollout: RolloutView }) {
  // Before the first step everybody gets the stable, also who is listed.
  const isBeforeSteps = stage === 'preflight' || stage === 'internal';
  const { data, trouble } = useSnapshot<readonly ConsumerView[]>(
    `/routes/${encodeURIComponent(route)}/consumers`,
    (event) => event.kind === 'routes' && event.data.route === route,
  );
  if (trouble !== null) return <Fact name="listed">unknown: {legible(trouble.detail)}</Fact>;
  if (data === null) return null;
  return (
    <Fact name="listed">
      {data.length === 0 && 'nobody'}
      {data.map(({ name, rule }, at) => (
        <span key={name}>
          {at > 0 && ', '}
          {legible(name)} <span class={rule === 'by-weight' ? 'soft' : rule}>{RULES[rule]}</span>
          {rule === 'canary' && isBeforeSteps && ', from the first step on'}
        </span>
      ))}
    </Fact>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
