import { go, Link } from '../address.tsx';
import { useKeys } from '../keys/use-keys.ts';

interface PagerProps {
  /** Where the newest page is; null on that page. */
  readonly newest: string | null;
  /** Where the page that follows is; null on the last. */
  readonly older: string | null;
}

/** Through a list, the newest first. A page has an address: it can be linked, and the browser goes back. */
export function Pager({ newest, older }: PagerProps) {
  useKeys([
    ...(older === null ? [] : [{ key: ']', does: 'to what is older', run: () => go(older) }]),
    ...(newest === null ? [] : [{ key: '[', does: 'to the newest', run: () => go(newest) }]),
  ]);
  if (newest === null && older === null) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {newest !== null && <Link to={newest}>Newest</Link>}
      {older === null ? <span class="soft">This is the oldest page.</span> : <Link to={older}>Older</Link>}
    </nav>
  );
}
