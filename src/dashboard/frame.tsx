import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { LeftDeedBars } from './acts/left-deed-bars.tsx';
import { Link } from './address.tsx';
import { Keyboard } from './keys/keyboard.tsx';
import { useValue } from './live/observable.ts';
import { leave, session, signOut, stream, type Visitor } from './live/session.ts';
import { hasGoneStale, type StreamState } from './live/stream.ts';
import { useNow } from './live/use-now.ts';
import { clockTime, utcTime } from './words/clock.ts';
import { legible } from './words/said.ts';

const NAVIGATION = [
  { name: 'Routes', to: '/ui/' },
  { name: 'History', to: '/ui/history' },
  { name: 'Audit', to: '/ui/audit' },
] as const;

export type Under = (typeof NAVIGATION)[number]['name'];

/** What is around every page: where one is, whether it is live, and who one is. */
export function Frame({ under, children }: { readonly under: Under | null; readonly children: ComponentChildren }) {
  const state = useValue(stream.state);
  const who = useValue(session);
  // Drawn again every second: silence is no event.
  useNow();
  const isStale = hasGoneStale(state);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <div class="wrap">
          <Link class="brand" to="/ui/">
            <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
              <path d="M2 14h4.5V9.5H11V5h5" fill="none" stroke="var(--canary)" stroke-width="2.6" />
            </svg>
            Serin
          </Link>
          <nav aria-label="Main">
            {NAVIGATION.map(({ name, to }) => (
              <Link key={name} to={to} {...(name === under ? { 'aria-current': 'page' } : {})}>
                {name}
              </Link>
            ))}
          </nav>
          <LiveSign state={state} isStale={isStale} />
          <Who who={who} />
        </div>
      </header>
      {isStale && state.heardAt !== null && <StaleBar heardAt={state.heardAt} refusal={state.refusal} />}
      <LeftDeedBars />
      <main id="main" class={isStale || who.kind === 'ended' ? 'wrap is-stale' : 'wrap'}>
        {children}
      </main>
      <footer class="wrap noprint">
        <div class="foot">
          <Keyboard />
        </div>
      </footer>
    </>
  );
}

function LiveSign({ state, isStale }: { readonly state: StreamState; readonly isStale: boolean }) {
  if (state.kind === 'off') return null;
  const isLive = state.kind === 'live' && !isStale;
  return <span class={isLive ? 'live' : 'live stale'}>{isLive ? 'live' : isStale ? 'not live' : 'connecting'}</span>;
}

function StaleBar({ heardAt, refusal }: { readonly heardAt: number; readonly refusal: string | null }) {
  return (
    <div class="bar bad" role="status">
      <div class="wrap">
        <span>
          <b>
            Not live since <time title={utcTime(heardAt)}>{clockTime(heardAt)}</time>.
          </b>{' '}
          What is shown is from then.{' '}
          {refusal === null
            ? 'This page cannot reach Serin; whether Serin runs is not known from here.'
            : `No events are sent here: ${legible(refusal)}.`}
        </span>
        <button type="button" onClick={() => stream.connect()}>
          Try now
        </button>
      </div>
    </div>
  );
}

function Who({ who }: { readonly who: Visitor }) {
  const [refused, setRefused] = useState<string | null>(null);
  if (who.kind === 'ended') return <span class="soft nowrap">{who.me.name} · signed out</span>;
  if (who.kind !== 'signed-in') return null;
  const { name, role, via } = who.me;
  return (
    <span class="soft nowrap">
      {via === 'anonymous' ? 'anonymous' : name} · {role}
      {via === 'anonymous' && (
        <button type="button" class="quiet" onClick={leave}>
          Sign in
        </button>
      )}
      {via === 'session' && (
        <button type="button" class="quiet" onClick={() => void signOut().then(setRefused)}>
          Sign out
        </button>
      )}
      {refused !== null && (
        <span role="alert" class="harm">
          Not signed out: {refused}
        </span>
      )}
    </span>
  );
}
