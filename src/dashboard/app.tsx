import { address } from './address.tsx';
import { Frame } from './frame.tsx';
import { useValue } from './live/observable.ts';
import { session } from './live/session.ts';
import { PageBoundary } from './page-boundary.tsx';
import { SignIn, SignInAgain } from './pages/sign-in.tsx';
import { PAGES } from './pages.tsx';

/** The page of the address, for whoever may see it. */
export function App() {
  const { path, query } = useValue(address);
  const who = useValue(session);
  const found = PAGES.find((page) => page.path.test(path)) ?? null;
  return (
    <>
      <Frame under={found?.under ?? null}>{content()}</Frame>
      {who.kind === 'ended' && <SignInAgain name={who.me.name} />}
    </>
  );

  function content() {
    switch (who.kind) {
      case 'unknown':
        return null;
      case 'unreachable':
        return <p class="notice bad">Serin does not answer ({who.detail}). It is asked again every three seconds.</p>;
      case 'signed-out':
        return <SignIn />;
      case 'signed-in':
      case 'ended': {
        if (found === null) return <p class="notice">There is no page at {path}.</p>;
        const { content: Content } = found;
        return (
          <PageBoundary key={path} at={`${path}?${query}`}>
            <Content named={decoded(found.path.exec(path)?.[1] ?? '')} query={query} />
          </PageBoundary>
        );
      }
    }
  }
}

/** A path that no browser would have written stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
