import { instantWithin } from '../../drawings/strips/time-axis.ts';
import { Glyph } from '../../glyph.tsx';
import type { GlyphName } from '../../glyph-name.ts';
import type { ReportView } from '../../views.ts';
import { AT_THE_START, whoActed } from '../../words/decision-words.ts';
import { grouped } from '../../words/figures.ts';
import { asSentence, said } from '../../words/said.ts';
import { UTC } from '../../words/time-zone.ts';

/** Every decision and page up to the end, the oldest first; times are UTC. */
export function WhatHappened({ report: { happened, rollout, upTo } }: { readonly report: ReportView }) {
  const span = { from: Date.parse(rollout.startedAt), to: Date.parse(upTo) };
  return (
    <section aria-labelledby="h-happened">
      <h2 id="h-happened">What happened</h2>
      <ol class="time">
        {happened.map((entry, index) => {
          const { at, title, says, seq, by } = entry;
          return (
            <li key={index}>
              <time dateTime={at}>{instantWithin(Date.parse(at), span, UTC)}</time>
              <Glyph sign={signOf(entry)} label="" />
              <div class="foreign">
                <b>{asSentence(title.replaceAll('->', '→'))}</b> {said(says)}
                <div class="who">
                  {by === null ? 'serin' : whoActed(by)}
                  {seq !== null && ` · entry ${grouped(seq)}`}
                </div>
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

type Happening = ReportView['happened'][number];

function signOf({ kind, event, by, title }: Happening): GlyphName {
  switch (kind) {
    case 'page':
      return 'page';
    case 'page-over':
      return 'check';
    case 'decision': {
      const isOfStart = AT_THE_START.includes(event ?? '');
      if (!isOfStart && by !== null && by.role !== 'serin') return 'person';
      if (title.endsWith('rolled back')) return 'harm';
      return title.includes('->') && !isOfStart ? 'step' : 'dot';
    }
  }
}
