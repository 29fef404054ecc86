import { expect, it } from 'vitest';
import { taking } from '../../../src/store/embedded/embedded.ts';

it('takes turns in the order of asking, and goes on after a failure', async () => {
  const inTurn = taking();
  const first = Promise.withResolvers<void>();
  const happened: string[] = [];
  const work = (name: string, until?: Promise<void>) => async () => {
    happened.push(`${name} begins`);
    await until;
    happened.push(`${name} ends`);
    return name;
  };
  const answers = [
    inTurn(work('first', first.promise)),
    inTurn(() => Promise.reject(new Error('refused'))),
    inTurn(work('third')),
  ];
  const outcomes = Promise.allSettled(answers);
  first.resolve();
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(happened).toEqual(['first begins', 'first ends', 'third begins', 'third ends']);
});
