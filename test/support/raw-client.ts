import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly trailers: readonly (readonly [string, string])[];
}

/** How a connection ended: by a FIN, by a reset, or by ourselves. */
export type Ending = 'end' | 'reset' | 'ours';

/** A TCP connection that writes exactly what it is given and reads answers without any leniency. */
export class RawConnection {
  readonly socket: Socket;
  readonly ending: Promise<Ending>;
  private received = Buffer.alloc(0);
  private isOver = false;
  private wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    let how: Ending = 'ours';
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.once('end', () => {
      how = 'end';
    });
    socket.once('error', () => {
      how = 'reset';
    });
    this.ending = new Promise((resolve) => {
      socket.once('close', () => {
        this.isOver = true;
        this.wake();
        resolve(how);
      });
    });
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes, 'latin1');
  }

  /** The next answer, interim ones included; `method` HEAD says that it has no body. Rejects when the peer ends before it is whole. */
  async answer(method = 'GET'): Promise<RawAnswer> {
    const head = (await this.takeThrough('\r\n\r\n')).toString('latin1');
    const [statusLine = '', ...lines] = head.slice(0, -4).split('\r\n');
    const [, version = '', code = '', reason = ''] = /^HTTP\/(\S+) (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
    const headers = lines.map(splitField);
    const status = Number(code);
    const isBodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    const parts = isBodiless ? NOTHING : await this.body(headers);
    return { version, status, reason, headers, ...parts };
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<Buffer> {
    await this.ending;
    return this.received;
  }

  /** The next bytes through a mark. */
  async takeThrough(mark: string): Promise<Buffer> {
    let at = this.received.indexOf(mark, 0, 'latin1');
    while (at === -1) {
      await this.more();
      at = this.received.indexOf(mark, 0, 'latin1');
    }
    return this.take(at + mark.length);
  }

  async takeBytes(count: number): Promise<Buffer> {
    while (this.received.length < count) await this.more();
    return this.take(count);
  }

  close(): void {
    this.socket.destroy();
  }

  private async body(headers: readonly (readonly [string, string])[]) {
    const length = fieldOf(headers, 'content-length');
    if (fieldOf(headers, 'transfer-encoding') === 'chunked') return this.chunks();
    if (length !== null) return { body: await this.takeBytes(Number(length)), trailers: [] };
    if ((await this.ending) !== 'end') throw new Error('the connection broke off within an answer');
    return { body: this.take(this.received.length), trailers: [] };
  }

  private async chunks() {
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt((await this.takeThrough('\r\n')).toString('latin1'), 16);
      if (size === 0) break;
      chunks.push(await this.takeBytes(size));
      await this.takeThrough('\r\n');
    }
    const trailers: (readonly [string, string])[] = [];
    for (;;) {
      const line = (await this.takeThrough('\r\n')).toString('latin1').slice(0, -2);
      if (line === '') return { body: Buffer.concat(chunks), trailers };
      trailers.push(splitField(line));
    }
  }

  private take(count: number): Buffer {
    const taken = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return taken;
  }

  private async more(): Promise<void> {
    if (this.isOver) throw new Error('the connection ended within an answer');
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
  }
}

const NOTHING = { body: Buffer.alloc(0), trailers: [] };

function splitField(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** The value of a field by its name in any case, or null. */
export function fieldOf(headers: readonly (readonly [string, string])[], name: string): string | null {
  return headers.find(([field]) => field.toLowerCase() === name)?.[1] ?? null;
}

export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return new RawConnection(socket);
}

/** One request on a connection of its own. */
export async function askRaw(port: number, bytes: string | Buffer, method = 'GET'): Promise<RawAnswer> {
  const connection = await openRaw(port);
  try {
    connection.write(bytes);
    return await connection.answer(method);
  } finally {
    connection.close();
  }
}

/** `GET path` with more header lines, as a browser of few words sends it. */
export function get(path: string, ...lines: string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: shop.test', ...lines, '', ''].join('\r\n');
}
