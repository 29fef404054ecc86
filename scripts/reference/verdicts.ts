import type { VerdictName } from '../../src/judge/verdict.ts';
import { allNames } from '../../src/parity/each-check.ts';
import { code, table } from './table.ts';

/** Strongest first. */
const VERDICTS: Readonly<Record<VerdictName, readonly [asks: string, look: string]>> = {
  harmful: [
    'Is it the canary? Since when, and where?',
    '`get`: the row with the largest HARM; the line `worst:`; the access log of the canary since then',
  ],
  suspect: [
    'The same; evidence is between the two thresholds',
    'the same. It either grows to `harmful`, or fades and lets the step go on',
  ],
  'shared-fault': [
    'What hurts both versions?',
    'what they share: a database, a dependency, the network, the machine. Serin blames nobody and waits',
  ],
  blind: [
    'Why is nothing seen?',
    'the sentence names the source, the series or the check; `serin validate --online`, `serin doctor`',
  ],
  undecided: [
    'What is still missing?',
    'the sentence: requests and time, or what is wanted of a person; the rows of `get` without parity',
  ],
  'at-parity': ['Why does it not go on?', '`get`: the dwell, the gates, a pause; see below'],
};

export function verdictsTable(): string {
  const rows = Object.entries(VERDICTS).map(([name, cells]) => [code(name), ...cells]);
  return table(['verdict', 'the question', 'where the answer is'], rows);
}

const CHECKS: Readonly<Record<string, readonly [what: string, does: string]>> = {
  errors: [
    'the share of requests that failed: `checks.errors.statuses`, or no complete answer',
    'rolls back; has to show parity',
  ],
  unanswered: [
    'requests that are overdue without an answer, or that clients left before anything of one was sent to them',
    'rolls back',
  ],
  clientErrors: ['the share of 4xx answers', 'holds, and rolls back far more of them; has to show parity'],
  content: [
    'errors in the body, of the answers that were read: `checks.errors.when`',
    'rolls back; has to show parity; only holds where keys are sticky',
  ],
  'content:unfinished': [
    'event streams that ended without their last event: `checks.streams.end`',
    'rolls back; has to show parity; only holds where keys are sticky',
  ],
  'content:partial': ['GraphQL answers with data and errors', 'holds; has to show parity once there was one'],
  'content:unread': [
    'answers that could not be read, of those that should have been',
    'holds; has to show parity once there was one',
  ],
  empty: [
    'the share of 2xx answers without content, but to HEAD',
    'holds, and rolls back where most answers are empty now; has to show parity',
  ],
  redirects: ['the share of redirects', 'as `empty`'],
  unmodified: ['the share of 304 answers', 'as `empty`'],
  withContent: ['the share of 2xx answers with content', 'holds, and rolls back where most answers have content now'],
  otherAnswers: ['the share of answers that are no 2xx, 3xx, 4xx or error', 'as `empty`'],
  p50: ['the median latency', 'rolls back; has to show parity'],
  p95: ['the latency that 95 % of the answers keep', 'rolls back; has to show parity'],
  p99: ['the latency that 99 % of the answers keep', 'rolls back; has to show parity'],
  pNN: ['a quantile of `checks.latency.quantiles`, such as p90', 'rolls back; has to show parity'],
  dominance: ['the whole distribution of latencies', 'rolls back'],
  cold: [
    'everything above, in the warm-up after an increase alone',
    'sends the canary back to the weight before, once; rolls back the second time, or beyond the budget `harm`',
  ],
  'gross:KIND': [
    'errors, 4xx answers or requests without an answer in a warm-up, beyond twice the share of the stable and 10 pp',
    'rolls back',
  ],
  'slower:MS': ['the share of answers slower than a boundary of a classic histogram', 'rolls back; has to show parity'],
  'keys:METRIC': [
    'the same by sticky key, where keys are sticky: errors, 4xx answers, three quantiles and the whole distribution (`shift`)',
    'rolls back; all but `shift` have to show parity; who skips `METRIC` skips this as well (`dominance` for `shift`)',
  ],
  answers: [
    'what both versions answer to the same requests, field by field: `checks.answers`',
    'holds, from the internal phase on; rolls back with `differences: rollback`',
  ],
  probes: ['the same requests of our own to both versions, pair by pair', 'rolls back; has to show parity'],
  'value:NAME': [
    'a number that answers carry (`checks.values`; `stream:NAME` of event streams, `upload` and `size`): each quantile, the whole distribution (`.dominance`), and the answers without it (`.missing`)',
    'rolls back; has to show parity by each quantile and by `.missing`',
  ],
  'category:NAME': [
    'words that answers carry: `checks.categories`',
    'rolls back for more of the words in `worse`; a shift of any other, or a new one, holds; has to show parity',
  ],
  logs: [
    'what the versions log, where `checks.logs` asks for it: new error lines, more of them, calls and fields that are new, gone or of another rate',
    'holds, or rolls back, or reports, each as its `action` says; blind where a version that serves requests sends no lines; has to show parity by its error lines',
  ],
  responseShape: [
    'what JSON answers look like, by endpoint: `checks.responseShape`',
    'holds for what can break a client, or rolls back with `breaking: rollback`',
  ],
  'query:NAME': ['a value that you query', 'as its `action` says'],
  'guard:NAME': ['an absolute limit of `guards`', 'rolls back'],
  slices: [
    'each endpoint and each consumer by itself; each address of the canary',
    'rolls back where requests are drawn one by one; holds for an address',
  ],
  split: [
    'the share of the traffic that the canary gets',
    'holds, and pages at once when it is far more than the weight',
  ],
  silence: ['a canary that gets requests and reports none', 'blind; paused and paged when it lasts'],
};

/** Every check of the list by the name that a reader knows, so that none is left out. */
export function checksTable(): string {
  const names = allNames().flatMap(({ listed, open }) => [...listed, ...(open === undefined ? [] : [open.form])]);
  for (const name of names.map((listed) =>
    listed
      .replace(/^guard:.*/, 'guard:NAME')
      .replace(/^gross:.*/, 'gross:KIND')
      .replace(/^keys:.*/, 'keys:METRIC')
      .replace(/^value:.*/, 'value:NAME'),
  )) {
    if (!Object.hasOwn(CHECKS, name)) throw new Error(`the check ${name} is not described`);
  }
  const rows = Object.entries(CHECKS).map(([name, cells]) => [code(name), ...cells]);
  return table(['CHECK', 'compares', 'what it can do'], rows);
}

/** Beginnings of sentences of the judge, and what to do; a test finds each in the code. */
export const REASONS: readonly (readonly [says: string, todo: string])[] = [
  ['nothing has been measured yet', 'wait for a look, or send traffic; with a source, `serin validate --online`'],
  [
    'only forced requests reach the canary',
    'the internal phase: send `internal.requests` with the force header, pass the gates',
  ],
  ['only listed consumers reach the canary', 'a consumer step: move them, then `serin advance`'],
  ['the canary serves everybody', 'the bake: wait for its dwell'],
  ['the split of this step has not been seen applied yet', '`/readyz` and `splitNotApplied` in the log'],
  [
    'the canary has answered none',
    'it hangs, or cannot be reached in time: its own log, and `serin doctor`; clients that left first are counted, too',
  ],
  [
    'Serin compares nothing with such a stable',
    'the stable is broken by itself: repair it; where the canary is the repair, `serin promote payments --repair`',
  ],
  ['would have rolled back: ', 'harm, where `spec.dryRun` is set: nothing is done about it; `serin rollback`'],
  [
    'spec.dryRun is set, so',
    'the policy only reports: read the figures of `get`, then `serin advance`, or `serin rollback` if they are harm',
  ],
  ['no canary traffic yet', 'does the route get requests at all? `serin doctor --try URL`'],
  [
    'of the requests at a weight of',
    'one address or another key is most of the traffic: `trustedProxies` behind a balancer, `sticky: request`; `serin skip NAME split` goes on',
  ],
  [
    'canary gets no traffic',
    'far fewer than the weight says: sticky keys of few clients, consumer rules, another router',
  ],
  ['not judged while the canary warms up', 'nothing of the first `judge.warmUp` after an increase is compared'],
  ['the canary warms up since its weight grew', 'wait: `judge.warmUp`'],
  ['went back to', 'wait: it warms up at the smaller weight, and gets the other one back by itself'],
  [
    ', while it warms up',
    'nobody is blamed: it goes back to the weight before, once. Look whether a cache or a connection pool starts empty; `serin get`',
  ],
  [
    'more canary requests',
    'wait; `serin plan` says how long a step takes. A larger weight or a wider parity margin is quicker',
  ],
  [
    'outside the parity margin of',
    'the canary looks worse, and there is too little evidence to say so: wait, or look at it now',
  ],
  [
    ', which holds the canary',
    'a check that only holds is sure that the canary is worse: if it is meant to be, `serin skip payments CHECK`',
  ],
  [
    'earlier in this rollout, which still holds the canary',
    '4xx answers rose before; if they were meant to, `serin skip payments clientErrors`',
  ],
  [
    'recent requests',
    'one endpoint or consumer is worse, and named: wait, or look at it now. If it is meant to be, `serin skip payments slices`',
  ],
  [
    'chance does not assign addresses',
    'one address of the canary is worse: look at that machine or pod; `serin skip payments slices` goes on',
  ],
  [
    'a slow machine there would look the same',
    'start a second canary address, or move the one that there is, and `serin retry`',
  ],
  [
    'could not be read',
    'the canary answers with another type, or with longer bodies: if it is meant to, `serin skip payments content:unread`, and look whether `errors.when` still fits',
  ],
  [
    'which holds it',
    'answers differ in what a client may rely on: look at the field that is named; if it is meant, declare it (`expect` of `checks.responseShape`) and start anew, or `serin skip payments responseShape`',
  ],
  [
    'nothing to compare yet, of ',
    'no JSON answer was read: another `Content-Type`, answers that are too long, too small a sample, or a source that reads no bodies; `serin doctor`',
  ],
  [
    'declared and not seen so far',
    'a difference that `expect` of `checks.responseShape` declares has not come: the canary is another build, or the path or endpoint is misspelt',
  ],
  [
    'a shift of more than',
    'a word of `checks.categories` comes more or less often than on the stable; if it is meant to, `serin skip payments category:NAME`',
  ],
  [
    'nobody sends the logs of this route',
    '`checks.logs` needs lines: [logs](logs.md) says how they are sent or fetched; or take it out of the policy. Nothing is promoted without them',
  ],
  [
    'nothing is known of the logs of either version',
    'Loki fails, or has more lines than are read: `serin doctor` asks it once more, and [logs](logs.md#loki) says what Serin asks',
  ],
  [
    'answers, and had no log line of either version',
    'the query or the label of the version does not fit what Loki has, or nothing sends to it: `serin doctor` shows what it has',
  ],
  [
    'no log lines of the',
    'the sender of that version has stopped, or its lines do not say which version they are of; `serin skip payments logs` goes on without them',
  ],
  [
    'the stable had none in',
    'a line, or a call, that the stable never has: look at it. If it is meant, declare it in `checks.logs.expect`, or `serin skip payments logs`',
  ],
  ['canary requests each', 'wait: lines are compared in intervals, and a few of them have to be alike'],
  [
    'nothing to compare yet, it was looked for in none of',
    'no answer was looked at for the word: too small a sample, or a source that reads no bodies; `serin doctor`',
  ],
  [
    'nothing to compare yet, none of',
    'nothing that `errors.when` could look at was answered: another `Content-Type`, too small a sample, or a source that reads no bodies; `serin doctor`',
  ],
  [
    'keys are sticky and one client may be most of it',
    'look at the errors of the canary: `serin rollback`, or `serin skip NAME CHECK` to go on',
  ],
  ['is skipped or reports only: a person ends this step', 'no check is left that could show parity: `serin advance`'],
  [
    'cannot be told from the users',
    'a sticky route: the keys differ by that much themselves. Wait, take a larger weight or a wider margin, or draw each request by itself (`sticky: request`)',
  ],
  [
    'not yet inside the parity margin of',
    'a sticky route: equal versions would mostly be at parity by now; wait for the next comparison, which the sentence names',
  ],
  [
    'parity is out of reach at this weight',
    'a sticky route with too few keys, or too different ones: a larger weight, a wider margin, or `sticky: request`',
  ],
  [
    'and counts once',
    'one client of a sticky route makes most of the errors: look whether the stable fails it as well; it rolls nothing back alone',
  ],
  [
    'the source says nothing of the keys',
    'a sticky route whose keys the gateway does not count: a person ends the step, or `sticky: request`',
  ],
  [
    'the versions have users of their own',
    'a query of `comparable: true` on a sticky route: look at the users of both versions; `serin skip payments query:NAME` goes on, and so does `sticky: request` at the next start',
  ],
  [
    'one heavy key may be what is beyond it',
    'a query with a limit on a sticky route: look which user it is, and whether the stable did the same for them; `serin skip payments query:NAME` goes on',
  ],
  ['every check is at parity, and the step lasts at least', 'wait: `judge.minStep`'],
  ['nothing new has been measured for', 'the traffic or the source has stopped'],
  [
    'the evidence was begun anew',
    'this version of Serin cannot read what the one before remembered: wait, the evidence gathers again',
  ],
];

export function reasonsTable(): string {
  return table(
    ['the sentence says', 'what to do'],
    REASONS.map(([says, todo]) => [`… ${says} …`, todo]),
  );
}
