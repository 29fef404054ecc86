import { Link } from '../../address.tsx';
import { Glyph } from '../../glyph.tsx';
import { useValue } from '../../live/observable.ts';
import { session } from '../../live/session.ts';
import { rolloutPage } from '../../paths.ts';
import type { RolloutView, RouteView } from '../../views.ts';
import { reasonOrQuote } from '../../words/quoted.ts';
import { asSentence, capitalised, legible } from '../../words/said.ts';
import { servedNow } from '../../words/served-now.ts';
import { stageInShort } from '../../words/stage-words.ts';
import { standingSign } from '../../words/standing-sign.ts';
import { startCommand } from '../../words/start-command.ts';

interface RouteRolloutProps {
  readonly route: RouteView;
  /** The view of the running rollout; null where none runs, or it was not read yet. */
  readonly running: RolloutView | null;
  readonly hasPast: boolean;
}

/** What rolls out on a route; where nothing does, how to start it. */
export function RouteRollout({ route, running, hasPast }: RouteRolloutProps) {
  const { rollout } = route;
  if (rollout === null) return <NothingRuns route={route} hasPast={hasPast} />;
  const { sign, label } = rollout.waitsFor.includes('resume')
    ? ({ sign: 'paused', label: 'paused' } as const)
    : standingSign(rollout.verdict, rollout.stage);
  return (
    <div class={rollout.waitsFor.length > 0 ? 'verdict v-person' : 'verdict'}>
      <Glyph sign={sign} label={label} />
      <div class="lead foreign">
        <Link to={rolloutPage(rollout.id)}>
          {legible(rollout.version)} rolls out: {stageInShort(rollout)}
        </Link>
      </div>
      <div class="more foreign">
        {capitalised(label)}.{' '}
        {running === null
          ? ''
          : running.verdict === null
            ? reasonOrQuote(running, null)
            : asSentence(running.verdict.reason)}
      </div>
    </div>
  );
}

function NothingRuns({ route, hasPast }: Pick<RouteRolloutProps, 'route' | 'hasPast'>) {
  const who = useValue(session);
  const mayStart = who.kind === 'signed-in' && who.me.verbs.includes('start');
  return (
    <section class="card" aria-labelledby="h-start">
      <h2 id="h-start">{hasPast ? 'No rollout runs' : 'No rollout has been started'}</h2>
      <h3 class="foreign">{servedNow(route)}</h3>
      <p>Hand over the URL of a new version{mayStart ? '' : ', with a token that may start'}:</p>
      <pre>{startCommand(route.name, location.origin)}</pre>
      <p class="small soft">
        <code>serin doctor</code> says whether the route is ready; <code>serin plan</code> says how long its policy
        takes at your traffic.
      </p>
    </section>
  );
}
