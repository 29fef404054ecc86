import { z } from 'zod';
import { VERSION_WORD } from '../metrics/matchers.ts';
import { envoy } from '../metrics/presets/envoy.ts';
import { istio } from '../metrics/presets/istio.ts';
import type { MetricNames, RouteMetrics } from '../metrics/presets/metric-names.ts';
import { nginxIngress } from '../metrics/presets/nginx-ingress.ts';
import { otel } from '../metrics/presets/otel.ts';
import { traefik } from '../metrics/presets/traefik.ts';
import { patternFault } from '../metrics/prometheus/pattern-fault.ts';

const PRESETS = { otel, envoy, istio, 'nginx-ingress': nginxIngress, traefik } as const;

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/, 'must be a label name');
const metricName = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/, 'must be a metric name');
const plainText = z.string().min(1).max(1_000);
const pattern = plainText.superRefine((text, context) => {
  const fault = patternFault(text);
  if (fault !== null) context.addIssue({ code: 'custom', message: `is no pattern that Prometheus takes, ${fault}` });
});

const match = z
  .strictObject({
    '=': plainText.optional().describe('This value, as a plain text instead of the mapping says it'),
    '!=': z.string().max(1_000).optional().describe('Any other value than this; `""` for any value at all'),
    '=~': pattern.optional().describe('A value that matches this pattern (RE2) as a whole'),
    '!~': pattern.optional().describe('A value that does not match this pattern (RE2) as a whole'),
  })
  .refine((operators) => Object.keys(operators).length > 0, {
    message: "must have at least one of '=', '!=', '=~' and '!~'",
    when: ({ issues }) => issues.length === 0,
  })
  .meta({ minProperties: 1 });
const labels = z.record(labelName, z.union([plainText, match]));

const selection = {
  match: labels.default({}).describe('Labels that all series of the route have'),
  version: z
    .strictObject({
      label: labelName.describe('The label that has it'),
      value: z
        .union([
          plainText,
          z.strictObject({ '=~': pattern.describe('A pattern (RE2) that its value matches as a whole') }),
        ])
        .default(VERSION_WORD)
        .describe("Its value, or `{ '=~': PATTERN }`; {{version}} stands for the name of a version, taken literally"),
    })
    .optional()
    .describe('The label that tells the versions apart'),
  stable: labels.optional().describe('Instead of `version`: labels of the series of the stable'),
  canary: labels.optional().describe('Instead of `version`: labels of the series of the canary'),
  native: z
    .strictObject({ schema: z.int().min(0).max(5).describe('2^schema buckets for each doubling') })
    .optional()
    .describe('Latencies are native histograms, which are brought to this schema'),
};

const presetMetrics = z.strictObject({
  preset: z.literal(['otel', 'envoy', 'istio', 'nginx-ingress', 'traefik']).describe('Whose names the metrics have'),
  ...selection,
});

const customMetrics = z.strictObject({
  preset: z.literal('custom').describe('names of your own'),
  requests: metricName.describe('The counter of requests'),
  latency: metricName.describe('The histogram of latencies, without `_bucket`'),
  unit: z.literal(['seconds', 'milliseconds']).default('seconds').describe('The unit of the latency'),
  status: labelName.describe('The label with the status code'),
  latencyStatus: z.boolean().default(true).describe('Whether the histogram has the status as well'),
  ...selection,
});

/** Which series of a source belong to a route and to each of its versions. */
export const routeMetricsSchema = z
  .discriminatedUnion('preset', [presetMetrics, customMetrics])
  .refine(
    ({ version, stable, canary }) => (version ? !stable && !canary : stable && canary),
    'the versions are told apart either by `version: { label }` or by `stable` and `canary`',
  )
  .meta({
    allOf: [
      {
        anyOf: [
          { required: ['version'], not: { anyOf: [{ required: ['stable'] }, { required: ['canary'] }] } },
          { required: ['stable', 'canary'], not: { required: ['version'] } },
        ],
      },
    ],
  });

export type ConfiguredMetrics = z.output<typeof routeMetricsSchema>;

export function routeMetrics(configured: ConfiguredMetrics): RouteMetrics {
  const { version, stable = {}, canary = {}, match, native } = configured;
  const byLabel = version ? { [version.label]: version.value } : null;
  return {
    names: configured.preset === 'custom' ? customNames(configured) : PRESETS[configured.preset],
    match,
    versions: { stable: byLabel ?? stable, canary: byLabel ?? canary },
    nativeSchema: native?.schema ?? null,
  };
}

function customNames({
  requests,
  latency,
  unit,
  status,
  latencyStatus,
}: Extract<ConfiguredMetrics, { preset: 'custom' }>): MetricNames {
  return {
    requests: { metric: requests, created: `${requests.replace(/_(total|count)$/, '')}_created` },
    status: { label: status },
    latency: {
      metric: latency,
      unitMs: unit === 'seconds' ? 1_000 : 1,
      status: latencyStatus ? 'labelled' : 'none',
    },
  };
}
