import type { Safeguard } from '../controller/ports.ts';
import type { MeasurePort, SplitPort } from '../gateway/gateway.ts';
import { gatewaySource } from '../metrics/gateway.ts';
import { parseCursor } from '../metrics/queries/cursor.ts';

/** The gateway of this process as what protects users without the database. */
export function safeguardOf(
  gateway: Pick<MeasurePort, 'peek' | 'slices'> & Pick<SplitPort, 'toStable'>,
  blindAfterMs: number,
): Safeguard {
  return {
    // A rollout with query checks has the gateway's cursor inside one of its own.
    source: gatewaySource(
      (route, after, slowAfterMs) => gateway.peek(route, parseCursor(after).blocks, slowAfterMs),
      (route) => gateway.slices(route),
    ),
    toStable: (route) => gateway.toStable(route),
    blindAfterMs,
  };
}
