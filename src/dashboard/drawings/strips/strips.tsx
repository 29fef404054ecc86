import { useMemo, useState } from 'preact/hooks';
import type { TimeZone } from '../../words/time-zone.ts';
import type { Strip, StripLine, StripsFrame } from './strip.ts';
import { crosshairTime, movedBy, nearestPiece, type PlacedMark, placedMarks, placedTicks } from './strip-signs.ts';
import { type StripsLayout, stripsLayout } from './strips-layout.ts';
import { type StripsPoints, type StripsStory, stripsPoints } from './strips-story.ts';
import { StripsTable } from './strips-table.tsx';
import { figuresIn, stripsSummary } from './strips-words.ts';
import { useWidth } from './use-width.ts';

interface StripsProps {
  readonly story: StripsStory;
  readonly zone: TimeZone;
}

/** What happened on one axis of time, with one crosshair through all of it, and the same as a table. */
export function Strips({ story, zone }: StripsProps) {
  const points = useMemo(() => stripsPoints(story), [story]);
  const [box, width] = useWidth<HTMLDivElement>();
  const [cursorAt, setCursorAt] = useState<number | null>(null);
  const { pieces } = points;
  if (pieces.length === 0) return <NoTrail />;
  const ends = pieces.map(({ at }) => at);
  const place = cursorAt === null ? null : nearestPiece(ends, cursorAt);
  const piece = place === null ? undefined : pieces[place];
  const figures = piece === undefined ? [] : figuresIn(piece, story);
  const time = piece === undefined ? null : crosshairTime(piece.at, story, zone);
  const layout = width === null || width === 0 ? null : stripsLayout(story, points, width);

  const point = (event: PointerEvent) => {
    if (layout === null) return;
    const { left, right } = layout.frame;
    const along =
      (event.clientX - (event.currentTarget as Element).getBoundingClientRect().left - left) / (right - left);
    setCursorAt(story.from + Math.min(1, Math.max(0, along)) * (story.to - story.from));
  };
  const press = (event: KeyboardEvent) => {
    const moved = movedBy(event.key, place, pieces.length);
    if (moved === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    setCursorAt(moved === null ? null : (ends[moved] ?? null));
  };

  return (
    <div class="strips-box">
      <div ref={box} class="strips-plot">
        {layout !== null && (
          <StripsSvg
            {...{ story, points, layout, zone }}
            cursorX={piece === undefined ? null : layout.frame.x(piece.at)}
          />
        )}
        <div
          class="strips-cursor noprint"
          role="slider"
          tabIndex={0}
          aria-label="Time in the drawing"
          aria-valuemin={0}
          aria-valuemax={pieces.length - 1}
          aria-valuenow={place ?? pieces.length - 1}
          aria-valuetext={
            time === null ? 'none chosen' : `${time}: ${figures.map(({ name, says }) => `${name} ${says}`).join('; ')}`
          }
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={(event) => event.pointerType === 'mouse' && setCursorAt(null)}
          onKeyDown={press}
        />
      </div>
      <p class="strips-read noprint">
        {time === null ? (
          <span class="soft">
            Point at the drawing, or move through it by the arrow keys, to read its figures at one time.
          </span>
        ) : (
          <>
            <b>{time}</b>
            {figures.map(({ name, says }) => (
              <span key={says}>
                <span class="soft">{name}</span> {says}
              </span>
            ))}
          </>
        )}
      </p>
      <StripsTable story={story} pieces={pieces} zone={zone} />
    </div>
  );
}

export function NoTrail() {
  return (
    <p class="soft pad">
      Nothing to draw: no look of this rollout has been recorded, or its trail was deleted, a year after the end.
    </p>
  );
}

interface SvgProps extends StripsProps {
  readonly points: StripsPoints;
  readonly layout: StripsLayout;
  readonly cursorX: number | null;
}

function StripsSvg({ story, points, layout, zone, cursorX }: SvgProps) {
  const { frame, strips, top, bottom, height } = layout;
  const { x, isNarrow, width } = frame;
  const summary = useMemo(() => stripsSummary(story, points, zone), [story, points, zone]);
  const size = isNarrow ? 11 : 12;
  return (
    <svg class="strips" viewBox={`0 0 ${width} ${height}`} font-size={size} role="img" aria-label={summary}>
      {story.paused.map(({ from, to }) => (
        <rect
          key={from}
          x={x(from)}
          y={top}
          width={Math.max(1, x(to ?? story.to) - x(from))}
          height={bottom - top}
          fill="var(--person-wash)"
        />
      ))}
      {story.silence !== null && (
        <Silence says={story.silence.says} from={x(story.silence.from)} {...{ frame, top, bottom }} />
      )}
      {placedMarks(story, frame).map((mark) => (
        <Mark key={`${mark.at} ${mark.says}`} mark={mark} tone={story.end?.tone ?? 'soft'} {...{ top, bottom }} />
      ))}
      {strips.map((strip) => (
        <StripDrawing key={strip.name} strip={strip} frame={frame} />
      ))}
      {placedTicks(story, frame, zone).map((tick) => (
        <g key={tick.text}>
          <path d={`M${tick.x} ${bottom}v4`} stroke="var(--strong)" />
          <text x={tick.x} y={bottom + 16} text-anchor={tick.anchor}>
            {tick.text}
          </text>
        </g>
      ))}
      {cursorX !== null && <path class="noprint" d={`M${cursorX} ${top}V${bottom}`} stroke="var(--focus)" />}
    </svg>
  );
}

interface Heights {
  readonly top: number;
  readonly bottom: number;
}

function Silence({ says, from, frame, top, bottom }: Heights & { says: string; from: number; frame: StripsFrame }) {
  const isRoomy = frame.right - from > 9 * says.length;
  return (
    <g>
      <rect x={from} y={top} width={Math.max(1, frame.right - from)} height={bottom - top} fill="var(--wash)" />
      <path d={`M${from} ${top}V${bottom}`} stroke="var(--strong)" stroke-dasharray="1 3" />
      <text x={isRoomy ? from + 6 : frame.right} y={bottom - 5} text-anchor={isRoomy ? 'start' : 'end'}>
        {says}
      </text>
    </g>
  );
}

function Mark({ mark, tone, top, bottom }: Heights & { mark: PlacedMark; tone: string }) {
  const { x, kind, sign } = mark;
  const ink = kind === 'end' ? tone : kind === 'person' ? 'person' : 'ink';
  const line = kind === 'end' ? tone : kind === 'person' ? 'person' : 'strong';
  return (
    <g>
      <path
        d={`M${x} ${top}V${bottom}`}
        stroke={`var(--${line})`}
        {...(kind === 'end' ? { 'stroke-width': 1.4 } : { 'stroke-dasharray': '2 3' })}
      />
      {sign !== null && (
        <text x={sign.x} y={top - 4} text-anchor={sign.anchor} fill={`var(--${ink})`}>
          {sign.text}
        </text>
      )}
    </g>
  );
}

function StripDrawing({ strip, frame }: { strip: Strip; frame: StripsFrame }) {
  const { name, says, top, height, fill, lines, dot, scale, ends, absence } = strip;
  const { left, right, isNarrow } = frame;
  const ceiling = scale === null ? null : isNarrow ? { x: 0, y: top + 10 } : { x: left - 8, y: top + 4 };
  return (
    <g>
      <text x={0} y={isNarrow ? top - 5 : top + 11}>
        <tspan fill="var(--ink)" font-weight={550}>
          {name}
        </tspan>
        {isNarrow && ` ${says}`}
      </text>
      {!isNarrow && (
        <text x={0} y={top + 27}>
          {absence === null ? says : ''}
        </text>
      )}
      {fill !== null && <path d={fill} fill="var(--bandc)" />}
      {lines.map((line) => (
        <Line key={line.d} line={line} />
      ))}
      {dot !== null && <circle cx={dot.x} cy={dot.y} r={3} fill={`var(--${dot.tone})`} />}
      {ceiling !== null && (
        <text {...ceiling} text-anchor={isNarrow ? 'start' : 'end'}>
          {scale?.ceiling}
        </text>
      )}
      {scale !== null && !isNarrow && (
        <text x={left - 8} y={top + height + 4} text-anchor="end">
          {scale.floor}
        </text>
      )}
      {ends.map(({ y, text, tone, weight }) => (
        <text key={text} x={right + 8} y={y + 4} fill={`var(--${tone})`} {...(weight ? { 'font-weight': 600 } : {})}>
          {text}
        </text>
      ))}
      {absence !== null && (
        <text x={left} y={top + 11}>
          {absence}
        </text>
      )}
    </g>
  );
}

function Line({ line: { d, tone, width, dash } }: { line: StripLine }) {
  return (
    <path
      d={d}
      fill="none"
      stroke={`var(--${tone})`}
      stroke-width={width}
      stroke-linecap={dash === undefined ? 'round' : 'butt'}
      {...(dash === undefined ? {} : { 'stroke-dasharray': dash })}
    />
  );
}
