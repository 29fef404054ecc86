import type { ComponentChildren } from 'preact';
import type { GlyphName } from './glyph-name.ts';

const stroke = { fill: 'none', stroke: 'currentColor' } as const;

/** Every sign has a shape of its own: the colour only helps. `tone` is a class of the style sheet. */
const SIGNS = {
  harm: {
    tone: 'harm',
    label: 'harmful',
    drawing: (
      <>
        <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />
        <path class="on-sign" d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" stroke-width="1.8" />
      </>
    ),
  },
  suspect: {
    tone: 'person',
    label: 'suspect',
    drawing: (
      <>
        <path d="M8 1.5L15.2 14.5H.8z" {...stroke} stroke-width="1.6" stroke-linejoin="round" />
        <path d="M8 6v4M8 11.4v1.4" {...stroke} stroke-width="1.7" />
      </>
    ),
  },
  shared: {
    tone: 'person',
    label: 'shared fault',
    drawing: (
      <>
        <path d="M5.5 2L10.5 10H.8z" {...stroke} stroke-width="1.5" stroke-linejoin="round" />
        <path d="M10.5 6L15.2 14H5.8z" fill="currentColor" stroke="currentColor" stroke-linejoin="round" />
      </>
    ),
  },
  blind: {
    tone: 'person',
    label: 'blind',
    drawing: (
      <>
        <path d="M1 8s2.6-4.6 7-4.6S15 8 15 8s-2.6 4.6-7 4.6S1 8 1 8z" {...stroke} stroke-width="1.5" />
        <circle cx="8" cy="8" r="2" fill="currentColor" />
        <path d="M2.5 14L13.5 2" {...stroke} stroke-width="1.7" />
      </>
    ),
  },
  paused: {
    tone: 'person',
    label: 'paused',
    drawing: (
      <>
        <circle cx="8" cy="8" r="7" {...stroke} stroke-width="1.5" />
        <path d="M6.2 5v6M9.8 5v6" {...stroke} stroke-width="1.8" />
      </>
    ),
  },
  undecided: {
    tone: 'soft',
    label: 'undecided',
    drawing: (
      <>
        <circle cx="8" cy="8" r="6.6" {...stroke} stroke-width="1.6" />
        <path d="M8 1.4a6.6 6.6 0 0 0 0 13.2z" fill="currentColor" />
      </>
    ),
  },
  parity: {
    tone: 'ok',
    label: 'at parity',
    drawing: (
      <>
        <circle cx="8" cy="8" r="7" fill="currentColor" />
        <path class="on-sign" d="M4.6 8.3l2.3 2.4 4.5-5" stroke-width="1.8" />
      </>
    ),
  },
  quiet: {
    tone: 'soft',
    label: 'no rollout',
    drawing: <circle cx="8" cy="8" r="5.5" {...stroke} stroke-width="1.3" stroke-dasharray="2 2.3" />,
  },
  step: { tone: 'soft', label: 'step', drawing: <path d="M2 11h4V7h4V3h4" {...stroke} stroke-width="1.7" /> },
  dot: { tone: 'soft', label: '', drawing: <circle cx="8" cy="8" r="3" fill="currentColor" /> },
  check: { tone: 'ok', label: 'done', drawing: <path d="M2.5 8.5l3.6 3.7 7.4-8.4" {...stroke} stroke-width="2" /> },
  open: { tone: 'soft', label: 'open', drawing: <circle cx="8" cy="8" r="5.6" {...stroke} stroke-width="1.5" /> },
  person: {
    tone: 'person',
    label: 'a person',
    drawing: (
      <>
        <circle cx="8" cy="5" r="3" {...stroke} stroke-width="1.5" />
        <path d="M2.5 14.5c.6-3.4 2.8-5 5.5-5s4.9 1.6 5.5 5" {...stroke} stroke-width="1.5" />
      </>
    ),
  },
  page: {
    tone: 'harm',
    label: 'page',
    drawing: (
      <path
        d="M8 1.5c-3 0-4.5 2-4.5 5v3L2 12.2h12l-1.5-2.7v-3c0-3-1.5-5-4.5-5zM6.3 13.5a1.8 1.8 0 0 0 3.4 0z"
        fill="currentColor"
      />
    ),
  },
} satisfies Record<GlyphName, { tone: string; label: string; drawing: ComponentChildren }>;

/** A sign of 16 by 16; `label` is what a screen reader says, and nothing where it is empty. */
export function Glyph({ sign, label = SIGNS[sign].label }: { readonly sign: GlyphName; readonly label?: string }) {
  const { tone, drawing } = SIGNS[sign];
  const spoken = label === '' ? ({ 'aria-hidden': 'true' } as const) : ({ role: 'img', 'aria-label': label } as const);
  return (
    <svg class={`glyph ${tone}`} viewBox="0 0 16 16" {...spoken}>
      {drawing}
    </svg>
  );
}
