import { describe, expect, it } from 'vitest';
import { exampleOfText, exampleOfValue, isSecretValue } from '../../../src/redact/example.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.Xk3yq0v7eVQ5';

describe('an example of a text', () => {
  it.each([
    ['order 4711 shipped', 'order 4711 shipped'],
    ['id 3b241101-e2bb-4255-8caf-4136c566a962 at 2026-11-30T18:54:24.123Z', null],
    ['mail to ada@example.org failed', 'mail to [email] failed'],
    ['GET /users/ada%40example.org 500', 'GET /users/[email] 500'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: [redacted]'],
    ['sent bearer abcdef to pay', 'sent [secret] to pay'],
    ['a basic authentication is missing', null],
    ['with basic dXNlcjpwYXNz', 'with [secret]'],
    [`got ${JWT} from the header`, 'got [jwt] from the header'],
    ['card 4111 1111 1111 1111 declined', 'card [card] declined'],
    ['card 4111-1111-1111-1111 12 declined', 'card [card] declined'],
    ['number 4111111111111112', null],
    ['since 1764528864123 ms', null],
    ['to DE89 3704 0044 0532 0130 00 at noon', 'to [iban] at noon'],
    ['call +351 912 345 678', 'call [phone]'],
    ['at 10:00+01:00', null],
    ['of 078-05-1120', 'of [ssn]'],
    ['key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'key [secret]'],
    ['hash q2hhbmdlX21lX3BsZWFzZTEyMzQ1Njc4OTA=', 'hash [secret]'],
    ['uses sk_live_abcdefgh', 'uses [secret]'],
    ['user=ada password=hunter2; next', 'user=ada password=[redacted]; next'],
    ['{"user":"ada","password":"hun\\"ter2","n":1}', '{"user":"ada","password":[redacted],"n":1}'],
    ['said "{\\"apiKey\\": \\"a b\\", \\"n\\": 1}"', 'said "{\\"apiKey\\": [redacted], \\"n\\": 1}"'],
    ['card={"number":"1","cvv":"2"} n=1', 'card=[redacted] n=1'],
    ['Cookie: a=b; c=d', 'Cookie: [redacted]'],
    ['{"user"=>"ada", "password"=>"hunter2"}', '{"user"=>"ada", "password"=>[redacted]}'],
    ['{:password=>"hunter2", :n=>1}', '{:password=>[redacted], :n=>1}'],
    ["args ('password', 'hunter2', 'x')", "args ('password', [redacted], 'x')"],
    ['[{"name":"password","value":"hunter2"}]', '[{"name":"password",[redacted]:[redacted]}]'],
    ['<password>hunter2</password><n>1</n>', '<password>[redacted]</password><n>1</n>'],
    ['<token type="a">b c</token>', '<token type="a">[redacted]</token>'],
    ['q=password%3Dhunter2&x=1', 'q=password%3D[redacted]&x=1'],
    ['login --password hunter2 -u ada', 'login --password [redacted] -u ada'],
    ['login --password=hunter2 --quiet', 'login --password=[redacted] --quiet'],
    ['run --token --quiet', null],
    ['password=`a b` next', 'password=[redacted] next'],
    ['card 4111.1111.1111.1111 declined', 'card [card] declined'],
    ['card 4111\u00a01111\u00a01111\u00a01111 and 4111\u20131111\u20131111\u20131111', 'card [card] and [card]'],
    ['card ４１１１１１１１１１１１１１１１', 'card [card]'],
    ['of ada＠example.org and ada%2540example.org', 'of [email] and [email]'],
    ['version 4111.1 of 2026.11.30', null],
    ['GET /pay?token=abc&n=1', 'GET /pay?token=[redacted]&n=1'],
    ['postgres://app:s3cret@db.internal/shop', 'postgres://[secret]/shop'],
    ['pass\u200bword=hunter2\nnext', 'password=[redacted] next'],
  ])('%j', (text, shown) => expect(exampleOfText(text)).toBe(shown ?? text));

  it('is cut, and shows nothing of a secret that the cut goes through', () => {
    expect(exampleOfText('word '.repeat(100))).toHaveLength(80);
    const hidden = `${'Bearer abcdef '.repeat(70)}4111 1111 1111 1111`;
    expect(exampleOfText(hidden.slice(0, 995))).not.toMatch(/4111/);
    expect(exampleOfText(hidden + 'x'.repeat(2_000))).not.toMatch(/4111/);
    expect(exampleOfText('🦜'.repeat(100))).toMatch(/^🦜{39}…$/u);
  });
});

describe('an example of a JSON value', () => {
  it.each([
    ['/total', 12.5, '12.5'],
    ['/status', 'PAID', '"PAID"'],
    ['/customer/email', 'nobody', '[redacted string]'],
    ['/card/number', 4_111, '[redacted number]'],
    ['/user/apiKey', null, 'null'],
    ['/note', 'ask ada@example.org', '"ask [email]"'],
    ['/n', 4_111_111_111_111_111, '[card]'],
    ['/usage', { total_tokens: 12, sessionToken: 'x' }, '{"total_tokens":12,"sessionToken":[redacted string]}'],
    ['/users', [{ name: 'Ada', phone: 'x' }], '[{"name":"Ada","phone":[redacted string]}]'],
    ['/byUser', { 'ada@example.org': 1 }, '{"[email]":1}'],
    ['/deep', [[[[[[[1]]]]]]], '[[[[[[[…]]]]]]]'],
    ['x-auth-token', 'abc', '[redacted string]'],
    ['/kv', [{ name: 'password', value: 'a' }], '[{"name":"password","value":[redacted string]}]'],
    ['/kv', { key: 'size', value: 'a' }, '{"key":"size","value":"a"}'],
    ['/headers', [['Authorization', 'a']], '[["Authorization",[redacted string]]]'],
    ['/words', ['password', 'a', 'b'], '["password","a","b"]'],
  ])('%s %j', (path, value, shown) => expect(exampleOfValue(path, value)).toBe(shown));

  it('tells the names of an object that is longer than an example, so that the field that matters is seen', () => {
    const order = {
      id: 1,
      status: 'paid',
      currency: 'EUR',
      customer: { name: 'x'.repeat(60), email: 'a@example.org' },
      total: 9,
    };
    expect(exampleOfValue('', order)).toBe('{id, status, currency, customer, total}');
    expect(exampleOfValue('', { ...order, 'ada@example.org': 1 })).toBe(
      '{id, status, currency, customer, total, [email]}',
    );
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`field${at}`, at]));
    expect(exampleOfValue('', wide)).toMatch(/^\{field0, field1, .*…$/);
    expect(exampleOfValue('', wide)).toHaveLength(80);
    expect(exampleOfValue('/password', order)).toBe('[redacted object]');
  });

  it('reads own members alone, and no more than it shows', () => {
    expect(exampleOfValue('/a', JSON.parse('{"__proto__":{"a":1},"constructor":2}'))).toBe(
      '{"__proto__":{"a":1},"constructor":2}',
    );
    expect(
      exampleOfValue(
        '/a',
        Array.from({ length: 1_000_000 }, () => 'a'),
      ),
    ).toHaveLength(80);
  });
});

it('says of a value whether it may be counted by itself', () => {
  expect(isSecretValue('/status', 'PAID')).toBe(false);
  expect(isSecretValue('/className', 'A')).toBe(false);
  expect(isSecretValue('/status', 'ada@example.org')).toBe(true);
  expect(isSecretValue('/access_tokens/0', 'a')).toBe(true);
});
