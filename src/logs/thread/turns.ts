/** Jobs that wait: the next one is of whoever has waited longest for a turn, however many another has. */
export class Turns<Job> {
  private readonly queues = new Map<string, Job[]>();

  add(sender: string, job: Job): void {
    const queue = this.queues.get(sender) ?? [];
    queue.push(job);
    this.queues.set(sender, queue);
  }

  /** Undefined where nothing waits. */
  next(): Job | undefined {
    const [first] = this.queues;
    if (first === undefined) return undefined;
    const [sender, queue] = first;
    const job = queue.shift();
    // Behind the others.
    this.queues.delete(sender);
    if (queue.length > 0) this.queues.set(sender, queue);
    return job;
  }
}
