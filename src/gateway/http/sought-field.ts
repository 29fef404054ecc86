/** A field by its name, in any letter case. */
export class SoughtField {
  private readonly lower: string;
  /** Its lines within a head that is written as we would write it. */
  private readonly lines: RegExp;

  constructor(name: string) {
    this.lower = name.toLowerCase();
    this.lines = new RegExp(`\r\n${name.replace(/[.*+?^$|]/g, '\\$&')}: ([^\r]*)`, 'gi');
  }

  /**
   * The value of each of its lines in a head, in their order. A head that passes as it came is searched as a text: to read all its
   * lines for one of them takes three times as long.
   */
  valuesIn(head: { readonly passing: string | null; readonly rawHeaders: readonly string[] }): readonly string[] {
    const { passing } = head;
    if (passing === null) return this.valuesAmong(head.rawHeaders);
    const { lines } = this;
    const found: string[] = [];
    lines.lastIndex = 0;
    for (let line = lines.exec(passing); line !== null; line = lines.exec(passing)) found.push(line[1] ?? '');
    return found;
  }

  /** The same in alternating names and values. */
  valuesAmong(fields: readonly string[]): readonly string[] {
    const { lower } = this;
    const found: string[] = [];
    for (let at = 0; at < fields.length; at += 2) {
      const field = fields[at] ?? '';
      if (field.length === lower.length && field.toLowerCase() === lower) found.push(fields[at + 1] ?? '');
    }
    return found;
  }
}
