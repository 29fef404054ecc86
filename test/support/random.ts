/** A seeded source of uniform numbers in [0, 1). */
export type Random = () => number;

/** sfc32 seeded by splitmix32: small, fast, passes PractRand, and the same on every machine. */
export function seededRandom(seed: number): Random {
  const next = splitmix32(seed);
  let a = next();
  let b = next();
  let c = next();
  let counter = 1;
  const random = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round += 1) random();
  return random;
}

/** A Poisson count: the arrivals of a unit-rate process before `mean`. The cost grows with the mean. */
export function poisson(random: Random, mean: number): number {
  let count = -1;
  for (let time = 0; time <= mean; count += 1) time -= Math.log(1 - random());
  return count;
}

/** A binomial count by geometric gaps between successes: the cost grows with n * p. */
export function binomial(random: Random, n: number, p: number): number {
  if (p <= 0 || n === 0) return 0;
  if (p >= 1) return n;
  const scale = 1 / Math.log1p(-p);
  let count = 0;
  for (let at = gap(); at < n; at += 1 + gap()) count += 1;
  return count;

  function gap(): number {
    return Math.floor(Math.log(1 - random()) * scale);
  }
}

/** A standard normal number (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
