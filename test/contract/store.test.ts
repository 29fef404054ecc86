import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type StoreOptions } from '../../src/store/connect.ts';
import { placeDatabase } from '../support/made-database.ts';
import { emptyDatabase, postgresUrl } from '../support/postgres.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { auditContract } from './store-audit.ts';
import { codeOf, openBench, type StoreBench, temporaryFolder } from './store-bench.ts';
import { leaseContract, outboxContract } from './store-delivery.ts';
import { faultsContract } from './store-faults.ts';
import { keyedRequestsContract } from './store-keyed.ts';
import { consumerLedgerContract } from './store-ledger.ts';
import { listsContract } from './store-lists.ts';
import { rolloutsContract } from './store-rollouts.ts';
import { trailsContract } from './store-trails.ts';

interface Place {
  readonly options: StoreOptions;
  remove(): Promise<void>;
}

function storeContract(make: () => Promise<Place>): void {
  let place: Place;
  let bench: StoreBench;

  beforeAll(async () => {
    place = await make();
    bench = await openBench(place.options);
  });
  afterAll(async () => {
    await bench?.close();
    await place?.remove();
  });

  const current = () => bench;
  rolloutsContract(current);
  trailsContract(current);
  auditContract(current);
  outboxContract(current);
  leaseContract(current);
  listsContract(current);
  keyedRequestsContract(current);
  consumerLedgerContract(current);
  faultsContract(current);
}

function closingContract(make: () => Promise<Place>): void {
  it('refuses work once it is closed, may be closed twice, and can be opened again', async () => {
    const place = await make();
    const store = await openStore(place.options);
    const open = store.now();
    await store.close();
    expect(await open).toBeTypeOf('number');
    await store.close();
    expect(await codeOf(store.now())).toBe('unavailable');
    expect(await codeOf(store.rollouts.list({ limit: 1 }))).toBe('unavailable');
    const again = await openStore(place.options);
    expect(await again.audit.verify()).toEqual({ entries: 0, brokenAt: null });
    await again.close();
    await place.remove();
  });
}

describe('the store on PGlite', () => {
  const make = async (): Promise<Place> => {
    const folder = await temporaryFolder();
    await placeDatabase(folder.path);
    return { options: { dataFolder: folder.path }, remove: () => folder.remove() };
  };
  storeContract(make);
  closingContract(make);

  it('ends the lease of whoever had the folder before, however far ahead it lies', async () => {
    const place = await make();
    const dead = await openStore(place.options);
    await dead.lease.hold('dead', 3_600_000);
    await dead.close();
    const next = await openStore(place.options);
    expect(await next.lease.hold('next', 3_600_000)).not.toBeNull();
    await next.close();
    await place.remove();
  });
});

// Asked for here and not in a hook: what is skipped has to be known when the tests are collected.
serviceOrSkip('postgres', await postgresUrl())('the store on Postgres', (server) => {
  afterAll(() => server.stop());

  const make = async (): Promise<Place> => {
    const database = await emptyDatabase(server.url);
    return { options: { databaseUrl: database.url }, remove: () => database.drop() };
  };
  storeContract(make);
  closingContract(make);

  it('is migrated once by replicas that start together', async () => {
    const place = await make();
    const stores = await Promise.all([1, 2, 3].map(() => openStore(place.options)));
    expect(await stores[2]?.audit.verify()).toEqual({ entries: 0, brokenAt: null });
    for (const store of stores) await store.close();
    await place.remove();
  });

  it('says that it is unavailable where nobody listens', async () => {
    expect(await codeOf(openStore({ databaseUrl: 'postgres://nobody:PLANTED@127.0.0.1:1/none' }))).toBe('unavailable');
  });
});
