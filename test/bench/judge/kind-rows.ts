import { type Contract, contractRow } from './contract-rows.ts';
import type { Bench, Row } from './experiment.ts';

const HOUR = 720;

type Given = (at: number) => readonly [stable: number, canary: number];

/** J51: redirects, 304 and empty answers of one version, and of both. */
export function answerKinds(bench: Bench): Row {
  const gives = (status: number, shares: Given, perSecond = 100, refused: Given = () => [0.01, 0.01]): Contract => ({
    perSecond,
    weight: 0.1,
    refused,
    left: () => [0, 0],
    answered: (at) => ({ status, shares: shares(at) }),
  });
  const alike =
    (share: number): Given =>
    () => [share, share];
  const swing: Given = (at) => {
    const share = 0.4 - 0.35 * Math.cos((2 * Math.PI * at) / HOUR);
    return [share, share];
  };
  const settings: readonly (readonly [string, Contract, limit: number | null])[] = [
    ['302 to all, 100/s', gives(302, () => [0, 1]), 4],
    ['204 to all, 100/s', gives(204, () => [0.02, 1]), 4],
    ['304 to all where the stable has 30 %', gives(304, () => [0.3, 1]), 6],
    ['302 to all, 1/s', gives(302, () => [0, 1], 1), 60],
    ['content to all where the stable redirects 40 %', gives(302, () => [0.4, 0]), 12],
    ['302 to 80 %', gives(302, () => [0, 0.8]), 8],
    ['nothing, both redirect 40 %', gives(302, alike(0.4)), null],
    ['nothing, both redirect 5 to 75 % over an hour', gives(302, swing), null],
    ['304 to 30 % of the stable and to none of the canary', gives(304, () => [0.3, 0]), null],
    [
      '30 % 4xx that the canary mends by redirects',
      gives(
        302,
        () => [0, 0.3],
        100,
        () => [0.3, 0],
      ),
      null,
    ],
    ['on the boundary: none and half', gives(302, () => [0, 0.5]), null],
  ];
  return contractRow(bench, 51, 'J51', 'answers of another kind, of one version and of both', 'redirects', settings);
}
