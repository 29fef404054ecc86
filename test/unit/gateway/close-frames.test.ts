import { describe, expect, it } from 'vitest';
import { CloseFrames } from '../../../src/gateway/serve/close-frames.ts';

const CLOSE = Buffer.from([0x88, 0x02, 0x03, 0xe8]);

/** A frame of so many bytes that look like heads of Close frames. */
function frame(length: number, mask: 'masked' | 'bare'): Buffer {
  const bit = mask === 'masked' ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.from([0x82, bit | length])
      : length < 65_536
        ? Buffer.from([0x82, bit | 126, length >> 8, length & 0xff])
        : Buffer.concat([
            Buffer.from([0x82, bit | 127, 0, 0, 0, 0]),
            Buffer.from(Uint32Array.of(length).buffer).swap32(),
          ]);
  const key = mask === 'masked' ? Buffer.from([0x88, 0x88, 0x88, 0x88]) : Buffer.alloc(0);
  return Buffer.concat([head, key, Buffer.alloc(length, 0x88)]);
}

describe('a Close frame', () => {
  const streams: [string, Buffer][] = [0, 1, 125, 126, 65_535, 65_536].flatMap((length) => [
    [`${length} bytes`, frame(length, 'bare')],
    [`${length} masked bytes`, frame(length, 'masked')],
  ]);

  it.each(streams)('is not seen in the payload of a frame of %s, and is behind it, in whatever pieces', (_, bytes) => {
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const frames = new CloseFrames();
      for (let at = 0; at < bytes.length; at += size) frames.read(bytes.subarray(at, at + size));
      expect(frames.hasClosed).toBe(false);
      frames.read(CLOSE);
      expect(frames.hasClosed).toBe(true);
    }
  });

  it('is seen when it is the first', () => {
    const frames = new CloseFrames();
    frames.read(CLOSE.subarray(0, 1));
    expect(frames.hasClosed).toBe(true);
  });
});
