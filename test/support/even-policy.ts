/** A policy named `even` with one long step at 50%; `more` is further lines of its spec. */
export function evenPolicy(more: string): string {
  return `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: even }
spec:
  internal: { requests: 0 }
  steps:
    - { weight: 50%, dwell: 1h }
${more.replaceAll(/^(?=.)/gm, '  ')}
`;
}
