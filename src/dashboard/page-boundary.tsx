import { Component, type ComponentChildren } from 'preact';
import { legible } from './words/said.ts';

interface PageBoundaryProps {
  /** The address of the page: at another one, the next page is tried. */
  readonly at: string;
  readonly children: ComponentChildren;
}

interface Failure {
  readonly at: string;
  readonly why: string;
}

/** Keeps a page that cannot be drawn from leaving half of itself below a sign that says live. Only a class can catch what a component throws. */
export class PageBoundary extends Component<PageBoundaryProps, { readonly failure: Failure | null }> {
  override state = { failure: null };

  override componentDidCatch(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.setState({ failure: { at: this.props.at, why } });
  }

  override render({ at, children }: PageBoundaryProps, { failure }: { readonly failure: Failure | null }) {
    if (failure?.at !== at) return children;
    return (
      <div class="notice bad foreign" role="alert">
        <p>
          <b>This page cannot be drawn.</b> Perhaps another version of Serin answers than the one that this page is of:
          reload it. The error is: {legible(failure.why)}
        </p>
        <p class="pad">
          <button type="button" onClick={() => location.reload()}>
            Reload
          </button>
        </p>
      </div>
    );
  }
}
