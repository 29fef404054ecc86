import type { RouteView } from '../../views.ts';
import { servedNow } from '../../words/served-now.ts';
import { startCommand } from '../../words/start-command.ts';

/** Before the first rollout of all: what to type. */
export function FirstRun({ route }: { readonly route: RouteView }) {
  return (
    <section class="card" aria-labelledby="first-run">
      <h2 id="first-run">No rollout has been started yet</h2>
      <p>{servedNow(route)}. Hand over the URL of a new version:</p>
      <pre>{startCommand(route.name, location.origin)}</pre>
      <p class="small soft">
        <code>serin validate</code> tries the policies first, and <code>serin doctor</code> says what else is missing.
      </p>
    </section>
  );
}
