import { FactRow, VersionFact } from '../../fact-row.tsx';
import { useConsumers } from '../../live/use-consumers.ts';
import type { RolloutView } from '../../views.ts';
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
        <VersionFact track="canary" of={canary} />
        <VersionFact track="stable" of={stable} />
      </dl>
    </section>
  );
}

function Weight({ rollout, ramp }: WhoGetsWhatProps) {
  const { router, canary, stable, canaryBps, sticky, heavyLast } = rollout;
  if (isTakenBack(rollout)) {
    return (
      <FactRow name="by weight">
        everything to <span class="stable">{legible(stable.version)}</span>, at the gateway already
      </FactRow>
    );
  }
  const isAdvice = router === 'none';
  return (
    <>
      <FactRow name={isAdvice ? 'advised' : 'by weight'}>
        {weightText(ramp?.bps ?? canaryBps)} to <span class="canary">{legible(canary.version)}</span>
        {isAdvice
          ? '; another router makes the split'
          : sticky === null
            ? ', each request drawn by itself'
            : `, sticky by ${legible(sticky)}`}
        {ramp !== null && orderedInWords(canaryBps, ramp)}
      </FactRow>
      {heavyLast !== null && (
        <FactRow name="last">
          {amountOf(heavyLast.keys, 'heavy key')}, with {percent(heavyLast.share)} of the traffic before the start: at{' '}
          {weightText(10_000)} only
        </FactRow>
      )}
    </>
  );
}

const RULES = { canary: 'canary', stable: 'stable', 'by-weight': 'by weight' } as const;

function Listed({ rollout: { route, stage } }: { readonly rollout: RolloutView }) {
  // Before the first step everybody gets the stable, also who is listed.
  const isBeforeSteps = stage === 'preflight' || stage === 'internal';
  const { data, trouble } = useConsumers(route);
  if (trouble !== null) return <FactRow name="listed">unknown: {legible(trouble.detail)}</FactRow>;
  if (data === null) return null;
  return (
    <FactRow name="listed">
      {data.length === 0 && 'nobody'}
      {data.map(({ name, rule }, at) => (
        <span key={name}>
          {at > 0 && ', '}
          {legible(name)} <span class={rule === 'by-weight' ? 'soft' : rule}>{RULES[rule]}</span>
          {rule === 'canary' && isBeforeSteps && ', from the first step on'}
        </span>
      ))}
    </FactRow>
  );
}
