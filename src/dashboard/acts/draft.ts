import type { RolloutView } from '../views.ts';

export type ActVerb = RolloutView['acts'][number]['verb'];

/** What is about to be asked for: a verb, and what it takes beside the reason, as it was typed. */
export interface Draft {
  readonly verb: ActVerb;
  readonly fields: Readonly<Record<string, string>>;
}

/** A verb as it is most likely meant now: what `acts[]` of the API tries. */
export function draftOf(verb: ActVerb, view: RolloutView): Draft {
  return { verb, fields: likelyFields(verb, view) };
}

function likelyFields(verb: ActVerb, view: RolloutView): Draft['fields'] {
  switch (verb) {
    case 'advance':
      return { to: view.nextStage ?? '' };
    case 'promote':
      return { how: view.stage === 'bake' ? 'full' : 'bake' };
    case 'weight':
      return { weight: `${likelyBps(view) / 100}%` };
    case 'extend':
      return { by: '1h' };
    case 'skip':
      return { check: view.verdict?.worst ?? checksOf(view)[0] ?? '' };
    case 'gate':
      return { gate: view.gates.find(({ open }) => !open)?.name ?? '' };
    default:
      return {};
  }
}

function likelyBps({ canaryBps, stage, stages }: RolloutView): number {
  return Math.floor(canaryBps / 2) || (stages.find(({ name }) => name === stage)?.weightBps ?? 0);
}

/** The checks that count now, the first that the verdict names. */
export function checksOf({ verdict, skippedChecks }: RolloutView): readonly string[] {
  const named = verdict?.findings.map(({ check }) => check) ?? [];
  return [...new Set(named)].filter((check) => !skippedChecks.includes(check));
}

/** The body of a preview. The reason changes nothing of what a verb does. */
export function previewAsked({ verb, fields }: Draft): object {
  return { verb, ...(verb === 'gate' ? { gate: fields['gate'] } : taken({ verb, fields })) };
}

/** Where a verb is posted, below its rollout, and with what. */
export function deedPosted(draft: Draft, reason: string): { readonly path: string; readonly body: object } {
  const path = draft.verb === 'gate' ? `/gates/${encodeURIComponent(draft.fields['gate'] ?? '')}` : `/${draft.verb}`;
  return { path, body: { ...taken(draft), reason: reason.trim() } };
}

function taken({ verb, fields }: Draft): object {
  switch (verb) {
    case 'advance':
      return { to: fields['to'] };
    case 'promote':
      return fields['how'] === 'bake' ? {} : { [fields['how'] === 'repair' ? 'repair' : 'full']: true };
    case 'weight':
      return { weight: asWeight(fields['weight'] ?? '') };
    case 'extend':
      return { by: (fields['by'] ?? '').replaceAll(' ', '') };
    case 'skip':
      return { check: fields['check'] };
    default:
      return {};
  }
}

/** `25`, `25 %` and `25%` are the same to whoever types them. */
export function asWeight(text: string): string {
  const bare = text.replaceAll(/[\s%]/g, '');
  return /^[\d.]+$/.test(bare) ? `${bare}%` : text;
}
