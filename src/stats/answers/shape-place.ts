/**
 * Where answers belong whose looks are compared: an endpoint, the class of the status, and a group of consumers whose answers are
 * compared apart from all others. Written `GET /orders/{id} 2xx`, and of a group `GET /orders/{id} for acme 2xx`.
 */
export interface ShapePlaceName {
  readonly endpoint: string;
  /** Null for everybody who is in no group. */
  readonly group: string | null;
  /** `2xx` */
  readonly status: string;
}

const FOR = ' for ';

export function writePlace({ endpoint, group, status }: ShapePlaceName): string {
  return `${endpoint}${group === null ? '' : `${FOR}${group}`} ${status}`;
}

/** An endpoint has no space but the one after its method, and the status none, whatever a group is called. */
export function readPlace(place: string): ShapePlaceName {
  const end = place.lastIndexOf(' ');
  if (end < 0) return { endpoint: '', group: null, status: place };
  const at = place.indexOf(FOR);
  const isOfGroup = at >= 0 && at < end;
  return {
    endpoint: place.slice(0, isOfGroup ? at : end),
    group: isOfGroup ? place.slice(at + FOR.length, end) : null,
    status: place.slice(end + 1),
  };
}
