import type { Contender, Started } from './contenders/contender.ts';
import { type Ground, openGround } from './ground.ts';
import { Results, type Row, type Sample, sampleOf } from './results.ts';
import { burnIn, type Scale, type Scenario, scenarios } from './scenarios.ts';
import { crossCheck, type WrkFigure } from './wrk.ts';

export interface Participant {
  readonly name: string;
  readonly family: Contender['family'];
  readonly about: string;
  readonly version: string;
}

export interface Tournament {
  readonly results: Results;
  readonly participants: readonly Participant[];
  /** Who did not take part, and why. */
  readonly absent: readonly { readonly name: string; readonly why: string }[];
  readonly isPinned: boolean;
  readonly wrk: readonly WrkFigure[];
}

interface Entrant {
  readonly contender: Contender;
  readonly started: Started;
}

/** Starts everybody, runs every scenario, and ends everybody. */
export async function hold(
  contenders: readonly Contender[],
  scale: Scale,
  say: (line: string) => void,
): Promise<Tournament> {
  const ground = await openGround();
  try {
    const entrants: Entrant[] = [];
    const absent: { name: string; why: string }[] = [];
    for (const contender of contenders) {
      const why = contender.prepare();
      if (why === null) {
        say(`starting ${contender.name}`);
        entrants.push({ contender, started: await ground.start(contender) });
      } else absent.push({ name: contender.name, why });
    }
    const rows: Row[] = [];
    for (const scenario of scenarios(scale)) {
      const taking = entrants.filter(({ contender }) => takesPart(scenario, contender));
      if (taking.length === 0) continue;
      say(scenario.title);
      rows.push(
        ...(scenario.rounds === 'once'
          ? await readOnce(ground, scenario, taking, scale)
          : await compete(ground, scenario, taking, scenario.rounds)),
      );
    }
    const wrk = await crossCheck(
      ground.stage,
      entrants.map(({ contender, started }) => ({ name: contender.name, ...started })),
      scale.windowMs,
    );
    for (const { started } of entrants) await started.verify?.();
    return {
      results: new Results(rows),
      participants: entrants.map(({ contender: { name, family, about }, started: { version } }) => {
        return { name, family, about, version };
      }),
      absent,
      isPinned: ground.stage.placement.proxy !== null,
      wrk,
    };
  } finally {
    await ground.close();
  }
}

/** Interleaved rounds (A B C, A B C). The round before the first lets compilers and connection pools get ready. */
async function compete(
  ground: Ground,
  { id, load }: Scenario,
  taking: readonly Entrant[],
  rounds: number,
): Promise<readonly Row[]> {
  const rows = taking.map(({ contender, started }) => ({ contender, started, samples: [] as Sample[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { started, samples } of rows) {
      const sample = sampleOf(await ground.run(load, started));
      if (round > 0) samples.push(sample);
    }
  }
  return rows.map(({ contender, samples }) => ({ scenario: id, contender: contender.name, samples }));
}

/** Each contender once more, as a process of its own that has only just got warm. */
async function readOnce(
  ground: Ground,
  { id, load }: Scenario,
  taking: readonly Entrant[],
  scale: Scale,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { contender } of taking) {
    const fresh = await ground.start(contender);
    sampleOf(await ground.run(burnIn(scale.windowMs), fresh));
    rows.push({ scenario: id, contender: contender.name, samples: [sampleOf(await ground.run(load, fresh))] });
    await ground.stage.children.stopById(fresh.pid);
  }
  return rows;
}

function takesPart({ contenders }: Scenario, { name, family }: Contender): boolean {
  return contenders === 'whole' ? family !== 'part' : contenders.includes(name);
}
