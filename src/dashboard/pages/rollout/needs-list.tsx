import { Glyph } from '../../glyph.tsx';
import { useValue } from '../../live/observable.ts';
import { stream } from '../../live/session.ts';
import { hasGoneStale } from '../../live/stream.ts';
import { useNow } from '../../live/use-now.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import { Moment } from '../../moment.tsx';
import type { RolloutView, RouteView } from '../../views.ts';
import { weightText } from '../../words/figures.ts';
import { forceAdvice } from '../../words/force-command.ts';
import { legible, said } from '../../words/said.ts';

/** Everything that has to be true before the present stage ends by itself. */
export function NeedsList({ rollout }: { readonly rollout: RolloutView }) {
  const { needs, lookedAt } = rollout;
  const state = useValue(stream.state);
  useNow();
  const isStale = hasGoneStale(state);
  const open = needs.filter(({ met }) => !met).length;
  return (
    <section aria-labelledby="h-next">
      <h2 id="h-next">
        {nextInWords(rollout)} <span class="soft">{open === 0 ? 'all met' : `${open} open`}</span>
      </h2>
      <ul class="list">
        {needs.map(({ what, met, says }, at) => (
          <li key={`${what} ${at}`} class={met ? 'met' : 'open'}>
            <Glyph sign={met ? 'check' : what === 'pause' ? 'paused' : 'open'} label={met ? 'met' : 'open'} />
            <span class="foreign">
              {what === 'look' && isStale ? (
                <>
                  the last look known here was at <Moment at={lookedAt} form="seconds" />
                </>
              ) : (
                said(says)
              )}
            </span>
          </li>
        ))}
      </ul>
      {needs.some(({ what, met }) => what === 'forced' && !met) && <HowToForce route={rollout.route} />}
    </section>
  );
}

/** No weight sends the canary a request in the internal phase: somebody has to. */
function HowToForce({ route: name }: { readonly route: string }) {
  const { data } = useSnapshot<readonly RouteView[]>(
    '/routes?series=false',
    ({ kind, data: { route } }) => kind === 'rollout' && route === name,
  );
  const route = data?.find((one) => one.name === name);
  const advice = route === undefined ? null : forceAdvice(route);
  if (advice === null) return null;
  return (
    <>
      <p class="small pad">
        A forced request asks for the canary in a header. {said(advice.says)} Send them yourself, or let your tests do
        so; everybody else gets the stable meanwhile.
      </p>
      {advice.command !== null && <pre>{legible(advice.command)}</pre>}
    </>
  );
}

/** `To 50 %, all of these` */
export function nextInWords({ nextStage, stages }: Pick<RolloutView, 'nextStage' | 'stages'>): string {
  if (nextStage === null) return 'What it still waits for';
  const next = stages.find(({ name }) => name === nextStage);
  const isStep = nextStage.startsWith('step-');
  const label =
    next === undefined ? nextStage : isStep && next.weightBps !== null ? weightText(next.weightBps) : next.label;
  return `To ${legible(label)}, all of these`;
}
