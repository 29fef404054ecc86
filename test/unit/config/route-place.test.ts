import { describe, expect, it } from 'vitest';
import { readRouteHost } from '../../../src/config/route-host.ts';
import { readRoutePath } from '../../../src/config/route-path.ts';

const outcome = (reading: ReturnType<typeof readRouteHost>) => (reading.ok ? reading.value : `no: ${reading.reason}`);

describe('the host of a route', () => {
  it.each([
    ['example.com', 'example.com'],
    ['Example.COM', 'example.com'],
    ['dot.example.com.', 'dot.example.com'],
    ['*.example.com', '*.example.com'],
    ['*.Example.com.', '*.example.com'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['MÜNCHEN.example', 'xn--mnchen-3ya.example'],
    ['*.münchen.example', '*.xn--mnchen-3ya.example'],
    ['例え。jp', 'xn--r8jz45g.jp'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['my_service', 'my_service'],
    ['10.0.0.1', '10.0.0.1'],
    ['[::1]', '[::1]'],
    ['[0:0::1]', '[::1]'],
  ])('%s is %s', (text, host) => {
    expect(outcome(readRouteHost(text))).toBe(host);
    expect(outcome(readRouteHost(host))).toBe(host);
  });

  it.each([
    ['http://url.example.com', /is a URL; .*: url\.example\.com$/],
    ['port.example.com:8443', /has a port; .*leave out :8443/],
    ['münchen.example:80', /leave out :80/],
    ['[::1]:80', /leave out :80/],
    ['::1', /\[::1\]$/],
    ['[::1', /IPv6/],
    ['[::1::2]', /IPv6/],
    ['*', /route without `host`/],
    ['*.', /empty label/],
    ['a.*.com', /whole first label/],
    ['*foo.com', /whole first label/],
    ['*.*.com', /whole first label/],
    ['example.com/api', /`path`/],
    ['me@example.com', /user information/],
    ['a b.com', /" "/],
    ['a%2eb', /"%"/],
    ['{host}', /"\{"/],
    ['', /empty label/],
    ['a..b', /empty label/],
    ['127.1', /IPv4/],
    ['256.1.1.1', /IPv4/],
    ['a.5', /IPv4/],
    [`${'a'.repeat(64)}.com`, /63/],
    [`${'a.'.repeat(130)}com`, /253/],
    ['ü\u0000.com', /no host name has|internationalised/],
  ])('%s is none, and the reason is said', (text, reason) => {
    expect(outcome(readRouteHost(text))).toMatch(reason);
    expect(outcome(readRouteHost(text))).toMatch(/^no: (is|has|must) /);
  });
});

describe('the path of a route', () => {
  it.each([
    ['/', '/'],
    ['/api', '/api'],
    ['/dup/', '/dup'],
    ['/UpCase', '/UpCase'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ["/a~b;c=1/@x:y,$z&('w')+!", "/a~b;c=1/@x:y,$z&('w')+!"],
    ['/v1.0/..a/...', '/v1.0/..a/...'],
    ['/a%20b', '/a%20b'],
    ['/a%3Ab', '/a%3Ab'],
  ])('%s is %s', (text, path) => {
    expect(outcome(readRoutePath(text))).toBe(path);
    expect(outcome(readRoutePath(path))).toBe(path);
  });

  it.each([
    ['api', /begins with \//],
    ['', /begins with \//],
    ['/api/*', /a \*.* \/api takes everything below it/],
    ['/*', / \/ takes everything/],
    ['/users/{id}', /placeholder.* \/users takes everything/],
    ['/users/:id/x', /placeholder.* \/users takes everything/],
    ['/ünï', /percent-encoded: \/%C3%BCn%C3%AF$/],
    ['/a b', /percent-encoded: \/a%20b$/],
    ['/a\tb', /%09/],
    ['/a%2Fb', /%2F, an encoded \//],
    ['/a%2fb', /%2f, an encoded \//],
    ['/a%5Cb', /%5C, an encoded \\/],
    ['/a\\b', /backslash/],
    ['/x/../y', /the segment \.\.,/],
    ['/x/.', /the segment \.,/],
    ['/x/..;a/y', /the segment \.\.;a,/],
    ['/x/%2e%2e/y', /%2e; requests have \. for it/],
    ['/%61pi', /%61; requests have a for it/],
    ['/%00', /control character %00/],
    ['/a%', /%25/],
    ['/a%zz', /%25/],
    ['//dbl', /two slashes/],
    ['/a//', /two slashes/],
    ['/a?b=1', /query/],
    ['/a#b', /fragment/],
    [`/${'a'.repeat(1_000)}`, /longer than/],
    ['/\ud800', /beyond ASCII/],
  ])('%s is none, and the reason is said', (text, reason) => {
    expect(outcome(readRoutePath(text))).toMatch(reason);
    expect(outcome(readRoutePath(text))).toMatch(/^no: (is|has|must) /);
  });
});
