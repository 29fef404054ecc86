import { useMemo } from 'preact/hooks';
import { Link } from '../../address.tsx';
import { MiniLadder } from '../../drawings/mini-ladder.tsx';
import { Sparkline } from '../../drawings/sparkline.tsx';
import { Glyph } from '../../glyph.tsx';
import type { RouteRowModel } from './route-row.ts';

/** One route. It is drawn again when what it says has changed: a thousand of them are looked at every second. */
export function RouteLine({ row }: { readonly row: RouteRowModel }) {
  return useMemo(() => (row.group === 'quiet' ? <QuietLine row={row} /> : <BusyLine row={row} />), Object.values(row));
}

function BusyLine({ row }: { readonly row: RouteRowModel }) {
  const { name, sign, label, to, stable, canary, stages, at, how, stands, lead, quote, says, waits } = row;
  return (
    <tr class="route">
      <th scope="row">
        <span class="nowrap">
          <Glyph sign={sign} label={label} />
          &ensp;
          <Link class="name" to={to}>
            {name}
          </Link>
        </span>
        <div class="path">
          {stable} → <span class="canary">{canary}</span>
        </div>
      </th>
      <td>
        {stages > 0 && <MiniLadder stages={stages} at={at} how={how} />}
        <div class="small soft">{stands}</div>
      </td>
      <td>
        <div class="says foreign">
          <b>{lead}</b> {quote !== '' && <span class="quoted">{quote} </span>}
          {says}
        </div>
        <div class={row.group === 'needs' ? 'small person' : 'small soft'}>{waits}</div>
      </td>
      <Traffic row={row} />
      <Pair name="errors" canary={row.canaryErrors} stable={row.stableErrors} />
      <Pair name={row.quantile} canary={row.canaryLatency} stable={row.stableLatency} />
    </tr>
  );
}

function QuietLine({ row }: { readonly row: RouteRowModel }) {
  return (
    <tr class="route quietrow">
      <th scope="row">
        <span class="nowrap">
          <Glyph sign={row.sign} label={row.label} />
          &ensp;
          <Link class="name" to={row.to}>
            {row.name}
          </Link>
        </span>{' '}
        <span class="path">{row.stable}</span>
      </th>
      <td class="path">{row.stands}</td>
      <td>{row.says}</td>
      <Traffic row={row} />
      <td class="pair" />
      <td class="pair" />
    </tr>
  );
}

function Traffic({ row }: { readonly row: RouteRowModel }) {
  return (
    <>
      <td class="num req">
        {row.perSecond}
        <span class="soft"> /s</span>
      </td>
      <td class="spk">
        <Sparkline stable={row.stablePath} canary={row.canaryPath} says={row.traffic} />
      </td>
    </>
  );
}

interface PairProps {
  readonly name: string;
  readonly canary: string;
  readonly stable: string;
}

/** Figures of both versions; empty where there is no rollout to have them. */
function Pair({ name, canary, stable }: PairProps) {
  if (canary === '') return <td class="pair" />;
  return (
    <td class="pair num small">
      <span class="what">{name} </span>
      <span class="canary">
        <span class="spoken">canary </span>
        {canary}
      </span>{' '}
      <span class="stable">
        <span class="spoken">stable </span>
        {stable}
      </span>
    </td>
  );
}
