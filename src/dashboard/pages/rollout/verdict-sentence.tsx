import { useEffect, useRef, useState } from 'preact/hooks';
import { Glyph } from '../../glyph.tsx';
import { Since } from '../../moment.tsx';
import type { RolloutView } from '../../views.ts';
import { reasonOrQuote } from '../../words/quoted.ts';
import { legible, said } from '../../words/said.ts';
import { type BannerLead, bannerOf } from './verdict-banner.ts';

interface VerdictSentenceProps {
  readonly rollout: RolloutView;
  readonly skewMs: number;
}

/** The verdict as the largest text of the page, with what is beside it. */
export function VerdictSentence({ rollout, skewMs }: VerdictSentenceProps) {
  const { tone, leads, more, person } = bannerOf(rollout);
  return (
    <div class={`verdict foreign ${tone}`}>
      {leads.map((lead) => (
        <Lead key={lead.word} lead={lead} skewMs={skewMs} />
      ))}
      {person.length > 0 && (
        <div class="more">
          <Glyph sign="person" label="" /> <b>A person is needed:</b> {said(person.join('; '))}
        </div>
      )}
      {more.length > 0 && <div class="more">{more.join(' ')}</div>}
      <VerdictChange rollout={rollout} />
    </div>
  );
}

function Lead({
  lead: { sign, word, since, age, says, quote },
  skewMs,
}: {
  readonly lead: BannerLead;
  readonly skewMs: number;
}) {
  return (
    <>
      <Glyph sign={sign} label="" />
      <div class="lead">
        <b>
          {legible(word)}
          {since !== null && (
            <>
              {age === 'for' && ' for'} <Since at={since} skewMs={skewMs} />
              {age === 'ago' && ' ago'}
            </>
          )}
          {says !== '' || quote !== '' ? ':' : ''}
        </b>{' '}
        {said(says)} {quote !== '' && <span class="quoted">{quote}</span>}
      </div>
    </>
  );
}

/** Longer than it takes to be spoken. */
const SPOKEN_MS = 20_000;

/** Says to a screen reader when the verdict becomes another one, and nothing at its figures, which move at every look. */
function VerdictChange({ rollout }: { readonly rollout: RolloutView }) {
  const { route, stage, active, verdict } = rollout;
  const now = active ? (verdict?.name ?? 'not judged yet') : stage;
  const before = useRef(now);
  const [told, setTold] = useState('');
  useEffect(() => {
    if (before.current === now) return;
    before.current = now;
    setTold(
      legible(
        `${route} is ${now.replaceAll('-', ' ')}: ${active && verdict !== null ? verdict.reason : reasonOrQuote(rollout, verdict)}`,
      ),
    );
    // Its figures are of that moment; whoever reads the page later reads the present ones above.
    const timer = setTimeout(() => setTold(''), SPOKEN_MS);
    return () => clearTimeout(timer);
  }, [now]);
  return (
    <p class="spoken" role="status">
      {told}
    </p>
  );
}
