import { useState } from 'preact/hooks';
import { weightText } from '../../words/figures.ts';
import type { TimeZone } from '../../words/time-zone.ts';
import { crosshairTime } from './strip-signs.ts';
import type { StripsStory } from './strips-story.ts';
import { errorsIn, evidenceText, happenedIn, p99In } from './strips-words.ts';
import type { TrailPoint } from './trail-points.ts';

interface TableProps {
  readonly story: StripsStory;
  readonly pieces: readonly TrailPoint[];
  readonly zone: TimeZone;
}

/** The drawing as a table, to be read aloud or copied; the newest first. It is made when it is asked for. */
export function StripsTable({ story, pieces, zone }: TableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="strips-table noprint" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The same as a table</summary>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be scrolled by the keyboard as well
        <section class="scrolls" tabIndex={0} aria-label="Figures by time">
          <table>
            <thead>
              <tr>
                <th scope="col">until{zone.name === 'UTC' ? '' : ' (local time)'}</th>
                <th scope="col">{story.split === 'advised' ? 'advised share' : 'ordered canary share'}</th>
                <th scope="col">harm</th>
                <th scope="col">parity</th>
                <th scope="col">canary errors</th>
                <th scope="col">stable errors</th>
                <th scope="col">canary p99</th>
                <th scope="col">stable p99</th>
                <th scope="col">what happened</th>
              </tr>
            </thead>
            <tbody>
              {pieces.toReversed().map((piece) => (
                <tr key={piece.at}>
                  <th scope="row">{crosshairTime(piece.at, story, zone)}</th>
                  <td>{weightText(piece.bps)}</td>
                  <td>{evidenceText(piece.logHarm)}</td>
                  <td>{evidenceText(piece.logParity)}</td>
                  <td>{errorsIn(piece.canary)}</td>
                  <td>{errorsIn(piece.stable)}</td>
                  <td>{p99In(piece.canary)}</td>
                  <td>{p99In(piece.stable)}</td>
                  <td>{happenedIn(piece, story).join('; ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
