/** A file of the dashboard as it was built, in memory. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The dashboard: the page that every address of it begins with, and what that page loads, by its path. */
export interface DashboardFiles {
  readonly shell: PageFile;
  /** By path: `/assets/index-C_KA0uzY.css`. */
  readonly assets: ReadonlyMap<string, PageFile>;
}

/** A file of the library that draws the docs page; null where it was not built. */
export type DocsFile = (name: 'swagger-ui-bundle.js' | 'swagger-ui.css') => Promise<PageFile | null>;
