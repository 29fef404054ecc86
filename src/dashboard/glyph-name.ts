/** Every sign that `Glyph` draws; here, where what is no page may name one. */
export type GlyphName =
  | 'harm'
  | 'suspect'
  | 'shared'
  | 'blind'
  | 'paused'
  | 'undecided'
  | 'parity'
  | 'quiet'
  | 'step'
  | 'dot'
  | 'check'
  | 'open'
  | 'person'
  | 'page';
