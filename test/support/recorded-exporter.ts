import { readFileSync } from 'node:fs';
import { httpUpstream, type TestUpstream } from './upstream.ts';

/** A recorded exposition that lives: every counter and bucket is its recorded value times how often it moved. */
export interface RecordedExporter extends TestUpstream {
  move(): void;
  scrapes(): number;
}

/** @param name of a file of `test/support/expositions` */
export async function recordedExporter(name: string): Promise<RecordedExporter> {
  const lines = readFileSync(new URL(`expositions/${name}.txt`, import.meta.url), 'utf8').split('\n');
  let times = 1;
  let scraped = 0;
  const upstream = await httpUpstream((_, response) => {
    scraped += 1;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(rendered(lines, times));
  });
  return {
    ...upstream,
    move: () => {
      times += 1;
    },
    scrapes: () => scraped,
  };
}

function rendered(lines: readonly string[], times: number): string {
  let type = '';
  return lines
    .map((line) => {
      type = /^# TYPE \S+ (\w+)$/.exec(line)?.[1] ?? type;
      const [, series, value] = /^([^#].*) (\S+)$/.exec(line) ?? [];
      return series === undefined || type === 'gauge' ? line : `${series} ${Number(value) * times}`;
    })
    .join('\n');
}
