import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type PostedView, postedViewSchema } from '../../api/view-schemas.ts';
import { Problem } from '../../problem/problem.ts';
import { readFailure } from '../../problem/read-failure.ts';
import { MOST_POSTED, POST_OUTCOMES, type PostedValue } from '../../stats/answers/posted-value.ts';
import type { ApiClient } from '../client.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { print, say } from '../output.ts';
import type { Session } from '../terminal.ts';

interface PostOptions extends ServerOptions {
  readonly file?: string;
}

export function registerValues(program: Command, session: Session): void {
  const values = program.command('values').description('values that somebody outside gives to answers');
  takesServer(
    values
      .command('post')
      .description('give values to answers: lines of {"requestId": "...", "name": "...", "value": 0.9}')
      .argument('<route>'),
  )
    .option('--file <file>', 'read the lines from this file (default: standard input)')
    .action(async (route: string, options: PostOptions) => {
      const posted = await postAll(session, openClient(options, session), route, await linesOf(session, options.file));
      print(session, options.output, posted, () => textOf(posted));
    });
}

/** One request after the other. When one fails, it says how many values had been posted before it. */
async function postAll(
  session: Session,
  client: ApiClient,
  route: string,
  values: readonly PostedValue[],
): Promise<PostedView> {
  const views: PostedView[] = [];
  for (let from = 0; from < values.length; from += MOST_POSTED) {
    const body = { route, values: values.slice(from, from + MOST_POSTED) };
    try {
      views.push(await client.send('POST', '/api/v1/values', postedViewSchema, body));
    } catch (error) {
      if (from > 0)
        say(session, `serin: the first ${from} values were posted; posted again, they count no second time`);
      throw error;
    }
  }
  const counts = Object.fromEntries(
    POST_OUTCOMES.map((outcome) => [outcome, views.reduce((sum, view) => sum + view.counts[outcome], 0)]),
  ) as PostedView['counts'];
  return { route, counts, values: views.flatMap((view) => view.values) };
}

/** `shop: 7 of 9 values counted; 1 twice, 1 late`. */
function textOf({ route, counts, values }: PostedView): string {
  const rest = POST_OUTCOMES.flatMap((outcome) =>
    outcome === 'counted' || counts[outcome] === 0 ? [] : [`${counts[outcome]} ${outcome}`],
  );
  const head = `${route}: ${counts.counted} of ${values.length} values counted`;
  return rest.length === 0 ? head : `${head}; ${rest.join(', ')}`;
}

async function linesOf(session: Session, file: string | undefined): Promise<readonly PostedValue[]> {
  const lines = (await textIn(session, file)).split('\n');
  const values = lines.flatMap((line, at) =>
    line.trim() === '' ? [] : [valueIn(line, `${file ?? 'standard input'}, line ${at + 1}`)],
  );
  if (values.length === 0) throw new Problem('invalid-input', `${file ?? 'standard input'} has no values`);
  return values;
}

async function textIn({ stdin, isTTY }: Session, file: string | undefined): Promise<string> {
  if (file === undefined) {
    if (isTTY) throw new Problem('invalid-input', 'give the values with --file, or on standard input');
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8');
  }
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Problem('invalid-input', readFailure(file, cause), { cause });
  }
}

function valueIn(line: string, place: string): PostedValue {
  const given = objectIn(line);
  if (given === null) throw new Problem('invalid-input', `${place}: is no JSON object`);
  const { requestId, name, value } = given;
  if (typeof requestId !== 'string' || typeof name !== 'string' || value === undefined) {
    throw new Problem('invalid-input', `${place}: must have requestId and name, which are texts, and value`);
  }
  return { requestId, name, value };
}

function objectIn(line: string): Readonly<Partial<Record<keyof PostedValue, unknown>>> | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && !Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
