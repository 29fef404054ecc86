import { useEffect } from 'preact/hooks';
import { legible } from './words/said.ts';

/** What the tab of the browser is called while a page is there. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = legible(`${title} · Serin`);
  }, [title]);
}
