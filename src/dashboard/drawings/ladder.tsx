import type { Rung } from '../pages/rollout/ladder-rungs.ts';
import { legible } from '../words/said.ts';

const CLASSES = {
  done: 'done',
  skipped: 'next passed',
  now: 'now',
  next: 'next',
  ended: 'done end',
  harm: 'done end-harm',
} as const;

/** The stages of a rollout, side by side or, on a phone, one below the other. */
export function Ladder({ rungs }: { readonly rungs: readonly Rung[] }) {
  return (
    <ol class="ladder" aria-label="Stages">
      {rungs.map(({ name, label, state, spoken, part, lines }) => (
        <li key={name} class={CLASSES[state]} {...(state === 'now' ? { 'aria-current': 'step' } : {})}>
          {part !== null && <span class="seg" style={{ width: `calc((100% - 14px) * ${part.toFixed(3)})` }} />}
          <b>{legible(label)}</b> <span class="spoken">{spoken}: </span>
          <small>
            {lines.map((line) => (
              <span key={line}>{legible(line)}</span>
            ))}
          </small>
        </li>
      ))}
    </ol>
  );
}
