import { valueAt } from '../../../split/json-pointer.ts';
import type { NoValue } from './answer-tally.ts';
import { numberOfJson, wordOfJson } from './carried-value.ts';
import type { Findings } from './reader.ts';

type Pointers = ReadonlyMap<string, readonly string[]>;

/** What is asked of the events of a stream: the steps of a pointer by name. */
export interface EventPointers {
  readonly values: Pointers;
  readonly categories: Pointers;
}

/** What the last event that has it says, for each pointer. An event whose data is no JSON has nothing, and null is nothing. */
export class LastEvents {
  private readonly pointers: EventPointers;
  private readonly numbers = new Map<string, number | NoValue>();
  private readonly words = new Map<string, string>();
  private hasUnread = false;

  constructor(pointers: EventPointers) {
    this.pointers = pointers;
  }

  /** The data of the next event; null where it is too long to read. */
  note(data: string | null): void {
    if (data === null) this.hasUnread = true;
    const document = data === null ? undefined : parsed(data);
    if (document === undefined) return;
    noteEach(this.pointers.values, document, (name, value) => this.numbers.set(name, numberOfJson(value)));
    noteEach(this.pointers.categories, document, (name, value) => this.words.set(name, wordOfJson(value)));
  }

  tell(findings: Findings): void {
    // It may have been in an event that was not read.
    const none = this.hasUnread ? 'unusable' : 'missing';
    for (const name of this.pointers.values.keys()) findings.value(name, this.numbers.get(name) ?? none);
    for (const name of this.pointers.categories.keys()) findings.word(name, this.words.get(name) ?? '');
  }
}

/** For a stream that cannot be read. */
export function tellUnusable({ values, categories }: EventPointers, findings: Findings): void {
  for (const name of values.keys()) findings.value(name, 'unusable');
  for (const name of categories.keys()) findings.word(name, '');
}

function noteEach(pointers: Pointers, document: unknown, note: (name: string, value: unknown) => void): void {
  for (const [name, steps] of pointers) {
    const value = valueAt(document, steps);
    if (value !== undefined && value !== null) note(name, value);
  }
}

function parsed(data: string): unknown {
  // Most of what is no JSON: an exception takes as long as many events.
  if (!/^[\s[{]/.test(data) || data === '[DONE]') return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
