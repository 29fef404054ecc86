import { UnreadableBatch } from './way.ts';

/** Of a batch, the resources and scopes that they are in among them: one that is empty has two bytes, and takes hundreds to hold. */
const MOST_RECORDS = 50_000;

/** To be called with how many more there are, before they are kept. */
export function recordBound(): (more: number) => void {
  let records = 0;
  return (more) => {
    records += more;
    if (records > MOST_RECORDS) {
      throw new UnreadableBatch(`it has more than ${MOST_RECORDS} records, resources and scopes: send it in parts`);
    }
  };
}
