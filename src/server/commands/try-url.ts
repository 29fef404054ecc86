import { METHODS, STATUS_CODES } from 'node:http';
import { domainToASCII } from 'node:url';
import type { ServerConfig } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { gatewayRoute } from '../../config/routes.ts';
import type { GatewayRoute } from '../../gateway/gateway.ts';
import { hostMatches, hostName } from '../../gateway/http/host-name.ts';
import { limitsOf } from '../../gateway/http/limits.ts';
import type { Refusal } from '../../gateway/http/refuse.ts';
import type { Target } from '../../gateway/http/target.ts';
import { Via } from '../../gateway/http/via.ts';
import { DecidingFields } from '../../gateway/route/deciding-fields.ts';
import { pathMatches, RouteTable, trimmedPrefix } from '../../gateway/route/route-table.ts';
import { admit, type IncomingHead } from '../../gateway/serve/admit.ts';
import { upstreamPath } from '../../gateway/serve/forward.ts';
import { refusalOf as parserRefusal } from '../../gateway/serve/parse-error.ts';
import { refusalAt } from '../../gateway/serve/route-refusal.ts';
import { Problem } from '../../problem/problem.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { ServerTerminal } from '../terminal.ts';
import { choiceLines, unfollowedForce } from './try-choice.ts';

/** Every route without a host takes it. */
const STAND_IN = 'localhost';

export interface Trial {
  readonly file: string;
  /** As a client would be given it; a path alone uses the host that `headers` name, or a stand-in. */
  readonly url: string;
  readonly method: string;
  /** Each `Name: value`. */
  readonly headers: readonly string[];
}

/**
 * Says what would happen to a request without sending it: which route takes it and why, or why none does. 0 when one does,
 * 1 when the gateway itself would answer.
 */
export function tryUrl(trial: Trial, { stdout, env }: Pick<ServerTerminal, 'stdout' | 'env'>): number {
  const { config } = loadConfig(trial.file, env);
  const head = headOf(trial);
  const say = (label: string, text: string) => stdout.write(`${`${label}:`.padEnd(10)}${text}\n`);
  const host = head.headers.host ?? '';
  const isStandIn = isPath(trial.url) && !trial.headers.some((line) => /^host:/i.test(line));
  const standIn = isStandIn ? ', which stands in for a host: name one with a URL, or with --header "Host: NAME"' : '';
  say('request', `${head.method} ${head.url}, ${host ? `Host ${host}${standIn}` : 'no Host'}`);
  const unread = refusedMethod(head.method ?? '');
  if (unread) return refused(say, unread);
  const admission = admit(head, limitsOf(config.gateway.limits), new Via());
  if (admission.kind === 'refused') return refused(say, admission.refusal);
  if (admission.kind === 'server') {
    say('answer', '204, from the gateway itself: OPTIONS * is not a request to a route');
    return 1;
  }
  const { target } = admission;
  const name = hostName(host);
  const carried = config.routes.filter((declared) => capabilitiesOf(declared).gatewayCarries).map(gatewayRoute);
  const route = new RouteTable(carried, (one) => one).find(name, target.path);
  if (!route) {
    say('answer', '404, because no route takes it');
    for (const line of othersOf(config, null, { host: name, target })) say('not', line);
    return 1;
  }
  say('route', `${route.name}, which takes ${hostReason(route, name)} and ${pathReason(route)}`);
  const refusal = refusalAt(
    { declared: route, deciding: new DecidingFields(route) },
    { rawHeaders: [...head.rawHeaders], target },
  );
  if (refusal) return refused(say, refusal);
  const unfollowed = unfollowedForce(route, head);
  if (unfollowed) return refused(say, unfollowed);
  const { upstream, sent } = upstreamOf(route, target, head);
  say('upstream', `${head.method} ${upstream} with Host ${sent}, the stable as ${trial.file} declares it`);
  for (const line of choiceLines(route, head, target.query)) say('version', line);
  for (const line of othersOf(config, route, { host: name, target })) say('not', line);
  return 0;
}

/** In the words of the gateway, whose parser stops there. */
function refusedMethod(method: string): Refusal | null {
  if (METHODS.includes(method)) return null;
  const rawPacket = Buffer.from(`${method} / HTTP/1.1\r\n`);
  return parserRefusal(Object.assign(new Error('unknown method'), { code: 'HPE_INVALID_METHOD', rawPacket }));
}

type Say = (label: string, text: string) => void;

function refused(say: Say, { status, detail }: Refusal): number {
  say('answer', `${status} ${STATUS_CODES[status]}: ${detail}`);
  return 1;
}

/** What a client would send; does the client's own work on the URL: names in A-labels, other characters as octets. */
function headOf({ url, method, headers }: Trial): IncomingHead {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]+)([^#]*)(?:#.*)?$/i.exec(url) ?? [];
  if (authority === undefined && !isPath(url)) {
    throw new Problem('invalid-input', `${url} is neither an http or https URL nor a path`);
  }
  const path = isPath(url) ? url : rest.startsWith('/') ? rest : `/${rest}`;
  const rawHeaders = headers.flatMap((line) => {
    const [, name, value = ''] = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new Problem('invalid-input', `${line} is not a header line such as "Accept: */*"`);
    return [name, value];
  });
  const names = rawHeaders.map((name, at) => (at % 2 === 0 ? name.toLowerCase() : ''));
  // A client takes it from its URL; for a path alone it is not known.
  const host = authority === undefined ? STAND_IN : asciiHost(authority);
  if (!names.includes('host')) rawHeaders.unshift('Host', host);
  return {
    method: method.toUpperCase(),
    url: path.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent),
    httpVersion: '1.1',
    rawHeaders,
    headers: joined(rawHeaders),
  };
}

function isPath(url: string): boolean {
  return /^[/*]/.test(url);
}

function asciiHost(authority: string): string {
  const [, name = '', port = ''] = /^(.*?)(:\d*)?$/.exec(authority) ?? [];
  return /[^\0-\x7f]/.test(name) ? domainToASCII(name) + port : authority;
}

/** Joins lines of one name as node:http does, which is what the choice reads. */
function joined(rawHeaders: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    const before = fields[name];
    fields[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return fields;
}

function upstreamOf(route: GatewayRoute, target: Target, { headers }: IncomingHead) {
  const { protocol, host, pathname } = new URL(route.stable.url);
  const path = upstreamPath({ declared: route }, { basePath: trimmedPrefix(pathname) }, target);
  return {
    upstream: `${protocol}//${host}${path}`,
    sent: route.hostHeader === 'preserve' ? (headers['host'] ?? host) : host,
  };
}

function hostReason({ host }: Pick<GatewayRoute, 'host'>, name: string): string {
  if (host === null) return 'any host';
  return host === name ? `the host ${host}` : `the hosts ${host}, ${name} among them,`;
}

function pathReason({ prefix }: Pick<GatewayRoute, 'prefix'>): string {
  return prefix === '/' ? 'any path' : `paths that begin with ${prefix}`;
}

/** Why each of the other routes does not take the request. */
function othersOf(
  config: ServerConfig,
  taker: GatewayRoute | null,
  { host, target }: { readonly host: string; readonly target: Target },
): readonly string[] {
  return config.routes.flatMap((declared) => {
    const route = gatewayRoute(declared);
    if (route.name === taker?.name) return [];
    if (!capabilitiesOf(declared).gatewayCarries) {
      return [`${route.name}: router ${declared.router}, so the gateway carries none of its traffic`];
    }
    if (!hostMatches(route.host, host)) return [`${route.name}: its host is ${route.host}`];
    if (!pathMatches(trimmedPrefix(route.prefix), target.path)) return [`${route.name}: its path is ${route.prefix}`];
    const why = route.prefix === taker?.prefix ? 'host says more' : 'path is longer';
    return [`${route.name}: it would take it, but ${taker?.name}'s ${why}`];
  });
}
