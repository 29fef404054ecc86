import { loggedIn, OF_THE_ROLLOUT } from './logged.ts';
import { sources } from './sources.ts';
import { code, table } from './table.ts';

/** What happened, and what to do: the events of a rollout stand in docs/reference/states.md. */
const MEANINGS: Readonly<Record<string, readonly [happened: string, todo: string]>> = {
  accessLogUnwritable: [
    'The access log cannot be written; its lines wait',
    'Make room, or mend the folder; no request is harmed',
  ],
  accessLogWritable: ['It can be again; `droppedLines` were lost', ''],
  adminTokenFileMissing: ['The data folder has no admin token that counts', 'Do as `reason` says'],
  configReloaded: [
    '`serin.yaml` was read again: what `changed` names counts from now on, what `waiting` names after a restart',
    '',
  ],
  configRefused: [
    '`serin.yaml` was read again and refused as a whole, with each fault and its place; the last good one stays in force',
    'Mend the file, and `serin reload`',
  ],
  canaryBraked: [
    "With `recorded: false`: the database was away, and the gateway's own figures sent a route to its stable",
    'Bring the database back, and do not restart Serin before',
  ],
  checkFailed: ['A check of `serin doctor` found something at the start', 'See `reason`; Serin runs all the same'],
  clockSet: [
    "The database's clock was set by `byMs`",
    'Nothing; [health](../health.md#when-a-clock-is-set) says what it does',
  ],
  connectionsRefused: [
    'A listener of the control plane has all connections that it may have',
    'Find who opens them; logged at most once a minute',
  ],
  consumerKeysLoaded: ['The keys of `consumerKey: { jwt }` could be had again', ''],
  consumerKeysUnavailable: [
    'The keys that verify the tokens of consumers could not be had; those that were there, `keys` many, serve for a day',
    'See `reason`, and `serin doctor`; without keys every bearer of a token is unlisted',
  ],
  consumerLedgerLost: [
    'The database refused what was counted of consumers: `requests` are not in the ledger',
    'Report it with `error`: the database answered, and would refuse it each time',
  ],
  consumerLedgerUnsaved: [
    'What was counted of consumers could not be written, or old counts could not be deleted',
    'Nothing: it waits, and is tried again half a minute later; see `error`',
  ],
  databaseAway: ['A command of a person could not be recorded, and was done at the gateway', 'Bring the database back'],
  databaseEnded: [
    'The process of the embedded database ended',
    'Nothing: it is started again; when it repeats, see `how`',
  ],
  databaseNotStarted: ['It could not be started again', 'See `error`; it is tried until it can'],
  databaseStarted: ['It runs again', ''],
  descriptorsExhausted: [
    'No file descriptor is left: the system refuses connections',
    'Raise `ulimit -n`; [health](../health.md#no-file-descriptor-left)',
  ],
  descriptorsFree: ['There are some again', ''],
  eventNotPublished: [
    'A change was committed, and could not be told to those who read events',
    'Report it with the stack in `error`; the readers were reset, and read everything again',
  ],
  eventsLate: [
    'What others have written could not be read from the database: events come late',
    'Nothing: it is read again at every tick, and nothing is left out; logged once until it works',
  ],
  internalError: [
    'A bug in Serin, contained where `where` says',
    'Report it with the stack in `error`; [gateway](../gateway.md#when-serin-itself-fails)',
  ],
  keptAlive: [
    'All parts had stopped and the process lived on; it was ended. `open` names what was still open',
    'Report it: something was not closed',
  ],
  keyedRequestsNotDeleted: [
    'Requests whose `Idempotency-Key` is older than a day could not be deleted',
    'Nothing: it is tried again every hour, and after a day no answer is given a second time',
  ],
  lastUsesNotWritten: [
    'When tokens were last used could not be written',
    'Nothing: tokens work all the same, and it is written again a minute later',
  ],
  leaseNotReleased: [
    'At the end of the process the lease stayed with it',
    'Nothing: another process leads once it is over',
  ],
  harmHeld: [
    'With `recorded: false`: the database was away, and harm was found that holds the canary at its weight (`onHarm: hold`)',
    'Decide: roll back, or go on; bring the database back',
  ],
  leftUnrecorded: [
    'The process ended before the database took what the gateway had done',
    'Look at the route: the next start serves the split that was recorded last',
  ],
  listenerFailed: ['A listener failed after it had begun to listen', 'See `error`'],
  listeningFileUnwritable: [
    'The file with the addresses of this process could not be written',
    'Mend the data folder; `serin doctor` cannot tell a port of this Serin from one of a stranger',
  ],
  logFetchFailed: [
    'The lines of a route cannot be fetched (`logs.loki`), or are more than Serin reads; once for each reason in a row',
    'See `reason`; the check of logs is blind for the route until it is over, and no version is blamed',
  ],
  logFetchSkipped: [
    'It is over, and the lines of so many `seconds` were not read',
    'Nothing, if it comes seldom; else mend what `logFetchFailed` says',
  ],
  logFileSkipped: [
    'A file of `logs.files` is written faster than it is read; so many bytes of it were not read, and no count of lines has them',
    'Let it log less, or send its lines in another way; the check of logs leaves such blocks out, and is blind where it goes on',
  ],
  logFileUnreadable: [
    'A file of `logs.files` is there and cannot be read',
    'Let the user that Serin runs as read it; until then nothing of it is counted',
  ],
  logThreadEnded: [
    'The thread that reads the logs of services ended, with the lines that no look had taken, whose blocks are left out; it starts again with the next',
    'See `error`; where it repeats, find the sender whose logs end it (`serin_log_lines_total`)',
  ],
  lookFailed: [
    'A rollout could not be looked at, or its look not recorded',
    'See `error`; `/readyz` and `serin status` say so as well',
  ],
  metricsIncomplete: ['A scrape got no metrics of the database', 'See `error`; `serin_database_up` is 0'],
  notificationFailed: [
    'A channel did not take a message; tried again after `retryInMs`',
    'Mend the channel where `attempts` grows',
  ],
  notificationRejected: ['A channel refused a message for good', 'See `reason`: most often its key'],
  notifiedWithoutDatabase: ['A page went out while the database was away', ''],
  oidcAvailable: ['The OpenID provider (`control.oidc`) answers again', ''],
  oidcUnavailable: [
    'The OpenID provider (`control.oidc`) did not say what its keys are, for the `reason`; keys that are known serve for a day',
    'Mend what the reason says; tokens of Serin itself work all the same',
  ],
  outboxUnreachable: ['Messages could not be read from the database', 'See `error`; tried again at the next tick'],
  pageNotResolved: [
    'The resolution of an earlier page could not be recorded',
    'See `error`; tried again at every tick',
  ],
  rolloutStarted: ['`serin start`', ''],
  safeguardFailed: ["The gateway's own judge failed while the database was away", 'See `error`; the brake still acts'],
  scheduleFailed: ['The schedule of ticks failed', 'A watchdog starts the ticks; report it'],
  secretReplaced: [
    'The installation has another secret',
    'Sticky cookies, force tokens and sessions made before no longer count',
  ],
  serving: ['Serin serves; the ports are those that it has, and `dashboard` is where people open it', ''],
  splitNotApplied: ['The split of a route could not be applied', 'See `error`; tried at every tick, and in `/readyz`'],
  stopFailed: ['A part could not be closed', 'See `error`'],
  stopped: ['Everything is closed', ''],
  stopping: ['A signal asked the process to end', ''],
  tickAbandoned: ['A tick took too long, and was given up', 'See `error`: most often the database or a source'],
  tokensOverBudget: [
    'More tokens that were never seen came than are verified in a second: `requests` counted as unlisted since this was told before',
    'Find who sends so many, most often forged ones; those that were verified before are not concerned; logged at most once a minute',
  ],
  trailsNotDeleted: [
    'The trails of rollouts that ended more than a year ago could not be deleted',
    'Nothing: it is tried again at the next start, and every day',
  ],
  unitHistoryUnsaved: [
    'What sticky routes remember of their keys could not be saved; it is tried again in 5 min',
    'See `error`; only a restart before that costs their comparison some of its past',
  ],
};

/** Throws when the code logs an event that is not told of, or the other way round. */
export function logEventsTable(): string {
  const events = loggedIn(sources().values()).filter(({ what }) => what !== OF_THE_ROLLOUT);
  const untold = events.filter(({ what }) => !(what in MEANINGS)).map(({ what }) => what);
  const gone = Object.keys(MEANINGS).filter((what) => !events.some((event) => event.what === what));
  if (untold.length > 0 || gone.length > 0) {
    throw new Error(`log-events.ts does not tell of ${untold.join(', ')}; nothing logs ${gone.join(', ')}`);
  }
  return table(
    ['event', 'level', 'fields', 'what happened', 'what to do'],
    events.map(({ what, levels, fields }) => [
      code(what),
      levels.join(', '),
      fields.map(code).join(', '),
      ...(MEANINGS[what] ?? []),
    ]),
  );
}

export function rolloutEventText(): string {
  const event = loggedIn(sources().values()).find(({ what }) => what === OF_THE_ROLLOUT);
  if (!event) throw new Error('nothing logs the events of a rollout');
  return `Levels: ${event.levels.join(', ')}. Fields: ${event.fields.map(code).join(', ')}.`;
}
