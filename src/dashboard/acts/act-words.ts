import type { RolloutView } from '../views.ts';
import { weightText } from '../words/figures.ts';
import { said } from '../words/said.ts';
import { shareNow } from '../words/share-now.ts';
import { spacedPercent } from '../words/stage-words.ts';
import { type ActVerb, asWeight, type Draft } from './draft.ts';

/** How a verb is asked for. Where another router makes the split, Serin only notes what people do there. */
export interface ActWords {
  /** On the button that opens the question. */
  readonly button: string;
  readonly question: string;
  /** On the button that does it: the deed once more. */
  readonly confirm: string;
  /** Of what was done, after `You`. */
  readonly did: string;
}

type Said = Pick<
  RolloutView,
  'route' | 'stable' | 'canary' | 'stage' | 'nextStage' | 'stages' | 'canaryBps' | 'inForceBps' | 'router'
>;

export function actWords({ verb, fields }: Draft, view: Said): ActWords {
  const { route, stable, canary } = view;
  const version = canary.version;
  const isNoted = view.router === 'none';
  switch (verb) {
    case 'pause':
      return words('Pause', `Pause ${route}?`, `Pause ${route}`, `paused ${route}`);
    case 'resume':
      return words('Resume', `Resume ${route}?`, `Resume ${route}`, `resumed ${route}`);
    case 'advance': {
      const to = stageLabel(view, fields['to'] ?? '');
      return isNoted
        ? words(
            `Note as advanced to ${to}…`,
            `Note ${route} as advanced to ${to}?`,
            `Note as advanced to ${to}`,
            `noted ${version} as advanced to ${to}`,
          )
        : words(`Advance to ${to}…`, `Advance ${route} to ${to}?`, `Advance to ${to}`, `advanced ${version} to ${to}`);
    }
    case 'promote':
      return isNoted
        ? words(
            'Note as promoted…',
            `Note ${version} of ${route} as promoted?`,
            `Note ${version} as promoted`,
            `noted ${version} as promoted`,
          )
        : words(
            'Promote to 100 %…',
            `Promote ${version} of ${route} to 100 %?`,
            `Promote ${version}`,
            `promoted ${version}`,
          );
    case 'rollback':
      return isNoted
        ? words(
            'Note as rolled back…',
            `Note ${route} as rolled back from ${version} to ${stable.version}?`,
            `Note ${version} as rolled back`,
            `noted ${version} as rolled back`,
          )
        : words(
            'Roll back…',
            `Roll back ${route} from ${version} to ${stable.version}?`,
            `Roll back ${version}`,
            `rolled back ${version}`,
          );
    case 'abort':
      return words(
        'Abort, nobody is blamed…',
        `Abort the rollout of ${version} on ${route}?`,
        `Abort ${version}`,
        `aborted ${version}`,
      );
    case 'weight':
      return words(
        'Set the weight of this step…',
        `Set the weight of ${version} on ${route}?`,
        `Set it to ${spacedPercent(asWeight(fields['weight'] ?? ''))}`,
        `set the weight to ${spacedPercent(asWeight(fields['weight'] ?? ''))}`,
      );
    case 'extend':
      return words(
        'Extend this stage…',
        `Make this stage of ${route} longer?`,
        `Extend by ${fields['by']}`,
        `made the stage longer by ${fields['by']}`,
      );
    case 'skip':
      return words(
        'Take a check out of the verdict…',
        `Take a check out of the verdict on ${version}?`,
        `Take ${fields['check']} out`,
        `took ${fields['check']} out of the verdict`,
      );
    case 'gate':
      return words(
        'Open a gate…',
        `Open a gate of ${route}?`,
        `Approve ${fields['gate']}`,
        `approved gate ${fields['gate']}`,
      );
    case 'rebase':
      return words(
        'Rebase on the edited policy…',
        `Go on with ${route} under the edited policy?`,
        `Rebase ${route}`,
        `put ${route} on the edited policy`,
      );
    case 'finalise':
      return words(
        'Make it the stable…',
        `Make ${version} the stable of ${route}?`,
        `Make ${version} the stable`,
        `made ${version} the stable`,
      );
    case 'retry':
      return words(
        'Try again…',
        `Try ${version} on ${route} again?`,
        `Try ${version} again`,
        `started ${version} again`,
      );
  }
}

function words(button: string, question: string, confirm: string, did: string): ActWords {
  return { button: said(button), question: said(question), confirm: said(confirm), did: said(did) };
}

/** What the button that leaves everything as it is says. */
export function keepWords(
  { verb }: Pick<Draft, 'verb'>,
  view: Said & Pick<RolloutView, 'paused'>,
  isActive: boolean,
): string {
  // These two leave the weight as it is either way. Somebody else may have done either meanwhile.
  if (verb === 'pause') return view.paused === null ? 'Do not pause' : 'Leave it paused';
  if (verb === 'resume') return view.paused === null ? 'Leave it' : 'Leave it paused';
  const share = shareNow(view);
  return isActive && share > 0 && view.router !== 'none' ? `Keep it at ${weightText(share)}` : 'Leave it';
}

/** `50 %` for `step-2`, and the name of a stage that has no weight. */
function stageLabel({ stages }: Said, name: string): string {
  const label = stages.find((stage) => stage.name === name)?.label ?? name;
  return spacedPercent(label);
}

/** The verb alone, for a list of what is not possible now. */
export const VERB_NAMES: Readonly<Record<ActVerb, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  advance: 'Advance',
  promote: 'Promote',
  rollback: 'Roll back',
  abort: 'Abort',
  weight: 'Set the weight',
  extend: 'Extend',
  skip: 'Take a check out',
  gate: 'Open a gate',
  rebase: 'Rebase',
  finalise: 'Make it the stable',
  retry: 'Try again',
};
