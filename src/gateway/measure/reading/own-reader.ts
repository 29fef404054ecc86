import type { ReaderKind } from './reader.ts';

/**
 * What the gateway itself times and counts: how long an answer that is no stream takes to its end, its size, and how long the body of
 * its request took to come.
 */
export const ownReader: ReaderKind = ({ own, values }) => {
  const isTimed = own.includes('end');
  const hasUpload = own.includes('upload');
  const sized = [
    ...(own.includes('size') ? ['size'] : []),
    ...Object.entries(values).flatMap(([name, source]) => ('body' in source ? [name] : [])),
  ];
  if (!isTimed && !hasUpload && sized.length === 0) return null;
  return (answer) => ({
    end({ ms, isCompared, bytes, uploadMs }, told) {
      if (hasUpload && uploadMs !== null) told.value('upload', uploadMs);
      if (answer.head.isEventStream) return;
      if (isTimed && isCompared) told.value('end', ms);
      for (const name of sized) told.value(name, bytes);
    },
    // A client that leaves in the middle ends the wait: what has lasted above every threshold by then was slow.
    left(slowMs) {
      const ms = answer.ageMs();
      if (isTimed && !answer.head.isEventStream && ms >= slowMs) answer.findings.value('end', ms);
    },
  });
};
