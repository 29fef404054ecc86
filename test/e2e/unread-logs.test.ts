import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoggedStage, openLoggedStage } from '../support/logged-stage.ts';

describe('a file that grows faster than it is read', () => {
  let stage: LoggedStage;

  beforeAll(async () => {
    stage = await openLoggedStage();
  });
  afterAll(() => stage.close());

  it('has the time of its unread lines left out, and the check says so', async () => {
    const line = '{"level":"info","message":"served","version":"v1"}\n';
    const path = join(stage.folder, 'v1.log');
    const leftOut = /\d blocks? left out, of which not all lines could be read/;
    appendFileSync(path, line);
    await expect.poll(() => stage.counted('stable'), { timeout: 60_000 }).toBe(1);
    expect(await stage.said()).not.toMatch(leftOut);
    appendFileSync(path, line.repeat(120_000));
    await expect.poll(() => stage.said(), { timeout: 60_000 }).toMatch(leftOut);
  });
});
