/** A text at the right end of a strip, as high as what it belongs to. */
export interface EndLabel {
  readonly y: number;
  readonly text: string;
  readonly tone: string;
  readonly weight?: 'bold';
}

interface Cluster {
  readonly labels: readonly EndLabel[];
  readonly middle: number;
}

/**
 * The labels at least `apart` from each other, in the order of their heights and as near to these as can be, between `top` and
 * `bottom`. Neighbours that are too close share the shift; where there is no room for all, they leave through the bottom.
 */
export function apartLabels(
  labels: readonly EndLabel[],
  apart: number,
  { top, bottom }: { readonly top: number; readonly bottom: number },
): readonly EndLabel[] {
  const clusters: Cluster[] = [];
  for (const label of labels.toSorted((one, other) => one.y - other.y)) {
    let joined: Cluster = { labels: [label], middle: label.y };
    for (let above = clusters.at(-1); above !== undefined && below(above, apart) > topOf(joined, apart); ) {
      clusters.pop();
      joined = join(above, joined);
      above = clusters.at(-1);
    }
    clusters.push(joined);
  }
  const placed = clusters.flatMap((cluster) => {
    const first = cluster.middle - ((cluster.labels.length - 1) * apart) / 2;
    return cluster.labels.map((label, at) => ({ ...label, y: first + at * apart }));
  });
  return withinEdges(placed, apart, top, bottom);
}

function join(above: Cluster, under: Cluster): Cluster {
  const labels = [...above.labels, ...under.labels];
  return { labels, middle: labels.reduce((sum, { y }) => sum + y, 0) / labels.length };
}

function topOf({ labels, middle }: Cluster, apart: number): number {
  return middle - (labels.length * apart) / 2;
}

function below({ labels, middle }: Cluster, apart: number): number {
  return middle + (labels.length * apart) / 2;
}

function withinEdges(labels: readonly EndLabel[], apart: number, top: number, bottom: number): readonly EndLabel[] {
  const up: EndLabel[] = [];
  let limit = bottom;
  for (const label of labels.toReversed()) {
    up.unshift({ ...label, y: Math.min(label.y, limit) });
    limit = (up[0]?.y ?? bottom) - apart;
  }
  let least = top;
  return up.map((label) => {
    const y = Math.max(label.y, least);
    least = y + apart;
    return { ...label, y };
  });
}
