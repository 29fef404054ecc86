import { parentPort } from 'node:worker_threads';
import { askBody, compareBodies, documentIn } from './ask-body.ts';
import type { ThreadJob, ThreadReply, ThreadResult } from './body-thread.ts';
import { FactPacker } from './shape/packed-facts.ts';
import { ShapeMiner } from './shape/shape-miner.ts';

const miner = new ShapeMiner();
const packer = new FactPacker();

parentPort?.on('message', ({ id, body, task }: ThreadJob) => {
  parentPort?.postMessage({ id, result: done(body, task) } satisfies ThreadReply);
});

function done(body: ThreadJob['body'], task: ThreadJob['task']): ThreadResult {
  switch (task.kind) {
    case 'ask':
      return { kind: 'ask', answers: askBody(body, task.questions) };
    case 'mine':
      return { kind: 'mine', facts: mine(body) };
    case 'compare':
      return { kind: 'compare', ...compareBodies(task.answers, task.ignore) };
  }
}

function mine(body: ThreadJob['body']): Extract<ThreadResult, { readonly kind: 'mine' }>['facts'] {
  const read = documentIn(body);
  if (read === null) return 'broken';
  const mined = miner.mine(read.document);
  return mined === null ? 'too much' : packer.pack(mined);
}
