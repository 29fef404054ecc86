/** Tells the benchmark where a peer listens, and ends the peer with the benchmark. */
export function ready(server) {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => undefined);
  process.send({ port: server.address().port });
}
