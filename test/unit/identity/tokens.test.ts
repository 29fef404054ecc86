import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashOf, logSenderOf, newToken } from '../../../src/identity/tokens.ts';
import { ROLES } from '../../../src/rollout/event.ts';

/** As the version before limits hashed it. */
function hashBefore(token: string): string {
  const word = /^serin_(scorer|logs)_(?:([A-Za-z0-9_-]{1,400})\.)?[A-Za-z0-9_-]{43}$/.exec(token)?.[1];
  const text = word === undefined ? token : `${word} ${token}`;
  return createHash('sha256').update(text).digest('hex');
}

describe('the hash of a token', () => {
  // Such a version hashes the text alone, and takes a role that it does not know for any.
  it('finds neither a scorer nor a sender of logs where the role is not known, and everybody else', () => {
    const found = ROLES.filter((role) => {
      const token = newToken(role);
      return hashOf(token) === createHash('sha256').update(token).digest('hex');
    });
    expect(found).toEqual(['viewer', 'operator', 'admin']);
  });

  it('finds none that is limited where limits are not known', () => {
    for (const role of ROLES) {
      const token = newToken(role, null, 'limited');
      expect(token).toMatch(/^serin_limited_/);
      expect(hashOf(token)).not.toBe(hashBefore(token));
      expect(hashOf(token)).not.toBe(hashOf(token.replace('limited_', '')));
    }
    const sender = { route: 'shop', version: 'v2' };
    const token = newToken('logs:write', sender, 'limited');
    expect(logSenderOf(token)).toEqual(sender);
    expect(hashOf(token)).not.toBe(hashBefore(token));
  });

  it('holds for what a sender of logs is bound to', () => {
    const token = newToken('logs:write', { route: 'shop', version: 'v2' });
    expect(token).toMatch(/^serin_logs_[A-Za-z0-9_-]+[.][A-Za-z0-9_-]{43}$/);
    expect(logSenderOf(token)).toEqual({ route: 'shop', version: 'v2' });
    const forged = token.replace(/_logs_[^.]+/, `_logs_${Buffer.from('{"route":"pay"}').toString('base64url')}`);
    expect(hashOf(forged)).not.toBe(hashOf(token));
    expect(hashOf(token)).not.toBe(createHash('sha256').update(token).digest('hex'));
    expect(logSenderOf(newToken('logs:write'))).toBeNull();
  });

  it('is never made of one that would not be bound to what it should be', () => {
    const longest = { route: 'r'.repeat(63), version: 'v'.repeat(100) };
    expect(logSenderOf(newToken('logs:write', longest))).toEqual(longest);
    expect(() => newToken('logs:write', { version: 'v'.repeat(300) })).toThrow(/too long/);
    for (const route of ['r'.repeat(64), 'Shop', 'sh op']) {
      expect(() => newToken('logs:write', { route })).toThrow(/serin[.]yaml can have/);
    }
  });
});
