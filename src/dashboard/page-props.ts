/** What the address of a page says. */
export interface PageProps {
  /** What the path says between its fixed parts, decoded. */
  readonly named: string;
  readonly query: URLSearchParams;
}
