import { z } from 'zod';
import { DEFAULT_LIMITS } from '../gateway/http/limits.ts';
import { duration } from '../policy/units.ts';

/** What a JSON Schema can say about a duration that may not be 0. */
export const ABOVE_ZERO = { not: { pattern: '^[0.]+[a-z]' } };

/** Beyond 2^31 ms Node's timers fire at once. */
const span = duration.refine((ms) => ms > 0 && ms < 2 ** 31, 'must be more than 0s and at most 24d').meta(ABOVE_ZERO);

/** Bytes a second. */
export const uploadRate = z.int().min(0).max(1_000_000_000);

const SAID = {
  connect: 'To connect to an upstream, TLS included',
  answer: 'From the end of a request to the head of its answer',
  silence: 'Between two reads of an answer that has begun; as long as `answer` when it is absent',
  upload: 'Silence of a client within the body of its request',
  uploadGrace: 'How long a body may fall short of `uploadBytesPerSecond`',
} as const;

/** `timeouts` of a route. */
export const routeTimeoutsSchema = z.strictObject({
  connect: span.optional().describe(SAID.connect),
  answer: span.optional().describe(SAID.answer),
  silence: span.optional().describe(SAID.silence),
  upload: span.optional().describe(SAID.upload),
  uploadGrace: span.optional().describe(SAID.uploadGrace),
});

/** `gateway.timeouts`. */
export const timeoutsSchema = z.strictObject({
  connect: duration.prefault('1s').describe(SAID.connect),
  answer: duration.prefault('60s').describe(SAID.answer),
  silence: span.optional().describe(SAID.silence),
  headers: duration.prefault('5s').describe('For the head of a request'),
  upload: span.prefault('30s').describe(SAID.upload),
  uploadGrace: span.prefault('10s').describe(SAID.uploadGrace),
  download: span.prefault('30s').describe('How long a client may read nothing of its answer'),
  idle: duration.prefault('15s').describe('Keep-alive: between two requests of a client'),
  notice: duration.prefault('1s').describe('How long connections are still accepted once `/readyz` says no'),
  drain: duration.prefault('30s').describe('How long open requests may take after that'),
});

const count = z.int().min(1).max(1_000_000);

/** `gateway.limits`. */
export const limitsSchema = z
  .strictObject({
    headerBytes: z
      .int()
      .min(1_024)
      .max(1_048_576)
      .default(DEFAULT_LIMITS.headerBytes)
      .describe('Bytes of a request head, the request line included'),
    headerCount: count.default(DEFAULT_LIMITS.headerCount).describe('Header lines of a request'),
    urlBytes: count.default(DEFAULT_LIMITS.urlBytes).describe('Bytes of a request target; less than `headerBytes`'),
    bodyBytes: z
      .int()
      .min(0)
      .nullable()
      .default(DEFAULT_LIMITS.bodyBytes)
      .describe('Bytes of a request body; null for any'),
    connections: count.default(DEFAULT_LIMITS.connections).describe('Client connections'),
    connectionsPerAddress: count
      .default(DEFAULT_LIMITS.connectionsPerAddress)
      .describe('Client connections of one address; trusted proxies may have more'),
    inFlightPerUpstream: count
      .default(DEFAULT_LIMITS.inFlightPerUpstream)
      .describe('Requests under way to one upstream origin'),
    inFlightPerAddress: count
      .optional()
      .describe('Requests under way of one client address, to all upstreams; by default half of `inFlightPerUpstream`'),
    uploadsPerAddress: count
      .optional()
      .describe('Of those, requests whose body is still on its way; by default an eighth of `inFlightPerUpstream`'),
    heldBackPerAddress: count
      .optional()
      .describe(
        'Of those, answers that wait for their client to take them; by default an eighth of `inFlightPerUpstream`',
      ),
    forcedPerUpstream: count
      .optional()
      .describe('Of `inFlightPerUpstream`, requests that force their version; by default a sixteenth of it'),
    pipelined: count
      .default(DEFAULT_LIMITS.pipelined)
      .describe('Requests of one connection that are answered or wait for their turn'),
  })
  .refine(({ headerBytes, urlBytes }) => urlBytes < headerBytes, {
    message: 'must be less than headerBytes, which the request line is part of',
    path: ['urlBytes'],
  });
