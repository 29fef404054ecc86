import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listening, sayingsOf } from '../children.ts';
import { findProgram } from '../placement.ts';
import type { Contender, Stage } from './contender.ts';

interface Native {
  readonly name: string;
  readonly about: string;
  readonly program: string;
  readonly versionArgs: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly args: (configFile: string, folder: string) => readonly string[];
  readonly config: (at: { readonly port: number; readonly upstream: number; readonly folder: string }) => string;
}

const NGINX_FORWARDED = `
      proxy_set_header Host $proxy_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-Id $request_id;`;

const NGINX_JSON = `log_format json escape=json '{"time":"$time_iso8601","address":"$remote_addr","method":"$request_method",'
    '"target":"$request_uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,"id":"$request_id"}';`;

/** One process, so that its CPU time is all in one place; keep-alive both ways, as every contender has it. */
function nginxConfig(log: 'json' | 'none'): Native['config'] {
  return ({ port, upstream, folder }) => `
worker_processes 1;
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr error;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 16384; }
http {
  ${log === 'json' ? NGINX_JSON : ''}
  access_log ${log === 'json' ? `${folder}/access.log json buffer=64k flush=1s` : 'off'};
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_body_buffer_size 128k;
  proxy_max_temp_file_size 0;
  keepalive_requests 100000000;
  keepalive_timeout 75s;
  tcp_nodelay on;
  upstream service { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";${log === 'json' ? NGINX_FORWARDED : ''}
    }
  }
}
`;
}

const NATIVES: readonly Native[] = [
  {
    name: 'nginx',
    about: 'nginx, one worker, no log, no headers set',
    program: 'nginx',
    versionArgs: ['-v'],
    args: (configFile, folder) => ['-p', folder, '-c', configFile],
    config: nginxConfig('none'),
  },
  {
    name: 'nginx-log',
    about: 'nginx, one worker, buffered JSON access log, X-Forwarded-* and request id set',
    program: 'nginx',
    versionArgs: ['-v'],
    args: (configFile, folder) => ['-p', folder, '-c', configFile],
    config: nginxConfig('json'),
  },
  {
    name: 'haproxy',
    about: 'HAProxy, one thread, no log',
    program: 'haproxy',
    versionArgs: ['-v'],
    args: (configFile) => ['-db', '-f', configFile],
    config: ({ port, upstream }) => `
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend service
backend service
  server one 127.0.0.1:${upstream}
`,
  },
  {
    name: 'caddy',
    about: 'Caddy, one thread of Go code, no log',
    program: 'caddy',
    versionArgs: ['version'],
    env: { GOMAXPROCS: '1' },
    args: (configFile) => ['run', '--adapter', 'caddyfile', '--config', configFile],
    config: ({ port, upstream }) => `
{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstream} {
    transport http {
      keepalive_idle_conns 256
      keepalive_idle_conns_per_host 256
    }
  }
}
`,
  },
];

export const natives: readonly Contender[] = NATIVES.map((native) => ({
  name: native.name,
  family: 'native',
  about: native.about,
  prepare: () => (findProgram(native.program) ? null : `${native.program} is not installed`),
  start: (stage) => start(native, stage),
}));

async function start(native: Native, { children, placement, upstreams, folder }: Stage) {
  const program = findProgram(native.program) ?? native.program;
  const own = mkdtempSync(join(folder, `${native.name}-`));
  const configFile = join(own, 'config');
  const port = await freePort();
  writeFileSync(configFile, native.config({ port, upstream: upstreams[0], folder: own }));
  const child = children.start(program, native.args(configFile, own), {
    core: placement.proxy,
    kind: 'program',
    cwd: own,
    env: { ...process.env, HOME: own, ...native.env },
  });
  const said = sayingsOf(child);
  await listening(child, port, said);
  return { port, pid: child.pid ?? 0, version: versionOf(program, native.versionArgs) };
}

function versionOf(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return /\d+\.\d+[.\d]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}
