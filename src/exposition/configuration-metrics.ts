import { Gauge, type Registry } from 'prom-client';

/** How the last reading of the file went. */
export interface ConfigurationFigures {
  /** When the configuration in force was read, epoch ms. */
  readonly successfulAt: number;
  /** Null where the last reading was successful. */
  readonly fault: string | null;
  /** What only a restart brings. */
  readonly waiting: readonly unknown[];
}

export function configurationMetrics(registry: Registry, { successfulAt, fault, waiting }: ConfigurationFigures): void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  gauge(
    'serin_config_last_reload_successful',
    '0 while serin.yaml, as it was last read, is refused and an older one is in force; else 1',
  ).set(fault === null ? 1 : 0);
  gauge('serin_config_last_reload_timestamp_seconds', 'When the configuration in force was read, or confirmed').set(
    successfulAt / 1_000,
  );
  gauge('serin_config_waiting_for_restart', 'Values of serin.yaml that only a restart brings').set(waiting.length);
}
