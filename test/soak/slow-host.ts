// Clients that take their time, in a process of their own.
import { connect, type Socket } from 'node:net';

export interface SlowTask {
  readonly port: number;
  readonly dribblers: number;
  readonly readers: number;
  readonly uploaders: number;
}

/** How long each head that never ended was put up with; those still open are not among them. */
export interface SlowReport {
  readonly cutAfterMs: readonly number[];
  readonly stillOpen: number;
}

const EVERY_MS = 400;
const HEAD = 'GET /bytes/1024 HTTP/1.1\r\nHost: shop.example\r\nX-Dribble: ';
const READ = 'GET /bytes/104857600 HTTP/1.1\r\nHost: shop.example\r\n\r\n';
const UPLOAD = 'POST /bytes/64 HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 1000000\r\n\r\n';

let port = 0;
let isOn = false;
let cutAfterMs: number[] = [];
const sockets = new Set<Socket>();
const dribbling = new Map<Socket, number>();
const trickling = new Set<Socket>();

function open(onOpen: (socket: Socket) => void, again: () => void): void {
  const socket = connect({ port, host: '127.0.0.1' });
  sockets.add(socket);
  socket.once('connect', () => onOpen(socket));
  socket.on('error', () => {});
  socket.once('close', () => {
    sockets.delete(socket);
    trickling.delete(socket);
    const began = dribbling.get(socket);
    dribbling.delete(socket);
    if (!isOn) return;
    if (began !== undefined) cutAfterMs.push(performance.now() - began);
    setTimeout(again, EVERY_MS);
  });
}

/** The head comes a byte at a time and never ends. */
function dribble(): void {
  if (!isOn) return;
  open((socket) => {
    dribbling.set(socket, performance.now());
    socket.resume();
    socket.write(HEAD);
  }, dribble);
}

/** Asks for much and reads none of it. */
function hold(): void {
  if (!isOn) return;
  open((socket) => {
    socket.pause();
    socket.write(READ);
  }, hold);
}

/** Announces a body that comes a byte at a time. */
function trickle(): void {
  if (!isOn) return;
  open((socket) => {
    socket.resume();
    socket.write(UPLOAD);
    trickling.add(socket);
  }, trickle);
}

setInterval(() => {
  for (const socket of dribbling.keys()) socket.write('x');
  for (const socket of trickling) socket.write('x');
}, EVERY_MS);

function begin(task: SlowTask): void {
  port = task.port;
  isOn = true;
  cutAfterMs = [];
  for (let at = 0; at < task.dribblers; at++) dribble();
  for (let at = 0; at < task.readers; at++) hold();
  for (let at = 0; at < task.uploaders; at++) trickle();
}

function end(): void {
  const now = performance.now();
  const stillOpen = Math.max(0, ...Array.from(dribbling.values(), (began) => now - began));
  isOn = false;
  for (const socket of sockets) socket.destroy();
  process.send?.({ cutAfterMs, stillOpen } satisfies SlowReport);
}

process.on('message', (message: SlowTask | 'end') => (message === 'end' ? end() : begin(message)));
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
