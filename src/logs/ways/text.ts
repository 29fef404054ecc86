import { JoinedLines } from './line-of-text.ts';
import { linesIn, textLines } from './text-lines.ts';
import { type LogWay, NO_ORIGIN } from './way.ts';

/** Lines of text as files have them. */
export const textFiles: LogWay = {
  name: 'text',
  read(bytes, tell) {
    if (!tell.wants(NO_ORIGIN)) return tell.unread(linesIn(bytes), NO_ORIGIN);
    const lines = new JoinedLines(tell);
    for (const raw of textLines(bytes)) lines.add(raw);
    lines.end();
  },
};
