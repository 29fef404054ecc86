import type { RolloutView } from '../../api/view-schemas.ts';
import { parseDurationMs } from '../../policy/units.ts';
import { Problem } from '../../problem/problem.ts';
import { lookAgeInWords } from '../../rollout/look-age.ts';
import { openClient, type ServerOptions } from '../connection.ts';
import { EXIT, exitCodeOfRollout } from '../exit-code.ts';
import { findRollout } from '../find-rollout.ts';
import { print, say } from '../output.ts';
import { unrecordedText } from '../panel/look-text.ts';
import type { Session } from '../terminal.ts';
import { clean } from '../text.ts';
import { waitsInWords } from '../waits.ts';
import { watchRollout } from './watch.ts';

export interface StatusOptions extends ServerOptions {
  readonly wait?: boolean;
  readonly timeout?: string;
}

/** Prints the rollout's status and sets the exit code from it; waits first if asked to. */
export async function reportStatus(routeOrId: string, options: StatusOptions, session: Session): Promise<void> {
  const timeoutMs = options.timeout === undefined ? null : parseDurationMs(options.timeout);
  if (options.timeout !== undefined && timeoutMs === null) {
    throw new Problem('invalid-input', `--timeout ${options.timeout} is no duration such as 30s, 10m or 2h`);
  }
  const patience =
    timeoutMs === null ? session.closed : AbortSignal.any([session.closed, AbortSignal.timeout(timeoutMs)]);
  const client = openClient(options, session);
  const now = await findRollout(client, routeOrId);
  let view = now;
  if (options.wait || timeoutMs !== null) {
    for await (const seen of watchRollout(client, now, { ...session, closed: patience })) {
      view = seen;
      if (exitCodeOfRollout(seen) !== null) break;
    }
  }
  print(session, options.output, view, () => statusLine(view));
  const code = exitCodeOfRollout(view);
  if (code === null && timeoutMs !== null && !session.closed.aborted) {
    say(session, `serin: still in ${view.stage} after ${options.timeout}`);
    session.exit(EXIT.timeout);
    return;
  }
  session.exit(code ?? EXIT.ok);
}

/** `payments: v2 in step-1 at 10%: undecided: ... (looked 3 s ago)` */
export function statusLine(view: RolloutView): string {
  const { route, canary, stage, canaryWeight, paused, reason, verdict, active } = view;
  const where = `${route}: ${canary.version} in ${stage} at ${canaryWeight}${paused ? ', paused' : ''}`;
  const looked = view.look === null ? '' : ` (looked ${lookAgeInWords(view.look)})`;
  if (view.unrecorded) return clean(`${where}: ${unrecordedText(view.unrecorded)}${looked}`);
  const why = active && verdict ? verdict.reason : reason;
  const waits = waitsInWords(view);
  const waiting = waits === null ? '' : ` (waits for ${waits})`;
  return clean(`${where}: ${why}${waiting}${looked}`);
}
